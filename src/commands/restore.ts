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
    "Restores a backup and its history in one transaction. An SQL backup by pgstep replaces its own tables, a backup " +
    "by pg_dump everything in the database. First reads the whole file and shows what it will do, then asks for the " +
    "database's name.",
  arguments: [{ name: "file", required: true, summary: "the backup", completes: "file" }],
  options: [
    { name: "confirm", value: "database", summary: "the database's name, instead of the prompt" },
    { name: "force", summary: "also required in the environment production" },
    { name: "other-database", summary: "accept a backup of a database with another name" },
    settingOption("pgDump"),
    ...LOCK_OPTIONS,
  ],
  examples: [
    { line: "pgstep restore .pgstep/backups/app-012-20260131T120000000Z.sql", note: "show the plan, ask, replace" },
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
