/** A file or directory in an archive. */
export interface ArchiveEntry {
  /** With slashes, as the archive spells it, without one at either end. */
  readonly path: string;
  readonly isDirectory: boolean;
  /** Permission bits. */
  readonly mode: number;
  readonly bytes: Uint8Array;
}

const BLOCK = 512;

/** The entries of a tar archive, in order (POSIX pax, ustar interchange format; its extensions are not needed here). */
export function* archiveEntries(archive: Buffer): Generator<ArchiveEntry> {
  let at = 0;
  while (at + BLOCK <= archive.length && archive[at] !== 0) {
    const text = (offset: number, length: number) =>
      archive.toString("utf8", at + offset, at + offset + length).replace(/\0.*$/s, "");
    const octal = (offset: number, length: number) => Number.parseInt(text(offset, length).trim() || "0", 8);
    const size = octal(124, 12);
    const begin = at + BLOCK;
    yield {
      path: `${text(345, 155)}/${text(0, 100)}`.replace(/^\/+|(?<!\/)\/+$/g, ""),
      isDirectory: text(156, 1) === "5",
      mode: octal(100, 8),
      bytes: archive.subarray(begin, begin + size),
    };
    at = begin + Math.ceil(size / BLOCK) * BLOCK;
  }
}

/**
 * Writes entries as a tar archive; directories must come before what is in them.
 * @throws Error for a path of more than 100 bytes
 */
export function archiveOf(entries: Iterable<ArchiveEntry>): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (const { path, isDirectory, mode, bytes } of entries) {
    const header = Buffer.alloc(BLOCK);
    if (Buffer.byteLength(path) > 100) throw new Error(`${path} is too long for an archive`);
    header.write(path, 0, 100);
    const octal = (value: number, at: number, length: number) =>
      header.write(value.toString(8).padStart(length - 1, "0"), at, length - 1, "latin1");
    octal(mode, 100, 8);
    octal(0, 108, 8);
    octal(0, 116, 8);
    octal(bytes.length, 124, 12);
    octal(0, 136, 12);
    header.fill(" ", 148, 156);
    header.write(isDirectory ? "5" : "0", 156);
    header.write("ustar\u000000", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    octal(sum, 148, 7);
    header[154] = 0;
    parts.push(header, bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK));
  }
  const archive = new Uint8Array(parts.reduce((size, part) => size + part.length, 2 * BLOCK));
  let at = 0;
  for (const part of parts) {
    archive.set(part, at);
    at += part.length;
  }
  return archive;
}
