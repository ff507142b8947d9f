import { quoteIdentifier } from "../sql/quote.ts";
import { enumeration, grouped } from "../text/display.ts";

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
  /** The server process of its current transaction or statement, which serves other clients afterwards. */
  readonly pid: number | null;
  /** Null for a lease that was released. */
  readonly expiresAt: string | null;
  /** The lease has expired, but the last statement of the run has not ended. */
  readonly isExpired: boolean;
  /** pgstep's role, if it may not see whether that statement still runs. */
  readonly hiddenFrom: string | null;
}

export type LockHolder = SessionHolder | LeaseHolder;

/** A session or prepared transaction that holds up a statement of a run. */
export interface Blocker {
  /** Null for a prepared transaction. */
  readonly pid: number | null;
  /** The name of a prepared transaction, for ROLLBACK PREPARED; null for a session. */
  readonly preparedAs: string | null;
  readonly user: string | null;
  readonly application: string | null;
  /** As backend_type in pg_stat_activity: "client backend", "autovacuum worker". */
  readonly backendType: string | null;
  /** As in pg_stat_activity: "idle in transaction"; "prepared" for a prepared transaction. */
  readonly state: string | null;
  /** When its transaction began, or was prepared. */
  readonly since: string | null;
  /** How long ago that was by the server's clock, in whole milliseconds. */
  readonly ageMs: number | null;
  /** The beginning of its last query, on one line, secrets masked; null if a part of one might remain. */
  readonly query: string | null;
  /** The process IDs that it waits for itself, 0 for a prepared transaction; empty if it does not wait. */
  readonly waitsFor: readonly number[];
}

/** The sessions that hold up a run, directly or through others. */
export interface Blockers {
  /** Those that do not wait themselves first, then the oldest transaction first; at most 30. */
  readonly blockers: readonly Blocker[];
  /** The number of all of them. */
  readonly total: number;
}

export const NO_BLOCKERS: Blockers = { blockers: [], total: 0 };

/** The current work of a run's server process, and who holds it up. Null where the role may not see it. */
export interface RunActivity extends Blockers {
  /** As in pg_stat_activity: "active". */
  readonly state: string | null;
  /** The beginning of its statement, like a blocker's. */
  readonly query: string | null;
  /** How long ago that statement began, in whole milliseconds. */
  readonly ageMs: number | null;
  readonly progress: StatementProgress | null;
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

/** The progress of a statement, from the server's views pg_stat_progress_*. */
export interface StatementProgress {
  /** "CREATE INDEX CONCURRENTLY", "COPY FROM", "VACUUM", "CLUSTER", "ANALYZE". */
  readonly command: string;
  /** "building index: scanning table"; null for COPY, which has no phases. */
  readonly phase: string | null;
  /** Only those that the phase counts. */
  readonly shares: readonly Share[];
}

/** A part of a whole; a total of 0 means unknown. */
export interface Share {
  /** "sessions" are those that the statement waits for, one after the other. */
  readonly unit: "blocks" | "rows" | "bytes" | "sessions" | "partitions";
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

/**
 * "process 7, user deploy, psql, idle in transaction for 00:01:05, 'LOCK TABLE notes'"; "process 8, user web, active for
 * 00:00:03 (itself waiting for 7)".
 */
export function blockerWords(blocker: Blocker): string {
  const { pid, preparedAs, user, application, backendType, state, ageMs, query, waitsFor } = blocker;
  const isPrepared = pid === null;
  const words = listed([
    isPrepared && preparedAs !== null ? `the prepared transaction ${quoted(preparedAs)}` : processWords(pid),
    user && `user ${user}`,
    application ?? (backendType !== "client backend" && backendType),
    !isPrepared && state && ageMs !== null && `${state} for ${ageWords(ageMs)}`,
    isPrepared && ageMs !== null && `prepared ${ageWords(ageMs)} ago`,
    // The query of a session that waits itself explains nothing.
    waitsFor.length === 0 && query !== null && quoted(query),
  ]);
  if (waitsFor.length === 0) return words;
  const others = waitsFor.map((other) => (other === 0 ? "a prepared transaction" : `${other}`));
  return `${words} (itself waiting for ${enumeration(others)})`;
}

const MOST_BLOCKERS = 5;

/** The blockers to show; the number of the others. */
export function shownBlockers({ blockers, total }: Blockers): { shown: readonly Blocker[]; more: number } {
  const shown = blockers.slice(0, MOST_BLOCKERS);
  return { shown, more: Math.max(total, blockers.length) - shown.length };
}

/** The blockers as part of a sentence: "process 7, user deploy; process 8 (itself waiting for 7); and 25 more". */
export function blockersWords(all: Blockers): string {
  const { shown, more } = shownBlockers(all);
  return [...shown.map(blockerWords), ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}

/** SQL that ends a blocker. Undefined if the blocker waits itself, because ending it would free nothing. */
export function endingSql({ pid, preparedAs, waitsFor }: Blocker): string | undefined {
  if (waitsFor.length > 0) return undefined;
  if (pid !== null) return terminationSql(pid);
  return preparedAs === null ? undefined : `ROLLBACK PREPARED ${quoted(preparedAs)};`;
}

export function terminationSql(pid: number): string {
  return `SELECT pg_terminate_backend(${pid});`;
}

/** How to end the first blocker, as the end of a sentence; undefined if all of them wait for others. */
export function endingAdvice({ blockers }: Blockers): string | undefined {
  const first = blockers.find((blocker) => endingSql(blocker) !== undefined);
  return first && `end the blocking ${first.pid === null ? "transaction" : "session"} with ${endingSql(first)}`;
}

/** An autovacuum that blocks may be ended without loss: the server starts it again. */
export function isAutovacuum({ backendType }: Blocker): boolean {
  return backendType === "autovacuum worker";
}

/** "public.notes is locked by process 7, psql, user deploy, idle in transaction". */
export function relationHolderWords({ relation, pid, application, user, state }: RelationHolder): string {
  return `${relation} is locked by ${listed([processWords(pid), application, user && `user ${user}`, state])}`;
}

/** "building index: scanning table, 12 % of blocks"; "waiting for old snapshots, 1 of 4 sessions". */
export function progressWords({ command, phase, shares }: StatementProgress): string {
  return listed([phase ?? command, ...shares.map(shareWords)]);
}

function shareWords({ unit, done, total }: Share): string | false {
  if (total === 0) return done > 0 && `${grouped(done)} ${unit}`;
  return unit === "sessions" || unit === "partitions"
    ? `${done} of ${total} ${unit}`
    : `${Math.min(100, Math.floor((100 * done) / total))} % of ${unit}`;
}

/** "active for 00:02:00, 'CREATE INDEX ...', waiting for old snapshots"; empty if all of it is hidden. */
export function workWords({ state, query, ageMs, progress }: RunActivity): string {
  return listed([
    state && ageMs !== null ? `${state} for ${ageWords(ageMs)}` : state,
    query !== null && quoted(query),
    progress && progressWords(progress),
  ]);
}

/** The same, followed by "; blocked by process 9". */
export function activityWords(activity: RunActivity): string {
  const blocked = activity.total > 0 && `blocked by ${blockersWords(activity)}`;
  return [workWords(activity), blocked].filter(Boolean).join("; ");
}

/** As SQL quotes a text, for people: readable, unlike `quoteText`. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
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
