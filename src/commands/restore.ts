import type { Dispensable } from "../core/backup/schema-statements.ts";
import type { Command } from "../core/command-line/command.ts";
import { settingOption } from "../core/settings/setting-options.ts";
import { restore as restoreBackup } from "../engine/restore/restore.ts";
import type { Environment } from "./shared/environment.ts";
import { LOCK_OPTIONS } from "./shared/options.ts";

export const restore: Command<Environment> = {
  name: "restore",
  effect: "changes",
  aliases: [],
  summary: "DANGER: replace data with a backup",
  description:
    "Restores a backup and its history in one transaction. A backup of some tables replaces these, a backup of the " +
    "whole database everything; then it compares all rows with the backup. First reads the whole file and shows " +
    "what it will do, then asks for the " +
    "database's name.",
  arguments: [{ name: "file", required: true, summary: "the backup", completes: "file" }],
  options: [
    { name: "confirm", value: "database", summary: "the database's name, instead of the prompt" },
    { name: "force", summary: "also required in the environment production" },
    { name: "no-owner", summary: "restore no owners: everything belongs to the role that restores" },
    { name: "no-privileges", summary: "restore no privileges (GRANT)" },
    { name: "other-database", summary: "accept a backup of a database with another name" },
    settingOption("pgDump"),
    ...LOCK_OPTIONS,
  ],
  examples: [
    {
      line: "pgstep restore .pgstep/backups/app-012-20260131T120000000Z-manual.sql",
      note: "show the plan, ask, replace",
    },
  ],
  async run({ options, arguments: [path = ""] }, environment) {
    const given = { confirm: options.get("confirm"), force: options.has("force") };
    const { tools } = await environment.backupMeans();
    const context = await environment.databaseContext();
    const without: Dispensable[] = [
      ...(options.has("no-owner") ? (["owner"] as const) : []),
      ...(options.has("no-privileges") ? (["privilege"] as const) : []),
    ];
    const otherDatabase = options.has("other-database");
    const order = { path, otherDatabase, without, consent: environment.consent(given) };
    environment.report(await restoreBackup(context, tools, order));
    return 0;
  },
};
