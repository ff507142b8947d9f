import { BACKSLASH, CLOSING_PARENTHESIS, LINE_FEED, OPENING_PARENTHESIS, SEMICOLON } from "../sql/characters.ts";
import { Lexer, TOKEN, type Token } from "../sql/lexer.ts";
import { parsePsqlCommand } from "../sql/psql-command.ts";
import type { Piece, Statement } from "../sql/statement.ts";
import { TokenCursor } from "../sql/token-cursor.ts";
import { copyFromStdin } from "../statements/copy.ts";
import { certainRows, findRows, firstBehindCopy } from "./copy-rows.ts";
import { PieceWriter } from "./piece-writer.ts";
import { RoutineBody } from "./routine-body.ts";
import {
  COPY_LINE_SHARED,
  OPEN_BODY,
  OPEN_COPY,
  OPEN_PARENTHESIS,
  psqlCommandInside,
  psqlLineShared,
  unterminated,
} from "./statement-problem.ts";
import { StringReading } from "./string-escapes.ts";
import type { Substitute } from "./substitution.ts";

export interface ScanOptions {
  /** The server's setting where the file begins; true when absent. `SET` in the file is followed. */
  readonly standardConformingStrings?: boolean;
  /** Replaces the placeholders in each statement; rows of a COPY stay as they are. */
  readonly substitute?: Substitute;
}

/** The first words of statements that may change how the following text is read. */
const CONSEQUENTIAL = /^(?:COPY|SET|RESET|DISCARD|SELECT|COMMIT|END|ROLLBACK|ABORT)\b/i;

/** The COPY ... FROM STDIN whose rows are being read. */
interface OpenCopy {
  readonly statement: Statement;
  /** The rest of the COPY's line comes first. */
  part: "its line" | "rows";
  atLineStart: boolean;
}

/**
 * Splits the text of a file into pieces as it arrives, in time linear in its length however it is cut.
 *
 * Between two chunks it keeps the text of the current piece, and the unfinished token. That token is read again only
 * once the text has doubled: so a literal of 10 MB in small chunks is not read over and over.
 */
export class StatementScanner {
  readonly #lexer: Lexer;
  readonly #strings: StringReading;
  readonly #writer = new PieceWriter();
  readonly #body = new RoutineBody();
  readonly #substitute: Substitute | undefined;
  /** The part of the current piece that is no longer in the lexer's text. */
  #held = "";
  /** The offset of the current piece's rest in the lexer's text. */
  #pieceStart = 0;
  #inStatement = false;
  #parentheses = 0;
  /** The offset of the outermost open parenthesis in its statement. */
  #parenthesisAt = 0;
  #copy: OpenCopy | undefined;
  #received = 0;
  /** Chunks that are not read yet. */
  #waiting: string[] = [];
  #waitingLength = 0;

  constructor({ standardConformingStrings = true, substitute }: ScanOptions = {}) {
    this.#substitute = substitute;
    this.#strings = new StringReading(standardConformingStrings);
    this.#lexer = new Lexer("", { final: false, standardConformingStrings });
  }

