const UNITS = ["kB", "MB", "GB", "TB"] as const;

/**
 * A size for people: "512 bytes", "1.5 kB", "12 MB", "3.4 GB". As in PostgreSQL (pg_size_pretty, \l+ and the units of
 * its settings) a kB is 1024 bytes and each further unit 1024 of the one before, so that people can compare the sizes.
 */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  let size = bytes;
  let unit = -1;
  // 1023.5 would be rounded to 1024.
  while (size >= 1023.5 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size < 9.95 ? size.toFixed(1) : Math.round(size)} ${UNITS[unit]}`;
}

/** Reads a size as PostgreSQL's settings write it, "100MB", in any case; undefined if it is none. */
export function parseSize(written: string): number | undefined {
  if (written === "0") return 0;
  const [, number, unit = ""] = /^([0-9]{1,6})(kb|mb|gb|tb)$/i.exec(written) ?? [];
  const power = UNITS.findIndex((one) => one.toLowerCase() === unit.toLowerCase()) + 1;
  return number === undefined ? undefined : Number(number) * 1024 ** power;
}

/** A text that `parseSize` reads back. */
export function writeSize(bytes: number): string {
  for (let power = UNITS.length; power > 0; power--) {
    if (bytes > 0 && bytes % 1024 ** power === 0) return `${bytes / 1024 ** power}${UNITS[power - 1]}`;
  }
  return "0";
}
