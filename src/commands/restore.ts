import type { Command } from "../core/command-line/command.ts";
import { settingOption } from "../core/settings/setting-options.ts";
import { restore as restoreBackup } from "../engine/backup/restore.ts";
import type { Environment } from "./shared/environment.ts";
import { LOCK_OPTIONS } from "./shared/options.ts";

export const restore: Command<Environment> = {
  name: "restore",
  effect: "changes",
  aliases: [],
  summary: "DANGER: replace data with a backup",
  description:
    "Puts back what is in a backup, and the history with it, in one transaction: the tables of one that pgstep wrote, " +
    "everything in the database for one of pg_dump's. First reads all of the file and shows what it will do, then asks for " +
    "the database's name.",
  arguments: [{ name: "file", required: true, summary: "the backup", completes: "file" }],
  options: [
    { name: "confirm", value: "database", summary: "the database's name, instead of being asked for it" },
    { name: "force", summary: "needed as well in the environment production" },
    { name: "other-database", summary: "also a backup of a database of another name" },
    settingOption("pgDump"),
    ...LOCK_OPTIONS,
  ],
  examples: [
    { line: "pgstep restore .pgstep/backups/app-012-20260131T120000000Z.sql", remark: "shows, asks, replaces" },
  ],
  async run({ options, arguments: [path = ""] }, environment) {
    const given = { confirm: options.get("confirm"), force: options.has("force") };
    const { tools } = await environment.backupMeans();
    const context = await environment.databaseContext();
    const order = { path, otherDatabase: options.has("other-database"), consent: environment.consent(given) };
    environment.report(await restoreBackup(context, tools, order));
    return 0;
  },
};
