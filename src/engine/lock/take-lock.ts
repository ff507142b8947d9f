import { Failure, interruption } from "../../core/failure/failure.ts";
import {
  activityWords,
  endingAdvice,
  holderWords,
  type LockHolder,
  type RunActivity,
  terminationSql,
} from "../../core/reports/other-sessions.ts";
import { readSql } from "../../core/sql/own-sql.ts";
import { quoteText } from "../../core/sql/quote.ts";
import { ConnectionLost, type Session } from "../../ports/session.ts";
import { tableNames } from "../history/history-table.ts";
import type { DatabaseState } from "../history/read-state.ts";
import type { DatabaseContext } from "../session/context.ts";
import { isDirect, keepAlive } from "../session/own-settings.ts";
import { endLostSession, lookedUpWhenLost } from "../session/reconnect.ts";
import { AdvisoryLock } from "./advisory-lock.ts";
import { tryLease } from "./lease.ts";
import { findLeaseHolder } from "./lease-table.ts";
import { findKeyHolder, lockKeys } from "./lock-key.ts";
import { readActivity } from "./run-activity.ts";
import type { RunLock } from "./run-lock.ts";

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 2_000;
const REMINDER_MS = 10_000;

/** The facts about a session that it needs to take the lock; a part of `DatabaseState`. */
export type Looked = Pick<DatabaseState, "processId" | "backendStart" | "leaseExists">;

/** Options of the work under the lock. */
export interface LockedWork<Result> {
  /** For messages: "Cannot <doing> app on localhost: ..." */
  readonly doing: string;
  /** The facts, if the caller has already read them on this session. */
  readonly looked?: Looked;
  /** Looks up the outcome after a lost connection, as in `lookedUpWhenLost`. Absent if the work does so itself. */
  readonly lookUp?: (other: Session) => Promise<Result | string>;
}

/**
 * Takes the migration lock, runs `work`, and always releases the lock.
 * @throws Failure lock-held after `lockWaitMs`; interrupted, terminated; connection-lost, with the lock released
 */
export async function withRunLock<Result extends object>(
  context: DatabaseContext,
  session: Session,
  { doing, looked, lookUp }: LockedWork<Result>,
  work: (lock: RunLock) => Promise<Result>,
): Promise<Result> {
  const what = `Cannot ${doing} ${context.database.description}`;
  const lock = await takeLock(context, session, what, looked);
  try {
    if (!lookUp) return await work(lock);
    const whole = async () => {
      const result = await work(lock);
      await lock.release().catch(throwLoss);
      return result;
    };
    return await lookedUpWhenLost(context, { lock, what }, whole, lookUp);
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
    throw await endLostSession(context, lock, error, what);
  } finally {
    // The lease's table may be missing, and a lost session cannot release the lock: it is terminated or fenced.
    await lock.release().catch(() => {});
  }
}

/** Other errors are ignored, as the lease's table may be missing; but a lost session's backend would keep the lock. */
function throwLoss(error: unknown): void {
  if (error instanceof ConnectionLost) throw error;
}

async function lookAtBackend({ settings }: DatabaseContext, session: Session): Promise<Looked> {
  const [row] = await session.query(
    readSql(`SELECT pg_catalog.pg_backend_pid()::text AS pid,
 (SELECT backend_start::text FROM pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid()) AS started,
 (pg_catalog.to_regclass(${quoteText(tableNames(settings).lease)}) IS NOT NULL)::text AS lease`),
  );
  return {
    processId: Number(row?.pid),
    backendStart: String(row?.started),
    leaseExists: row?.lease === "true",
  };
}

/**
 * Takes the migration lock: an advisory lock of the session, or a lease behind a transaction pooler. Polls: a statement
 * that waited for the lock inside the server would hold a snapshot, and CREATE INDEX CONCURRENTLY in the run that holds
 * the lock waits for all snapshots.
 */
