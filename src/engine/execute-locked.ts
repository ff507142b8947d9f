import { Failure } from "../core/error.ts";
import { interruption } from "../core/interruption.ts";
import type { StepOutcome, StepReport } from "../core/report.ts";
import { sameVersion } from "../core/version.ts";
import { ConnectionLost, ServerFailure, type Session } from "../ports/session.ts";
import type { DatabaseContext } from "./context.ts";
import { type Progress, runInOneTransaction, runScripts, type Stop, stepReport } from "./execute-plan.ts";
import { durationsSql } from "./history-table.ts";
import { type RunLock, takeLock } from "./lock.ts";
import { type DatabaseState, look } from "./look.ts";
import type { Prepared, RunOptions } from "./migrate.ts";
import { observe } from "./observer.ts";
import { EMBEDDED_WINDOW, NETWORK_WINDOW, Pipeline } from "./pipeline.ts";
import { prepareHistory } from "./prepare-history.ts";
import type { Run } from "./run.ts";
import type { Script } from "./scripts.ts";

export interface Executed {
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
  let { scripts, alreadyApplied, state } = await prepare(session);
  if (scripts.length === 0) {
    await lock.release();
    return { alreadyApplied, steps: [] };
  }
  const run = await startRun(context, session, state, lock);
  const stopWatching = cancelOnAbort(context, session);
  const observer = run.direct && !session.backend.embedded ? observe(context, state.processId) : undefined;
  const retry = retryBudget(context, () => observer?.blockers ?? []);
  const finished: StepReport[] = [];
  try {
    for (;;) {
      const progress: Progress = options.singleTransaction
        ? await runInOneTransaction(run, scripts)
        : await runScripts(run, scripts);
      finished.push(...progress.finished);
      scripts = scripts.slice(progress.finished.length);
      let { stop } = progress;
      if (!stop) {
        // All is committed, and the lock ends with the session: a connection that is lost only now changes nothing.
        await endRun(run, finished).catch(() => {});
        return { alreadyApplied, steps: finished };
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
      return { alreadyApplied, steps: [...finished, ...rest.steps], ...(rest.failure && { failure: rest.failure }) };
    }
  } finally {
    stopWatching();
    await observer?.stop();
  }
}

/** Makes the tables fit to be written to, and the session fit for the run. */
async function startRun(context: DatabaseContext, session: Session, state: DatabaseState, lock: RunLock): Promise<Run> {
  const names = await prepareHistory(context, session, state);
  const direct = state.processId === session.backend.processId;
  const sessionSettings = direct ? await setSession(session) : "";
  const window = session.backend.embedded ? EMBEDDED_WINDOW : NETWORK_WINDOW;
  return { context, session, names, lock, direct, sessionSettings, pipeline: new Pipeline(session, window) };
}

/** Settings of the session for the run; returns those that took. Sent together: each is a message of its own. */
async function setSession(session: Session): Promise<string> {
  const wanted = [
    // A write that is in no step's own READ WRITE transaction must fail, whatever went wrong with the BEGIN before it.
    "SET default_transaction_read_only = on; ",
    // Without it a killed client leaves its statement running. Neither every server nor every platform has it.
    "SET client_connection_check_interval = 2000; ",
  ];
  const took = await Promise.all(wanted.map((sql) => succeeds(session.execute(sql))));
  return wanted.filter((_, index) => took[index]).join("");
}

/**
 * Records how long the steps took, and gives back the lock, and the session as it was: it may be a caller's own, or the
 * only one there is. All of it sent together.
 */
async function endRun({ session, names, sessionSettings, lock }: Run, finished: readonly StepReport[]): Promise<void> {
  const settings = [...sessionSettings.matchAll(/SET (\w+)/g)].map((match) => `RESET ${match[1]}`);
  const sent = settings.length > 0 ? [session.execute(settings.join("; "))] : [];
  const took = finished.flatMap(({ version, outcome, durationMs = 0 }) =>
    outcome === "applied" ? [{ version, durationMs }] : [],
  );
  // What has been applied stays so, whether or not its duration can be recorded.
  if (took.length > 0) sent.push(session.execute(durationsSql(names, took)).catch(() => NOTHING));
  await lock.release();
  await Promise.all(sent);
}

const NOTHING = { command: "", rowCount: null };

async function succeeds(promise: Promise<unknown>): Promise<boolean> {
  try {
    await promise;
    return true;
  } catch (error) {
    if (error instanceof ServerFailure) return false;
    throw error;
  }
}

const CANCEL_AGAIN_MS = 250;

/** When the user stops: cancels what runs, again and again, since a cancel that finds nothing running is lost. */
function cancelOnAbort({ signal }: DatabaseContext, session: Session): () => void {
  let timer: ReturnType<typeof setInterval> | undefined;
  const cancel = () => void session.cancel().catch(() => {});
  const start = () => {
    cancel();
    timer = setInterval(cancel, CANCEL_AGAIN_MS);
  };
  if (signal.aborted) start();
  else signal.addEventListener("abort", start, { once: true });
  return () => {
    signal.removeEventListener("abort", start);
    clearInterval(timer);
  };
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;

/** Waits before another try and says whether there is to be one. */
function retryBudget(
  { settings, clock, emit, signal }: DatabaseContext,
  blockers: () => readonly string[],
): (stop: Stop & { kind: "busy" }) => Promise<boolean> {
  let attempt = 0;
  let script: Script | undefined;
  let until = 0;
  return async (stop) => {
    const now = clock.monotonicMs();
    if (stop.script.step !== script?.step) {
      attempt = 0;
      until = now + settings.retryMs;
      script = stop.script;
    }
    attempt++;
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), LONGEST_RETRY_MS) * (0.5 + Math.random());
    if (now + delayMs > until) return false;
    const { step } = stop.script;
    const reason = stop.server;
    emit({ type: "retrying", step, reason, attempt, delayMs: Math.round(delayMs), blockers: blockers() });
    await clock.sleep(delayMs, signal);
    return !signal.aborted;
  };
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

/** The failure with who was seen to be in the way. */
function blockedBy(failure: Failure, blockers: readonly string[]): Failure {
  if (blockers.length === 0) return failure;
  const { code, message, place, server, findings } = failure;
  const hint = `It was blocked by ${blockers.join("; ")}. ${failure.hint ?? "Run the command again."}`;
  return new Failure(code, message, { hint, findings, ...(place && { place }), ...(server && { server }) });
}

const RECONNECT_TRIES = 6;

/** Looks up on a new connection what took effect; what cannot be known is said to be in doubt. */
async function afterLoss(
  run: Run,
  before: DatabaseState,
  scripts: readonly Script[],
  stop: Stop & { kind: "lost" },
): Promise<Outcome> {
  const truth = await lookAgain(run);
  const appliedAt = (state: DatabaseState, { step }: Script) =>
    state.history.find((row) => sameVersion(row.version, step.version))?.appliedAt;
  const at = scripts.indexOf(stop.script);
  let tookEffect = true;
  const steps = scripts.map((script, index) => {
    if (!truth) return stepReport(script, "in-doubt");
    const up = script.step.direction === "up";
    const row = appliedAt(truth, script);
    // A row of before tells nothing: a redo removes it and writes it anew. Behind what did not happen, nothing did.
    tookEffect &&= row === appliedAt(before, script) ? false : !up || row !== undefined;
    if (tookEffect) return stepReport(script, up ? "applied" : "undone");
    return stepReport(script, index === at ? "failed" : "not-run");
  });
  const name = stop.script.step.name;
  const hint = truth
    ? "The history was read again on a new connection, and what is reported is true. Run the command again to go on."
    : "The server could not be reached again. Run pgstep status when it is back: it tells what took effect.";
  const server = stop.lost.server;
  return {
    steps,
    failure: new Failure("connection-lost", `Cannot go on with ${name}: ${stop.lost.message}`, {
      hint,
      ...(server && { server }),
      cause: stop.lost,
    }),
  };
}

async function lookAgain({ context, session: lost, direct, lock }: Run): Promise<DatabaseState | undefined> {
  for (let attempt = 1; attempt <= RECONNECT_TRIES; attempt++) {
    try {
      const session = await context.database.open();
      try {
        await lock.fence?.(session);
        if (!direct || (await endBackend(context, session, lost.backend.processId))) {
          return await look(session, context.settings);
        }
      } finally {
        await session.close();
      }
    } catch (error) {
      if (!(error instanceof Failure || error instanceof ConnectionLost || error instanceof ServerFailure)) throw error;
    }
    await context.clock.sleep(250 * 2 ** attempt, context.signal);
  }
  return undefined;
}

/**
 * Ends the backend of a connection that was lost, and says whether it is gone: where only the network failed it goes on
 * with all that was sent, and what is looked up before its end need not stay true.
 */
async function endBackend({ clock }: DatabaseContext, session: Session, processId: number): Promise<boolean> {
  for (let attempt = 1; attempt <= 20; attempt++) {
    const found = await session.query(`SELECT pg_catalog.pg_terminate_backend(pid)::text AS ended
 FROM pg_catalog.pg_stat_activity WHERE pid = ${processId} AND datname = pg_catalog.current_database() AND usename = session_user`);
    if (found.length === 0) return true;
    await clock.sleep(25 * attempt);
  }
  return false;
}
