export interface DirectoryEntry {
  readonly name: string;
  /** What the name leads to, links followed; "other" for sockets, devices and links that lead nowhere or in a circle. */
  readonly kind: "file" | "directory" | "other";
}

export interface FileStart {
  readonly bytes: Uint8Array;
  /** Whether that is all of the file. */
  readonly whole: boolean;
}

/** What is known of the migrations directory besides what is in it. */
export interface DirectoryFacts {
  /** The command line names it. */
  readonly isTyped: boolean;
  /** The variable or the place in a file that names it: "pgstep.json:2:16". */
  readonly namedBy?: string;
  /** One of the same name that is above the working directory, and the directory that it is in. */
  readonly above?: { readonly path: string; readonly from: string };
}

/**
 * The disk. Synchronous on purpose: ten thousand small files are read several times faster so, and every runtime has it.
 * Paths are as the user wrote them; errors are those of node:fs (`code` ENOENT, EACCES, EEXIST ...), and a Failure where a
 * command must not write.
 */
export interface FileSystem {
  /** Entries of a directory in no particular order. */
  list(directory: string): DirectoryEntry[];
  /**
   * The bytes of a file in order, in parts of at most 64 KiB, so that a large file is never whole in memory. A part is
   * good only until the next is asked for.
   */
  read(path: string): Iterable<Uint8Array>;
  /** The first of those parts alone; its bytes are good only until the next call. Small files cost least so. */
  readStart(path: string): FileStart;
  /** Writes a new file and its missing parent directories. Must fail with EEXIST when the file is there already. */
  create(path: string, text: string): void;
  /** Writes a file whole, over what is there: readers see the old text or the new one, never a part. */
  replace(path: string, text: string): void;
  /** Deletes a file; nothing happens when it is gone already. */
  remove(path: string): void;
  /** For messages about a migrations directory without migrations; absent where nothing is known. */
  aboutDirectory?(directory: string): DirectoryFacts;
}
