import type { Finding } from "../../core/failure/failure.ts";
import { lossFinding } from "../../core/plan/losses.ts";
import type { Session } from "../../ports/session.ts";
import { requireWritable, type TablePrivilege } from "../history/read-state.ts";
import { notRun } from "../repeatable/plan.ts";
import type { Script } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import { isDirect } from "../session/own-settings.ts";
import { withSession } from "../session/with-session.ts";
import { hasOwnWork } from "./around-run.ts";
import { requireOneTransaction, requirePoolable } from "./requirements.ts";
import { type Executed, executeLocked } from "./run-locked.ts";
import type { Planner, RunOptions, RunPlan } from "./run-plan.ts";
import { stepReport } from "./run-scripts.ts";

/** The differences between a run of migrations and a run of seeds. */
export interface RunKind {
  readonly doing: "migrate" | "seed";
  /** @throws Failure when the run must not start */
  readonly plan: Planner;
  /** The privileges on the history that the role needs besides SELECT. */
  needed?(plan: RunPlan): readonly TablePrivilege[];
}

/**
 * Plans a run, reports the plan and the findings, and executes it if there is anything to do.
 * @throws Failure for every error before the first step
 */
export async function carryOut(context: DatabaseContext, kind: RunKind, options: RunOptions): Promise<Executed> {
  const { database, emit, signal } = context;
  const { dryRun = false, singleTransaction } = options;
  const work = async (session: Session): Promise<Executed> => {
    const planned = await kind.plan(session);
    const { state, plan, scripts, around, alreadyApplied } = planned;
    for (const finding of planned.findings) emit({ type: "warning", finding });
    if (singleTransaction) requireOneTransaction(planned);
    const isIdle = dryRun || (scripts.length === 0 && !hasOwnWork(around));
    if (!isIdle) requireWritable(state, kind.doing, kind.needed?.(planned));
    emit({ type: "planned", database: database.description, plan, dryRun });
    if (dryRun) {
      for (const finding of kind.doing === "migrate" ? lossesOf(scripts) : []) emit({ type: "warning", finding });
      await options.backUp?.(context, session, planned, true);
    }
    if (isIdle) {
      const steps = scripts.map((script) => stepReport(script, "not-run"));
      return { alreadyApplied, steps, repeatable: around.repeatable.stale.map(notRun) };
    }
    if (!isDirect(state, session)) requirePoolable(state, scripts);
    return await executeLocked(context, session, planned, kind.plan, options);
  };
  return await withSession(database, kind.doing, work, signal);
}

/** The data that the migrations destroy as far as their text shows it. Undoing a migration is meant to. */
function lossesOf(scripts: readonly Script[]): Finding[] {
  const ups = scripts.filter(({ step }) => step.direction === "up");
  return ups.flatMap(({ path, inspection }) => lossFinding(path, inspection.destructions) ?? []);
}
