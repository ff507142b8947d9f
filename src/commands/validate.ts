import type { Command } from "../core/command-line/command.ts";
import { settingOption } from "../core/settings/setting-options.ts";
import { validate as validateMigrations } from "../engine/check/validate.ts";
import type { Environment } from "./shared/environment.ts";
import { FOUND_ERRORS, REPEATABLE_DIRECTORY } from "./shared/options.ts";

export const validate: Command<Environment> = {
  name: "validate",
  effect: "reads",
  aliases: [],
  summary: "check the files and compare them with the history",
  description:
    "Finds errors in the files without running anything: names, duplicates, headers, syntax, " +
    "transaction control. With a database it also compares the files with the history. Exits with 3 on errors.",
  arguments: [],
  findings: true,
  options: [settingOption("placeholders"), REPEATABLE_DIRECTORY, settingOption("hooksDirectory")],
  examples: [{ line: "pgstep validate", note: "before a run, with or without a database" }],
  async run(_, environment) {
    const report = await validateMigrations(environment.context, await environment.namedDatabase());
    environment.report(report);
    return report.findings.some(({ severity }) => severity === "error") ? FOUND_ERRORS : 0;
  },
};
