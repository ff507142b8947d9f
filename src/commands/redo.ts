import type { Command } from "../core/command-line/command.ts";
import { redo as redoMigrations } from "../engine/run/migrate.ts";
import { RECORD_FINGERPRINT, recordAfterRun } from "./shared/drift-options.ts";
import { DUMP, dumpAfterRun } from "./shared/dump-after-run.ts";
import type { Environment } from "./shared/environment.ts";
import {
  DRY_RUN,
  HOOK_OPTIONS,
  REPEATABLE_DIRECTORY,
  RUN_OPTIONS,
  requireCount,
  SINGLE_TRANSACTION,
} from "./shared/options.ts";
import { runWith } from "./shared/run-with.ts";

export const redo: Command<Environment> = {
  name: "redo",
  effect: "changes",
  looksWith: "dry-run",
  aliases: [],
  summary: "undo the newest migrations and apply them again",
  description: "Runs the down scripts of the newest migrations, then applies the same migrations as they are now.",
  arguments: [{ name: "count", required: false, summary: "how many (1)" }],
  options: [
    DRY_RUN,
    SINGLE_TRANSACTION,
    ...RUN_OPTIONS,
    DUMP,
    RECORD_FINGERPRINT,
    REPEATABLE_DIRECTORY,
    ...HOOK_OPTIONS,
  ],
  examples: [{ line: "pgstep redo", note: "test the newest migration and its down script" }],
  async run(invocation, environment) {
    const [text] = invocation.arguments;
    const count = text === undefined ? 1 : requireCount(text, "redo", `pgstep down --to ${text}, then pgstep up`);
    const context = await environment.databaseContext();
    const redone = await redoMigrations(context, count, await runWith(invocation, environment, true));
    const report = await dumpAfterRun(environment, context, redone);
    await recordAfterRun(environment, context, report);
    environment.report(report);
    return report.failure?.exitStatus ?? 0;
  },
};
