import { isDigit, isWordPart } from "../sql/characters.ts";
import { runEnd } from "./text-gaps.ts";

/** A part of a text, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A value in quotes of any kind. */
export interface Quoted {
  /** The text between the quotes; it runs to the end of the text if they are not closed. */
  readonly content: Span;
  /** The offset after the closing quotes. */
  readonly end: number;
  /** The closing mark: "'", "''", '"', "$tag$" ... */
  readonly mark: string;
}

/**
 * Reads the SQL string that begins at `at`: `'..'`, `E'..'`, `U&'..'`, `N'..'`, `$tag$..$tag$`; also inside another
 * string, where its quotes are doubled (`''..''`) or escaped (`\'..\'`). Undefined if none begins there.
 */
export function readString(text: string, at: number): Quoted | undefined {
  if (text[at] === "$") return readDollarString(text, at);
  const start = at + prefixLength(text, at);
  if (text[start] === "'") return readQuotes(text, start, /^e$/i.test(text.slice(at, start)));
  return start > at && text[start] !== "\\" ? undefined : readEscapedQuotes(text, start, "'");
}

/** Reads the `"..."`, or `\"...\"` inside another text, that begins at `at`. */
export function readDoubleQuotes(text: string, at: number): Quoted | undefined {
  if (text[at] !== '"') return readEscapedQuotes(text, at, '"');
  let close = at;
  do close = text.indexOf('"', close + 1);
  while (close !== -1 && backslashesBefore(text, close, at + 1) % 2 === 1);
  return closed(text, at + 1, close, '"');
}

/** @param close the offset of the closing mark, or -1 */
function closed(text: string, start: number, close: number, mark: string): Quoted {
  if (close === -1) return { content: { start, end: text.length }, end: text.length, mark };
  return { content: { start, end: close }, end: close + mark.length, mark };
}

/** The length of E, B, X, N or U& before a quote. */
function prefixLength(text: string, at: number): number {
  const isQuote = (place: number) => text[place] === "'" || text[place] === "\\";
  if (/^[ebxn]$/i.test(text[at] ?? "")) return isQuote(at + 1) ? 1 : 0;
  return /^u$/i.test(text[at] ?? "") && text[at + 1] === "&" && isQuote(at + 2) ? 2 : 0;
}

function readDollarString(text: string, at: number): Quoted | undefined {
  let tagEnd = at + 1;
  if (isDigit(text.charCodeAt(tagEnd))) return undefined;
  while (tagEnd < text.length && text[tagEnd] !== "$" && isWordPart(text.charCodeAt(tagEnd))) tagEnd++;
  if (text[tagEnd] !== "$") return undefined;
  const tag = text.slice(at, tagEnd + 1);
  return closed(text, tagEnd + 1, text.indexOf(tag, tagEnd + 1), tag);
}

/** `\'..\'`, with as many backslashes at its end as at its start. */
function readEscapedQuotes(text: string, at: number, quote: string): Quoted | undefined {
  const quoteAt = runEnd(text, at, "\\");
  if (quoteAt === at || text[quoteAt] !== quote) return undefined;
  const mark = text.slice(at, quoteAt + 1);
  const start = at + mark.length;
  return closed(text, start, text.indexOf(mark, start), mark);
}

/**
 * Inside a string, the quotes of a nested string are doubled, and doubled again one level deeper. So a run's length
 * shows how many quotes form one here: the largest power of two that divides it, as a quote in the value counts twice.
 */
function readQuotes(text: string, at: number, hasEscapes: boolean): Quoted | undefined {
  const opened = runEnd(text, at, "'");
  const length = opened - at;
  if (isEmptyString(text, opened, length))
    return closed(text, at + length / 2, at + length / 2, "'".repeat(length / 2));
  const unit = length & -length;
  const mark = "'".repeat(unit);
  for (let from = opened; ; ) {
    const quote = text.indexOf("'", from);
    if (quote === -1) return closed(text, at + unit, -1, mark);
    const end = runEnd(text, quote, "'");
    const units = Math.floor((end - quote) / unit);
    const isEscaped = backslashesBefore(text, quote, from) % 2 === 1;
    const closes = units > 0 && (isEscaped ? closesEscaped(units, hasEscapes, endsValue(text, end)) : units % 2 === 1);
    if (closes) return closed(text, at + unit, quote + (units - 1) * unit, mark);
    // The surrounding string ends here.
    if ((end - quote) % unit !== 0) return { ...closed(text, at + unit, quote + units * unit, ""), mark };
    from = end;
  }
}

/**
 * True if quotes after a backslash close the string: the backslash escapes the first one, or, without E and with
 * standard_conforming_strings on, is an ordinary character. The following text decides.
 */
function closesEscaped(units: number, hasEscapes: boolean, isFollowedByEnd: boolean): boolean {
  return hasEscapes ? units % 2 === 0 : isFollowedByEnd;
}

/** True if the quotes open and close an empty string; false if they only open a string within a string. */
function isEmptyString(text: string, end: number, length: number): boolean {
  if (length % 2 === 1 || !endsValue(text, end)) return false;
  if (!/^\s$/.test(text[end] ?? "")) return true;
  const next = text.indexOf("'", end);
  return next === -1 || (runEnd(text, next, "'") - next) % 2 === 1;
}

/** True if the following text can come directly after a value. */
function endsValue(text: string, at: number): boolean {
  return at >= text.length || /^[\s,;:)|\]}"]$/.test(text[at] ?? "");
}

function backslashesBefore(text: string, at: number, from: number): number {
  let start = at;
  while (start > from && text[start - 1] === "\\") start--;
  return at - start;
}
