import type { Command } from "../core/command-line/command.ts";
import { migrate } from "../engine/run/migrate.ts";
import { RECORD_FINGERPRINT, recordAfterRun, requireNoDrift } from "./shared/drift-options.ts";
import { DUMP, dumpAfterRun } from "./shared/dump-after-run.ts";
import type { Environment } from "./shared/environment.ts";
import {
  DRY_RUN,
  HOOK_OPTIONS,
  REPEATABLE_DIRECTORY,
  RUN_OPTIONS,
  refuseTogether,
  requireCount,
  requireVersion,
  SINGLE_TRANSACTION,
} from "./shared/options.ts";
import { runWith } from "./shared/run-with.ts";

export const up: Command<Environment> = {
  name: "up",
  effect: "changes",
  looksWith: "dry-run",
  aliases: ["run", "migrate"],
  summary: "apply the pending migrations",
  description:
    "Applies the pending migrations in order, each in a transaction together with its row in the history. " +
    "Stops at the first that fails, rolls it back, and says where and why it failed. " +
    "Then applies the repeatable migrations that have changed; hooks run before and after. " +
    "If all succeeds, starts the program after -- and exits with its status.",
  arguments: [
    {
      name: "version",
      required: false,
      summary: "the last version to apply (all)",
      completes: "version",
    },
  ],
  program: "a program to start afterwards, with its arguments",
  options: [
    { name: "count", value: "number", summary: "apply at most this many migrations" },
    DRY_RUN,
    SINGLE_TRANSACTION,
    { name: "out-of-order", summary: "also apply migrations below the newest applied one" },
    { name: "first-run", summary: "run on a database that is in use but has no history yet" },
    { name: "require-no-drift", summary: "refuse to run if drift finds a difference" },
    { name: "create-database", summary: "create the database first if the server does not have it" },
    ...RUN_OPTIONS,
    DUMP,
    RECORD_FINGERPRINT,
    REPEATABLE_DIRECTORY,
    ...HOOK_OPTIONS,
  ],
  examples: [
    { line: "pgstep up", note: "apply all pending migrations" },
    { line: "pgstep up 012", note: "stop after version 012" },
    { line: "pgstep up --dry-run", note: "see what would run" },
    { line: "pgstep up --wait 60s -- node server.js", note: "in a container: migrate, then serve" },
  ],
  async run(invocation, environment) {
    const [program] = invocation.program;
    refuseTogether("up", [
      invocation.options.has("dry-run") && "--dry-run",
      program !== undefined && `a program to start (${program})`,
    ]);
    const [version] = invocation.arguments;
    const count = invocation.options.get("count");
    const target = {
      ...(version !== undefined && { to: requireVersion(version, "up") }),
      ...(count !== undefined && { count: requireCount(count, "up --count", undefined) }),
      outOfOrder: invocation.options.has("out-of-order"),
      firstRun: invocation.options.has("first-run"),
    };
    const createMissing = invocation.options.has("create-database") && !invocation.options.has("dry-run");
    const context = await environment.databaseContext({ createMissing });
    if (invocation.options.has("require-no-drift")) await requireNoDrift(environment, context);
    const report = await dumpAfterRun(
      environment,
      context,
      await migrate(context, target, await runWith(invocation, environment, false)),
    );
    await recordAfterRun(environment, context, report);
    environment.report(report);
    return report.failure?.exitStatus ?? 0;
  },
};
