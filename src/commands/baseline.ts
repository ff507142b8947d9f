import type { Command } from "../core/command-line/command.ts";
import { settingOption } from "../core/settings/setting-options.ts";
import { baseline as recordBaseline } from "../engine/verbs/baseline.ts";
import type { Environment } from "./shared/environment.ts";
import { LOCK_OPTIONS, refuseTogether, requireVersion } from "./shared/options.ts";

export const baseline: Command<Environment> = {
  name: "baseline",
  effect: "changes",
  aliases: [],
  summary: "record migrations as applied; also: import, export",
  description:
    "Records all migrations up to a version as applied, for a database that was set up by other means and has no " +
    "history yet. Runs none of them. --write writes the first migration from the schema of the database, proves it " +
    "on an empty database in memory, and records it.",
  arguments: [
    {
      name: "version",
      required: true,
      replacedBy: {
        option: "write",
        hint: "Give the newest version that the database has; or write the first migration: pgstep baseline --write <description>.",
      },
      summary: "the newest version that the database already has",
      completes: "version",
    },
  ],
  options: [
    { name: "write", value: "description", summary: "write the first migration from the database, and record it" },
    settingOption("shadowUrl"),
    settingOption("standInsDirectory"),
    ...LOCK_OPTIONS,
  ],
  examples: [
    { line: "pgstep baseline 012", note: "001 to 012 count as applied" },
    { line: "pgstep baseline --write 'schema so far'", note: "001_schema_so_far.sql, which counts as applied" },
  ],
  async run(invocation, environment) {
    const [typed] = invocation.arguments;
    const description = invocation.options.get("write");
    refuseTogether("baseline", [typed !== undefined && "a version", description !== undefined && "--write"]);
    if (description === undefined) {
      const version = requireVersion(typed ?? "", "baseline");
      environment.report(await recordBaseline(await environment.databaseContext(), version));
      return 0;
    }
    const { writeBaseline } = await import("../engine/diff/write-baseline.ts");
    const context = await environment.databaseContext();
    const { version, ...created } = await writeBaseline(context, environment.inTrial, description);
    environment.report({ ...(await recordBaseline(context, version)), written: created.paths });
    return 0;
  },
};
