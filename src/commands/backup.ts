import type { Command } from "../core/command-line/command.ts";
import { settingOption } from "../core/settings/setting-options.ts";
import { backUp, listBackups } from "../engine/backup/back-up.ts";
import type { Environment } from "./shared/environment.ts";

export const backup: Command<Environment> = {
  name: "backup",
  effect: "changes",
  looksWith: "list",
  aliases: [],
  summary: "make a backup, or list those that there are",
  description:
    "Makes a backup of the database, and reads it again to compare every table with the database at the same moment. With " +
    "a pg_dump that is new enough for the server, in its custom format; else pgstep writes the tables itself, as SQL that " +
    "pgstep restore and psql read.",
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
    { line: "pgstep backup", remark: "make one and verify it" },
    { line: "pgstep backup --verify full --keep 7", remark: "restore it elsewhere as well; keep the newest seven" },
    { line: "pgstep backup --list", remark: "see what there is" },
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
