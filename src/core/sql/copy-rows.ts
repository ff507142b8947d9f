import { Lexer, TOKEN } from "./sql-lexer.ts";

/** The end mark with its line end, or what may become one when more text follows. */
const MARK = /\\(?:\.(?:\r?\n|\r?$)|$)/y;

/** How far the rows of a COPY go in a text. */
export interface RowsFound {
  /** Rows end here; what is behind was not decided yet, or is the end mark. */
  readonly rowsEnd: number;
  /** Behind the end mark and its line end, where it was found. */
  readonly markEnd?: number;
}

/**
 * Looks for the line `\.` from `at` on.
 * @param atLineStart whether a line begins at `at`
 * @param final no text follows, so a `\.` at its end is the mark although no line end follows it
 */
export function findRows(text: string, at: number, atLineStart: boolean, final: boolean): RowsFound {
  for (let from = at; ; ) {
    const mark = text.indexOf("\\", from);
    if (mark === -1) break;
    from = mark + 1;
    if (mark === at ? !atLineStart : text.charCodeAt(mark - 1) !== 0x0a) continue;
    MARK.lastIndex = mark;
    const found = MARK.exec(text)?.[0];
    if (found === undefined) continue;
    if (found.endsWith("\n") || (final && found !== "\\")) return { rowsEnd: mark, markEnd: mark + found.length };
    if (!final) return { rowsEnd: mark };
  }
  // Half of a surrogate pair cannot be encoded on its own.
  const split = !final && text.length > at && (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800;
  return { rowsEnd: split ? text.length - 1 : text.length };
}

/**
 * The place of the first thing in the rest of a line that is neither white space, a comment nor a semicolon;
 * undefined when there is none.
 */
export function firstBehindCopy(rest: string): number | undefined {
  const lexer = new Lexer(rest, { final: true, standardConformingStrings: true });
  for (;;) {
    const token = lexer.next();
    if (token === TOKEN.end) return undefined;
    const blank = token === TOKEN.space || token === TOKEN.comment || rest[lexer.start] === ";";
    if (!blank || token === TOKEN.incomplete) return lexer.start;
  }
}
