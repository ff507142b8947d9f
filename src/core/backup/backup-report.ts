import type { BackedUpTable, BackupEntry, BackupKind, Verification } from "./backup-file.ts";

/** A backup that was made and verified. */
export interface Backup {
  readonly database: string;
  readonly path: string;
  readonly kind: BackupKind;
  /** What wrote it: "pg_dump 15.18"; undefined for pgstep itself. */
  readonly program: string | undefined;
  /** All of the database, or the tables that a run touches. */
  readonly scope: "all" | "tables";
  readonly tables: readonly BackedUpTable[];
  readonly bytes: number;
  readonly verification: Verification;
  /** Older ones that were removed. */
  readonly removed: readonly string[];
  /** Whole milliseconds. */
  readonly durationMs: number;
}

export interface BackupReport extends Backup {
  readonly type: "backup";
}

export interface BackupListReport {
  readonly type: "backups";
  readonly directory: string;
  /** Newest first. */
  readonly backups: readonly BackupEntry[];
}

/** What a restore is about to do. */
export interface RestorePlan {
  readonly database: string;
  readonly databaseName: string;
  readonly path: string;
  readonly createdAt: string;
  /** Everything in the database is deleted first; otherwise only the tables of the backup are replaced. */
  readonly replacesAll: boolean;
  readonly tables: readonly string[];
  /** Versions that leave the history, so that they are pending again. */
  readonly pendingAgain: readonly string[];
  /** Versions that come back into the history. */
  readonly appliedAgain: readonly string[];
}

export interface RestoreReport {
  readonly type: "restore";
  readonly database: string;
  readonly path: string;
  readonly tables: readonly BackedUpTable[];
  /** Whole milliseconds. */
  readonly durationMs: number;
}

/** What a run is told of backups, by settings and options. */
export interface BackupPolicy {
  readonly backup: "automatic" | "always" | "never";
  readonly backupDirectory: string;
  /** How many of a database are kept; undefined for all. */
  readonly backupKeep: number | undefined;
  readonly backupVerify: Verification;
  readonly backupGzip: boolean;
}
