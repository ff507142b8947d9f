import { quoteIdentifier } from "../sql/quote.ts";

/*
 * Other sessions that a run waits for, as the server shows them, and their descriptions. Unknown values are null. Times
 * are UTC, ISO 8601 to the second: "2026-01-31T12:00:00Z". Names and queries are unsafe text.
 */

/** A session that holds the run lock. */
export interface SessionHolder {
  readonly kind: "session";
  readonly pid: number | null;
  readonly user: string | null;
  readonly application: string | null;
  /** The client's IP address; null for a Unix socket. */
  readonly address: string | null;
  readonly connectedAt: string | null;
}

/** A run behind a transaction pooler, which holds the run lock as a lease. */
export interface LeaseHolder {
  readonly kind: "lease";
  /** The run's description of itself: "user deploy through a pooler, since 2026-01-31 12:00:00 UTC". */
  readonly owner: string;
  /** Null for a lease that was released. */
  readonly expiresAt: string | null;
  /** The lease has expired, but the last statement of the run has not ended. */
  readonly isExpired: boolean;
  /** pgstep's role, if it may not see whether that statement still runs. */
  readonly hiddenFrom: string | null;
}

export type LockHolder = SessionHolder | LeaseHolder;

/** A session that holds a lock which a statement of a run waits for. */
export interface Blocker {
  /** Null for a prepared transaction. */
  readonly pid: number | null;
  readonly user: string | null;
  readonly application: string | null;
  /** As in pg_stat_activity: "idle in transaction". */
  readonly state: string | null;
  /** When its transaction began. */
  readonly since: string | null;
  /** How long ago that was by the server's clock, in whole milliseconds. */
  readonly ageMs: number | null;
  /** The beginning of its last query, on one line, secrets masked; null if a part of one might remain. */
  readonly query: string | null;
}

/** A session that holds a lock on a relation. */
export interface RelationHolder {
  readonly relation: string;
  /** Null for a prepared transaction. */
  readonly pid: number | null;
  readonly application: string | null;
  readonly user: string | null;
  readonly state: string | null;
}

/** The server's progress with an index build. */
export interface IndexProgress {
  /** "CREATE INDEX CONCURRENTLY". */
  readonly command: string;
  /** "building index: scanning table". */
  readonly phase: string;
  readonly blocks: Share;
  readonly rows: Share;
}

/** A part of a whole; a total of 0 means unknown. */
export interface Share {
  readonly done: number;
  readonly total: number;
}

/** "process 7, pgstep, user deploy, from 10.0.0.5, connected since 2026-01-31 12:00:00 UTC". */
export function holderWords(holder: LockHolder): string {
  if (holder.kind === "lease") return `${holder.owner}, ${leaseWords(holder)}`;
  const { pid, application, user, address, connectedAt } = holder;
  return listed([
    processWords(pid),
    application,
    user && `user ${user}`,
    `from ${address ?? "this machine"}`,
    connectedAt && `connected since ${connectedAt.replace("T", " ").replace("Z", " UTC")}`,
  ]);
}

function leaseWords({ expiresAt, isExpired, hiddenFrom }: LeaseHolder): string {
  if (!isExpired) return `its lease valid until ${expiresAt?.slice(11, 19)} UTC`;
  if (hiddenFrom === null) return "its lease expired, its last statement still runs";
  return `its lease expired, its last statement may still run: to let this role check, GRANT pg_read_all_stats TO ${quoteIdentifier(hiddenFrom)}`;
}

/** "process 7, user deploy, psql, idle in transaction for 00:01:05, 'LOCK TABLE notes'". */
export function blockerWords({ pid, user, application, state, ageMs, query }: Blocker): string {
  return listed([
    processWords(pid),
    user && `user ${user}`,
    application,
    state && ageMs !== null && `${state} for ${ageWords(ageMs)}`,
    query !== null && `'${query.replaceAll("'", "''")}'`,
  ]);
}

/** "public.notes is locked by process 7, psql, user deploy, idle in transaction". */
export function relationHolderWords({ relation, pid, application, user, state }: RelationHolder): string {
  return `${relation} is locked by ${listed([processWords(pid), application, user && `user ${user}`, state])}`;
}

/** "building index: scanning table, 12 % of blocks". */
export function indexProgressWords({ phase, blocks, rows }: IndexProgress): string {
  return listed([phase, shareWords(blocks, "blocks"), shareWords(rows, "rows")]);
}

function shareWords({ done, total }: Share, of: string): string | undefined {
  return total > 0 ? `${Math.floor((100 * done) / total)} % of ${of}` : undefined;
}

function processWords(pid: number | null): string {
  return pid === null ? "a prepared transaction" : `process ${pid}`;
}

/** As PostgreSQL writes an interval: "00:01:05", "2 days 03:00:00". */
function ageWords(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / 1_000));
  const days = Math.floor(seconds / 86_400);
  const clock = [Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  const time = clock.map((part) => `${part}`.padStart(2, "0")).join(":");
  return days === 0 ? time : `${days} ${days === 1 ? "day" : "days"} ${time}`;
}

function listed(parts: readonly (string | false | null | undefined)[]): string {
  return parts.filter(Boolean).join(", ");
}
