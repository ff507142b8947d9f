import {
  BACKSLASH,
  BEGINS,
  begins,
  CARRIAGE_RETURN,
  DASH,
  isDigit,
  isWordPart,
  LINE_FEED,
  PLUS,
  QUOTE,
  SLASH,
  STAR,
} from "./characters.ts";

/** Not found in this text. */
export const NONE = -1;
/** Depends on text that has not arrived yet. */
export const UNDECIDED = -2;

// Sticky expressions run through long text several times faster than a loop over its characters.
const TO_LINE_END = /[^\n\r]*/y;
const TO_STAR_OR_SLASH = /[^*/]*/y;
const TO_QUOTE_OR_BACKSLASH = /[^'\\]*/y;

function run(expression: RegExp, text: string, from: number): number {
  if (from >= text.length) return text.length;
  expression.lastIndex = from;
  expression.test(text);
  return expression.lastIndex;
}

/** The end of the line that `at` is in; the length of the text if no line end follows. */
export function lineEnd(text: string, at: number): number {
  return run(TO_LINE_END, text, at);
}

/** The offset of the next quote that no backslash escapes, or NONE. */
export function unescapedQuote(text: string, at: number): number {
  for (;;) {
    const found = run(TO_QUOTE_OR_BACKSLASH, text, at);
    if (found >= text.length) return NONE;
    if (text.charCodeAt(found) === QUOTE) return found;
    at = found + (text.charCodeAt(found) === BACKSLASH ? 2 : 1);
  }
}

/** The offset after a nested comment, with `at` after its opening mark; or NONE. */
export function commentEnd(text: string, at: number): number {
  let depth = 1;
  while (depth > 0) {
    at = run(TO_STAR_OR_SLASH, text, at);
    if (at + 1 >= text.length) return NONE;
    const unit = text.charCodeAt(at);
    const following = text.charCodeAt(at + 1);
    at += 2;
    if (unit === STAR && following === SLASH) depth--;
    else if (unit === SLASH && following === STAR) depth++;
    else at--;
  }
  return at;
}

/** The end of a word that contains `at`. */
export function wordEnd(text: string, at: number): number {
  while (at < text.length && isWordPart(text.charCodeAt(at))) at++;
  return at;
}

/** The end of the white space that contains `at`. */
export function spaceEnd(text: string, at: number): number {
  while (at < text.length && begins(text.charCodeAt(at)) === BEGINS.space) at++;
  return at;
}

/** The end of digits and the letters attached to them (`$1`, and what the server rejects as trailing junk). */
export function digitsEnd(text: string, at: number): number {
  const end = plainDigitsEnd(text, at);
  return end < text.length && begins(text.charCodeAt(end)) === BEGINS.word ? wordEnd(text, end) : end;
}

/** The end of a number: as `digitsEnd`, and after the sign of an exponent. */
export function numberEnd(text: string, at: number): number {
  const letters = plainDigitsEnd(text, at);
  const end = digitsEnd(text, letters);
  // The sign belongs to the exponent even if no digit follows, so a mistyped `1e--` begins no comment.
  const exponent = end === letters + 1 && (text.charCodeAt(letters) | 0x20) === 0x65;
  const unit = text.charCodeAt(end);
  return exponent && (unit === DASH || unit === PLUS) ? end + 1 : end;
}

function plainDigitsEnd(text: string, at: number): number {
  while (at < text.length && isDigit(text.charCodeAt(at))) at++;
  return at;
}

/**
 * A string continues after white space with a line end in it (comments allowed), and keeps its kind. Returns the offset
 * after the next opening quote, or NONE, or UNDECIDED if a text that is not final ends too early.
 */
export function stringContinuation(text: string, at: number, final: boolean): number {
  let lineEnded = false;
  while (at < text.length) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) return lineEnded ? at + 1 : NONE;
    if (unit === DASH) {
      if (at + 1 === text.length) break;
      if (text.charCodeAt(at + 1) !== DASH) return NONE;
      at = lineEnd(text, at);
      continue;
    }
    if (begins(unit) !== BEGINS.space) return NONE;
    if (unit === LINE_FEED || unit === CARRIAGE_RETURN) lineEnded = true;
    at++;
  }
  return final ? NONE : UNDECIDED;
}
