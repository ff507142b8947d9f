export interface DirectoryEntry {
  readonly name: string;
  /** What the name leads to, links followed; "other" for sockets, devices and links that lead nowhere or in a circle. */
  readonly kind: "file" | "directory" | "other";
}

/**
 * The disk. Synchronous on purpose: ten thousand small files are read several times faster so, and every runtime has it.
 * Paths are as the user wrote them; errors are those of node:fs (`code` ENOENT, EACCES, EEXIST ...).
 */
export interface FileSystem {
  /** Entries of a directory in no particular order. */
  list(directory: string): DirectoryEntry[];
  /** The bytes of a file in order, in parts of at most 64 KiB, so that a large file is never whole in memory. */
  read(path: string): Iterable<Uint8Array>;
  /** Writes a new file and its missing parent directories. Must fail with EEXIST when the file is there already. */
  create(path: string, text: string): void;
}
