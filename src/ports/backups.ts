import type { BackupEntry } from "../core/backup/backup-file.ts";

/** Storage for backups. Errors are those of node:fs. */
export interface BackupStore {
  /** The backups in a directory, unordered; empty if the directory does not exist. */
  list(directory: string): readonly BackupEntry[];
  /** Unfinished backup files of this database: left by a killed run, or still being written. */
  unfinished(directory: string, databaseName: string): readonly string[];
  /** The reason why this user may not write there: "permission denied"; undefined if the system shows none. */
  obstacle(directory: string): string | undefined;
  /** Bytes that can still be written there; undefined if unknown. */
  freeBytes(directory: string): number | undefined;
  /**
   * Creates a file that only its owner can read; a missing directory is created for its owner only. Compresses if the
   * name ends in .gz. Must fail with EEXIST if the file exists.
   */
  create(path: string): BackupSink;
  /** The bytes of a file in chunks, decompressed if the name ends in .gz; a chunk is valid only until the next one. */
  read(path: string): Iterable<Uint8Array>;
  rename(from: string, to: string): void;
  remove(path: string): void;
}

export interface BackupSink {
  /** The caller may reuse the bytes when it returns. */
  write(bytes: Uint8Array | string): void;
  /** Everything is flushed to disk when it returns. */
  close(): void;
}

/** PostgreSQL's pg_dump and pg_restore, for one database. */
export interface DumpProgram {
  /** "pg_dump 15.18". */
  readonly description: string;
  /** PostgreSQL's major version. */
  readonly major: number;
  /** Dumps the whole database in the custom format. @throws Failure backup-failed */
  dump(path: string, snapshot: string, signal: AbortSignal): Promise<void>;
  /** The lines of the table of contents. @throws Failure backup-failed */
  list(path: string): Promise<readonly string[]>;
  /** Writes the dump as SQL to a file that only its owner can read. @throws Failure backup-failed */
  script(path: string, to: string): Promise<void>;
}

/** The tools for making and storing backups. */
export interface BackupTools {
  readonly store: BackupStore;
  /**
   * The program that the user named; undefined if none was named.
   * @throws Failure settings if it is too old for a server of this major version, or cannot be used; runtime-unsupported
   */
  dumpProgram(serverMajor: number): Promise<DumpProgram | undefined>;
  /** The program that reads backups in the custom format: the named one, or else one that is installed. */
  restoreProgram(): Promise<DumpProgram | undefined>;
}
