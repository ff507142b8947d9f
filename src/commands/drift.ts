import type { Command } from "../core/command-line/command.ts";
import { settingOption } from "../core/settings/setting-options.ts";
import { findDrift } from "../engine/drift/find-drift.ts";
import { driftOptions } from "./shared/drift-options.ts";
import type { Environment } from "./shared/environment.ts";
import { REPEATABLE_DIRECTORY } from "./shared/options.ts";

/** The exit status if the schema differs. */
const DRIFTED = 3;

export const drift: Command<Environment> = {
  name: "drift",
  effect: "reads",
  aliases: [],
  summary: "compare the database with its applied migrations",
  description:
    "Runs the applied migrations on an empty database in memory, and reports what differs in the real one: objects " +
    "that were added, removed or changed by other means. It only reads from the database. --verbose shows the SQL of " +
    "both sides. Exits with 3 if anything differs.",
  arguments: [],
  findings: true,
  options: [
    settingOption("driftIgnore"),
    settingOption("shadowUrl"),
    settingOption("standInsDirectory"),
    settingOption("shadowTimeZone"),
    settingOption("placeholders"),
    REPEATABLE_DIRECTORY,
  ],
  examples: [
    { line: "pgstep drift", note: "was anything changed by hand?" },
    { line: "pgstep drift --verbose", note: "with the SQL of both sides" },
    { line: "pgstep drift --format junit > drift.xml", note: "in a nightly job" },
  ],
  async run(_invocation, environment) {
    const context = await environment.databaseContext();
    const report = await findDrift(context, driftOptions(environment));
    environment.report(report);
    return report.differences.length > 0 ? DRIFTED : 0;
  },
};
