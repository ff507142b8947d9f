import type { Span } from "./quoted-value.ts";

const USER = /[^\s:/?#@"<>`[\]]*:/y;
const PORT = /\d{0,5}(?=[/?#,\s"'<>`;)\]}]|$)/y;
const TO_END = /[^\s"<>`]*/y;

/** Finds the passwords of the URLs in one text, in linear time. */
export class UrlPasswords {
  readonly #text: string;
  readonly #isCut: boolean;
  /** The last word read: its end, and the offset of its last @, or -1. */
  #word = { end: -1, lastAt: -1 };

  /** @param isCut the text was cut off: the @ may come after its end */
  constructor(text: string, isCut: boolean) {
    this.#text = text;
    this.#isCut = isCut;
  }

  /**
   * The password of the URL whose `//` ends at `at`: up to the last @ in the same word, since an unencoded password may
   * contain an @ or a /.
   */
  after(at: number): Span | undefined {
    const text = this.#text;
    const start = endOf(USER, text, at);
    if (start === undefined) return undefined;
    const portEnd = endOf(PORT, text, start);
    if (portEnd !== undefined && !(this.#isCut && portEnd === text.length)) return undefined;
    const { end, lastAt } = this.#wordAt(start);
    if (lastAt > start) return { start, end: lastAt };
    return this.#isCut && end === text.length ? { start, end } : undefined;
  }

  #wordAt(start: number): { readonly end: number; readonly lastAt: number } {
    if (start >= this.#word.end) {
      const end = endOf(TO_END, this.#text, start) ?? start;
      const at = this.#text.slice(start, end).lastIndexOf("@");
      this.#word = { end, lastAt: at === -1 ? -1 : start + at };
    }
    return this.#word;
  }
}

function endOf(expression: RegExp, text: string, at: number): number | undefined {
  expression.lastIndex = at;
  return expression.test(text) ? expression.lastIndex : undefined;
}
