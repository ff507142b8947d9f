import { randomUUID } from "node:crypto";
import { Failure } from "../../core/failure/failure.ts";
import { equals, quoteText } from "../../core/sql/quote.ts";
import { ConnectionLost, ServerFailure, type Session } from "../../ports/session.ts";
import { assertSql, isOne, type TableNames, tableNames } from "../history/history-table.ts";
import type { DatabaseContext } from "../session/context.ts";
import { BEGIN_IN_OWN_PATH, BEGIN_OWN, inTransaction, uncancelled } from "../session/own-transaction.ts";
import { startHeartbeat } from "./heartbeat.ts";
import {
  ATTEMPT_MS,
  createLeaseSql,
  expiry,
  inUse,
  isPassing,
  isRefusal,
  isStatementUnfinished,
  leaseFailure,
  markerOf,
  STATEMENT_TERM_SECONDS,
  TERM_SECONDS,
  UNDEFINED_TABLE,
} from "./lease-table.ts";
import { lockKeys } from "./lock-key.ts";
import type { RunLock } from "./run-lock.ts";

/** How long a transaction waits for the advisory lock while a direct session reads the lease. */
const GUARD_MS = 2_000;

/**
 * The lock behind a transaction pooler, where session locks do not work: a row with its owner and its expiry time.
 * Taken if it is free, released, or expired with no statement of its holder running; otherwise undefined.
 * Each transaction of the holder also takes the advisory lock until its end, then checks the row: it never runs
 * together with a direct session, which keeps that lock. Each taking raises the fencing number, so that a run that was
 * believed dead cannot write after its successor has begun.
 * @param leaseExists true if its table was seen; the table is created otherwise
 * @throws Failure privilege-missing
 */
export async function tryLease(
  context: DatabaseContext,
  session: Session,
  leaseExists: boolean,
): Promise<RunLock | undefined> {
  const names = tableNames(context.settings);
  const keys = lockKeys(context.settings);
  const owner = randomUUID();
  const fencing = await takeRow({ session, names, keys, owner, leaseExists });
  if (fencing === undefined) return undefined;
  const { lease } = names;
  const ours = [equals("name", "'run'"), equals("owner", `'${owner}'`), equals("fencing", fencing)].join(" AND ");
  const guard = (seconds: number) => guardSql(lease, ours, keys, seconds);
  // Without timeouts, as this wait does not delay the holder's own transaction.
  const heartbeat = startHeartbeat(
    context,
    `${BEGIN_OWN}; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; UPDATE ONLY ${lease} SET expires_at = GREATEST(expires_at, ${expiry(TERM_SECONDS)}) WHERE ${ours}; COMMIT`,
  );
  let released: Promise<void> | undefined;
  const release = async () => {
    await heartbeat.stop();
    // Raises the number as well: no late statement of ours may renew a released lease.
    const sql = `UPDATE ONLY ${lease} SET fencing = ${NEXT_FENCING}, expires_at = '-infinity' WHERE ${ours}`;
    await uncancelled(() => inTransaction(session, [sql]));
  };
  return {
    guard: `${guard(TERM_SECONDS)}; `,
    // Locks the table before the row: a heartbeat that waits for the row has a lock on the table, which would deadlock.
    guardBeforeDrop: `${keyGuard(keys)}; LOCK TABLE ${lease} IN ACCESS EXCLUSIVE MODE; ${guard(TERM_SECONDS)}; `,
    check: guard(STATEMENT_TERM_SECONDS),
    marker: markerOf(owner),
    // Waits for a transaction of ours, which has the row locked; a later one finds the number raised. A statement
    // outside a transaction may still be running: the lease counts as expired, and not as released.
    fence: (other) =>
      inTransaction(other, [
        `SET LOCAL lock_timeout = ${ATTEMPT_MS}`,
        `UPDATE ONLY ${lease} SET fencing = ${NEXT_FENCING}, expires_at = ${expiry(-1)} WHERE ${ours}`,
      ]),
    release: () => (released ??= release()),
  };
}

/**
 * Fails a transaction, with the marker "lease", unless the lease is ours; renews it otherwise. The first two statements
 * detect a lost lease at once. Then the transaction may wait for the advisory lock, which others hold only briefly to
 * read the lease. With the lock nobody else can change the row, which the last statement relies on; if the
 * transaction's snapshot is older, the update itself fails (40001).
 */
function guardSql(lease: string, ours: string, keys: string, seconds: number): string {
  return [
    assertSql(`pg_catalog.to_regclass(${quoteText(lease)}) IS NOT NULL`, "lease"),
    assertSql(`EXISTS (SELECT FROM ONLY ${lease} WHERE ${ours})`, "lease"),
    keyGuard(keys),
    `WITH held AS (UPDATE ONLY ${lease} SET expires_at = ${seconds === TERM_SECONDS ? expiry(seconds) : `GREATEST(expires_at, ${expiry(seconds)})`} WHERE ${ours} RETURNING 1) ${assertSql(isOne("held"), "lease")}`,
  ].join("; ");
}

