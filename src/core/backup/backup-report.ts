import type { BackedUpTable, BackupEntry, BackupKind, BackupOrigin, Verification } from "./backup-file.ts";

/** A backup that was made and verified. */
export interface Backup {
  readonly database: string;
  readonly path: string;
  readonly kind: BackupKind;
  readonly origin: BackupOrigin;
  /** The program that wrote it, e.g. "pg_dump 15.18"; undefined for pgstep itself. */
  readonly program: string | undefined;
  /** The whole database, or the tables that a run touches. */
  readonly scope: "all" | "tables";
  readonly tables: readonly BackedUpTable[];
  readonly bytes: number;
  readonly verification: Verification;
  /** Older backups that were deleted. */
  readonly removed: readonly string[];
  /** Whole milliseconds. */
  readonly durationMs: number;
}

/** The backup that a run would make. */
export interface PlannedBackup {
  readonly database: string;
  readonly scope: "all" | "tables";
  readonly tables: readonly PlannedTable[];
  /** The size of the rows on disk. */
  readonly bytes: number;
}

export interface PlannedTable {
  readonly name: string;
  readonly bytes: number;
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

/** The plan of a restore, shown before it starts. */
export interface RestorePlan {
  readonly database: string;
  readonly databaseName: string;
  readonly path: string;
  readonly createdAt: string;
  /** True if everything in the database is deleted first; otherwise only the backup's tables are replaced. */
  readonly replacesAll: boolean;
  readonly tables: readonly string[];
  /** Versions removed from the history, so pending again. */
  readonly pendingAgain: readonly string[];
  /** Versions added back to the history. */
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

/** The backup settings of a run. */
export interface BackupPolicy {
  readonly backup: "automatic" | "always" | "never";
  readonly backupDirectory: string;
  /** Number of automatic backups to keep per database. */
  readonly backupKeep: number;
  /** The size of tables up to which a run makes an automatic backup, in bytes. */
  readonly backupLimit: number;
  readonly backupVerify: Verification;
  readonly backupGzip: boolean;
}