  /** Takes the next chunk of the file and returns the completed pieces. */
  push(chunk: string): Piece[] {
    const nul = chunk.indexOf("\0");
    if (nul !== -1) this.#writer.expectNul(this.#received + nul);
    this.#received += chunk.length;
    this.#waiting.push(chunk);
    this.#waitingLength += chunk.length;
    if (this.#waitingLength >= this.#lexer.text.length) this.#read();
    return this.#writer.takePieces();
  }

  /** True if the next bytes begin with rows of a COPY, which need not be decoded. */
  get inRows(): boolean {
    return this.#copy?.part === "rows" && this.#lexer.text === "" && this.#waitingLength === 0;
  }

  /**
   * Takes rows of a COPY as bytes, cut anywhere, and returns how many bytes it took: push the rest as text. Call it
   * only while `inRows` is true.
   */
  takeRows(bytes: Uint8Array): number {
    if (!this.#copy) return 0;
    // Every runtime searches a string fast: Bun is slow to search bytes for one, and Deno for several.
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    const taken = certainRows(text, this.#copy.atLineStart);
    if (taken > 0) this.#copy.atLineStart = bytes[taken - 1] === LINE_FEED;
    this.#received += taken;
    this.#writer.passBytes(text.slice(0, taken));
    return taken;
  }

  /** Ends the file and returns the remaining pieces. */
  end(): Piece[] {
    this.#lexer.final = true;
    this.#read();
    this.#finish();
    if (this.#copy) this.#writer.problemAt(OPEN_COPY, this.#copy.statement);
    return this.#writer.takePieces();
  }

  #read(): void {
    const lexer = this.#lexer;
    // Joined, not concatenated: V8 reads the characters of a string made by + several times more slowly.
    if (this.#waitingLength > 0) lexer.text = [lexer.text, ...this.#waiting].join("");
    this.#waiting = [];
    this.#waitingLength = 0;
    let reading = true;
    while (reading) reading = this.#copy ? this.#readCopy(this.#copy) : this.#readTokens();
    if (lexer.end > this.#pieceStart) this.#held += lexer.text.slice(this.#pieceStart, lexer.end);
    lexer.text = lexer.text.slice(lexer.end);
    lexer.end = 0;
    this.#pieceStart = 0;
  }

  /** True if rows of a COPY follow; false when the text is used up. */
  #readTokens(): boolean {
    const lexer = this.#lexer;
    for (;;) {
      if (this.#inStatement && !this.#body.watching) lexer.skipPlain();
      const token = lexer.next();
      if (token === TOKEN.space || token === TOKEN.comment) continue;
      if (token === TOKEN.end || token === TOKEN.incomplete) return false;
      if (token === TOKEN.symbol) {
        const symbol = lexer.text.charCodeAt(lexer.start);
        if (symbol === BACKSLASH) {
          if (this.#psqlCommand()) continue;
          return false;
        }
        if (symbol === SEMICOLON && this.#parentheses === 0 && !this.#body.open) {
          if (this.#inStatement) this.#endStatement(lexer.end);
          if (this.#copy) return true;
          continue;
        }
        if (!this.#inStatement) this.#beginStatement();
        if (symbol === OPENING_PARENTHESIS) {
          if (this.#parentheses++ === 0) this.#parenthesisAt = this.#sincePieceStart(lexer.start);
        } else if (symbol === CLOSING_PARENTHESIS && this.#parentheses > 0) this.#parentheses--;
      } else if (!this.#inStatement) this.#beginStatement();
      if (this.#body.watching) this.#watchBody(token);
    }
  }

  #watchBody(token: Token): void {
    const { text, start, end } = this.#lexer;
    const telling = token === TOKEN.word || token === TOKEN.symbol;
    this.#body.see(telling ? text.slice(start, end) : "", this.#parentheses > 0, this.#sincePieceStart(start));
  }

  #sincePieceStart(index: number): number {
    return this.#held.length + index - this.#pieceStart;
  }

  /** The text of the current piece up to `end`, where the next piece begins. */
  #take(end: number): string {
    const rest = this.#lexer.text.slice(this.#pieceStart, end);
    const text = this.#held === "" ? rest : this.#held + rest;
    this.#held = "";
    this.#pieceStart = end;
    return text;
  }

  #beginStatement(): void {
    this.#writer.blank(this.#take(this.#lexer.start));
    this.#inStatement = true;
  }

  #leaveStatement(): void {
    this.#inStatement = false;
    this.#parentheses = 0;
    this.#body.reset();
  }

  #endStatement(end: number): void {
    this.#leaveStatement();
    this.#writeStatement(this.#take(end));
  }

  #writeStatement(written: string): void {
    const { standardConformingStrings } = this.#lexer;
    const substitution = this.#substitute?.(written, standardConformingStrings);
    if (substitution && "problems" in substitution) {
      this.#writer.problems(substitution.problems, written);
      return;
    }
    const statement = this.#writer.statement(written, standardConformingStrings, substitution);
    if (!CONSEQUENTIAL.test(statement.text)) return;
    this.#lexer.standardConformingStrings = this.#strings.after(statement);
    if (copyFromStdin(new TokenCursor(statement))) {
      this.#copy = { statement, part: "its line", atLineStart: true };
    }
  }

  /** Reads a backslash command to the end of its line; false if the line is not complete yet. */
  #psqlCommand(): boolean {
    const lexer = this.#lexer;
    const { text, start } = lexer;
    let end = text.indexOf("\n", start);
    if (end === -1) {
      if (!lexer.final) {
        lexer.end = start;
        return false;
      }
      end = text.length;
    }
    if (text[end - 1] === "\r") end--;
    lexer.end = end;
    const line = text.slice(start, end);
    if (this.#inStatement) {
      const at = this.#sincePieceStart(start);
      this.#leaveStatement();
      this.#writer.problem(psqlCommandInside(parsePsqlCommand(line).command), this.#take(end), at);
      return true;
    }
    this.#writer.blank(this.#take(start));
    const { command, nextCommandAt } = parsePsqlCommand(line);
    if (nextCommandAt === undefined) this.#writer.psql(this.#take(end));
    else this.#writer.problem(psqlLineShared(command), this.#take(end), nextCommandAt);
    return true;
  }

  /** True if the rows have ended; false when the text is used up. */
  #readCopy(copy: OpenCopy): boolean {
    const lexer = this.#lexer;
    if (copy.part === "its line" && !this.#readCopyLine(copy)) return false;
    const { rowsEnd, markEnd } = findRows(lexer.text, lexer.end, copy.atLineStart, lexer.final);
    if (rowsEnd > lexer.end) copy.atLineStart = lexer.text[rowsEnd - 1] === "\n";
    this.#writer.copyData(this.#take(rowsEnd));
    lexer.end = rowsEnd;
    if (markEnd === undefined) return false;
    this.#writer.copyEnd(this.#take(markEnd));
    lexer.end = markEnd;
    this.#copy = undefined;
    return true;
  }

  /** Reads the rest of a COPY's line; false if the line is not complete yet. */
  #readCopyLine(copy: OpenCopy): boolean {
    const lexer = this.#lexer;
    const lineEnd = lexer.text.indexOf("\n", lexer.end);
    if (lineEnd === -1 && !lexer.final) return false;
    const rest = this.#take(lineEnd === -1 ? lexer.text.length : lineEnd + 1);
    lexer.end = this.#pieceStart;
    const at = firstBehindCopy(rest);
    if (at === undefined) this.#writer.blank(rest);
    else this.#writer.problem(COPY_LINE_SHARED, rest, at);
    copy.part = "rows";
    return true;
  }

  /** Writes the last statement, which needs no semicolon, or its error. */
  #finish(): void {
    const { text, open } = this.#lexer;
    const writer = this.#writer;
    if (text !== "" && open) {
      if (!this.#inStatement) writer.blank(this.#take(0));
      const mark = /^\$[^$]*\$/.exec(text)?.[0] ?? "";
      const at = this.#sincePieceStart(0);
      writer.problem(unterminated(open, mark), this.#take(text.length), at);
      return;
    }
    const rest = this.#take(text.length);
    if (!this.#inStatement) {
      writer.blank(rest);
    } else if (this.#parentheses > 0) {
      writer.problem(OPEN_PARENTHESIS, rest, this.#parenthesisAt);
    } else if (this.#body.open) {
      writer.problem(OPEN_BODY, rest, this.#body.openedAt);
    } else {
      const end = significantEnd(rest, this.#lexer.standardConformingStrings);
      this.#writeStatement(rest.slice(0, end));
      writer.blank(rest.slice(end));
    }
  }
}

/** The offset after the last token of a statement, without trailing blanks and comments. */
function significantEnd(text: string, standardConformingStrings: boolean): number {
  const lexer = new Lexer(text, { final: true, standardConformingStrings });
  let end = 0;
  for (let token = lexer.next(); token !== TOKEN.end; token = lexer.next()) {
    if (token !== TOKEN.space && token !== TOKEN.comment) end = lexer.end;
  }
  return end;
}