const NEXT_FENCING = "fencing OPERATOR(pg_catalog.+) 1";

/** Takes the advisory lock until the end of the transaction, and keeps the settings unchanged. */
function keyGuard(keys: string): string {
  return [
    "SELECT pg_catalog.set_config('pgstep.lock_timeout', pg_catalog.current_setting('lock_timeout'), true)",
    `SET LOCAL lock_timeout = ${GUARD_MS}`,
    `SELECT pg_catalog.pg_advisory_xact_lock(${keys})`,
    "SELECT pg_catalog.set_config('lock_timeout', pg_catalog.current_setting('pgstep.lock_timeout'), true)",
  ].join("; ");
}

interface Attempt {
  readonly session: Session;
  readonly names: TableNames;
  readonly keys: string;
  readonly owner: string;
  readonly leaseExists: boolean;
}

/** The fencing number, as digits; undefined if another run has the lease. @throws Failure privilege-missing */
async function takeRow(attempt: Attempt): Promise<string | undefined> {
  const { session, names, leaseExists } = attempt;
  let create: readonly string[] = leaseExists ? [] : [createLeaseSql(names)];
  for (;;) {
    try {
      const { fencing, isOnlyHidden } = await takeOnce(attempt, create, false);
      if (fencing !== undefined || !isOnlyHidden) return fencing;
      if (await isStatementUnfinished(session, names)) return undefined;
      return (await takeOnce(attempt, create, true)).fencing;
    } catch (error) {
      if (!(error instanceof ServerFailure)) throw error;
      const { code } = error.server;
      if (isPassing(error)) return undefined;
      if (isRefusal(error)) throw await leaseFailure(session, names, create.length > 0, error);
      if (code === UNDEFINED_TABLE && create.length === 0) create = [createLeaseSql(names)];
      else if (code === UNDEFINED_SCHEMA && create.length === 1)
        create = [`CREATE SCHEMA IF NOT EXISTS ${names.schema}`, ...create];
      else throw error;
    }
  }
}

const UNDEFINED_SCHEMA = "3F000";

const HOLDER =
  "'user ' || session_user || ' through a pooler, since ' || pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.clock_timestamp()), 'YYYY-MM-DD HH24:MI:SS') || ' UTC'";

/**
 * One transaction with the advisory lock; rolled back if it fails.
 * @param blindly ignores sessions whose statements this role cannot read; `isOnlyHidden` is true if only such sessions
 *   prevented the taking
 */
async function takeOnce(
  { session, names, keys, owner }: Attempt,
  create: readonly string[],
  blindly: boolean,
): Promise<{ fencing: string | undefined; isOnlyHidden: boolean }> {
  const { lease } = names;
  const begin = [
    `${BEGIN_IN_OWN_PATH}; SET LOCAL lock_timeout = ${ATTEMPT_MS}`,
    assertSql(`pg_catalog.pg_try_advisory_xact_lock(${keys})`, "busy"),
    ...create,
  ];
  const sent = [
    session.execute(begin.join("; ")),
    session.query(`INSERT INTO ${lease} AS held (name, owner, fencing, expires_at, holder)
 VALUES ('run', '${owner}', 1, ${expiry(TERM_SECONDS)}, ${HOLDER}) ON CONFLICT (name) DO UPDATE
 SET owner = EXCLUDED.owner, fencing = held.fencing + 1, expires_at = EXCLUDED.expires_at, holder = EXCLUDED.holder
 WHERE NOT ${inUse(names, blindly)} RETURNING fencing::text AS fencing`),
    session.query(`SELECT FROM ONLY ${lease} AS held WHERE name = 'run' AND NOT ${inUse(names, true)}`),
    session.execute("COMMIT"),
  ] as const;
  try {
    const [, [row], ready] = await Promise.all(sent);
    return { fencing: row && String(row.fencing), isOnlyHidden: ready.length > 0 };
  } catch (error) {
    await Promise.allSettled(sent);
    await session.execute("ROLLBACK").catch(() => {});
    throw withoutTransactions(error) ?? error;
  }
}

/** The failure for a pooler that gives each statement another session, and ends the connection at a BEGIN. */
function withoutTransactions(error: unknown): Failure | undefined {
  if (!(error instanceof ConnectionLost && error.server?.code === PROTOCOL_VIOLATION)) return undefined;
  return new Failure("connection-failed", `Cannot use the pooler for migrations: ${error.server.message}`, {
    hint: "Connect to the server itself, or through a pooler with pool_mode = transaction.",
    server: error.server,
    cause: error,
  });
}

const PROTOCOL_VIOLATION = "08P01";
