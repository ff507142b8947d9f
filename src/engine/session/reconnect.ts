import { Failure } from "../../core/failure/failure.ts";
import { quoteText } from "../../core/sql/quote.ts";
import { ConnectionLost, ServerFailure, type Session } from "../../ports/session.ts";
import type { DatabaseContext } from "./context.ts";
import { unconfirmedCommit } from "./unconfirmed-commit.ts";

/** Identifies a server backend: the process id alone may later belong to another backend. */
export interface BackendIdentity {
  readonly processId: number;
  /** As the server spells it. */
  readonly backendStart: string;
}

/** A session that was lost while it held or requested the run lock. */
export interface LostSession {
  /** Absent behind a pooler, whose backends are shared, and in a database with only one session. */
  readonly backend?: BackendIdentity | undefined;
  /** The run lock's fence. */
  readonly fence?: ((other: Session) => Promise<void>) | undefined;
}

/** The result of a new session; `found` is absent if it could not read anything. */
export interface Reconnected<Found> {
  readonly found?: Found;
  /** A sentence about a lock that may still be held, with a space before it; empty when it is free. */
  readonly lockNote: string;
}

/** How long to wait for the server to come back, or for a standby to take over. */
const GIVE_UP_MS = 30_000;
/** The same after an interrupt. */
const HURRY_MS = 3_000;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 4_000;

/**
 * Opens a new session after one was lost, ends the backend of the lost one, and then calls `look`. If only the network
 * failed, that backend still holds the lock and runs everything that was sent: reading before its end proves nothing.
 * A standby in recovery proves nothing either, because it may lag, or be promoted without the newest commits.
 * Takes about 30 seconds at most, and a few seconds after an interrupt.
 */
export async function reconnect<Found>(
  context: DatabaseContext,
  lost: LostSession,
  look: (session: Session) => Promise<Found>,
): Promise<Reconnected<Found>> {
  const limit = timeLimit(context.signal);
  try {
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)) {
      const result = await attempt(context, lost, look, limit.signal);
      if (result) return { found: result.found, lockNote: "" };
      if (limit.signal.aborted) return { lockNote: context.database.embedded ? "" : lockNote(lost) };
      await context.clock.sleep(delayMs, limit.signal);
    }
  } finally {
    limit.clear();
  }
}

/** Ends the backend of a session that was lost before anything could be reported, and returns the failure. */
export async function endLostSession(
  context: DatabaseContext,
  lost: LostSession,
  error: ConnectionLost,
  what: string,
): Promise<Failure> {
  const { lockNote } = await reconnect(context, lost, async () => true);
  return lossFailure(error, what, `${STATUS}${lockNote}`);
}

/**
 * Runs a command's work under the lock. If the connection is lost, checks on a new one whether the work took effect.
 * @param what for the message: "Cannot repair the history of app on localhost"
 * @param lookUp returns the result if the work took effect, otherwise a sentence for the hint
 * @throws Failure connection-lost, and what the work throws
 */
export async function lookedUpWhenLost<Result extends object>(
  context: DatabaseContext,
  { lock, what }: { readonly lock: LostSession; readonly what: string },
  work: () => Promise<Result>,
  lookUp: (session: Session) => Promise<Result | string>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
    const { found, lockNote } = await reconnect(context, lock, lookUp);
    if (typeof found === "object") return found;
    throw lossFailure(error, what, found ?? `pgstep could not check whether it took effect. ${STATUS}${lockNote}`);
  }
}

const STATUS = "Run pgstep status to see the current state.";

export function lossFailure(error: ConnectionLost, what: string, hint: string = STATUS): Failure {
  return new Failure("connection-lost", `${what}: ${error.message}`, {
    hint,
    ...(error.server && { server: error.server }),
    cause: error,
  });
}

/** Aborted when it is time to give up. */
function timeLimit(user: AbortSignal): { readonly signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  const giveUp = () => controller.abort();
  const timers = [setTimeout(giveUp, GIVE_UP_MS)];
  const hurry = () => void timers.push(setTimeout(giveUp, HURRY_MS));
  if (user.aborted) hurry();
  else user.addEventListener("abort", hurry, { once: true });
  return {
    signal: controller.signal,
    clear() {
      user.removeEventListener("abort", hurry);
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

async function attempt<Found>(
  context: DatabaseContext,
  { backend, fence }: LostSession,
  look: (session: Session) => Promise<Found>,
  limit: AbortSignal,
): Promise<{ readonly found: Found } | undefined> {
  let session: Session | undefined;
  // The new connection may hang as well.
  const hangUp = () => void session?.close();
  limit.addEventListener("abort", hangUp);
  try {
    session = await context.database.open(limit);
    const [row] = await session.query("SELECT pg_catalog.pg_is_in_recovery()::text AS standby");
    if (row?.standby === "true") return undefined;
    if (backend && !session.backend.embedded && !(await endBackend(context, session, backend))) return undefined;
    await fence?.(session);
    return { found: await look(session) };
  } catch (error) {
    if (error instanceof Failure || error instanceof ConnectionLost || error instanceof ServerFailure) return undefined;
    throw error;
  } finally {
    limit.removeEventListener("abort", hangUp);
    await session?.close();
  }
}

/** Ends a backend. Resolves to true once it has ended. */
async function endBackend(
  { clock, emit }: DatabaseContext,
  session: Session,
  { processId, backendStart }: BackendIdentity,
): Promise<boolean> {
  for (let attempt = 1; attempt <= 20; attempt++) {
    const found = await session.query(`SELECT wait_event, pg_catalog.pg_terminate_backend(pid)::text AS ended
 FROM pg_catalog.pg_stat_activity WHERE pid = ${processId} AND backend_start = ${quoteText(backendStart)}::pg_catalog.timestamptz AND datname = pg_catalog.current_database() AND usename = session_user`);
    if (found.length === 0) return true;
    if (attempt === 1 && found[0]?.wait_event === "SyncRep") emit(unconfirmedCommit("The last transaction"));
    await clock.sleep(25 * attempt);
  }
  return false;
}

function lockNote({ backend }: LostSession): string {
  if (!backend)
    return " The run lock is free 30 seconds after the loss, once the server runs no statement of this run.";
  const { processId } = backend;
  return ` The lost session (process ${processId}) may hold the run lock until the server notices the loss. To end it at once: SELECT pg_terminate_backend(${processId}).`;
}
