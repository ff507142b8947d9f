import type { Piece, ScanError } from "../../src/core/sql/statement.ts";
import {
  type Border,
  type LexedToken,
  lexTokens,
  type ParsedStatement,
  parseError,
  parseStatements,
  sentToParser,
} from "../core/scanner/parser-oracle.ts";
import { chunked, pieces } from "../core/scanner/statement-outline.ts";

/**
 * - same: our scanner and PostgreSQL agree
 * - excluded: they may differ, for the reason that is documented with it
 * - differs: what is different
 */
export type Verdict =
  | { readonly kind: "same" }
  | { readonly kind: "excluded"; readonly reason: string }
  | { readonly kind: "differs"; readonly what: string };

const SAME: Verdict = { kind: "same" };
const excluded = (reason: string): Verdict => ({ kind: "excluded", reason });
const differs = (what: string): Verdict => ({ kind: "differs", what });

/**
 * Scans a text whole and in chunks, and compares what is found with PostgreSQL's parser, or where the text is not SQL
 * with its lexer.
 * @param chunk the size of the chunks in UTF-16 units
 */
export function compareScanner(original: string, chunk: number): Verdict {
  if (original.includes("\0")) return excluded("a NUL character is no part of SQL");
  const text = withoutContinuationComments(original);
  const found = pieces([text]);
  if (found.map((piece) => piece.text).join("") !== text) return differs("the pieces together are not the text");
  const inChunks = pieces(chunked(text, chunk));
  if (JSON.stringify(inChunks) !== JSON.stringify(found)) return differs(`in chunks of ${chunk} other pieces come out`);
  const { sql, borders } = sentToParser(found);
  const tokens = lexTokens(sql);
  const difference = documentedDifference(text, found, tokens);
  if (difference) return excluded(difference);
  const problems = found.filter((piece): piece is ScanError => piece.kind === "error");
  let parsed: ParsedStatement[];
  try {
    parsed = parseStatements(sql);
  } catch (error) {
    return "refusal" in tokens
      ? compareRefusal({ text, sql }, problems, tokens.refusal, parseError(error))
      : compareTokens(tokens, borders, problems);
  }
  if (problems[0]) return differs(`a problem in SQL that PostgreSQL accepts: ${problems[0].rule}`);
  return "refusal" in tokens
    ? excluded("the wrapper cannot hand its tokens over")
    : compareBorders(borders, parsed, tokens);
}

/**
 * The text with blanks for each comment between two parts of one string. libpg-query's lexer was changed to report
 * comments, and takes the second part for another string since then; PostgreSQL's own does not.
 */
function withoutContinuationComments(text: string): string {
  return text.replace(/(?<=')(?:[ \t\f\v]*(?:--[^\n\r]*)?[\n\r])+[ \t\f\v]*(?=')/g, (between) =>
    between.replace(/--[^\n\r]*/g, ""),
  );
}

/** Where pgstep reads other than PostgreSQL's parser on purpose, as psql does. */
function documentedDifference(
  text: string,
  found: readonly Piece[],
  tokens: ReturnType<typeof lexTokens>,
): string | undefined {
  const isPsql = (piece: Piece) => piece.kind === "psql" || (piece.kind === "error" && piece.rule === "psql-command");
  const hasBackslash = "refusal" in tokens ? text.includes("\\") : tokens.some((token) => token.text === "\\");
  if (found.some(isPsql) && (hasBackslash || lexesBackslash(text))) return "psql's commands begin with a backslash";
  const isRows = (piece: Piece) =>
    piece.kind === "error" && (piece.rule === "copy-line-shared" || piece.rule === "unterminated-copy");
  if (found.some(isRows) && /\bcopy\b/i.test(text)) return "rows follow COPY ... FROM STDIN";
  const isSet = found.some((piece) => piece.kind === "statement" && /standard_conforming_strings/i.test(piece.text));
  const isOff = (piece: Piece) =>
    piece.kind === "error" || (piece.kind === "statement" && !piece.standardConformingStrings);
  if (isSet && found.some(isOff)) return "standard_conforming_strings is switched off";
  // "trailing junk after parameter" on every server; libpg-query was changed to take two tokens.
  if (joinsParameter(text, tokens)) return "a word joins a parameter, which servers refuse";
  return undefined;
}

function joinsParameter(text: string, tokens: ReturnType<typeof lexTokens>): boolean {
  if ("refusal" in tokens) return /\$\d+[a-z_$\x80-\uffff]/i.test(text);
  return tokens.some((token, index) => {
    const next = tokens[index + 1];
    return /^\$\d+$/.test(token.text) && next?.start === token.end && /^[a-z_$\x80-\uffff]/i.test(next.text);
  });
}

/** Whether PostgreSQL's lexer sees a backslash outside of everything quoted, as far as it comes. */
function lexesBackslash(text: string): boolean {
  const tokens = lexTokens(text);
  return "refusal" in tokens ? text.includes("\\") : tokens.some((token) => token.text === "\\");
}

