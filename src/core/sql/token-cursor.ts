import { Lexer, TOKEN, type Token } from "./lexer.ts";
import type { Statement } from "./statement.ts";

interface Taken {
  readonly kind: Token;
  /** As written; words in upper case. */
  readonly text: string;
  /** Its offset in the text. */
  readonly start: number;
}

/**
 * Reads the tokens of one statement from the left, without white space and comments, only as far as requested:
 * classifying a CREATE FUNCTION never reads its body.
 */
export class TokenCursor {
  readonly #lexer: Lexer;
  readonly #ahead: Taken[] = [];
  #end = 0;

  /** @param from the offset to begin at: between two tokens */
  constructor({ text, standardConformingStrings }: Pick<Statement, "text" | "standardConformingStrings">, from = 0) {
    this.#lexer = new Lexer(text, { final: true, standardConformingStrings });
    this.#lexer.end = from;
  }

  #peek(distance = 0): Taken {
    while (this.#ahead.length <= distance) {
      const kind = this.#lexer.next();
      const { start } = this.#lexer;
      if (kind === TOKEN.end || kind === TOKEN.incomplete) return { kind: TOKEN.end, text: "", start };
      if (kind === TOKEN.space || kind === TOKEN.comment) continue;
      const text = this.#lexer.text.slice(start, this.#lexer.end);
      this.#ahead.push({ kind, text: kind === TOKEN.word ? inCase("upper", text) : text, start });
    }
    return this.#ahead[distance] as Taken;
  }

  /** The offset after the last token that was taken. */
  get end(): number {
    return this.#end;
  }

  #step(): void {
    const taken = this.#ahead.shift();
    if (taken) this.#end = taken.start + taken.text.length;
  }

  /** True if only the semicolon is left, or nothing. */
  get atEnd(): boolean {
    const { kind, text } = this.#peek();
    return kind === TOKEN.end || text === ";";
  }

  /** True if a string, of any kind of quotes, comes next. */
  get atString(): boolean {
    const { kind } = this.#peek();
    return kind === TOKEN.string || kind === TOKEN.dollarString;
  }

  /** True if these unquoted words (in upper case) and symbols come next. */
  sees(...expected: string[]): boolean {
    return expected.every((text, distance) => {
      const next = this.#peek(distance);
      return next.text === text && (next.kind === TOKEN.word || next.kind === TOKEN.symbol);
    });
  }

  /** Skips these words and symbols if they come next. */
  accept(...expected: string[]): boolean {
    if (!this.sees(...expected)) return false;
    for (const _ of expected) this.#step();
    return true;
  }

  /** Skips one of these words and returns it. */
  acceptOne(...words: string[]): string | undefined {
    const word = words.find((candidate) => this.sees(candidate));
    if (word !== undefined) this.skip();
    return word;
  }

  /** Skips the next token. */
  skip(): void {
    if (this.#peek().kind !== TOKEN.end) this.#step();
  }

  /** Skips a name with its qualifiers: `a`, `"a b"`, `a.b."c"`. */
  skipName(): void {
    do this.skip();
    while (this.accept("."));
  }

  /** Skips a pair of parentheses with its content, if one opens here. */
  skipParentheses(): void {
    if (!this.sees("(")) return;
    let depth = 0;
    do {
      if (this.sees("(")) depth++;
      if (this.sees(")")) depth--;
      this.skip();
    } while (depth > 0 && this.#peek().kind !== TOKEN.end);
  }

  /** Takes the next token as a name: in lower case as PostgreSQL folds it, without quotes. */
  takeName(): string {
    const { kind, text } = this.#peek();
    this.skip();
    return kind === TOKEN.quotedIdentifier
      ? text.slice(text.indexOf('"') + 1, -1).replaceAll('""', '"')
      : inCase("lower", text);
  }

  /** Takes a name with its qualifiers: its parts, each as `takeName` returns it. */
  takeNameParts(): string[] {
    const parts = [this.takeName()];
    while (this.accept(".")) parts.push(this.takeName());
    return parts;
  }

  /** Takes the next token as a value: a string without its quotes, a word in lower case. */
  takeValue(): string {
    const { kind, text } = this.#peek();
    this.skip();
    if (kind === TOKEN.string) return text.slice(text.indexOf("'") + 1, -1).replaceAll("''", "'");
    if (kind === TOKEN.dollarString) {
      const tag = text.indexOf("$", 1) + 1;
      return text.slice(tag, -tag);
    }
    return kind === TOKEN.word ? text.toLowerCase() : text;
  }

  /**
   * Takes the options of a list `(NAME [value], ...)` that opens here: names in lower case, an option without a value
   * as "true". Values in parentheses are skipped.
   */
  takeOptions(): Map<string, string> {
    const options = new Map<string, string>();
    if (!this.accept("(")) return options;
    while (!this.atEnd && !this.accept(")")) {
      const name = this.takeName();
      this.accept("=");
      const bare = this.sees(",") || this.sees(")") || this.sees("(");
      options.set(name, bare ? "true" : this.takeValue());
      while (!this.atEnd && !this.sees(",") && !this.sees(")")) {
        if (this.sees("(")) this.skipParentheses();
        else this.skip();
      }
      this.accept(",");
    }
    return options;
  }
}

/** As PostgreSQL folds the names of a UTF-8 database: letters of ASCII only. */
function inCase(wanted: "upper" | "lower", text: string): string {
  return wanted === "upper"
    ? text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())
    : text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
