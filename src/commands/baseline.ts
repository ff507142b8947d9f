import type { Command } from "../core/command-line/command.ts";
import { baseline as recordBaseline } from "../engine/verbs/baseline.ts";
import type { Environment } from "./shared/environment.ts";
import { LOCK_OPTIONS, requireVersion } from "./shared/options.ts";

export const baseline: Command<Environment> = {
  name: "baseline",
  effect: "changes",
  aliases: [],
  summary: "record migrations as applied; also: import, export",
  description:
    "Records all migrations up to a version as applied, for a database that was set up by other means and has no " +
    "history yet. Runs none of them.",
  arguments: [
    {
      name: "version",
      required: true,
      summary: "the newest version that the database already has",
      completes: "version",
    },
  ],
  options: LOCK_OPTIONS,
  examples: [{ line: "pgstep baseline 012", note: "001 to 012 count as applied" }],
  async run(invocation, environment) {
    const version = requireVersion(invocation.arguments[0] ?? "", "baseline");
    environment.report(await recordBaseline(await environment.databaseContext(), version));
    return 0;
  },
};
