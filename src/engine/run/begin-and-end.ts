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

/** Makes the tables fit to be written to, and the session fit for the run. */
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
  // Besides the steps' own messages, only bookkeeping and the ends of hooks and repeatable objects go out.
  pipeline.noticedBeside = (notice) => {
    if (isUnconfirmedCommit(notice)) context.emit(unconfirmedCommit("The last transaction"));
  };
  return { context, session, names, lock, direct, sessionSettings, inSession: new Set(), pipeline };
}

const WANTED = [
  // A write that is in no step's own READ WRITE transaction must fail, whatever went wrong with the BEGIN before it.
  "SET default_transaction_read_only = on; ",
  // Without it a killed client leaves its statement running. Neither every server nor every platform has it.
  "SET client_connection_check_interval = 2000; ",
  KEEP_ALIVE,
];

/**
 * Settings of the session for the run; returns those that took, behind those that each session has, so that all can be
 * made again. Sent together: each is a message of its own.
 */
async function setSession(session: Session): Promise<string> {
  const took = await Promise.all(WANTED.map((sql) => succeeds(session.execute(sql))));
  return ownSettings(session) + WANTED.filter((_, index) => took[index]).join("");
}

/**
 * Records how long the steps took, and gives back the lock, and the session as it was: it may be a caller's own, or the
 * only one there is. All of it sent together.
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
  // What has been applied stays so, whether or not its duration can be recorded.
  if (took.length > 0) sent.push(uncancelled(() => session.execute(durationsSql(names, took))).catch(() => {}));
  // Together: when the connection is lost all of them fail, and none may do so unheard.
  await Promise.all([lock.release(), ...sent]);
}

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
