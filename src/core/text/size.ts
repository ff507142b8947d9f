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
