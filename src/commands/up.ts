import type { Command, Invocation } from "../core/command-line/command.ts";
import { openPlanFile, type UsedPlan, usePlan } from "../engine/plan/use-plan.ts";
import { migrate } from "../engine/run/migrate.ts";
import type { DatabaseContext } from "../engine/session/context.ts";
import { RECORD_FINGERPRINT, recordAfterRun, requireNoDrift } from "./shared/drift-options.ts";
import { DUMP, dumpAfterRun } from "./shared/dump-after-run.ts";
import type { Environment } from "./shared/environment.ts";
import {
  DRY_RUN,
  HOOK_OPTIONS,
  REPEATABLE_DIRECTORY,
  RUN_OPTIONS,
  refuseTogether,
  SINGLE_TRANSACTION,
} from "./shared/options.ts";
import { plannedSettings } from "./shared/planned-settings.ts";
import { runWith } from "./shared/run-with.ts";
import { COUNT, UNUSUAL, UP_ARGUMENT, upTarget } from "./shared/up-target.ts";

export const up: Command<Environment> = {
  name: "up",
  effect: "changes",
  looksWith: "dry-run",
  aliases: ["run", "migrate"],
  summary: "apply the pending migrations; also: plan",
  description:
    "Applies the pending migrations in order, each in a transaction together with its row in the history. " +
    "Stops at the first that fails, rolls it back, and says where and why it failed. " +
    "Then applies the repeatable migrations that have changed; hooks run before and after. " +
    "If all succeeds, starts the program after -- and exits with its status.",
  arguments: [UP_ARGUMENT],
  program: "a program to start afterwards, with its arguments",
  options: [
    { name: "plan", value: "file", summary: "run exactly the plan in this file, or refuse", completes: "file" },
    COUNT,
    DRY_RUN,
    SINGLE_TRANSACTION,
    ...UNUSUAL,
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
    refusePlanWith(invocation);
    const typed = upTarget(invocation, "up");
    const createMissing = invocation.options.has("create-database") && !invocation.options.has("dry-run");
    const context = await environment.databaseContext({ createMissing });
    const planned = await chosenPlan(invocation, environment, context);
    if (invocation.options.has("require-no-drift")) await requireNoDrift(environment, context);
    const options = await runWith(invocation, environment, false);
    const report = await dumpAfterRun(
      environment,
      context,
      await migrate(context, planned?.target ?? typed, { ...options, ...planned?.options }),
    );
    await recordAfterRun(environment, context, report);
    environment.report(report);
    return report.failure?.exitStatus ?? 0;
  },
};

/** The options that a plan already contains. */
const PLANNED = ["count", "out-of-order", "first-run", "single-transaction", "create-database"];

/** @throws Failure usage */
function refusePlanWith({ options, arguments: [version] }: Invocation): void {
  if (!options.has("plan")) return;
  const others = PLANNED.filter((name) => options.has(name)).map((name) => `--${name}`);
  refuseTogether("up", ["--plan", version !== undefined && `version ${version}`, ...others]);
}

/** The plan that --plan names, compared with the database; undefined without it. @throws Failure as `usePlan` */
async function chosenPlan(
  invocation: Invocation,
  environment: Environment,
  context: DatabaseContext,
): Promise<UsedPlan | undefined> {
  const path = invocation.options.get("plan");
  if (path === undefined) return undefined;
  return await usePlan(context, path, openPlanFile(environment.context, path), plannedSettings(environment));
}
