import { createHash } from "node:crypto";
import { Failure } from "../core/error.ts";
import type { Session } from "../ports/session.ts";
import type { DatabaseContext } from "./context.ts";

/** The first key of pgstep's advisory locks: "pgst" in ASCII, so that a DBA finds them in pg_locks. */
const LOCK_CLASS = 0x70677374;

/** The second key: one for each history table. */
function lockKey(schema: string, table: string): number {
  return createHash("sha256").update(`${schema}.${table}`, "utf8").digest().readInt32BE(0);
}

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 2_000;
const REMINDER_MS = 10_000;

/**
 * Takes the session's migration lock and returns what gives it back. Polls: a statement that waited for the lock inside the server would
 * hold a snapshot, and CREATE INDEX CONCURRENTLY in the run that has the lock waits for all snapshots.
 * @throws Failure lock-held after `lockWaitMs`
 */
export async function takeLock(context: DatabaseContext, session: Session): Promise<() => Promise<void>> {
  const { settings, clock, signal } = context;
  // One backend in one process, guarded by its lock file: there is nobody to lock out.
  if (session.backend.embedded) return async () => {};
  const keys = `${LOCK_CLASS}, ${lockKey(settings.schema, settings.table)}`;
  const started = clock.monotonicMs();
  let delayMs = FIRST_DELAY_MS;
  let remindAt = started;
  for (;;) {
    const [row] = await session.query(`SELECT pg_catalog.pg_try_advisory_lock(${keys})::text AS locked`);
    if (row?.locked === "true") {
      return async () => {
        await session.query(`SELECT pg_catalog.pg_advisory_unlock(${keys})::text AS unlocked`);
      };
    }
    const now = clock.monotonicMs();
    if (signal.aborted || now - started >= settings.lockWaitMs) {
      const holder = await findHolder(session, keys);
      throw new Failure("lock-held", `Cannot migrate ${context.database.description}: another run holds the lock`, {
        hint: `${holder ? `It is ${holder}. ` : ""}Wait for it to end, or wait longer with --lock-wait 30m.`,
      });
    }
    if (now >= remindAt) {
      context.emit({ type: "lock-waiting", holder: await findHolder(session, keys), waitedMs: now - started });
      remindAt = now + REMINDER_MS;
    }
    // Jitter keeps runs that were started together from asking together for ever.
    await clock.sleep(delayMs * (0.5 + Math.random()), signal);
    delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
  }
}

async function findHolder(session: Session, keys: string): Promise<string | undefined> {
  const [row] = await session.query(`SELECT pg_catalog.concat_ws(', ', 'process ' || l.pid,
 NULLIF(a.application_name, ''), 'user ' || a.usename, 'from ' || COALESCE(pg_catalog.host(a.client_addr), 'this machine'),
 'connected since ' || pg_catalog.to_char(pg_catalog.timezone('UTC', a.backend_start), 'YYYY-MM-DD HH24:MI:SS') || ' UTC') AS holder
 FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND (l.classid::int8, l.objid::int8) = (SELECT (k.c::int8 + 4294967296) % 4294967296,
 (k.o::int8 + 4294967296) % 4294967296 FROM (VALUES (${keys})) AS k(c, o))
 AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`);
  const holder = row?.holder;
  return typeof holder === "string" ? holder : undefined;
}