const UNTERMINATED: Readonly<Record<string, ScanError["rule"]>> = {
  "unterminated quoted string": "unterminated-quote",
  "unterminated bit string literal": "unterminated-quote",
  "unterminated hexadecimal string literal": "unterminated-quote",
  "unterminated quoted identifier": "unterminated-identifier",
  "unterminated dollar-quoted string": "unterminated-dollar-quote",
  "unterminated /* comment": "unterminated-comment",
};

/** A text that the lexer itself refuses: what it says is open we must say is open as well, at the same place. */
function compareRefusal(
  { text, sql }: { readonly text: string; readonly sql: string },
  problems: readonly ScanError[],
  refusal: string,
  { message, position }: { message: string; position: number },
): Verdict {
  const own = problems.find(({ rule }) => Object.values(UNTERMINATED).includes(rule));
  const open = Object.entries(UNTERMINATED).find(([words]) => message.startsWith(words));
  if (open) {
    const [words, rule] = open;
    if (own?.rule !== rule) return differs(`PostgreSQL says "${words}", and we ${own?.rule ?? "nothing"}`);
    // Where rows were taken away, the places are others.
    return sql !== text || isSamePlace(sql, position, own.offset) ? SAME : differs(`${rule} at another place`);
  }
  if (/unterminat/.test(refusal)) {
    return own ? SAME : differs("PostgreSQL finds something open after its first error, and we do not");
  }
  if (/Bad control character|Bad escaped/.test(refusal)) return excluded("the wrapper cannot hand its tokens over");
  return excluded("the server refuses a token, which it says itself");
}

/**
 * Whether something that is never closed begins at the same place. PostgreSQL's is the start of the whole constant; ours
 * is the quote itself, after U&, and in a string that continues on another line the quote of its last part.
 * @param position in code points
 * @param offset in UTF-16 units
 */
function isSamePlace(sql: string, position: number, offset: number): boolean {
  const between = [...sql.slice(0, offset)].slice(position).join("");
  return /^(?:U&)?$/i.test(between) || /^.*'[ \t\f\v]*[\n\r]\s*$/s.test(between);
}

/**
 * Borders that the parser knows.
 * @param tokens tell where exactly a statement starts, and where the last one ends
 */
function compareBorders(
  borders: readonly Border[],
  parsed: readonly ParsedStatement[],
  tokens: readonly LexedToken[] | undefined,
): Verdict {
  if (borders.length !== parsed.length) return differs(`${borders.length} statements instead of ${parsed.length}`);
  const significant = tokens?.filter(({ isComment }) => !isComment);
  for (const [index, { from, end }] of parsed.entries()) {
    const our = borders[index];
    const start = significant ? significant.find((token) => token.start >= from)?.start : our?.start;
    if (our?.start !== start) return differs(`statement ${index + 1} starts at ${our?.start} instead of ${start}`);
    const last = end ?? (significant ? significant.at(-1)?.end : our?.end);
    if (our?.end !== last) return differs(`statement ${index + 1} ends at ${our?.end} instead of ${last}`);
  }
  return SAME;
}

/** Text that is not SQL as a whole: semicolons outside of parentheses end its statements nevertheless. */
function compareTokens(
  tokens: readonly LexedToken[],
  borders: readonly Border[],
  problems: readonly ScanError[],
): Verdict {
  const open = problems.find(({ rule }) => Object.values(UNTERMINATED).includes(rule));
  if (open) return differs(`${open.rule}, where PostgreSQL's lexer finds nothing open`);
  const expected: Border[] = [];
  let depth = 0;
  let first: LexedToken | undefined;
  let last: LexedToken | undefined;
  let words = "";
  for (const token of tokens) {
    if (token.isComment) continue;
    if (token.text === ";" && depth === 0) {
      if (first) expected.push({ start: first.start, end: token.start });
      first = undefined;
      words = "";
      continue;
    }
    first ??= token;
    last = token;
    words += ` ${token.text}`;
    if (token.text === "(") depth++;
    if (token.text === ")" && depth > 0) depth--;
    if (/^ CREATE( OR REPLACE)? (FUNCTION|PROCEDURE)\b.* BEGIN ATOMIC$/is.test(words)) {
      const before = borders.slice(0, expected.length);
      return JSON.stringify(before) === JSON.stringify(expected)
        ? excluded("only SQL that parses shows where the body of a routine ends")
        : differs(`borders ${JSON.stringify(before)} instead of ${JSON.stringify(expected)}`);
    }
  }
  if (first && depth > 0) {
    return problems.some(({ rule }) => rule === "unterminated-parenthesis") ? SAME : differs("a parenthesis is open");
  }
  if (first && last) expected.push({ start: first.start, end: last.end });
  const is = JSON.stringify(borders);
  const should = JSON.stringify(expected);
  return is === should ? SAME : differs(`borders ${is} instead of ${should}`);
}
