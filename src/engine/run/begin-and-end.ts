import type { StepReport } from "../../core/reports/report.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { durationsSql } from "../history/history-table.ts";
import type { DatabaseState } from "../history/read-state.ts";
import type { RunLock } from "../lock/run-lock.ts";
import { EMBEDDED_WINDOW, NETWORK_WINDOW, Pipeline } from "../pipeline/pipeline.ts";
import type { DatabaseContext } from "../session/context.ts";
import { isDirect, KEEP_ALIVE, ownSettings } from "../session/own-settings.ts";
import { uncancelled } from "../session/own-transaction.ts";
import { isUnconfirmedCommit, unconfirmedCommit } from "../session/unconfirmed-commit.ts";
import type { Run } from "../step/session-settings.ts";
import { prepareHistory } from "./prepare-history.ts";

/** Prepares pgstep's tables and the session for the run. */
export async function startRun(
  context: DatabaseContext,
  session: Session,
  state: DatabaseState,
  lock: RunLock,
): Promise<Run> {
  const names = await prepareHistory(context, session, state, lock);
  const direct = isDirect(state, session);
  const sessionSettings = direct ? await setSession(session) : "";
  const window = session.backend.embedded ? EMBEDDED_WINDOW : NETWORK_WINDOW;
  const pipeline = new Pipeline(session, window);
  // Other messages than the steps' are only bookkeeping and the ends of hooks and repeatable migrations.
  pipeline.noticedBeside = (notice) => {
    if (isUnconfirmedCommit(notice)) context.emit(unconfirmedCommit("The last transaction"));
  };
  return { context, session, names, lock, direct, sessionSettings, inSession: new Set(), pipeline };
}

/** Without these, a killed client leaves its statement running. Not every server and platform supports them. */
export const CLIENT_CHECKS = ["SET client_connection_check_interval = 2000; ", KEEP_ALIVE];

const WANTED = [
  // A write outside a step's READ WRITE transaction must fail, even if the BEGIN before it failed.
  "SET default_transaction_read_only = on; ",
  ...CLIENT_CHECKS,
];

/**
 * Sets the session's settings for the run. Returns SQL for those that succeeded, after those of every session, so that
 * all of them can be set again. Sent together, each in its own message.
 */
async function setSession(session: Session): Promise<string> {
  const took = await Promise.all(WANTED.map((sql) => succeeds(session.execute(sql))));
  return ownSettings(session) + WANTED.filter((_, index) => took[index]).join("");
}

/**
 * Records the durations of the steps, releases the lock, and restores the session's settings: the session may be the
 * caller's, or the only one. All of it is sent together.
 */
export async function endRun(
  { session, names, sessionSettings, lock }: Run,
  finished: readonly StepReport[],
): Promise<void> {
  const taken = WANTED.filter((sql) => sessionSettings.includes(sql)).join("");
  const settings = [...taken.matchAll(/SET (\w+)/g)].map((match) => `RESET ${match[1]}`);
  const reset = () => session.execute(settings.join("; "));
  const sent: Promise<unknown>[] = settings.length > 0 ? [uncancelled(reset)] : [];
  const took = finished.flatMap(({ version, outcome, durationMs = 0 }) =>
    outcome === "applied" ? [{ version, durationMs }] : [],
  );
  // The steps stay applied even if their durations cannot be recorded.
  if (took.length > 0) sent.push(uncancelled(() => session.execute(durationsSql(names, took))).catch(() => {}));
  // Awaited together: if the connection is lost all of them fail, and no rejection may stay unhandled.
  await Promise.all([lock.release(), ...sent]);
}

/** True unless the server refuses. @throws ConnectionLost */
export async function succeeds(promise: Promise<unknown>): Promise<boolean> {
  try {
    await promise;
    return true;
  } catch (error) {
    if (error instanceof ServerFailure) return false;
    throw error;
  }
}

const CANCEL_AGAIN_MS = 250;

/** On an interrupt cancels the running statement repeatedly, because a cancel that finds nothing running is lost. */
export function cancelOnAbort({ signal }: DatabaseContext, session: Session): () => void {
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
