import type { Command } from "../core/command-line/command.ts";
import { usage } from "../core/failure/failure.ts";
import { loadSchema } from "../engine/dump/load-schema.ts";
import type { Environment } from "./shared/environment.ts";
import { LOCK_OPTIONS } from "./shared/options.ts";

export const load: Command<Environment> = {
  name: "load",
  effect: "changes",
  aliases: [],
  summary: "create a dumped schema in an empty database",
  description:
    "Runs a file of pgstep dump in an empty database and records the migrations that the file names as applied, in " +
    "one transaction. Refuses a database that has anything in it.",
  arguments: [{ name: "file", required: false, summary: "the schema file (the setting dump)", completes: "file" }],
  options: [
    { name: "create-database", summary: "create the database first if the server does not have it" },
    ...LOCK_OPTIONS,
  ],
  examples: [{ line: "pgstep load schema.sql", note: "a new database, without running the migrations" }],
  async run({ options, arguments: [typed] }, environment) {
    const path = typed ?? environment.settings.values.dump;
    if (path === undefined) throw usage("Cannot load a schema: no file is named", "Name it: pgstep load <file>.");
    const context = await environment.databaseContext({ createMissing: options.has("create-database") });
    environment.report(await loadSchema(context, path));
    return 0;
  },
};