async function takeLock(
  context: DatabaseContext,
  session: Session,
  what: string,
  looked: Looked | undefined,
): Promise<RunLock> {
  // One backend in one process, guarded by its lock file: there is nobody to lock out.
  if (session.backend.embedded) return UNSHARED;
  const known = looked ?? (await lookAtBackend(context, session));
  if (!isDirect(known, session)) {
    const tryLock = () => tryLease(context, session, known.leaseExists);
    return (await tryLock()) ?? (await waitForLock(context, session, what, tryLock));
  }
  try {
    keepAlive(session);
    const advisory = new AdvisoryLock(context, session, known.leaseExists);
    const tryLock = () => advisory.tryLock();
    const lock = (await tryLock()) ?? (await waitForLock(context, session, what, tryLock));
    return { ...lock, backend: known };
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
    // The lock may have been taken, and only the answer lost.
    throw await endLostSession(context, { backend: known }, error, what);
  }
}

const UNSHARED: RunLock = { guard: "", guardBeforeDrop: "", check: undefined, marker: "", release: async () => {} };

async function waitForLock(
  context: DatabaseContext,
  session: Session,
  what: string,
  tryLock: () => Promise<RunLock | undefined>,
): Promise<RunLock> {
  const { settings, clock, signal } = context;
  const started = clock.monotonicMs();
  let delayMs = FIRST_DELAY_MS;
  let remindAt = started;
  for (;;) {
    const now = clock.monotonicMs();
    if (signal.aborted) throw interruption(signal, what, "Nothing was done.");
    if (now - started >= settings.lockWaitMs) {
      const held = await lookAtHolder(context, session);
      throw new Failure("lock-held", `${what}: another run holds the lock`, { hint: lockHeldHint(held) });
    }
    if (now >= remindAt) {
      context.emit({ type: "lock-waiting", ...(await lookAtHolder(context, session)), waitedMs: now - started });
      remindAt = now + REMINDER_MS;
    }
    // Jitter keeps runs that were started together from always asking together.
    await clock.sleep(delayMs * (0.5 + Math.random()), signal);
    delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
    const lock = await tryLock();
    if (lock) return lock;
  }
}

/** The run that holds the lock, directly or behind a pooler; undefined if there is none. */
async function findHolder({ settings }: DatabaseContext, session: Session): Promise<LockHolder | undefined> {
  const lease = await findLeaseHolder(session, tableNames(settings));
  if (lease?.pid) return lease;
  // A transaction under a lease has the advisory lock as well; the lease has more details.
  const holder = await findKeyHolder(session, lockKeys(settings));
  return lease ? { ...lease, pid: holder?.pid ?? null } : holder;
}

/** The run that holds the lock, and its current work. */
export interface Held {
  readonly holder: LockHolder | undefined;
  /** Undefined if its server process is not known. */
  readonly activity: RunActivity | undefined;
}

export async function lookAtHolder(context: DatabaseContext, session: Session): Promise<Held> {
  const holder = await findHolder(context, session);
  const activity = holder?.pid ? await readActivity(session, holder.pid, context) : undefined;
  return { holder, activity };
}

function lockHeldHint({ holder, activity }: Held): string {
  const known = holder ? [`It is ${holderWords(holder)}.`] : [];
  const work = activity ? activityWords(activity) : "";
  const more = work === "" ? [] : [`Its session is ${work}.`];
  const advice = "Wait for it to end, or longer with --lock-wait 30m.";
  return [...known, ...more, advice, ...endingHint(holder, activity)].join(" ");
}

/** The command that lets the other run continue, or that ends a hung run. */
export function endingHint(holder: LockHolder | undefined, activity: RunActivity | undefined): readonly string[] {
  const ending = activity && endingAdvice(activity);
  if (ending) return [`To let it continue, ${ending}`];
  if (holder?.kind === "lease" && !holder.isExpired && holder.expiresAt) {
    return [`If it has died, its lease ends at ${holder.expiresAt.slice(11, 19)} UTC.`];
  }
  // Behind a pooler the process serves other clients as well.
  if (holder?.kind !== "session" || holder.pid === null) return [];
  return [`If it hangs, end it with ${terminationSql(holder.pid)}`];
}
