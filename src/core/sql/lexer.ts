import {
  AMPERSAND,
  BEGINS,
  begins,
  DASH,
  DOLLAR,
  DOUBLE_QUOTE,
  isDigit,
  isTelling,
  isWordPart,
  QUOTE,
  SLASH,
  STAR,
} from "./characters.ts";
import {
  commentEnd,
  digitsEnd,
  lineEnd,
  NONE,
  numberEnd,
  spaceEnd,
  stringContinuation,
  UNDECIDED,
  unescapedQuote,
  wordEnd,
} from "./spans.ts";

/** The kinds of token. Numbers, not strings, because they are compared for every token of every file. */
export const TOKEN = {
  /** The text is used up. */
  end: 0,
  /** The text ends inside a token; see `Lexer.open`. */
  incomplete: 1,
  space: 2,
  comment: 3,
  /** A keyword or an identifier without quotes. */
  word: 4,
  quotedIdentifier: 5,
  string: 6,
  dollarString: 7,
  number: 8,
  /** `$1` */
  parameter: 9,
  /** One character: punctuation, or one of an operator's. */
  symbol: 10,
} as const;

export type Token = (typeof TOKEN)[keyof typeof TOKEN];

/** A token that needs a closing mark, and can be unterminated at the end of a file. */
export type Enclosed = "quote" | "identifier" | "dollar-quote" | "comment";

/** How a string is read up to its closing quote. */
const READING = {
  /** `''` is a quote. */
  plain: 0,
  /** Also, a backslash escapes the next character. */
  escapes: 1,
  /** B'..' and X'..': the next quote closes. */
  bits: 2,
} as const;

type Reading = (typeof READING)[keyof typeof READING];

/**
 * Splits SQL text into tokens by PostgreSQL's lexical rules (src/backend/parser/scan.l of release 18, which psql's
 * scanner mirrors). After `next`, `text.slice(start, end)` is the token. Operators are returned one character at a
 * time: so a comment inside a run of operator characters is found where PostgreSQL finds it.
 */
export class Lexer {
  /** The text; may be replaced between two tokens, together with `end`. */
  text: string;
  /** The offset of the last token. */
  start = 0;
  /** The offset after the last token, where the next one begins. */
  end = 0;
  /** No text follows; otherwise a token that touches the end of the text is incomplete, since it may continue. */
  final: boolean;
  /** A backslash is an ordinary character in '..'. */
  standardConformingStrings: boolean;
  /** After `incomplete`: the open token's kind; undefined if only the next character shows the token's end. */
  open: Enclosed | undefined;

  constructor(text: string, options: { final: boolean; standardConformingStrings: boolean }) {
    this.text = text;
    this.final = options.final;
    this.standardConformingStrings = options.standardConformingStrings;
  }

  next(): Token {
    const { text, end: start } = this;
    this.start = start;
    if (start >= text.length) return TOKEN.end;
    const unit = text.charCodeAt(start);
    switch (begins(unit)) {
      case BEGINS.space:
        this.end = spaceEnd(text, start + 1);
        return TOKEN.space;
      case BEGINS.word:
        return this.#word();
      case BEGINS.number:
        return this.#upTo(numberEnd(text, start + 1), TOKEN.number);
      case BEGINS.quote:
        return this.#string(start + 1, this.standardConformingStrings ? READING.plain : READING.escapes);
      case BEGINS.identifier:
        return this.#quotedIdentifier(start + 1);
      case BEGINS.dollar:
        return this.#dollar();
      case BEGINS.commentOrSymbol:
        return this.#commentOrSymbol(unit);
      default:
        this.end = start + 1;
        return TOKEN.symbol;
    }
  }

  /**
   * Skips tokens that certainly do not affect where a statement ends: words, numbers, white space, and symbols other
   * than parentheses, semicolons and backslashes. Much faster than reading them one by one.
   */
  skipPlain(): void {
    const { text, end: from } = this;
    let at = from;
    while (at < text.length && !isTelling(text.charCodeAt(at))) at++;
    const stop = at < text.length ? text.charCodeAt(at) : QUOTE;
    // The text before these may belong to them: E'..', U&'..', a$b, 1e-. So the word before is left for `next`.
    if (stop === QUOTE || stop === DOLLAR || stop === DASH) {
      if (at > from && text.charCodeAt(at - 1) === AMPERSAND) at--;
      while (at > from && isWordPart(text.charCodeAt(at - 1))) at--;
    }
    this.end = at;
  }

