import { createHash } from "node:crypto";
import { Failure } from "../../core/failure/failure.ts";
import type { Step } from "../../core/migrations/plan.ts";
import { equals, quoteIdentifier, quoteText } from "../../core/sql/quote.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { jsonAnswer } from "../session/json-answer.ts";
import { inTransaction } from "../session/own-transaction.ts";
import {
  assertSql,
  createJournalSql,
  emptyRowExists,
  isOne,
  isoText,
  MADE_BY_ANOTHER,
  NOW_UTC,
  rowExists,
  rowOfOthers,
  type TableNames,
  versionIs,
} from "./history-table.ts";

/** The journal's entry for one statement of a script that runs without a transaction. */
export interface JournalEntry {
  readonly hash: string;
  readonly finished: boolean;
  readonly before: IndexesBefore;
  /**
   * True if the statement made or used session state that the run needs and that was lost with the session. An
   * unfinished entry then waits for `resolve`; a finished one has been resolved.
   */
  readonly sessionLost: boolean;
}

/** The state before a statement about an index was started, as far as known. */
export interface IndexesBefore {
  /** Oids: of the table's indexes before a CREATE, of the index before a DROP, of the INVALID ones before a REINDEX. */
  readonly oids?: readonly string[];
  /** The name that was chosen for an index without one. */
  readonly name?: string | null;
  /** The definition of that index, as in `FoundIndex`. */
  readonly definition?: string | null;
}

/**
 * Versions in the journal that mark unfinished work other than migrations: a reset, and the hooks after an `up`. No
 * file name can have them.
 */
export const RESET_MARK = "reset";
export const AFTER_UP_MARK = "after-up";
export type JournalMark = typeof RESET_MARK | typeof AFTER_UP_MARK;
/** Not unfinished work: its hash is the fingerprint of the schema after the last apply. */
const FINGERPRINT_MARK = "fingerprint";
/** Not unfinished work: its hash is the name of the other tool's table that the history was imported from. */
export const IMPORT_MARK = "imported";
const MARKS: readonly string[] = [RESET_MARK, AFTER_UP_MARK, FINGERPRINT_MARK, IMPORT_MARK];

/** True for a version in the journal that is no migration's. */
export function isMark(version: string): boolean {
  return MARKS.includes(version);
}

/** Statements that create the journal if it is missing, and replace the fingerprint in it. */
export function recordFingerprintSql(names: TableNames, fingerprint: string): string[] {
  return replaceNoteSql(names, FINGERPRINT_MARK, fingerprint);
}

/** Statements that create the journal if it is missing, and note the table that the history was imported from. */
export function recordImportSql(names: TableNames, table: string): string[] {
  return replaceNoteSql(names, IMPORT_MARK, table);
}

function replaceNoteSql(names: TableNames, mark: string, text: string): string[] {
  return [
    createJournalSql(names),
    `DELETE FROM ONLY ${names.journal} WHERE ${versionIs(mark)}`,
    `INSERT INTO ${names.journal} (version, direction, statement, hash, started_at, finished_at) VALUES ('${mark}', 'up', 0, ${quoteText(text)}, ${NOW_UTC}, ${NOW_UTC})`,
  ];
}

/** A query of the table that the history was imported from, for a database that has a journal. */
export function importedFromSql({ journal }: TableNames): string {
  return `SELECT hash AS name FROM ONLY ${journal} WHERE ${versionIs(IMPORT_MARK)}`;
}

/** A query of the recorded fingerprint, for a database that has a journal. */
export function fingerprintSql({ journal }: TableNames): string {
  return `SELECT hash AS fingerprint, ${isoText("started_at")} AS "recordedAt" FROM ONLY ${journal} WHERE ${versionIs(FINGERPRINT_MARK)}`;
}

/** Statements that create the journal if it is missing, and set a mark in it. */
export function setMarkSql(names: TableNames, mark: JournalMark): string[] {
  return [
    createJournalSql(names),
    `INSERT INTO ${names.journal} (version, direction, statement, hash, started_at) VALUES (${quoteText(mark)}, ${mark === RESET_MARK ? "'down'" : "'up'"}, 0, '', ${NOW_UTC}) ON CONFLICT DO NOTHING`,
  ];
}

