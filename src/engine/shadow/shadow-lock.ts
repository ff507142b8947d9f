import type { Settings } from "../../core/configuration/settings.ts";
import { Failure } from "../../core/failure/failure.ts";
import { holderWords, terminationSql } from "../../core/reports/other-sessions.ts";
import { readSql } from "../../core/sql/own-sql.ts";
import type { Database, Session } from "../../ports/session.ts";
import { findKeyHolder, lockKeys, SHADOW_KEYS } from "../lock/lock-key.ts";
import type { DatabaseContext } from "../session/context.ts";
import { BEGIN_IN_OWN_PATH } from "../session/own-transaction.ts";
import { withSession } from "../session/with-session.ts";

/**
 * Locks the shadow database until the session ends. The lock belongs to a transaction that stays open, so that it also
 * holds behind a transaction pooler; such a transaction keeps no snapshot, so CREATE INDEX CONCURRENTLY does not wait
 * for it.
 * @returns the server process of the lock
 * @throws Failure shadow-in-use
 */
export async function lockShadow(session: Session, { description }: Database): Promise<number> {
  await session.execute(`${BEGIN_IN_OWN_PATH}; SET LOCAL idle_in_transaction_session_timeout = 0`);
  const [row] = await session.query(
    `SELECT pg_try_advisory_xact_lock(${SHADOW_KEYS})::text AS locked, pg_backend_pid()::text AS pid`,
  );
  if (row?.locked === "true") return Number(row.pid);
  await session.execute("ROLLBACK");
  const holder = await findKeyHolder(session, SHADOW_KEYS);
  const who = holder ? holderWords(holder) : "another process";
  throw inUse(description, `${who} uses it`, holder?.pid ?? undefined);
}

/**
 * Keeps runs out of the database until the transaction ends.
 * @throws Failure shadow-in-use if one works in it
 */
export async function requireNoRun(session: Session, { description }: Database, settings: Settings): Promise<void> {
  const keys = lockKeys(settings);
  const [row] = await session.query(`SELECT pg_try_advisory_xact_lock(${keys})::text AS locked`);
  if (row?.locked === "true") return;
  const holder = await findKeyHolder(session, keys);
  throw inUse(description, `${holder ? holderWords(holder) : "another process"} migrates it`, holder?.pid ?? undefined);
}

/** A busy server may take some seconds for a connection. */
const LONGEST_WAIT_MS = 15_000;

/**
 * Requires that another session gets a server connection while the lock's transaction keeps one: through a pooler with
 * a single one, every later session would wait for that.
 * @throws Failure connection-failed
 */
export async function requireSecondSession({ database, clock, signal }: DatabaseContext): Promise<void> {
  const done = new AbortController();
  const isOver = clock.sleep(LONGEST_WAIT_MS, AbortSignal.any([signal, done.signal])).then(() => !done.signal.aborted);
  const tooFew = isOver.then((over) => {
    if (!over || signal.aborted) return;
    const why = "no second session gets a connection to the server while the first one keeps its transaction open";
    throw new Failure("connection-failed", `Cannot use ${database.description} as a shadow database: ${why}`, {
      hint: "Connect to the server directly, or let the pooler open more than one connection to it.",
    });
  });
  const asked = withSession(
    database,
    "inspect the shadow database",
    (session) => Promise.race([session.query("SELECT 1"), tooFew]),
    AbortSignal.any([signal, done.signal]),
  );
  try {
    await Promise.race([asked, tooFew]);
  } finally {
    done.abort();
    asked.catch(() => {});
    tooFew.catch(() => {});
  }
}

const TRIES = 20;
const DELAY_MS = 100;

/**
 * Waits a moment until no other session is connected: the server ends the statement of a killed process before its
 * session, and a database that somebody else uses must not be emptied.
 * @param lockPid the server process of the lock
 * @throws Failure shadow-in-use, interrupted, terminated
 */
export async function waitForOthers({ database, clock, signal }: DatabaseContext, lockPid: number): Promise<void> {
  await withSession(
    database,
    "inspect the shadow database",
    async (session) => {
      for (let tries = 1; ; tries++) {
        const [other] = await session.query(
          readSql(`SELECT a.pid FROM pg_stat_activity a
 WHERE a.datname = current_database() AND a.usesysid IS NOT NULL AND a.pid NOT IN (pg_backend_pid(), ${lockPid})
 ORDER BY a.backend_start LIMIT 1`),
        );
        if (!other) return;
        if (tries === TRIES) {
          const pid = Number(other.pid);
          throw inUse(
            database.description,
            `a process that was killed has left objects in it, and process ${pid} is still connected`,
            pid,
          );
        }
        await clock.sleep(DELAY_MS, signal);
      }
    },
    signal,
  );
}

function inUse(description: string, why: string, pid: number | undefined): Failure {
  const ending = pid === undefined ? "" : ` If it hangs, end it with ${terminationSql(pid)}`;
  return new Failure("shadow-in-use", `Cannot use ${description} as a shadow database: ${why}`, {
    hint: `Wait until it has ended, or name another empty database.${ending}`,
  });
}
