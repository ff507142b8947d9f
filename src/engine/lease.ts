import { randomUUID } from "node:crypto";
import { quoteText } from "../core/sql-text.ts";
import { type Row, ServerFailure, type Session } from "../ports/session.ts";
import type { DatabaseContext } from "./context.ts";
import { assertSql, NOW_UTC, tableNames } from "./history-table.ts";
import { inTransaction } from "./journal.ts";
import type { RunLock } from "./lock.ts";

/** A lease is good for so long after its last heartbeat. */
const TERM_SECONDS = 30;
const HEARTBEAT_MS = 10_000;
/** How long an attempt waits for a transaction of the holder's before it counts as refused. */
const PATIENCE_MS = 1_000;

/**
 * The lock where a session's means nothing, behind a transaction pooler: a row. Taken when it is free, given back, or
 * expired with nothing of its holder's running; else undefined.
 * A fencing number, raised with each taking, is checked and share-locked by every transaction of the holder: a run that
 * was believed dead cannot write behind its successor's back.
 */
export async function tryLease(context: DatabaseContext, session: Session): Promise<RunLock | undefined> {
  const { lease } = tableNames(context.settings);
  const owner = randomUUID();
  const row = await takeRow(session, lease, owner);
  if (!row) return undefined;
  const ours = `name = 'run' AND fencing = ${String(row.fencing)}`;
  const heart = await startHeart(context, `UPDATE ${lease} SET expires_at = ${EXPIRY} WHERE ${ours}`);
  const held = `WITH held AS MATERIALIZED (SELECT FROM ${lease} WHERE ${ours} FOR SHARE)`;
  const check = `${held} ${assertSql("(SELECT count(*) FROM held) = 1", "lease")}`;
  return {
    guard: `${check}; `,
    check,
    marker: markerOf(owner),
    // Waits for the share lock of a transaction of ours; one that comes later finds the number raised.
    fence: (other) =>
      inTransaction(other, [
        `SET LOCAL lock_timeout = ${PATIENCE_MS}`,
        `UPDATE ${lease} SET fencing = fencing + 1, expires_at = '-infinity' WHERE ${ours}`,
      ]),
    async release() {
      await heart.stop();
      await session.execute(`UPDATE ${lease} SET expires_at = '-infinity' WHERE ${ours}`);
    },
  };
}

/** Who holds the lease, in words; undefined when nobody does. */
export async function leaseHolder(context: DatabaseContext, session: Session): Promise<string | undefined> {
  const { lease } = tableNames(context.settings);
  const [row] = await session.query(
    `SELECT holder || ', its lease good until ' || pg_catalog.to_char(expires_at, 'HH24:MI:SS') || ' UTC' AS holder FROM ${lease} WHERE expires_at >= ${NOW_UTC}`,
  );
  return typeof row?.holder === "string" ? row.holder : undefined;
}

const EXPIRY = `${NOW_UTC} + interval '${TERM_SECONDS} s'`;

function markerOf(owner: string): string {
  return `/* pgstep ${owner} */ `;
}

function createLeaseSql(lease: string): string {
  return `CREATE TABLE IF NOT EXISTS ${lease} (name text PRIMARY KEY, owner text NOT NULL, fencing bigint NOT NULL, expires_at timestamp without time zone NOT NULL, holder text)`;
}

/** Of the table's name, of its row type's, and of either in the catalog's unique index. */
const MADE_BY_ANOTHER = new Set(["42P07", "42710", "23505"]);

async function takeRow(session: Session, lease: string, owner: string): Promise<Row | undefined> {
  try {
    await inTransaction(session, [createLeaseSql(lease)]);
  } catch (error) {
    // IF NOT EXISTS fails for one of two that make the table at the same moment.
    if (error instanceof ServerFailure && MADE_BY_ANOTHER.has(error.server.code)) return undefined;
    throw error;
  }
  const running = `EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.state = 'active' AND pg_catalog.starts_with(a.query, '/* pgstep ' || held.owner))`;
  const holder =
    "'user ' || session_user || ' through a pooler, since ' || pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.clock_timestamp()), 'YYYY-MM-DD HH24:MI:SS') || ' UTC'";
  const sent = [
    session.query(`BEGIN READ WRITE; SET LOCAL lock_timeout = ${PATIENCE_MS}`),
    session.query(`INSERT INTO ${lease} AS held (name, owner, fencing, expires_at, holder)
 VALUES ('run', ${quoteText(owner)}, 1, ${EXPIRY}, ${holder}) ON CONFLICT (name) DO UPDATE
 SET owner = EXCLUDED.owner, fencing = held.fencing + 1, expires_at = EXCLUDED.expires_at, holder = EXCLUDED.holder
 WHERE held.expires_at < ${NOW_UTC} AND NOT ${running} RETURNING fencing::text AS fencing`),
    session.query("COMMIT"),
  ] as const;
  try {
    const [, rows] = await Promise.all(sent);
    return rows[0];
  } catch (error) {
    await Promise.allSettled(sent);
    await session.execute("ROLLBACK").catch(() => {});
    if (error instanceof ServerFailure && error.server.code === "55P03") return undefined;
    throw error;
  }
}

/** Beats on a connection of its own, since ours may be busy for hours with one statement. */
async function startHeart(context: DatabaseContext, beatSql: string): Promise<{ stop(): Promise<void> }> {
  const session = await context.database.open();
  const timer = setInterval(() => {
    // A beat that fails is made up for by the next; when none succeeds, the guard of the next transaction tells.
    session.execute(beatSql).catch(() => {});
  }, HEARTBEAT_MS);
  return {
    async stop() {
      clearInterval(timer);
      await session.close();
    },
  };
}