export function clearMarkSql({ journal }: TableNames, mark: JournalMark): string {
  return `DELETE FROM ONLY ${journal} WHERE ${versionIs(mark)}`;
}

/** A condition on an entry of the journal: it belongs to a migration. */
export const IS_NO_MARK = `NOT ${equals("version", `ANY (ARRAY[${MARKS.map((mark) => `'${mark}'`).join(", ")}])`)}`;

/** The fingerprint of a statement's text; line endings do not matter. */
export function statementHash(text: string): string {
  return createHash("sha256").update(text.replaceAll("\r\n", "\n"), "utf8").digest("hex");
}

/** The journal of a step, and whether the history has its row. */
export interface StepJournal {
  /** By statement number, 1-based. */
  readonly entries: Map<number, JournalEntry>;
  readonly isRecorded: boolean;
}

/**
 * Reads the journal of a step. Creates the table if it is missing.
 * @param guard of the run's lock
 * @throws Failure privilege-missing
 */
export async function readJournal(
  session: Session,
  names: TableNames,
  step: Step,
  guard: string,
): Promise<StepJournal> {
  const table = `pg_catalog.to_regclass(${quoteText(names.journal)})`;
  const may = ["SELECT", "INSERT", "UPDATE", "DELETE"].map(
    (what) => `pg_catalog.has_table_privilege(${table}, '${what}')`,
  );
  const facts = `SELECT (${table} IS NOT NULL)::text AS there, (${may.join(" AND ")})::text AS permitted, (${rowExists(names, step.version)})::text AS recorded`;
  const [found] = await session.query(facts);
  const isRecorded = found?.recorded === "true";
  if (found?.there !== "true") {
    await makeJournal(session, names, guard);
    return { entries: new Map(), isRecorded };
  }
  if (found.permitted !== "true") throw await journalFailure(session, names, "SELECT, INSERT, UPDATE, DELETE ON");
  return { entries: await readEntries(session, names, step), isRecorded };
}

async function makeJournal(session: Session, names: TableNames, guard: string): Promise<void> {
  try {
    await inTransaction(session, [createJournalSql(names)], guard);
  } catch (error) {
    if (!(error instanceof ServerFailure)) throw error;
    if (error.server.code === "42501")
      throw await journalFailure(session, names, `CREATE ON SCHEMA ${names.schema}`, error);
    // Another session made the table at the same moment: a `reset`, or an older pgstep.
    if (!MADE_BY_ANOTHER.has(error.server.code)) throw error;
  }
}

/** @param grant the privileges with " ON", to which the table is added; or a complete grant */
async function journalFailure(
  session: Session,
  { journal }: TableNames,
  grant: string,
  cause?: ServerFailure,
): Promise<Failure> {
  const [row] = await session.query("SELECT current_user::text AS role");
  const what = grant.endsWith(" ON") ? `${grant} ${journal}` : grant;
  return new Failure("privilege-missing", `Cannot write the journal ${journal}: permission denied`, {
    hint: `Run: GRANT ${what} TO ${quoteIdentifier(String(row?.role))}.`,
    ...(cause && { server: cause.server, cause }),
  });
}

async function readEntries(session: Session, names: TableNames, step: Step): Promise<Map<number, JournalEntry>> {
  const rows = await session.query(
    `SELECT statement::text AS statement, hash, (finished_at IS NOT NULL)::text AS finished, COALESCE(indexes_before, '') AS before FROM ONLY ${names.journal} WHERE ${entryOf(step)}`,
  );
  return new Map(
    rows.map((row) => [
      Number(row.statement),
      { hash: String(row.hash), finished: row.finished === "true", ...parseNotes(String(row.before)) },
    ]),
  );
}

/** Reads JSON, or the comma-separated list of oids of older versions, which may be empty. */
function parseNotes(text: string): Pick<JournalEntry, "before" | "sessionLost"> {
  if (text === SESSION_LOST) return { before: {}, sessionLost: true };
  if (text.startsWith("{")) return { before: jsonAnswer<IndexesBefore>(text, {}), sessionLost: false };
  return { before: text === "" ? {} : { oids: text.split(",") }, sessionLost: false };
}

const SESSION_LOST = '{"session":"lost"}';

