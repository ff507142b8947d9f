import type { BackupPolicy } from "../../core/backup/backup-report.ts";
import { type Check, good, warning } from "../../core/reports/diagnosis.ts";
import { sizeText } from "../../core/text/size.ts";
import type { BackupStore } from "../../ports/backups.ts";

const TOPIC = "backups";

/** Checks that a run that needs a backup can write it; no check if runs make none. */
export function* backupChecks(store: BackupStore, { backup, backupDirectory }: BackupPolicy): Generator<Check> {
  if (backup === "never") return;
  const obstacle = store.obstacle(backupDirectory);
  if (obstacle !== undefined) {
    yield warning(
      TOPIC,
      `cannot be written to ${backupDirectory}: ${obstacle}`,
      "Make it writable, name another directory with PGSTEP_BACKUP_DIR, or set PGSTEP_BACKUP=never for runs without backups.",
    );
    return;
  }
  const free = store.freeBytes(backupDirectory);
  yield good(TOPIC, `can be written to ${backupDirectory}${free === undefined ? "" : `, ${sizeText(free)} free`}`);
}
