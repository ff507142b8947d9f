import { createHash } from "node:crypto";
import { Failure } from "../core/error.ts";
import { interruption } from "../core/interruption.ts";
import type { Settings } from "../core/settings.ts";
import { ConnectionLost, type Session } from "../ports/session.ts";
import type { DatabaseContext } from "./context.ts";
import { assertSql } from "./history-table.ts";
import { leaseHolder, tryLease } from "./lease.ts";
import { type BackendIdentity, endLostSession } from "./lost-session.ts";
import { keepAlive } from "./run-session.ts";

/** The first key of pgstep's advisory locks: "pgst" in ASCII, so that a DBA finds them in pg_locks. */
const LOCK_CLASS = 0x70677374;

/** The second key: one for each history table. */
function lockKey(schema: string, table: string): number {
  return createHash("sha256").update(`${schema}.${table}`, "utf8").digest().readInt32BE(0);
}

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 2_000;
const REMINDER_MS = 10_000;

/** The right to run migrations, for as long as a run takes. */
export interface RunLock {
  /** Stands in each transaction and fails it when the right was lost; empty where the lock cannot be. */
  readonly guard: string;
  /** A statement that fails when the right was lost, to stand before what runs outside a transaction. */
  readonly check: string | undefined;
  /** Stands at the start of a statement that runs outside a transaction, so that other runs can see it at work. */
  readonly marker: string;
  /**
   * On another session after ours was lost: waits for what is under way, and keeps what was sent from taking effect
   * later. Absent where the lock ends with the session. @throws ServerFailure when the waiting takes too long
   */
  readonly fence?: (other: Session) => Promise<void>;
  /** The backend that holds it, to be ended when the session is lost; absent behind a pooler and embedded. */
  readonly backend?: BackendIdentity;
  release(): Promise<void>;
}

/** The backend that the session speaks to just now; behind a transaction pooler it is not the one that was announced. */
async function identify(session: Session): Promise<BackendIdentity> {
  const [row] = await session.query(
    "SELECT pid::text AS pid, backend_start::text AS start FROM pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid()",
  );
  return { processId: Number(row?.pid), backendStart: String(row?.start) };
}

/**
 * Takes the migration lock: an advisory lock of the session, or a lease behind a transaction pooler. Polls: a statement
 * that waited for the lock inside the server would hold a snapshot, and CREATE INDEX CONCURRENTLY in the run that has
 * the lock waits for all snapshots.
 * @param looked the session's backend, where the caller has seen it already
 * @throws Failure lock-held after `lockWaitMs`; interrupted, terminated; connection-lost, with the lock given free
 */
export async function takeLock(context: DatabaseContext, session: Session, looked?: BackendIdentity): Promise<RunLock> {
  // One backend in one process, guarded by its lock file: there is nobody to lock out.
  if (session.backend.embedded) return { guard: "", check: undefined, marker: "", release: async () => {} };
  const backend = looked ?? (await identify(session));
  // Settings and locks of the session reach the statements behind them: not so behind a transaction pooler.
  const isDirect = backend.processId === session.backend.processId;
  if (!isDirect) return (await tryLease(context, session)) ?? (await waitForLock(context, session, LEASE));
  try {
    keepAlive(session);
    return { ...(await takeAdvisoryLock(context, session)), backend };
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
    // It may have been won, and only the answer lost.
    throw await endLostSession(context, { backend }, error, `Cannot lock ${context.database.description}`);
  }
}

async function takeAdvisoryLock(context: DatabaseContext, session: Session): Promise<RunLock> {
  const kind = advisoryLock(context.settings);
  const lock = await kind.tryLock(context, session);
  if (lock) return lock;
  // Between two questions the session has nothing to do.
  await session.execute("SET idle_session_timeout = 0");
  try {
    return await waitForLock(context, session, kind);
  } finally {
    await session.execute("RESET idle_session_timeout").catch(() => {});
  }
}

