import { Failure } from "../core/error.ts";
import type { StepReport } from "../core/report.ts";
import { quoteText } from "../core/sql-text.ts";
import { sameVersion } from "../core/version.ts";
import { ConnectionLost, ServerFailure, type Session } from "../ports/session.ts";
import type { DatabaseContext } from "./context.ts";
import { type Stop, stepReport } from "./execute-plan.ts";
import { type DatabaseState, look } from "./look.ts";
import type { Run } from "./run.ts";
import type { Script } from "./scripts.ts";

const RECONNECT_TRIES = 6;

/** Looks up on a new connection what took effect; what cannot be known is said to be in doubt. */
export async function afterLoss(
  run: Run,
  before: DatabaseState,
  scripts: readonly Script[],
  stop: Stop & { kind: "lost" },
): Promise<{ steps: StepReport[]; failure: Failure }> {
  const truth = await lookAgain(run, before);
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
    // A file that runs statement by statement may write or delete its own row before its end.
    if (isUnfinished(truth, script)) tookEffect = false;
    if (tookEffect) return stepReport(script, up ? "applied" : "undone");
    return stepReport(script, index === at ? "failed" : "not-run");
  });
  const name = stop.script.step.name;
  const hint = truth
    ? "The history was read again on a new connection, and what is reported is true. Run the command again to go on."
    : "What took effect could not be looked up. Run pgstep status when the server answers again: it tells.";
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

/** Whether the journal still has entries of the step: they go in the transaction that records it. */
function isUnfinished({ unfinished }: DatabaseState, { step }: Script): boolean {
  return unfinished.some((one) => one.direction === step.direction && sameVersion(one.version, step.version));
}

async function lookAgain({ context, direct, lock }: Run, before: DatabaseState): Promise<DatabaseState | undefined> {
  for (let attempt = 1; attempt <= RECONNECT_TRIES; attempt++) {
    try {
      const session = await context.database.open();
      try {
        await lock.fence?.(session);
        if (!direct || (await endBackend(context, session, before))) {
          // What this run itself has undone is no disagreement.
          return await look(session, { ...context.settings, pin: undefined });
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
async function endBackend({ clock }: DatabaseContext, session: Session, lost: DatabaseState): Promise<boolean> {
  for (let attempt = 1; attempt <= 20; attempt++) {
    const found = await session.query(`SELECT pg_catalog.pg_terminate_backend(pid)::text AS ended
 FROM pg_catalog.pg_stat_activity WHERE pid = ${lost.processId} AND backend_start = ${quoteText(lost.backendStart)}::pg_catalog.timestamptz AND datname = pg_catalog.current_database() AND usename = session_user`);
    if (found.length === 0) return true;
    await clock.sleep(25 * attempt);
  }
  return false;
}
