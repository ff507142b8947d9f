import type { Migration } from "../../core/migrations/migration.ts";
import {
  type DownTarget,
  planDown,
  planRedo,
  planUp,
  stoppedBefore,
  type UpTarget,
} from "../../core/migrations/plan.ts";
import type { RunReport } from "../../core/reports/report.ts";
import type { TablePrivilege } from "../history/read-state.ts";
import type { DatabaseContext } from "../session/context.ts";
import { carryOut } from "./carry-out.ts";
import { plannerOf, type RunChoice } from "./plan-run.ts";
import type { Planner, RunOptions, RunPlan } from "./run-plan.ts";

/**
 * Applies pending migrations.
 * @throws Failure for every error before the first step; a step that fails is in the report
 */
export function migrate(context: DatabaseContext, target: UpTarget, options: RunOptions): Promise<RunReport> {
  return run(context, upChoice(context, target), options);
}

/** The choice of the pending migrations up to a target. */
export function upChoice({ isRehearsal }: DatabaseContext, target: UpTarget): RunChoice {
  const guardsFirstRun = !target.firstRun && !isRehearsal;
  return { command: "up", choose: (entries) => planUp(entries, target), guardsFirstRun };
}

/** Undoes applied migrations, highest version first. @throws as `migrate` */
export function undo(context: DatabaseContext, target: DownTarget, options: RunOptions): Promise<RunReport> {
  return run(context, { command: "down", choose: (entries) => planDown(entries, target) }, options);
}

/** Undoes the newest migrations and applies them again. @throws as `migrate` */
export function redo(context: DatabaseContext, count: number, options: RunOptions): Promise<RunReport> {
  return run(context, { command: "redo", choose: (entries) => planRedo(entries, count) }, options);
}

/** Reads the files, plans from them and the state of the database, executes the plan, and reports the result. */
async function run(context: DatabaseContext, choice: RunChoice, options: RunOptions): Promise<RunReport> {
  const { database, clock } = context;
  const started = clock.monotonicMs();
  const planned = plannerOf(context, choice, options);
  let stop: Migration | undefined;
  const plan: Planner = async (session) => {
    const result = await planned(session);
    await options.verify?.(session, result);
    stop = result.plan.stopsBefore;
    return result;
  };
  const {
    repeatable = [],
    hooks = [],
    ...executed
  } = await carryOut(context, { doing: "migrate", plan, needed: neededPrivileges }, options);
  return {
    type: "run",
    command: choice.command,
    database: database.description,
    dryRun: options.dryRun ?? false,
    ...(stop && { failure: stoppedBefore(stop) }),
    ...executed,
    durationMs: Math.round(clock.monotonicMs() - started),
    ...(repeatable.length > 0 && { repeatable }),
    ...(hooks.length > 0 && { hooks }),
  };
}

/** The privileges on the history that recording the steps cannot do without. */
export function neededPrivileges({ scripts }: RunPlan): TablePrivilege[] {
  const isUp = scripts.some(({ step }) => step.direction === "up");
  const isDown = scripts.some(({ step }) => step.direction === "down");
  const isAlone = scripts.some(({ inspection }) => inspection.mode === "statements");
  return [
    ...(isUp ? ["INSERT" as const] : []),
    ...(isDown ? ["DELETE" as const] : []),
    ...(isUp && isAlone ? ["UPDATE" as const] : []),
  ];
}
