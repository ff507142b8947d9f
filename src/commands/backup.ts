import type { Command } from "../core/command-line/command.ts";
import { settingOption } from "../core/settings/setting-options.ts";
import { backUp, listBackups } from "../engine/backup/back-up.ts";
import type { Environment } from "./shared/environment.ts";

export const backup: Command<Environment> = {
  name: "backup",
  effect: "changes",
  changesFilesOnly: true,
  looksWith: "list",
  aliases: [],
  summary: "make a verified backup, or list the backups",
  description:
    "Backs up the whole database as SQL for pgstep restore and psql: the schema as pg_dump writes it, all rows, and " +
    "the history. Then reads the backup and compares every table with the database at the same moment.",
  arguments: [],
  options: [
    { name: "list", summary: "list the backups instead, newest first" },
    settingOption("backupDirectory"),
    settingOption("backupKeep"),
    settingOption("backupVerify"),
    settingOption("backupGzip"),
    settingOption("pgDump"),
    settingOption("shadowUrl"),
  ],
  examples: [
    { line: "pgstep backup", note: "make and verify a backup" },
    { line: "pgstep backup --verify full --keep 7", note: "also test restoring it; keep seven automatic ones" },
    { line: "pgstep backup --list", note: "list the backups" },
  ],
  async run({ options }, environment) {
    const means = await environment.backupMeans();
    environment.report(
      options.has("list")
        ? listBackups(means.tools, means.policy)
        : await backUp(await environment.databaseContext(), means),
    );
    return 0;
  },
};