async function waitForLock(context: DatabaseContext, session: Session, kind: LockKind): Promise<RunLock> {
  const { settings, clock, signal } = context;
  const started = clock.monotonicMs();
  let delayMs = FIRST_DELAY_MS;
  let remindAt = started;
  for (;;) {
    const now = clock.monotonicMs();
    if (signal.aborted)
      throw interruption(signal, `Cannot migrate ${context.database.description}`, "Nothing was done.");
    if (now - started >= settings.lockWaitMs) {
      const holder = await kind.holder(context, session);
      throw new Failure("lock-held", `Cannot migrate ${context.database.description}: another run holds the lock`, {
        hint: `${holder ? `It is ${holder}. ` : ""}Wait for it to end, or longer with --lock-wait 30m; one that hangs is ended with SELECT pg_terminate_backend(<its pid>).`,
      });
    }
    if (now >= remindAt) {
      context.emit({ type: "lock-waiting", holder: await kind.holder(context, session), waitedMs: now - started });
      remindAt = now + REMINDER_MS;
    }
    // Jitter keeps runs that were started together from asking together for ever.
    await clock.sleep(delayMs * (0.5 + Math.random()), signal);
    delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
    const lock = await kind.tryLock(context, session);
    if (lock) return lock;
  }
}

/** Who runs migrations just now, in words; undefined when nobody does. */
export async function lockHolder(
  context: DatabaseContext,
  session: Session,
  direct: boolean,
): Promise<string | undefined> {
  return (direct ? advisoryLock(context.settings) : LEASE).holder(context, session);
}

interface LockKind {
  tryLock(context: DatabaseContext, session: Session): Promise<RunLock | undefined>;
  /** Who has it, in words. */
  holder(context: DatabaseContext, session: Session): Promise<string | undefined>;
}

const LEASE: LockKind = { tryLock: tryLease, holder: leaseHolder };

function advisoryLock({ schema, table }: Settings): LockKind {
  const keys = `${LOCK_CLASS}, ${lockKey(schema, table)}`;
  return {
    async tryLock(_context, session) {
      const [row] = await session.query(`SELECT pg_catalog.pg_try_advisory_lock(${keys})::text AS locked`);
      if (row?.locked !== "true") return undefined;
      return {
        // The lock ends with the session, and with it all that was sent over it.
        guard: "",
        check: assertSql(`EXISTS (SELECT ${heldLocks(keys)} AND l.pid = pg_catalog.pg_backend_pid())`, "lock"),
        marker: "",
        async release() {
          await session.query(`SELECT pg_catalog.pg_advisory_unlock(${keys})::text AS unlocked`);
        },
      };
    },
    holder: (_context, session) => findHolder(session, keys),
  };
}

/** FROM and WHERE of the granted advisory lock with these keys, as `l` with its activity `a`; the keys are unsigned there. */
function heldLocks(keys: string): string {
  const unsigned = (column: string) => `(k.${column}::int8 + 4294967296) % 4294967296`;
  return `FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
 AND (l.classid::int8, l.objid::int8) = (SELECT ${unsigned("c")}, ${unsigned("o")} FROM (VALUES (${keys})) AS k(c, o))
 AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`;
}

async function findHolder(session: Session, keys: string): Promise<string | undefined> {
  const [row] = await session.query(`SELECT pg_catalog.concat_ws(', ', 'process ' || l.pid,
 NULLIF(a.application_name, ''), 'user ' || a.usename, 'from ' || COALESCE(pg_catalog.host(a.client_addr), 'this machine'),
 'connected since ' || pg_catalog.to_char(pg_catalog.timezone('UTC', a.backend_start), 'YYYY-MM-DD HH24:MI:SS') || ' UTC') AS holder
 ${heldLocks(keys)}`);
  const holder = row?.holder;
  return typeof holder === "string" ? holder : undefined;
}
