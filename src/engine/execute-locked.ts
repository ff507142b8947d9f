import type { Failure } from "../core/error.ts";
import { interruption } from "../core/interruption.ts";
import type { StepOutcome, StepReport } from "../core/report.ts";
import type { Session } from "../ports/session.ts";
import { afterLoss } from "./after-loss.ts";
import { type AroundReport, AroundRun, hasOwnWork, NOTHING_AROUND } from "./around-run.ts";
import type { DatabaseContext } from "./context.ts";
import { runInOneTransaction, type Stop, stepReport } from "./execute-plan.ts";
import { type RunLock, takeLock } from "./lock.ts";
import type { Prepared, RunOptions } from "./migrate.ts";
import { observe } from "./observer.ts";
import { blockedBy, retryBudget } from "./retry.ts";
import { cancelOnAbort, endRun, startRun } from "./run-session.ts";
import type { Script } from "./scripts.ts";

export interface Executed extends Partial<Pick<AroundReport, "repeatable" | "hooks">> {
  /** What was applied when the lock was won. */
  readonly alreadyApplied: number;
  readonly steps: readonly StepReport[];
  readonly failure?: Failure;
}

type Outcome = Pick<Executed, "steps" | "failure">;

/**
 * Takes the lock, plans again on what is true then, and runs the plan: tries again what a busy table refused, plans
 * again when another run came first, and looks up what is true when the connection is lost.
 * @throws Failure before the first step
 */
export async function executeLocked(
  context: DatabaseContext,
  session: Session,
  direct: boolean,
  prepare: (session: Session) => Promise<Prepared>,
  options: RunOptions,
): Promise<Executed> {
  const lock = await takeLock(context, session, direct);
  try {
    return await execute(context, session, lock, prepare, options);
  } catch (error) {
    await lock.release().catch(() => {});
    throw error;
  }
}

async function execute(
  context: DatabaseContext,
  session: Session,
  lock: RunLock,
  prepare: (session: Session) => Promise<Prepared>,
  options: RunOptions,
): Promise<Executed> {
  let { scripts, alreadyApplied, state, surroundings = NOTHING_AROUND } = await prepare(session);
  if (scripts.length === 0 && !hasOwnWork(surroundings)) {
    await lock.release();
    return { alreadyApplied, steps: [] };
  }
  await options.backUp?.(context, session, { scripts, state });
  const run = await startRun(context, session, state, lock);
  const stopWatching = cancelOnAbort(context, session);
  const observer = run.direct && !session.backend.embedded ? observe(context, state.processId) : undefined;
  const retry = retryBudget(context, () => observer?.blockers ?? []);
  const around = new AroundRun(run, surroundings, retry);
  const finished: StepReport[] = [];
  const refusedBy = async (failure: Failure): Promise<Executed> => {
    await endRun(run, finished).catch(() => {});
    const rest = scripts.map((script) => stepReport(script, "not-run"));
    return { alreadyApplied, steps: [...finished, ...rest], hooks: around.hookReports, failure };
  };
  try {
    const unready = await around.before(scripts);
    if (unready) return await refusedBy(unready);
    for (;;) {
      const progress = options.singleTransaction
        ? { ...(await runInOneTransaction(run, scripts)), refused: undefined }
        : await around.steps(scripts);
      finished.push(...progress.finished);
      scripts = scripts.slice(progress.finished.length);
      if (progress.refused) return await refusedBy(progress.refused);
      let { stop } = progress;
      if (!stop) {
        const rest = await around.after(finished);
        // All is committed, and the lock ends with the session: a connection that is lost only now changes nothing.
        await endRun(run, finished).catch(() => {});
        return { alreadyApplied, steps: finished, ...rest };
      }
      if (stop.kind === "busy") {
        if (await retry(stop)) continue;
        if (context.signal.aborted) {
          const failure = interruption(context.signal, stop.failure.message, "Run the command again to go on.");
          stop = { ...stop, failure };
        }
      }
      if (stop.kind === "raced") {
        const { step } = stop.script;
        ({ scripts, alreadyApplied, state } = await prepare(session));
        const again = scripts.find((one) => one.step.direction === step.direction && one.step.version === step.version);
        if (!again) continue;
        // Nobody came first: something else refuses the row, and would for ever.
        stop = { kind: "failed", script: again, failure: stop.failure };
      }
      const rest =
        stop.kind === "lost"
          ? await afterLoss(run, state, scripts, stop)
          : afterFailure(scripts, stop, options, observer?.blockers ?? []);
      // A lease would be renewed for ever by its second connection.
      if (stop.kind === "lost") await lock.release().catch(() => {});
      else await endRun(run, finished).catch(() => {});
      const steps = [...finished, ...rest.steps];
      return { alreadyApplied, steps, hooks: around.hookReports, ...(rest.failure && { failure: rest.failure }) };
    }
  } finally {
    stopWatching();
    await observer?.stop();
  }
}

function afterFailure(
  scripts: readonly Script[],
  stop: Stop & { kind: "failed" | "busy" },
  options: RunOptions,
  blockers: readonly string[],
): Outcome {
  const at = scripts.indexOf(stop.script);
  const outcome = (index: number): StepOutcome =>
    index === at ? "failed" : index < at && options.singleTransaction ? "rolled-back" : "not-run";
  const steps = scripts.map((script, index) => ({
    ...stepReport(script, outcome(index)),
    ...(index === at && { inPart: script.inspection.mode === "statements" }),
  }));
  return { steps, failure: stop.kind === "busy" ? blockedBy(stop.failure, blockers) : stop.failure };
}
