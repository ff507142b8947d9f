import { createHash } from "node:crypto";
import type { Step } from "../core/plan.ts";
import { quoteText } from "../core/sql-text.ts";
import type { Session } from "../ports/session.ts";
import { COMMIT } from "./commit.ts";
import { createJournalSql, NOW_UTC, type TableNames } from "./history-table.ts";

/** What the journal knows of one statement of a script that runs without a transaction. */
export interface JournalEntry {
  readonly hash: string;
  readonly finished: boolean;
  readonly before: IndexesBefore;
  /**
   * Whether it made or used something that went with its session, which the run needs. Then an entry that is not finished waits
   * for `resolve`, and a finished one has been resolved.
   */
  readonly sessionLost: boolean;
}

/** What is known of the time before a statement about an index was started. */
export interface IndexesBefore {
  /** Oids: of the table's indexes before a CREATE, of the index before a DROP, of the INVALID ones before a REINDEX. */
  readonly oids?: readonly string[];
  /** The name that was chosen for an index without one. */
  readonly name?: string | null;
  /** How that index is built, as `FoundIndex` has it. */
  readonly definition?: string | null;
}

/** The fingerprint of a statement's text; line ends do not count. */
export function statementHash(text: string): string {
  return createHash("sha256").update(text.replaceAll("\r\n", "\n"), "utf8").digest("hex");
}

/** The entries of a step by statement number, 1-based. Makes the table when it is not there. */
export async function readJournal(session: Session, names: TableNames, step: Step): Promise<Map<number, JournalEntry>> {
  await inTransaction(session, [createJournalSql(names)]);
  const rows = await session.query(
    `SELECT statement::text AS statement, hash, (finished_at IS NOT NULL)::text AS finished, COALESCE(indexes_before, '') AS before FROM ${names.journal} WHERE ${entryOf(step)}`,
  );
  return new Map(
    rows.map((row) => [
      Number(row.statement),
      { hash: String(row.hash), finished: row.finished === "true", ...parseNotes(String(row.before)) },
    ]),
  );
}

/** JSON; before that it was a list of oids with commas between, empty for none and where it did not matter. */
function parseNotes(text: string): Pick<JournalEntry, "before" | "sessionLost"> {
  if (text === SESSION_LOST) return { before: {}, sessionLost: true };
  if (text.startsWith("{")) return { before: JSON.parse(text) as IndexesBefore, sessionLost: false };
  return { before: text === "" ? {} : { oids: text.split(",") }, sessionLost: false };
}

const SESSION_LOST = '{"session":"lost"}';

/** Asks for a finished statement again, whose session took away what the run needs; or takes that back. */
export function sessionLostSql(names: TableNames, step: Step, statement: number, lost: boolean): string {
  const finished = lost ? "NULL" : NOW_UTC;
  return `UPDATE ${names.journal} SET finished_at = ${finished}, indexes_before = ${lost ? quoteText(SESSION_LOST) : "NULL"} WHERE ${entryOf(step)} AND statement = ${statement}`;
}

/** The setting that has the `IndexesBefore` of a statement, in the transaction that records it as started. */
export const BEFORE_SETTING = "pgstep.before";

export function startedSql(names: TableNames, step: Step, statement: number, hash: string): string {
  const noted = `NULLIF(pg_catalog.current_setting('${BEFORE_SETTING}', true), '')`;
  return insertSql(names, step, statement, hash, "NULL", noted);
}

/** Records a statement as ended, whether it was recorded as started or not. */
export function finishedSql(names: TableNames, step: Step, statement: number, hash: string): string {
  return `${insertSql(names, step, statement, hash, NOW_UTC)} ON CONFLICT (version, direction, statement) DO UPDATE SET finished_at = EXCLUDED.finished_at`;
}

/** Takes back that a statement was started: it is known to have had no effect. */
export function notStartedSql(names: TableNames, step: Step, statement: number): string {
  return `DELETE FROM ${names.journal} WHERE ${entryOf(step)} AND statement = ${statement}`;
}

/** Gives the entry of a statement that was started to the same statement at another place. */
export function movedSql(names: TableNames, step: Step, from: number, to: number): string {
  return `UPDATE ${names.journal} SET statement = ${to} WHERE ${entryOf(step)} AND statement = ${from}`;
}

export function forgetSql(names: TableNames, step: Step): string {
  return `DELETE FROM ${names.journal} WHERE ${entryOf(step)}`;
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

function entryOf({ version, direction }: Step): string {
  return `version = ${quoteText(version)} AND direction = '${direction}'`;
}

/**
 * Runs bookkeeping in a transaction of its own, in one message, and leaves none open when it fails.
 * @param guard of the run's lock
 */
export async function inTransaction(session: Session, statements: readonly string[], guard = ""): Promise<void> {
  try {
    await session.execute(`BEGIN READ WRITE; ${guard}${[...statements, COMMIT].join("; ")}`);
  } catch (error) {
    await session.execute("ROLLBACK").catch(() => {});
    throw error;
  }
}
