import type { Command } from "../core/command.ts";
import type { Environment } from "../engine/environment.ts";
import { validate as validateMigrations } from "../engine/validate.ts";

/** The exit status when an error was found. */
const FOUND_ERRORS = 3;

export const validate: Command<Environment> = {
  name: "validate",
  aliases: [],
  summary: "check the files, and compare them with the history",
  description:
    "Finds everything that is wrong without running anything: names, duplicates, headers, unterminated quotes, " +
    "transaction control. With a database it also compares the files with the history. Exits with 3 on errors.",
  arguments: [],
  options: [],
  examples: [{ line: "pgstep validate", remark: "in CI, with or without a database" }],
  async run(_invocation, environment) {
    const report = await validateMigrations(environment.context, await environment.namedDatabase());
    environment.report(report);
    return report.findings.some(({ severity }) => severity === "error") ? FOUND_ERRORS : 0;
  },
};
