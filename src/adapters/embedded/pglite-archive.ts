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
