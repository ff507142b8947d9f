import type { Command } from "../core/command-line/command.ts";
import { settingOption } from "../core/settings/setting-options.ts";
import { validate as validateMigrations } from "../engine/check/validate.ts";
import type { Environment } from "./shared/environment.ts";
import { REPEATABLE_DIRECTORY } from "./shared/options.ts";

/** The exit status if an error was found. */
const FOUND_ERRORS = 3;

export const validate: Command<Environment> = {
  name: "validate",
  effect: "reads",
  aliases: [],
  summary: "check the files and compare them with the history",
  description:
    "Finds errors in the files without running anything: names, duplicates, headers, syntax, transaction control. " +
    "With a database it also compares the files with the history; with --replay it also runs " +
    "them on an empty database. Exits with 3 on errors.",
  arguments: [],
  findings: true,
  options: [
    { name: "replay", summary: "also run them and their down scripts, on an empty database in memory" },
    settingOption("shadowUrl"),
    settingOption("placeholders"),
    REPEATABLE_DIRECTORY,
    settingOption("hooksDirectory"),
  ],
  examples: [
    { line: "pgstep validate", note: "in CI, with or without a database" },
    { line: "pgstep validate --replay", note: "also run them all; no server is needed" },
  ],
  async run({ options }, environment) {
    const { context } = environment;
    const inShadow = options.has("replay") ? environment.inShadow : undefined;
    const report = await validateMigrations(context, await environment.namedDatabase(), inShadow);
    environment.report(report);
    return report.findings.some(({ severity }) => severity === "error") ? FOUND_ERRORS : 0;
  },
};
