import { wordEnd } from "../sql/spans.ts";
import { type Quoted, readDoubleQuotes, readString, type Span } from "./quoted-value.ts";
import type { Gaps } from "./text-gaps.ts";

/** Reads values from a text, and collects their secret parts. Each method returns the end of the value. */
export class ValueReader {
  readonly spans: Span[] = [];
  readonly #text: string;
  readonly #gaps: Gaps;

  constructor(text: string, gaps: Gaps) {
    this.#text = text;
    this.#gaps = gaps;
  }

  /** A string with its continuations: `'a'` and `'b'` on the next line, `'a' || 'b'`; undefined for no string. */
  string(at: number): number | undefined {
    const quoted = readString(this.#text, at);
    if (!quoted) return undefined;
    this.add(quoted.content);
    return this.#joined(quoted.end, quoted.mark);
  }

  /** A `"..."`; undefined for none. */
  doubleQuotes(at: number): number | undefined {
    const quoted = readDoubleQuotes(this.#text, at);
    if (quoted) this.add(quoted.content);
    return quoted?.end;
  }

  /** The strings in the parentheses after the name of a function; undefined if no call begins. */
  call(at: number): number | undefined {
    const text = this.#text;
    const end = wordEnd(text, at);
    if (end === at) return undefined;
    const open = this.#gaps.after(end).end;
    return text[open] === "(" ? this.#arguments(open, () => true) : undefined;
  }

  /** The strings of the chosen arguments, numbered from 0, in the list whose parenthesis opens at `at`. */
  chosenArguments(at: number, isChosen: (number: number) => boolean): number {
    return this.#arguments(at, isChosen);
  }

  /** Reads what `||` joins to the string that ends there: one call, or strings up to one that begins with a space. */
  joinedTo(end: number): number {
    const text = this.#text;
    for (let at = end; ; ) {
      const operator = this.#gaps.after(at).end;
      if (!text.startsWith("||", operator)) return at;
      const next = this.#gaps.after(operator + 2).end;
      const quoted = readString(text, next);
      if (!quoted) return this.call(next) ?? wordEnd(text, next);
      if (/^\s$/.test(text[quoted.content.start] ?? "")) return next;
      this.add(quoted.content);
      at = quoted.end;
    }
  }

  /** A value without quotes, up to white space, a quote, or the separator before the next `name=value`. */
  bare(at: number, isInQuery: boolean): number {
    const end = bareEnd(this.#text, at, isInQuery);
    if (isNoSecret(this.#text, { start: at, end })) return end;
    this.add({ start: at, end: withoutPunctuation(this.#text, at, end) });
    return end;
  }

  /** Adds a span unless it is not secret: a placeholder of pgstep or format(), or text that is already masked. */
  add(span: Span): void {
    if (span.end > span.start && !isNoSecret(this.#text, span)) this.spans.push(span);
  }

  #joined(from: number, mark: string): number {
    const text = this.#text;
    let end = from;
    for (let closing = mark; ; ) {
      const castEnd = this.#castEnd(end);
      const gap = this.#gaps.after(castEnd);
      const isJoined = text.startsWith("||", gap.end);
      const isContinued = gap.hasLineEnd && closing.startsWith("'") && text.startsWith(closing, gap.end);
      if (!isJoined && !isContinued) return end;
      const next = isJoined ? this.#gaps.after(gap.end + 2).end : gap.end;
      const quoted: Quoted | undefined = readString(text, next);
      if (quoted) this.add(quoted.content);
      const operandEnd = quoted?.end ?? this.call(next) ?? wordEnd(text, next);
      if (operandEnd === next) return next;
      end = operandEnd;
      closing = quoted?.mark ?? "";
    }
  }

  /** The end of a `::type` that begins there. */
  #castEnd(at: number): number {
    return this.#text.startsWith("::", at) ? wordEnd(this.#text, at + 2) : at;
  }

  #arguments(open: number, isChosen: (number: number) => boolean): number {
    const text = this.#text;
    let depth = 0;
    let number = 0;
    for (let at = open; at < text.length; ) {
      const character = text[at];
      if (character === ";") return at;
      if (character === "(" || character === "[") depth++;
      else if (character === ")" || character === "]") depth--;
      else if (character === "," && depth === 1) number++;
      if (depth === 0) return at + 1;
      const quoted = readString(text, at);
      if (quoted && isChosen(number)) this.add(quoted.content);
      const end = quoted?.end ?? (character === '"' ? readDoubleQuotes(text, at)?.end : undefined) ?? wordEnd(text, at);
      at = end > at ? end : Math.max(at + 1, this.#gaps.after(at).end);
    }
    return text.length;
  }
}

function bareEnd(text: string, at: number, isInQuery: boolean): number {
  let end = at;
  for (; end < text.length; end++) {
    const character = text[end] ?? "";
    if (character === "\\") {
      // It escapes the next character, including a quote that is doubled inside a string.
      while (text[end + 1] === "'" && text[end + 2] === "'") end++;
      end++;
    } else if (/^[\s'"`]$/.test(character)) break;
    else if (isInQuery && (character === "&" || character === "#")) break;
    else if (/^[;&,]$/.test(character) && /^ ?[a-z_][\w ]{0,40}=/i.test(text.slice(end + 1, end + 50))) break;
  }
  return Math.min(end, text.length);
}

function withoutPunctuation(text: string, start: number, end: number): number {
  let kept = end;
  while (kept > start + 1 && /^[.,;:)\]}>]$/.test(text[kept - 1] ?? "")) kept--;
  return kept;
}

const LONGEST_NAME = 80;
const NO_SECRET = /^(?:\*+|\.{3}|…|\$\{\w+\}|%(?:\d+\$)?[sIL]|<[a-z_ -]+>)$/i;

function isNoSecret(text: string, { start, end }: Span): boolean {
  return end - start <= LONGEST_NAME && NO_SECRET.test(text.slice(start, end));
}
