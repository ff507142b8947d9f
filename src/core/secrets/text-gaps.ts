import { CARRIAGE_RETURN, DASH, isWordPart, LINE_FEED, SLASH, STAR } from "../sql/characters.ts";
import { commentEnd, lineEnd, NONE, spaceEnd } from "../sql/spans.ts";

/** The gap between two tokens: white space and comments. */
export interface Gap {
  /** The offset of the next token. */
  readonly end: number;
  /** True if a line ends in it. */
  readonly hasLineEnd: boolean;
}

/**
 * Finds the ends of gaps in one text, in linear time: each comment is skipped once, however many words inside it ask
 * for the gap after them.
 */
export class Gaps {
  readonly #text: string;
  /** Gaps that begin before this offset are in a comment that was skipped: they are white space only. */
  #seenUntil = 0;
  #last: { readonly start: number; readonly gap: Gap } | undefined;
  #commentsEnd = true;

  constructor(text: string) {
    this.#text = text;
  }

  after(start: number): Gap {
    if (this.#last?.start === start) return this.#last.gap;
    const gap = this.#find(start);
    this.#last = { start, gap };
    this.#seenUntil = Math.max(this.#seenUntil, gap.end);
    return gap;
  }

  #find(start: number): Gap {
    const text = this.#text;
    const mayComment = start >= this.#seenUntil;
    let at = start;
    let hasLineEnd = false;
    for (;;) {
      const from = at;
      at = spaceEnd(text, at);
      hasLineEnd ||= hasLineEndIn(text, from, at);
      const end = mayComment ? this.#commentAt(at) : NONE;
      if (end === NONE) return { end: at, hasLineEnd };
      at = end;
    }
  }

  #commentAt(at: number): number {
    const text = this.#text;
    const unit = text.charCodeAt(at);
    const following = text.charCodeAt(at + 1);
    if (unit === DASH && following === DASH) return lineEnd(text, at);
    if (unit !== SLASH || following !== STAR || !this.#commentsEnd) return NONE;
    const end = commentEnd(text, at + 2);
    // Later comments after an unterminated one would be read to the end of the text as well.
    if (end === NONE) this.#commentsEnd = false;
    return end;
  }
}

function hasLineEndIn(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const unit = text.charCodeAt(at);
    if (unit === LINE_FEED || unit === CARRIAGE_RETURN) return true;
  }
  return false;
}

/** The end of the run of one character that begins at `at`. */
export function runEnd(text: string, at: number, character: string): number {
  let end = at;
  while (text.startsWith(character, end)) end += character.length;
  return end;
}

/** True if no letter, digit, _ or $ is at that offset. */
export function endsWord(text: string, at: number): boolean {
  return at >= text.length || !isWordPart(text.charCodeAt(at));
}
