import type { Backup, BackupListReport, RestorePlan, RestoreReport } from "../../core/backup/backup-report.ts";

/* What --json prints of backups. */

/** `program` is null where pgstep wrote it itself. */
export interface JsonBackup extends Omit<Backup, "program"> {
  readonly program: string | null;
}

export type JsonBackupEvent =
  | { readonly type: "backup-progress"; readonly table: string; readonly index: number; readonly tables: number }
  | { readonly type: "backed-up"; readonly backup: JsonBackup }
  | { readonly type: "restore-planned"; readonly plan: RestorePlan };

export type JsonBackupReport = (JsonBackup & { readonly type: "backup" }) | BackupListReport | RestoreReport;

export function jsonBackup(backup: Backup): JsonBackup {
  const { database, path, kind, program, scope, tables, bytes, verification, removed, durationMs } = backup;
  return { database, path, kind, program: program ?? null, scope, tables, bytes, verification, removed, durationMs };
}
