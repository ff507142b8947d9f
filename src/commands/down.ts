import type { Command } from "../core/command-line/command.ts";
import type { DownTarget } from "../core/migrations/plan.ts";
import { undo } from "../engine/run/migrate.ts";
import { RECORD_FINGERPRINT, recordAfterRun } from "./shared/drift-options.ts";
import { DUMP, dumpAfterRun } from "./shared/dump-after-run.ts";
import type { Environment } from "./shared/environment.ts";
import {
  DRY_RUN,
  HOOK_OPTIONS,
  RUN_OPTIONS,
  refuseTogether,
  requireCount,
  requireVersion,
  SINGLE_TRANSACTION,
} from "./shared/options.ts";
import { runWith } from "./shared/run-with.ts";

export const down: Command<Environment> = {
  name: "down",
  effect: "changes",
  looksWith: "dry-run",
  aliases: ["rollback"],
  summary: "undo the newest migrations; also: redo",
  description:
    "Runs the down scripts from the highest applied version down, each in a transaction that also removes its row " +
    "from the history. If a file is missing, runs the down script that was stored when the migration was applied.",
  arguments: [{ name: "count", required: false, summary: "how many to undo (1)" }],
  options: [
    { name: "to", value: "version", summary: "undo everything above this version", completes: "version" },
    { name: "all", summary: "undo all migrations" },
    DRY_RUN,
    SINGLE_TRANSACTION,
    ...RUN_OPTIONS,
    DUMP,
    RECORD_FINGERPRINT,
    ...HOOK_OPTIONS,
  ],
  examples: [
    { line: "pgstep down", note: "undo the newest one" },
    { line: "pgstep down 3", note: "undo the newest three" },
    { line: "pgstep down --to 012", note: "go back to version 012" },
  ],
  async run(invocation, environment) {
    const target = downTarget(invocation.arguments[0], invocation.options.get("to"), invocation.options.has("all"));
    const context = await environment.databaseContext();
    const report = await dumpAfterRun(
      environment,
      context,
      await undo(context, target, await runWith(invocation, environment, true)),
    );
    await recordAfterRun(environment, context, report);
    environment.report(report);
    return report.failure?.exitStatus ?? 0;
  },
};

function downTarget(count: string | undefined, to: string | undefined, all: boolean): DownTarget {
  refuseTogether("down", [count !== undefined && `count ${count}`, to !== undefined && "--to", all && "--all"]);
  if (all) return { all: true };
  if (to !== undefined) return { to: requireVersion(to, "down --to") };
  return { count: count === undefined ? 1 : requireCount(count, "down", `pgstep down --to ${count}`) };
}
