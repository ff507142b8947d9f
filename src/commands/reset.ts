import type { Command } from "../core/command-line/command.ts";
import { usage } from "../core/failure/failure.ts";
import { settingOption } from "../core/settings/setting-options.ts";
import { reset as resetDatabase } from "../engine/reset/reset.ts";
import { migrate } from "../engine/run/migrate.ts";
import { seed as runSeeds } from "../engine/seed/seed.ts";
import type { Environment } from "./shared/environment.ts";
import { HOOK_OPTIONS, LOCK_OPTIONS } from "./shared/options.ts";

export const reset: Command<Environment> = {
  name: "reset",
  effect: "changes",
  aliases: [],
  summary: "DANGER: delete everything in the database",
  description:
    "Deletes ALL data: every object in every schema except the system's, the history included, and leaves an " +
    "empty public schema. First shows what it will delete, then asks for the database's name.",
  arguments: [],
  options: [
    { name: "up", summary: "apply all migrations afterwards" },
    { name: "seed", summary: "with --up: also run the seeds" },
    { name: "confirm", value: "database", summary: "the database's name, instead of the prompt" },
    { name: "force", summary: "also required in the environment production" },
    ...LOCK_OPTIONS,
    ...HOOK_OPTIONS,
    settingOption("placeholders"),
    settingOption("seedsDirectory"),
  ],
  examples: [
    { line: "pgstep reset", note: "show what is there, ask, delete" },
    { line: "pgstep reset --up --confirm app_dev", note: "rebuild the database, in a script" },
  ],
  async run({ options }, environment) {
    if (options.has("seed") && !options.has("up")) {
      throw usage("Cannot use --seed without --up: seeds need the migrations", "Add --up.");
    }
    const consent = environment.consent({ confirm: options.get("confirm"), force: options.has("force") });
    const context = await environment.databaseContext();
    environment.report(await resetDatabase(context, consent));
    if (!options.has("up")) return 0;
    const report = await migrate(context, {}, {});
    environment.report(report);
    if (report.failure || !options.has("seed")) return report.failure?.exitStatus ?? 0;
    const seeded = await runSeeds(context, {});
    environment.report(seeded);
    return seeded.failure?.exitStatus ?? 0;
  },
};