/** Marks a finished statement as unfinished, since the session state that the run needs was lost; or undoes that. */
export function sessionLostSql(names: TableNames, step: Step, statement: number, lost: boolean): string {
  const finished = lost ? "NULL" : NOW_UTC;
  return `UPDATE ONLY ${names.journal} SET finished_at = ${finished}, indexes_before = ${lost ? quoteText(SESSION_LOST) : "NULL"} WHERE ${entryOf(step, statement)}`;
}

/** The setting that holds the `IndexesBefore` of a statement, in the transaction that records it as started. */
export const BEFORE_SETTING = "pgstep.before";

export function startedSql(names: TableNames, step: Step, statement: number, hash: string): string {
  const noted = `pg_catalog.current_setting('${BEFORE_SETTING}', true)`;
  const unlessEmpty = `CASE WHEN ${equals(noted, "''")} THEN NULL ELSE ${noted} END`;
  return insertSql(names, step, statement, hash, "NULL", unlessEmpty);
}

/** Records a started statement as finished. Fails with the marker "journal" if its entry is missing. */
export function finishedSql(names: TableNames, step: Step, statement: number): string {
  return `WITH finished AS (UPDATE ONLY ${names.journal} SET finished_at = ${NOW_UTC} WHERE ${entryOf(step, statement)} AND finished_at IS NULL RETURNING 1) ${assertSql(isOne("finished"), "journal")}`;
}

/** Records a statement as run, in its own transaction; the key rejects the entry if another run has one. */
export function ranSql(names: TableNames, step: Step, statement: number, hash: string): string {
  return insertSql(names, step, statement, hash, NOW_UTC);
}

/**
 * Fails with the marker "journal" if another run has recorded the step since, and so removed the entries. Must be sent
 * with a statement's first entry. Locks the entry before that until the end of the transaction.
 * @param statement its number; for the first one, the history is checked for a row of another transaction, or for the
 *   row of a file that was empty, which stays until the step is recorded: without it, the version would seem missing
 */
export function unrecordedSql(names: TableNames, step: Step, statement: number): string {
  if (statement === 1) {
    const { version, isRecordedEmpty } = step;
    return assertSql(
      isRecordedEmpty ? emptyRowExists(names, version) : `NOT ${rowOfOthers(names, version)}`,
      "journal",
    );
  }
  return `WITH before AS MATERIALIZED (SELECT FROM ONLY ${names.journal} WHERE ${entryOf(step, statement - 1)} FOR KEY SHARE) ${assertSql(isOne("before"), "journal")}`;
}

/** Removes the entry of a started statement that is known to have had no effect. */
export function notStartedSql(names: TableNames, step: Step, statement: number): string {
  return `DELETE FROM ONLY ${names.journal} WHERE ${entryOf(step, statement)}`;
}

/** Moves the entry of a started statement to the statement's new number. */
export function movedSql(names: TableNames, step: Step, from: number, to: number): string {
  return `UPDATE ONLY ${names.journal} SET statement = ${to} WHERE ${entryOf(step, from)}`;
}

/**
 * Removes the entries of a step with this many statements. Fails with the marker "journal" if one of them is missing:
 * another run has recorded the step, and removed them.
 */
export function forgetSql(names: TableNames, step: Step, statements: number): string {
  return `WITH forgotten AS (DELETE FROM ONLY ${names.journal} WHERE ${entryOf(step)} RETURNING statement) ${assertSql(equals(`(SELECT pg_catalog.count(*) FROM forgotten WHERE statement OPERATOR(pg_catalog.<=) ${statements})`, String(statements)), "journal")}`;
}

function insertSql(
  names: TableNames,
  step: Step,
  statement: number,
  hash: string,
  finishedAt: string,
  indexesBefore = "NULL",
): string {
  return `INSERT INTO ${names.journal} (version, direction, statement, hash, started_at, finished_at, indexes_before) VALUES (${quoteText(step.version)}, '${step.direction}', ${statement}, '${hash}', ${NOW_UTC}, ${finishedAt}, ${indexesBefore})`;
}

/** A condition: the entry belongs to this step, or to one of its statements. */
function entryOf({ version, direction }: Step, statement?: number): string {
  const entries = `${versionIs(version)} AND ${equals("direction", `'${direction}'`)}`;
  return statement === undefined ? entries : `${entries} AND ${equals("statement", String(statement))}`;
}
