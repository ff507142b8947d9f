import { Failure } from "../../core/failure/failure.ts";
import type { LeaseHolder } from "../../core/reports/other-sessions.ts";
import { readSql } from "../../core/sql/own-sql.ts";
import { quoteIdentifier, quoteText } from "../../core/sql/quote.ts";
import type { ServerFailure, Session } from "../../ports/session.ts";
import { isoText, MADE_BY_ANOTHER, NOW_UTC, type TableNames } from "../history/history-table.ts";
import { IS_NO_MARK } from "../history/journal.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";
import { isBusy } from "../session/may-pass.ts";

/** How long a lease is valid after its last renewal. */
export const TERM_SECONDS = 30;
/**
 * The same before a statement outside a transaction: nothing checks the lease once the statement is sent, and a pooler
 * may queue the statement until a connection is free: pgbouncer for 120 seconds (query_wait_timeout).
 */
export const STATEMENT_TERM_SECONDS = 150;
/** How long an attempt waits for a lock of another transaction before it fails. */
export const ATTEMPT_MS = 1_000;

export const UNDEFINED_TABLE = "42P01";

/** True if another attempt may succeed: others may read the lease, or create its table, at the same moment. */
export function isPassing({ server }: ServerFailure): boolean {
  return isBusy(server) || MADE_BY_ANOTHER.has(server.code) || server.message.includes("pgstep:busy");
}

/** True if the role lacks a privilege, or the database is read-only. */
export function isRefusal({ server }: ServerFailure): boolean {
  return server.code === "42501" || server.code === "25006";
}

/** The time until which a lease is valid if it is renewed now. */
export function expiry(seconds: number): string {
  return `${NOW_UTC} OPERATOR(pg_catalog.+) interval '${seconds} s'`;
}

export function createLeaseSql({ lease }: TableNames): string {
  return `CREATE TABLE IF NOT EXISTS ${lease} (name text PRIMARY KEY, owner text NOT NULL, fencing bigint NOT NULL, expires_at timestamp without time zone NOT NULL, holder text)`;
}

/** The prefix of statements that the owner of a lease runs outside a transaction. */
export function markerOf(owner: string): string {
  return `/* pgstep ${owner} */ `;
}

/** A condition on the row of the lease, as `held`: it has not expired. Cheap, for sessions that only wait. */
export const UNEXPIRED = `held.expires_at >= ${NOW_UTC}`;

/** The same: a statement of its owner is running outside a transaction. */
const RUNNING_STATEMENT =
  "FROM pg_catalog.pg_stat_activity a WHERE a.state = 'active' AND pg_catalog.starts_with(a.query, '/* pgstep ' || held.owner)";
const RUNNING = `EXISTS (SELECT ${RUNNING_STATEMENT})`;

/**
 * The same: a session that may be its owner is running a statement that this role cannot read. Nothing runs under a
 * lease that its holder has released.
 */
const HIDDEN = `(held.expires_at > '-infinity' AND EXISTS (SELECT FROM pg_catalog.pg_stat_activity a JOIN pg_catalog.pg_locks l ON l.pid = a.pid
 WHERE (a.query = '<insufficient privilege>' OR a.state = 'disabled') AND a.usesysid IS NOT NULL AND a.pid <> pg_catalog.pg_backend_pid()
 AND a.datname = pg_catalog.current_database() AND l.locktype = 'virtualxid' AND l.granted))`;

/**
 * A condition on the row of the lease, as `held`: its owner may be running. The heartbeat waits for the row while a
 * transaction of the owner has it locked, and renews the lease when that transaction ends, even if it has expired.
 * @param blindly ignores sessions whose statements this role cannot read
 */
export function inUse({ lease }: TableNames, blindly: boolean): string {
  const beating = `EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.locktype = 'tuple' AND l.relation = ${quoteText(lease)}::pg_catalog.regclass
 AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))`;
  return `(${UNEXPIRED} OR ${RUNNING} OR ${beating}${blindly ? "" : ` OR ${HIDDEN}`})`;
}

/**
 * True if the journal shows that a statement of a run that died may still be running: the last resort of a role that
 * cannot read the statements of others.
 * @throws ServerFailure
 */
export async function isStatementUnfinished(session: Session, { journal }: TableNames): Promise<boolean> {
  const [found] = await session.query(
    readSql(`SELECT (to_regclass(${quoteText(journal)}) IS NOT NULL)::text AS there`),
  );
  if (found?.there !== "true") return false;
  const [row] = await session.query(
    readSql(
      `SELECT EXISTS (SELECT FROM ONLY ${journal} WHERE finished_at IS NULL AND ${IS_NO_MARK})::text AS unfinished`,
    ),
  );
  return row?.unfinished === "true";
}

/** The holder of the lease; undefined if there is none, or no such table. */
export async function findLeaseHolder(session: Session, names: TableNames): Promise<LeaseHolder | undefined> {
  const { lease } = names;
  const [found] = await session.query(readSql(`SELECT (to_regclass(${quoteText(lease)}) IS NOT NULL)::text AS there`));
  if (found?.there !== "true") return undefined;
  const [row] = await session.query(
    readSql(`SELECT pg_catalog.json_build_object('owner', COALESCE(holder, owner), 'pid', (SELECT a.pid ${RUNNING_STATEMENT} LIMIT 1), 'expiresAt', ${isoText("expires_at")}, 'role', current_user,
 'isExpired', NOT ${UNEXPIRED}, 'isRunning', ${RUNNING}, 'isHidden', ${HIDDEN})::text AS held FROM ONLY ${lease} AS held WHERE name = 'run'`),
  );
  if (!row) return undefined;
  const { owner, pid, expiresAt, role, isExpired, isRunning, isHidden } = jsonAnswer<HeldLease>(row.held, HELD_LEASE);
  const known = { kind: "lease", owner, pid, expiresAt, isExpired } as const;
  if (!isExpired || isRunning) return { ...known, hiddenFrom: null };
  return isHidden && (await isStatementUnfinished(session, names)) ? { ...known, hiddenFrom: role } : undefined;
}

interface HeldLease extends Pick<LeaseHolder, "owner" | "pid" | "expiresAt" | "isExpired"> {
  readonly role: string;
  readonly isRunning: boolean;
  readonly isHidden: boolean;
}

const HELD_LEASE: Shape = {
  owner: "text",
  pid: "number?",
  expiresAt: "text?",
  role: "text",
  isExpired: "boolean",
  isRunning: "boolean",
  isHidden: "boolean",
};

/** @param isMissing true if the table had to be created */
export async function leaseFailure(
  session: Session,
  { lease, schema }: TableNames,
  isMissing: boolean,
  cause: ServerFailure,
): Promise<Failure> {
  const { server } = cause;
  const [row] = await session.query("SELECT current_user::text AS role");
  const role = quoteIdentifier(String(row?.role));
  return new Failure(
    "privilege-missing",
    `Cannot take the migration lock in ${lease}: ${server.message} (${server.code})`,
    {
      hint: isMissing
        ? `Let the role create the table: GRANT CREATE ON SCHEMA ${schema} TO ${role}.`
        : `Let the role use the table: GRANT SELECT, INSERT, UPDATE ON ${lease} TO ${role}.`,
      server,
      cause,
    },
  );
}
