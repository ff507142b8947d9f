import { parseSync, SqlError, scanSync } from "libpg-query";
import type { Piece } from "../../../src/core/sql/statement.ts";

/*
 * PostgreSQL 18's own parser and lexer (libpg-query), which say where statements and tokens begin and end. They count in
 * UTF-8 bytes. `loadModule` of libpg-query must have been awaited.
 */

/** The place of a statement, in UTF-8 bytes of the text that was sent. */
export interface Border {
  readonly start: number;
  /** Without its semicolon. */
  readonly end: number;
}

/** What the parser is asked about, and where our statements are in it. */
export function sentToParser(found: readonly Piece[]): { sql: string; borders: Border[] } {
  let sql = "";
  let bytes = 0;
  const borders: Border[] = [];
  for (const piece of found) {
    const sent = piece.kind === "blank" || piece.kind === "statement" || piece.kind === "error";
    // The parser knows neither rows nor psql's lines; without COPY's statement in front they would not be SQL either.
    const text = sent ? piece.text : "\n";
    const length = Buffer.byteLength(text);
    if (piece.kind === "statement") borders.push({ start: bytes, end: bytes + length - (text.endsWith(";") ? 1 : 0) });
    sql += text;
    bytes += length;
  }
  return { sql, borders };
}

interface Parsed {
  readonly stmts?: readonly { readonly stmt_location?: number; readonly stmt_len?: number }[];
}

/** A statement as the parser tells of it: its start may include the blanks before; the last may run to the end of the text. */
export interface ParsedStatement {
  readonly from: number;
  readonly end: number | undefined;
}

/** @throws SqlError for text that is not PostgreSQL's */
export function parseStatements(sql: string): ParsedStatement[] {
  // The parser's wrapper refuses an empty text. A blank beyond ASCII is a letter to PostgreSQL.
  const parsed: Parsed = /^[ \t\n\r\f\v]*$/.test(sql) ? {} : parseSync(sql);
  return (parsed.stmts ?? []).map(({ stmt_location: from = 0, stmt_len: length = 0 }) => ({
    from,
    end: length > 0 ? from + length : undefined,
  }));
}

/** A token as the lexer finds it, in UTF-8 bytes. */
export interface LexedToken {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly isComment: boolean;
}

/** Why the lexer gives no tokens: its first words, which are all that its wrapper passes on. */
export interface LexerRefusal {
  readonly refusal: string;
}

export function lexTokens(sql: string): readonly LexedToken[] | LexerRefusal {
  if (sql === "") return [];
  try {
    return scanSync(sql).tokens.map(({ start, end, text, tokenName }) => ({
      start,
      end,
      text,
      isComment: tokenName === "SQL_COMMENT" || tokenName === "C_COMMENT",
    }));
  } catch (error) {
    return { refusal: error instanceof Error ? error.message : String(error) };
  }
}

/** The parser's words and the place of its error in code points; undefined when it accepts the text. */
export function parseError(error: unknown): { message: string; position: number } {
  if (!(error instanceof SqlError)) throw error;
  return { message: error.message, position: error.sqlDetails?.cursorPosition ?? 0 };
}
