import { BACKSLASH, LINE_FEED } from "../sql/characters.ts";
import { Lexer, TOKEN } from "../sql/lexer.ts";

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
 * How many bytes from the first on are certainly rows, told without decoding them. What is behind is to be read as text:
 * what may be the end mark or begin one, and a NUL character, whose place is wanted.
 */
export function certainRows(part: Uint8Array, atLineStart: boolean): number {
  const bytes = Buffer.from(part.buffer, part.byteOffset, part.length);
  if (atLineStart && bytes[0] === BACKSLASH && (bytes.length === 1 || bytes[1] === DOT)) return 0;
  const nul = bytes.indexOf(0);
  const rows = nul === -1 ? bytes : bytes.subarray(0, nul);
  const mark = rows.indexOf("\n\\.");
  if (mark !== -1) return mark + 1;
  const last = rows.length - 1;
  return rows[last] === BACKSLASH && rows[last - 1] === LINE_FEED ? last : rows.length;
}

const DOT = 0x2e;

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
