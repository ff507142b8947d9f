import type { BackupListReport, BackupPolicy, BackupReport } from "../../core/backup/backup-report.ts";
import { Failure } from "../../core/failure/failure.ts";
import { systemWords } from "../../core/failure/system-error.ts";
import type { BackupTools } from "../../ports/backups.ts";
import { readState } from "../history/read-state.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import { type BackupMeans, takeBackup } from "./take-backup.ts";

/** Backs up the whole database. @throws Failure backup-failed and those of connecting */
export function backUp(context: DatabaseContext, means: BackupMeans): Promise<BackupReport> {
  const { database, settings, signal } = context;
  return withSession(
    database,
    "back up",
    async (session) => {
      const state = await readState(session, settings);
      const order = { state, origin: "manual" as const, destructions: undefined, kept: [] };
      const backup = await takeBackup(context, session, means, order);
      if (!backup) throw new Error("no full backup was made");
      return { type: "backup", ...backup };
    },
    signal,
  );
}

/** Lists the existing backups, newest first. @throws Failure backup-failed when the directory cannot be read */
export function listBackups({ store }: BackupTools, { backupDirectory }: BackupPolicy): BackupListReport {
  try {
    const backups = [...store.list(backupDirectory)].sort((one, other) => (one.time < other.time ? 1 : -1));
    return { type: "backups", directory: backupDirectory, backups };
  } catch (cause) {
    throw new Failure(
      "backup-failed",
      `Cannot list the backups in ${backupDirectory}: ${systemWords(cause, "directory")}`,
      {
        hint: "Name another directory: --backup-dir <directory>.",
        cause,
      },
    );
  }
}
