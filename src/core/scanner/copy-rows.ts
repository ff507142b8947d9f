import { Lexer, TOKEN } from "../sql/lexer.ts";

/** The end mark with its line end, or the start of one that more text may complete. */
const MARK = /\\(?:\.(?:\r?\n|\r?$)|$)/y;

/** The rows of a COPY found in a text. */
export interface RowsFound {
  /** Rows end here; the text after them is undecided, or is the end mark. */
  readonly rowsEnd: number;
  /** The offset after the end mark and its line end, if it was found. */
  readonly markEnd?: number;
}

/**
 * Finds the line `\.`, searching from `at`.
 * @param atLineStart true if a line begins at `at`
 * @param final no text follows, so a final `\.` is the mark even without a line end
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
 * The number of leading bytes that are certainly rows, found without decoding them. The rest must be read as text: it
 * may be or begin the end mark, or it has a NUL character whose place is needed.
 * @param bytes as Latin-1, where each character is a byte
 */
export function certainRows(bytes: string, atLineStart: boolean): number {
  if (atLineStart && (bytes === "\\" || bytes.startsWith("\\."))) return 0;
  const nul = bytes.indexOf("\0");
  const rows = nul === -1 ? bytes : bytes.slice(0, nul);
  const mark = rows.indexOf("\n\\.");
  if (mark !== -1) return mark + 1;
  return rows.endsWith("\n\\") ? rows.length - 1 : rows.length;
}

/**
 * The offset of the first token in the rest of a line that is not white space, a comment or a semicolon; undefined if
 * there is none.
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
