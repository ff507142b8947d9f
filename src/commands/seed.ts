import type { Command } from "../core/command-line/command.ts";
import { settingOption } from "../core/settings/setting-options.ts";
import { seed as runSeeds } from "../engine/seed/seed.ts";
import type { Environment } from "./shared/environment.ts";
import { DRY_RUN, RUN_OPTIONS } from "./shared/options.ts";

export const seed: Command<Environment> = {
  name: "seed",
  effect: "changes",
  looksWith: "dry-run",
  aliases: [],
  summary: "run the seeds (initial rows)",
  description:
    "Runs the SQL files in database/seeds and in its folder for the environment, in the order of their names, each " +
    'in a transaction. They run every time, so write them with ON CONFLICT; a file with "Seed: once" in its header ' +
    "runs once. Refused while migrations are pending.",
  arguments: [],
  options: [DRY_RUN, settingOption("seedsDirectory"), ...RUN_OPTIONS],
  examples: [{ line: "pgstep seed --env development", note: "also those in database/seeds/development" }],
  async run({ options }, environment) {
    const report = await runSeeds(await environment.databaseContext(), { dryRun: options.has("dry-run") });
    environment.report(report);
    return report.failure?.exitStatus ?? 0;
  },
};