  #incomplete(open?: Enclosed): Token {
    this.end = this.start;
    this.open = open;
    return TOKEN.incomplete;
  }

  /** A token that ends at `end`, if that is certain. */
  #upTo(end: number, token: Token): Token {
    if (end === this.text.length && !this.final) return this.#incomplete();
    this.end = end;
    return token;
  }

  #word(): Token {
    const { text, start } = this;
    const end = wordEnd(text, start + 1);
    if (end === start + 1 && end < text.length) {
      const letter = text.charCodeAt(start) | 0x20;
      const unit = text.charCodeAt(end);
      if (unit === QUOTE) {
        if (letter === 0x65) return this.#string(end + 1, READING.escapes);
        if (letter === 0x62 || letter === 0x78) return this.#string(end + 1, READING.bits);
      } else if (unit === AMPERSAND && letter === 0x75) {
        if (end + 1 === text.length && !this.final) return this.#incomplete();
        if (text.charCodeAt(end + 1) === QUOTE) return this.#string(end + 2, READING.plain);
        if (text.charCodeAt(end + 1) === DOUBLE_QUOTE) return this.#quotedIdentifier(end + 2);
      }
    }
    return this.#upTo(end, TOKEN.word);
  }

  #string(at: number, reading: Reading): Token {
    const { text, final } = this;
    const plain = this.standardConformingStrings ? READING.plain : READING.escapes;
    for (;;) {
      const close = reading === READING.escapes ? unescapedQuote(text, at) : text.indexOf("'", at);
      if (close === NONE) return this.#incomplete("quote");
      at = close + 1;
      if (at === text.length && !final) return this.#incomplete("quote");
      if (text.charCodeAt(at) === QUOTE && reading !== READING.bits) {
        at++;
        continue;
      }
      // If a new string is read the same way, it does not matter whether this one continues.
      const continued = reading === plain ? NONE : stringContinuation(text, at, final);
      if (continued === UNDECIDED) return this.#incomplete("quote");
      if (continued === NONE) break;
      at = continued;
    }
    this.end = at;
    return TOKEN.string;
  }

  #quotedIdentifier(at: number): Token {
    const { text } = this;
    for (;;) {
      const close = text.indexOf('"', at);
      if (close === -1) return this.#incomplete("identifier");
      at = close + 1;
      if (at === text.length && !this.final) return this.#incomplete("identifier");
      if (text.charCodeAt(at) !== DOUBLE_QUOTE) break;
      at++;
    }
    this.end = at;
    return TOKEN.quotedIdentifier;
  }

  #dollar(): Token {
    const { text, start } = this;
    let at = start + 1;
    if (at < text.length && isDigit(text.charCodeAt(at))) return this.#upTo(digitsEnd(text, at), TOKEN.parameter);
    while (at < text.length && isWordPart(text.charCodeAt(at)) && text.charCodeAt(at) !== DOLLAR) at++;
    if (at === text.length && !this.final) return this.#incomplete();
    if (text.charCodeAt(at) !== DOLLAR) {
      this.end = start + 1;
      return TOKEN.symbol;
    }
    const tag = text.slice(start, at + 1);
    const close = text.indexOf(tag, at + 1);
    if (close === -1) return this.#incomplete("dollar-quote");
    this.end = close + tag.length;
    return TOKEN.dollarString;
  }

  #commentOrSymbol(unit: number): Token {
    const { text, start } = this;
    if (start + 1 === text.length && !this.final) return this.#incomplete();
    const following = text.charCodeAt(start + 1);
    if (unit === DASH && following === DASH) return this.#upTo(lineEnd(text, start + 2), TOKEN.comment);
    if (unit === SLASH && following === STAR) {
      const end = commentEnd(text, start + 2);
      if (end === NONE) return this.#incomplete("comment");
      this.end = end;
      return TOKEN.comment;
    }
    this.end = start + 1;
    return TOKEN.symbol;
  }
}
