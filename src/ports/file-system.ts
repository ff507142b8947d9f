export interface DirectoryEntry {
  readonly name: string;
  /** The type after following links; "other" for sockets, devices, and links that are broken or circular. */
  readonly kind: "file" | "directory" | "other";
}

export interface FileStart {
  readonly bytes: Uint8Array;
  /** True if these are all bytes of the file. */
  readonly whole: boolean;
}

/** A hash that is being computed beside the calling thread. */
export interface BegunHash {
  /**
   * Waits for the SHA-256 of the file's bytes, in lower-case hex. Undefined if it could not be computed, or
   * if the file contains carriage returns or may begin with a byte order mark.
   */
  wait(): string | undefined;
  /** True if the file is the same as when this began. */
  isUnchanged(): boolean;
}

/** Facts about the migrations directory itself. */
export interface DirectoryFacts {
  /** True if the command line names it. */
  readonly isTyped: boolean;
  /** The variable, or the place in a file, that names it: "pgstep.json:2:16". */
  readonly namedBy?: string;
  /** A directory of the same name above the working directory, and the directory that contains it. */
  readonly above?: { readonly path: string; readonly from: string };
}

/** Scripts that are parts of files: other tools keep both directions in one file. */
export interface FileParts {
  /** From now on, `read` and `readStart` give this text for the path. */
  keep(path: string, text: string): void;
  /** The bytes of the file itself, as `FileSystem.read` gives them. */
  whole(path: string): Iterable<Uint8Array>;
}

/**
 * The disk. Synchronous on purpose: that reads ten thousand small files several times faster, and every runtime has it.
 * Paths are as the user wrote them; errors are those of node:fs (`code` ENOENT, EACCES, EEXIST ...), or a Failure where
 * a command must not write.
 */
export interface FileSystem {
  /** Entries of a directory, unordered. */
  list(directory: string): DirectoryEntry[];
  /**
   * The bytes of a file in order, in chunks of at most 64 KiB, so that a large file is never whole in memory. A chunk
   * is valid only until the next one.
   */
  read(path: string): Iterable<Uint8Array>;
  /** The first of those chunks; valid only until the next call. The fastest way to read small files. */
  readStart(path: string): FileStart;
  /** Begins to hash a file beside the calling thread; undefined where that saves no time. */
  beginHash?(path: string): BegunHash | undefined;
  /** Creates a file and its missing parent directories. Must fail with EEXIST if the file exists. */
  create(path: string, text: string): void;
  /** Replaces a file atomically: readers see the old text or the new one, never a part. */
  replace(path: string, text: string): void;
  /** Deletes a file; does nothing if it does not exist. */
  remove(path: string): void;
  /** For messages about a directory without migrations; absent if nothing is known. */
  aboutDirectory?(directory: string): DirectoryFacts;
  /** Absent where only pgstep's own files are read. */
  readonly parts?: FileParts;
}
