import { named, sqlName } from "../check/words.ts";
import { type Finding, finding } from "../failure/failure.ts";
import type { NeededLock, NeedingStatement, Needs } from "../plan/needed-locks.ts";
import { type Blocker, blockerWords, endingSql, isAutovacuum } from "../reports/other-sessions.ts";
import { enumeration } from "../text/display.ts";
import { blockedBy, isConflict, lockWords } from "../trace/lock-modes.ts";
import { LONG_MS, type SeenLock, type SeenSession, type SessionActivity, type Sighting } from "./activity.ts";

/** What a run does, as far as other sessions concern it. */
export interface ConcernedRun extends Needs {
  /** The name of the migration with this path. */
  readonly nameOf: (path: string) => string;
  /** How long it waits for a lock on a relation; 0 for no limit. */
  readonly lockTimeoutMs: number;
  /** The age, in milliseconds, from which a transaction is long. */
  readonly longMs?: number | undefined;
}

/** The sessions that a run would wait for, those that wait already, and long transactions. */
export function sessionSightings({ sessions, total, hidden, role }: SessionActivity, run: ConcernedRun): Sighting[] {
  const seen = sessions.flatMap((session) => [
    ...(blocking(session, run) ?? waitedForSnapshot(session, run) ?? longTransaction(session, run)),
    ...waiting(session, run),
  ]);
  const unlisted = total - sessions.length;
  return [
    ...seen,
    ...(hidden > 0 ? [{ key: "hidden", finding: hiddenFinding(hidden, role) }] : []),
    ...(unlisted > 0 ? [{ key: "unlisted", finding: unlistedFinding(unlisted) }] : []),
  ];
}

interface Conflict {
  readonly held: SeenLock;
  readonly need: NeededLock;
}

/** In the order of the run. */
function conflictsOf({ locks }: SeenSession, run: ConcernedRun): Conflict[] {
  const held = locks.filter(({ isGranted }) => isGranted);
  return run.locks.flatMap((need) =>
    held.filter((one) => isOn(one, need, run) && isConflict(need.mode, one.mode)).map((one) => ({ held: one, need })),
  );
}

function isOn({ of }: SeenLock, { relation }: NeededLock, { relations }: ConcernedRun): boolean {
  return relations[of] === relation;
}

/** A session with a lock that conflicts with one of the run. */
function blocking(session: SeenSession, run: ConcernedRun): Sighting[] | undefined {
  if (isAutovacuum(session) && !isAgainstWraparound(session)) return undefined;
  const conflicts = conflictsOf(session, run);
  const [first] = conflicts;
  if (!first) return undefined;
  const { need } = first;
  const holds = [...new Set(conflicts.map(({ held }) => lockedWords(held)))];
  const why = need.isWait ? "which waits until such transactions have ended" : `which needs ${lockWords(need.mode)}`;
  const isEndless = run.lockTimeoutMs === 0 && conflicts.some((one) => !one.need.isWait && blockedBy(one.need.mode));
  const message = `${blockerWords(session)}, holds ${enumeration(holds)} and blocks ${run.nameOf(need.path)}, ${why}`;
  const severity = isEndless ? "error" : isLong(session, run) || isAutovacuum(session) ? "warning" : "note";
  return [{ key: `blocks ${keyOf(session)}`, finding: blockFinding(severity, message, endingHint(session), need) }];
}

/** An autovacuum like this does not give way to a lock that waits for it. */
function isAgainstWraparound({ query }: Blocker): boolean {
  return query?.includes("(to prevent wraparound)") ?? false;
}

/** A long transaction that a statement outside a transaction waits for, whatever the transaction has locked. */
function waitedForSnapshot(session: SeenSession, run: ConcernedRun): Sighting[] | undefined {
  if (!run.snapshots || !session.hasSnapshot || isAutovacuum(session) || !isLong(session, run)) return undefined;
  const step = run.nameOf(run.snapshots.path);
  const message = `${blockerWords(session)}, holds a snapshot and blocks ${step}, which waits for all older ones`;
  const seen = blockFinding("warning", message, endingHint(session), run.snapshots);
  return [{ key: `blocks ${keyOf(session)}`, finding: seen }];
}

function longTransaction(session: SeenSession, run: ConcernedRun): Sighting[] {
  if (!isLong(session, run) || isAutovacuum(session)) return [];
  const effect = session.holdsBack ? "keeps VACUUM from removing old rows" : "has a transaction open";
  const message = `${blockerWords(session)}, ${effect}`;
  return [{ key: `long ${keyOf(session)}`, finding: finding("long-transaction", { message }) }];
}

/** A session that waits for a lock on a relation of the run. */
function waiting(session: SeenSession, run: ConcernedRun): Sighting[] {
  const waited = session.locks.filter(({ isGranted }) => !isGranted);
  const [first] = waited;
  if (!first || isAutovacuum(session)) return [];
  const need = run.locks.find((one) => isOn(first, one, run));
  const step = need ? `, which ${run.nameOf(need.path)} locks as well` : "";
  const message = `${blockerWords(session)}, waits for ${lockedWords(first)}${step}`;
  const hint = "Run at a quieter time, or end the session that it waits for.";
  return [
    { key: `waits ${keyOf(session)}`, finding: finding("session-waits", { message, hint, place: placeOf(need) }) },
  ];
}

function blockFinding(
  severity: Finding["severity"],
  message: string,
  hint: string | undefined,
  need: NeedingStatement,
): Finding {
  const place = placeOf(need);
  return { rule: "session-blocks", severity, message, ...(hint !== undefined && { hint }), ...(place && { place }) };
}

function placeOf(need: NeedingStatement | undefined): Finding["place"] {
  return need && { path: need.path, line: need.position.line, column: need.position.column };
}

function endingHint(session: SeenSession): string | undefined {
  if (isAutovacuum(session)) return "Let it finish: if it is ended, the server starts it again.";
  const sql = endingSql(session);
  return sql && `Run when it has ended, or end it with ${sql}`;
}

function isLong({ ageMs }: SeenSession, { longMs = LONG_MS }: ConcernedRun): boolean {
  return ageMs !== null && ageMs >= longMs;
}

function keyOf({ pid, preparedAs }: SeenSession): string {
  return pid === null ? `prepared ${preparedAs}` : `${pid}`;
}

/** "ACCESS SHARE on orders". */
function lockedWords({ mode, schema, name }: SeenLock): string {
  return `${lockWords(mode)} on ${named({ schema, name })}`;
}

function hiddenFinding(hidden: number, role: string): Finding {
  const others = hidden === 1 ? "one other session" : `${hidden} other sessions`;
  return finding("sessions-hidden", {
    message: `the role ${sqlName(role)} may not see what ${others} of this database do: long transactions may be missing here`,
    hint: `To let it see them, run: GRANT pg_read_all_stats TO ${sqlName(role)};`,
  });
}

function unlistedFinding(unlisted: number): Finding {
  return finding("sessions-hidden", { message: `${unlisted} more sessions are in transactions, and are not listed` });
}
