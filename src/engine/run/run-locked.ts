import { type Failure, interruption } from "../../core/failure/failure.ts";
import type { HookReport } from "../../core/hooks/hook.ts";
import type { RepeatableReport } from "../../core/repeatable/repeatable.ts";
import { type Blockers, NO_BLOCKERS } from "../../core/reports/other-sessions.ts";
import type { StepOutcome, StepReport } from "../../core/reports/report.ts";
import { ConnectionLost, type Session } from "../../ports/session.ts";
import type { DatabaseState } from "../history/read-state.ts";
import type { RunLock } from "../lock/run-lock.ts";
import { withRunLock } from "../lock/take-lock.ts";
import { type Observer, observe } from "../lock/watch-blockers.ts";
import { reportOf } from "../repeatable/apply.ts";
import type { Script } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import type { Run } from "../step/session-settings.ts";
import { afterEnd, afterLoss, askHistory, type Inquiry, type Interrupted } from "./after-loss.ts";
import { AroundRun, hasOwnWork } from "./around-run.ts";
import { cancelOnAbort, endRun, startRun } from "./begin-and-end.ts";
import { dropEmptySchema } from "./prepare-history.ts";
import { blockedBy, retryBudget } from "./retry.ts";
import type { Planner, RunOptions, RunPlan } from "./run-plan.ts";
import { runInOneTransaction, type Stop, stepReport } from "./run-scripts.ts";

export interface Executed {
  /** Number of migrations already applied when the run took the lock. */
  readonly alreadyApplied: number;
  readonly steps: readonly StepReport[];
  readonly repeatable?: readonly RepeatableReport[];
  readonly hooks?: readonly HookReport[];
  readonly failure?: Failure;
}

interface ExecutionOptions extends RunOptions {
  /** True if the schema of pgstep's tables existed before the run. */
  readonly hasSchema: boolean;
}

/**
 * Takes the lock, plans again under it, and runs the plan: retries steps that a busy table refused, plans again when
 * another run came first, and reads the outcome from the database when the connection is lost.
 * @param looked the plan made before, which is still right where nobody else can change the database
 * @throws Failure before the first step
 */
export async function executeLocked(
  context: DatabaseContext,
  session: Session,
  looked: RunPlan,
  planner: Planner,
  options: RunOptions,
): Promise<Executed> {
  const { state } = looked;
  const isAlone = context.isRehearsal && session.backend.embedded;
  const work = async (lock: RunLock) => {
    const planned = isAlone ? looked : await planner(session);
    return await execute(context, session, lock, { planned, planner }, { ...options, hasSchema: state.schemaExists });
  };
  return await withRunLock(context, session, { doing: "migrate", looked: state }, work);
}

async function execute(
  context: DatabaseContext,
  session: Session,
  lock: RunLock,
  { planned, planner }: { readonly planned: RunPlan; readonly planner: Planner },
  options: ExecutionOptions,
): Promise<Executed> {
  const { scripts, alreadyApplied, state, around } = planned;
  if (scripts.length === 0 && !hasOwnWork(around)) {
    await lock.release();
    return { alreadyApplied, steps: [] };
  }
  await options.backUp?.(context, session, { scripts, state }, false);
  const run = await startRun(context, session, state, lock);
  const stopWatching = cancelOnAbort(context, session);
  const observer = run.direct && !session.backend.embedded ? observe(context, state.processId) : undefined;
  try {
    return await new Execution(run, planned, planner, options, observer).toTheEnd();
  } finally {
    stopWatching();
    await observer?.stop();
  }
}

/** How a run ended with its connection intact. */
interface Ending {
  /** The reports of the steps that are not finished. */
  readonly rest: readonly StepReport[];
  readonly failure: Failure | undefined;
}

/** One run of a plan under the lock. */
class Execution {
  readonly #run: Run;
  readonly #planner: Planner;
  readonly #options: ExecutionOptions;
  readonly #observer: Observer | undefined;
  readonly #around: AroundRun;
  readonly #retry: ReturnType<typeof retryBudget>;
  /** The state when the run began. */
  readonly #begun: DatabaseState;
  /** The state when the remaining steps were planned. */
  #state: DatabaseState;
  #scripts: readonly Script[];
  #alreadyApplied: number;
  readonly #finished: StepReport[] = [];

  constructor(run: Run, planned: RunPlan, planner: Planner, options: ExecutionOptions, observer: Observer | undefined) {
    this.#run = run;
    this.#planner = planner;
    this.#options = options;
    this.#observer = observer;
    this.#retry = retryBudget(run.context, () => observer?.blockers ?? NO_BLOCKERS);
    this.#around = new AroundRun(run, planned.around, this.#retry, options);
    this.#begun = planned.state;
    this.#state = planned.state;
    this.#scripts = planned.scripts;
    this.#alreadyApplied = planned.alreadyApplied;
  }

