import type { Statement } from "../sql/statement.ts";
import { TokenCursor } from "../sql/token-cursor.ts";
import { destruction } from "../statements/data-loss.ts";
import type { Loss } from "./lost-values.ts";
import type { TableShape } from "./table-shape.ts";

/** A statement of a file, and the words in it that may be names. */
export interface WordedStatement {
  readonly statement: Statement;
  readonly words: ReadonlySet<string>;
  /** The values that the statement may lose; undefined for none. */
  readonly loses: "rows" | "columns" | undefined;
}

/** Statements that may change rows in a way that `destruction` does not see. */
const CHANGES_ROWS = /^(?:DO|CALL|EXECUTE|SELECT|UPDATE|MERGE|WITH)\b/i;
const UPSERT = /\bON\s+CONFLICT\b/i;

export function worded(statement: Statement): WordedStatement {
  const { text } = statement;
  return { statement, words: new Set(wordsOf(text)), loses: lossOf(statement) };
}

function lossOf(statement: Statement): WordedStatement["loses"] {
  const found = destruction(statement);
  if (found) return found.kind.startsWith("ALTER TABLE") ? "columns" : "rows";
  return CHANGES_ROWS.test(statement.text) || UPSERT.test(statement.text) ? "rows" : undefined;
}

/** The words of an SQL text that may be names. */
export function wordsOf(text: string): string[] {
  const quoted = [...text.matchAll(/"([^"\n]{1,63})"/g)].map(([, name = ""]) => name);
  const plain = [...text.matchAll(/[\p{L}_][\p{L}\p{N}_$]{0,62}/gu)].map(([word]) => word.toLowerCase());
  return [...new Set([...quoted, ...plain])];
}

/** The tables whose rows or columns one of the statements may lose. */
export function tablesAtRisk(statements: readonly WordedStatement[], tables: readonly TableShape[]): TableShape[] {
  return tables.filter((table) => statements.some((one) => mayLoseOf(one, table)));
}

function mayLoseOf({ words, loses }: WordedStatement, table: TableShape): boolean {
  if (!loses || !words.has(plainName(table.name))) return false;
  return loses === "rows" || table.columns.some(({ name }) => words.has(name));
}

/** The name without its schema and quotes. */
function plainName(name: string): string {
  return new TokenCursor({ text: name, standardConformingStrings: true }).takeNameParts().at(-1) ?? "";
}

/**
 * The statement that loses something of a table, or of a column of the table, as far as its words show it.
 * @param isRecreated true if the table or column was dropped and created again: then the statement that creates it
 */
export function statementAbout(
  statements: readonly WordedStatement[],
  { table, column, isRecreated }: Pick<Loss, "table" | "column" | "isRecreated">,
): Statement | undefined {
  const name = plainName(table);
  const about = statements.filter(({ words }) => words.has(name) && (column === undefined || words.has(column)));
  const created = isRecreated ? about.find((one) => creates(one, column)) : undefined;
  return (created ?? about.find(({ loses }) => loses) ?? about[0])?.statement;
}

function creates({ statement: { text }, words }: WordedStatement, column: string | undefined): boolean {
  if (!words.has("table")) return false;
  return /^CREATE\b/i.test(text) || (column !== undefined && words.has("add") && /^ALTER\b/i.test(text));
}
