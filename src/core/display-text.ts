/*
 * Text as it goes to a terminal: what others wrote (file names, server messages, descriptions) must neither move the
 * cursor nor change how other text reads.
 */

/** Characters that are one column wide and nothing else. */
const ASCII = /^[\x20-\x7e]*$/;

/** C0 and C1 controls, and the characters that turn the direction of the text around them. */
const CONTROLS = /(?!\n)[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Half a character, which no encoding can hold. */
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** The text with control characters spelled out, e.g. "\x1b"; line feeds stay. Tabs become spaces. */
export function printable(text: string): string {
  if (ASCII.test(text)) return text;
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll("\t", "    ")
    .replace(LONE_SURROGATE, "\ufffd")
    .replace(CONTROLS, spelledOut);
}

/** The same on one line: line feeds are spelled out as well. */
export function printableLine(text: string): string {
  return ASCII.test(text) ? text : printable(text).replaceAll("\n", "\\n");
}

function spelledOut(character: string): string {
  const hex = character.charCodeAt(0).toString(16);
  return hex.length > 2 ? `\\u${hex.padStart(4, "0")}` : `\\x${hex.padStart(2, "0")}`;
}

/** The password of a URL, wherever one stands in a text. */
const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@"]*:)([^\s/"]*)@/gi;

/** A password in SQL, as CREATE ROLE and user mappings have it; a part of a text may end before it does. */
const QUOTED_PASSWORD = /(\bpass(?:word|wd)"?(?:\s*=\s*|\s+)E?')((?:[^'\\]|''|\\.)+)(?=$|')/gi;

/** A password in a connection string. */
const KEYWORD_PASSWORD = /(\bpass(?:word|wd)=)([^\s'";&]+)/gi;

/** The text with the passwords of URLs, SQL and connection strings in it left out. */
export function withoutPasswords(text: string): string {
  return masked(text, () => "***");
}

/** The same with every character where it was, for texts that a caret points into. */
export function withMaskedPasswords(text: string): string {
  return masked(text, (secret) => "*".repeat(secret.length));
}

function masked(text: string, mask: (secret: string) => string): string {
  if (!/pass|:\/\//i.test(text)) return text;
  return text
    .replace(URL_PASSWORD, (_, before: string, secret: string) => `${before}${mask(secret)}@`)
    .replace(QUOTED_PASSWORD, (_, before: string, secret: string) => before + mask(secret))
    .replace(KEYWORD_PASSWORD, (_, before: string, secret: string) => before + mask(secret));
}

/** Made only where it is needed: that takes as long as loading half of the program. */
let segmenter: Intl.Segmenter | undefined;

/** What a reader takes for one character, as code points may combine to it. */
export interface Character {
  readonly text: string;
  /** Columns of a terminal: 0, 1 or 2. */
  readonly width: number;
}

export function* characters(text: string): Generator<Character> {
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  for (const { segment } of segmenter.segment(text)) yield { text: segment, width: characterWidth(segment) };
}

/** How many columns of a terminal the text takes. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of characters(text)) width += character.width;
  return width;
}

/** The text cut to that many columns, its last one then an ellipsis. */
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

/** The text filled up with spaces to that many columns. */
export function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - displayWidth(text)));
}

/** Drawn as a picture, or asked to be by U+FE0F. */
const EMOJI = /\p{Emoji_Presentation}|\p{Emoji}\ufe0f/u;
const ZERO_WIDTH = /^[\p{Mark}\p{Default_Ignorable_Code_Point}]+$/u;

/** Ranges of Unicode's East Asian Width W and F (UAX #11) that are no emoji. */
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
 * The text on lines of at most so many columns, broken at spaces; a word that is longer has a line to itself. Line feeds
 * stay, and what fits keeps the spaces that align it.
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

/** What a line can be broken into; its indentation belongs to its first word. */
function wordsOf(line: string): string[] {
  const start = line.search(/[^ ]|$/);
  const [first = "", ...rest] = line.slice(start).split(" ");
  return [line.slice(0, start) + first, ...rest];
}