  async toTheEnd(): Promise<Executed> {
    const end = await this.#work().catch(lossIn);
    if (end instanceof ConnectionLost)
      return await this.#lost(end, { doing: this.#around.doing, rest: this.#notRun() });
    if ("kind" in end) {
      const { lost, script } = end;
      const rest = this.#notRun().map((step, index): StepReport => {
        return this.#scripts[index] === script ? { ...step, outcome: "failed" } : step;
      });
      return await this.#lost(lost, { doing: `continue with ${script.step.name}`, rest });
    }
    const { rest, failure } = end;
    const loss = await this.#end(failure).catch(lossIn);
    if (loss) {
      return await this.#lost(loss, {
        doing: "confirm what was applied",
        rest,
        failure,
        isDone: failure === undefined,
      });
    }
    return this.#executed({
      steps: [...this.#finished, ...rest],
      repeatable: this.#around.tried.map(reportOf),
      failure,
    });
  }

  async #end(failure: Failure | undefined): Promise<void> {
    const { lock } = this.#run;
    const mayClear = failure !== undefined && this.#finished.length === 0 && !this.#options.hasSchema;
    const isCleared = mayClear && (await dropEmptySchema(this.#run));
    // The lease was dropped with its table.
    const release = isCleared ? () => lock.release().catch(() => {}) : lock.release;
    await endRun({ ...this.#run, lock: { ...lock, release } }, this.#finished);
  }

  /** Runs until the end or a stop. @throws ConnectionLost when no step was running */
  async #work(): Promise<Ending | (Stop & { kind: "lost" })> {
    const unready = await this.#around.before(this.#scripts);
    if (unready) return this.#refusedBy(unready);
    for (;;) {
      const progress = this.#options.singleTransaction
        ? { ...(await runInOneTransaction(this.#run, this.#scripts)), refused: undefined }
        : await this.#around.steps(this.#scripts);
      this.#finished.push(...progress.finished);
      this.#scripts = this.#scripts.slice(progress.finished.length);
      if (progress.refused) return this.#refusedBy(progress.refused);
      if (!progress.stop) return { rest: [], failure: await this.#around.after(this.#finished) };
      const stop = await this.#final(progress.stop);
      if (stop?.kind === "lost") return stop;
      if (stop?.kind === "ended") return await afterEnd(this.#run, this.#scripts, stop, this.#inquiry);
      if (stop) return afterFailure(this.#scripts, stop, this.#options, this.#observer?.blockers ?? NO_BLOCKERS);
    }
  }

  #refusedBy(failure: Failure): Ending {
    return { rest: this.#notRun(), failure };
  }

  /** Reports for the remaining steps, none of which took effect. */
  #notRun(): StepReport[] {
    return this.#scripts.map((script) => stepReport(script, "not-run"));
  }

  /** The stop if it ends the run; undefined if the steps are to be retried. */
  async #final(stop: Stop): Promise<Exclude<Stop, { kind: "raced" }> | undefined> {
    const { context, session } = this.#run;
    if (stop.kind === "busy") {
      if (await this.#retry(stop)) return undefined;
      if (!context.signal.aborted) return stop;
      return {
        ...stop,
        failure: interruption(context.signal, stop.failure.message, "Run the command again to continue."),
      };
    }
    if (stop.kind !== "raced") return stop;
    const { step } = stop.script;
    const { scripts, alreadyApplied, state } = await this.#planner(session);
    this.#scripts = scripts;
    this.#alreadyApplied = alreadyApplied;
    this.#state = state;
    const again = scripts.find((one) => one.step.direction === step.direction && one.step.version === step.version);
    // No other run came first: something else refuses the row, and a retry would not help.
    return again && { kind: "failed", script: again, failure: stop.failure };
  }

  /** How to find out what took effect. */
  get #inquiry(): Inquiry {
    return this.#options.afterLoss ?? askHistory(this.#run, this.#begun, this.#state);
  }

  /** Reads the outcome of the whole run from the database. */
  async #lost(
    lost: ConnectionLost,
    how: Pick<Interrupted, "doing" | "rest" | "failure" | "isDone">,
  ): Promise<Executed> {
    const run = this.#run;
    const around = this.#around;
    const interrupted = { ...how, lost, finished: this.#finished, repeatable: around.tried };
    const { proven, ...actual } = await afterLoss(run, interrupted, this.#inquiry);
    around.settle(actual.repeatable, proven);
    return this.#executed(actual);
  }

  #executed({ failure, ...rest }: Pick<Executed, "steps" | "repeatable"> & { failure: Failure | undefined }): Executed {
    const hooks = this.#around.hookReports;
    return { alreadyApplied: this.#alreadyApplied, ...rest, hooks, ...(failure && { failure }) };
  }
}

/** @throws every other error */
function lossIn(error: unknown): ConnectionLost {
  if (error instanceof ConnectionLost) return error;
  throw error;
}

function afterFailure(
  scripts: readonly Script[],
  stop: Stop & { kind: "failed" | "busy" },
  options: RunOptions,
  blockers: Blockers,
): Ending {
  const at = scripts.indexOf(stop.script);
  const outcome = (index: number): StepOutcome =>
    index === at ? "failed" : index < at && options.singleTransaction ? "rolled-back" : "not-run";
  const rest = scripts.map((script, index) => ({
    ...stepReport(script, outcome(index)),
    ...(index === at && { inPart: script.inspection.mode === "statements" }),
  }));
  return { rest, failure: stop.kind === "busy" ? blockedBy(stop.failure, blockers) : stop.failure };
}
