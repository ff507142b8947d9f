import { safeText } from "./safe-text.ts";

/* Text for display: made safe, and fitted to the available width. */

/** A blank that must not become a line break. Printable text never contains it. */
export const GLUE = "\x1f";

/** Characters that are one column wide and nothing else. */
const ASCII = /^[\x20-\x7e]*$/;

/** The text for a terminal or a log: unsafe characters spelled out ("\\x1b"), tabs as spaces; line feeds stay. */
export function printable(text: string): string {
  return safeText(text, "text");
}

/** The same on one line: line feeds are spelled out as well. */
export function printableLine(text: string): string {
  return safeText(text, "line");
}

/** A value as JSON on one line, or indented, with unsafe characters escaped: parsing it returns the same value. */
export function jsonText(value: unknown, indentation?: number): string {
  return safeText(JSON.stringify(value, undefined, indentation), "json");
}

/** Created on first use: that takes as long as loading half of the program. */
let segmenter: Intl.Segmenter | undefined;

/**
 * The text is segmented in parts of this size, each with the marks that combine with its last character: on Node, a
 * segmenter takes time quadratic in the length of the text.
 */
const PART = /.{1,64}(?:[\p{Mark}\p{Emoji_Modifier}]|\u200d){0,32}/gsu;

/** One character as a reader sees it: one or more code points. */
export interface Character {
  readonly text: string;
  /** Columns of a terminal: 0, 1 or 2. */
  readonly width: number;
}

export function* characters(text: string): Generator<Character> {
  if (ASCII.test(text)) {
    for (const one of text) yield { text: one, width: 1 };
    return;
  }
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  for (const [part] of text.matchAll(PART)) {
    for (const { segment } of segmenter.segment(part)) yield { text: segment, width: characterWidth(segment) };
  }
}

/** The number of terminal columns that the text takes. */
export function displayWidth(text: string): number {
  const shown = text.replaceAll(GLUE, " ");
  if (ASCII.test(shown)) return shown.length;
  let width = 0;
  for (const character of characters(shown)) width += character.width;
  return width;
}

/** The text cut to that many columns, ending in an ellipsis. */
export function cut(text: string, columns: number, ellipsis = "…"): string {
  if (displayWidth(text) <= columns) return text;
  const room = columns - displayWidth(ellipsis);
  let taken = "";
  let width = 0;
  for (const character of characters(text)) {
    width += character.width;
    if (width > room) break;
    taken += character.text;
  }
  return taken + ellipsis;
}

/** The text padded with spaces to that many columns. */
export function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - displayWidth(text)));
}

/** An emoji by default, or requested as one by U+FE0F. */
const EMOJI = /\p{Emoji_Presentation}|\p{Emoji}\ufe0f/u;
const ZERO_WIDTH = /^[\p{Mark}\p{Default_Ignorable_Code_Point}]+$/u;

/** Ranges of Unicode's East Asian Width W and F (UAX #11) that are not emoji. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x17000, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x20000, 0x3fffd],
];

function characterWidth(character: string): number {
  if (ASCII.test(character)) return character.length;
  if (ZERO_WIDTH.test(character)) return 0;
  const code = character.codePointAt(0) ?? 0;
  return EMOJI.test(character) || WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

/**
 * The text on lines of at most `columns` columns, broken at spaces; a longer word has its own line. Line feeds stay,
 * and a line that fits keeps the spaces that align it.
 * @param first how many columns less the first line has
 */
export function wrapped(text: string, columns: number, first = 0, width = displayWidth): string[] {
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    let taken: string | undefined;
    let room = columns - (lines.length === 0 ? first : 0);
    for (const word of width(line) <= room ? [line] : wordsOf(line)) {
      if (taken !== undefined && width(taken) + 1 + width(word) > room) {
        lines.push(taken);
        taken = word;
        room = columns;
      } else {
        taken = taken === undefined ? word : `${taken} ${word}`;
      }
    }
    lines.push(taken ?? "");
  }
  return lines;
}

/** The words at which a line can be broken; its indentation belongs to the first word. */
function wordsOf(line: string): string[] {
  const start = line.search(/[^ ]|$/);
  const [first = "", ...rest] = line.slice(start).split(" ");
  return [line.slice(0, start) + first, ...rest];
}

/** A number with its thousands separated: "12,345". */
export function grouped(count: number): string {
  return `${count}`.replace(/\B(?=(\d{3})+$)/g, ",");
}

const MOST_WORDS = 5;

/** "a, b, c": the first five, and the number of the others. */
export function enumeration(words: readonly string[]): string {
  const rest = words.length - MOST_WORDS;
  return words.slice(0, MOST_WORDS).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
