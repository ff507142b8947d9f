import type { BackupEntry } from "../core/backup/backup-file.ts";

/** Where backups are kept. Errors are those of node:fs. */
export interface BackupStore {
  /** The backups in a directory, in no particular order; none when there is no such directory. */
  list(directory: string): readonly BackupEntry[];
  /** The files of backups of this database that have not got their names: killed, or at work somewhere. */
  unfinished(directory: string, databaseName: string): readonly string[];
  /** Bytes that may still be written there; undefined when that cannot be told. */
  freeBytes(directory: string): number | undefined;
  /**
   * A new file that only its owner may read, in a directory that only its owner may enter when it has to be made.
   * A name that ends in .gz is written compressed. Must fail with EEXIST when the file is there already.
   */
  create(path: string): BackupSink;
  /** The bytes of a file in parts, uncompressed when its name ends in .gz; a part is good only until the next. */
  read(path: string): Iterable<Uint8Array>;
  rename(from: string, to: string): void;
  remove(path: string): void;
}

export interface BackupSink {
  /** The bytes are used up when it returns. */
  write(bytes: Uint8Array | string): void;
  /** All is on the disk, not only on its way, when it returns. */
  close(): void;
}

/** PostgreSQL's own pg_dump and pg_restore, for the database that is named. */
export interface DumpProgram {
  /** "pg_dump 15.18". */
  readonly description: string;
  /** Of PostgreSQL. */
  readonly major: number;
  /** Writes a dump of all of the database, in the custom format. @throws Failure backup-failed */
  dump(path: string, snapshot: string, signal: AbortSignal): Promise<void>;
  /** The lines of its table of contents. @throws Failure backup-failed */
  list(path: string): Promise<readonly string[]>;
  /** Writes its SQL to a file that only its owner may read. @throws Failure backup-failed */
  script(path: string, to: string): Promise<void>;
}

/** What backups are made and kept with. */
export interface BackupTools {
  readonly store: BackupStore;
  /**
   * The one that will do for a server of this major version; undefined when there is none.
   * @throws Failure settings, runtime-unsupported when one was named and cannot be used
   */
  dumpProgram(serverMajor: number): Promise<DumpProgram | undefined>;
}
