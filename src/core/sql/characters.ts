export const LINE_FEED = 0x0a;
export const CARRIAGE_RETURN = 0x0d;
export const DOUBLE_QUOTE = 0x22;
export const DOLLAR = 0x24;
export const AMPERSAND = 0x26;
export const QUOTE = 0x27;
export const OPENING_PARENTHESIS = 0x28;
export const CLOSING_PARENTHESIS = 0x29;
export const STAR = 0x2a;
export const PLUS = 0x2b;
export const DASH = 0x2d;
export const SLASH = 0x2f;
export const SEMICOLON = 0x3b;
export const BACKSLASH = 0x5c;

/** The kinds of token that an ASCII character can begin; to PostgreSQL, every character beyond ASCII is a letter. */
export const BEGINS = {
  symbol: 0,
  space: 1,
  word: 2,
  number: 3,
  quote: 4,
  identifier: 5,
  dollar: 6,
  commentOrSymbol: 7,
} as const;

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
const DIGITS = "0123456789";

const beginnings = table([
  [" \t\n\r\f\v", BEGINS.space],
  [LETTERS, BEGINS.word],
  [DIGITS, BEGINS.number],
  ["'", BEGINS.quote],
  ['"', BEGINS.identifier],
  ["$", BEGINS.dollar],
  ["-/", BEGINS.commentOrSymbol],
]);
const wordParts = table([[`${LETTERS}${DIGITS}$`, 1]]);
const telling = table([["'\"$\\;()-/", 1]]);

function table(entries: readonly (readonly [string, number])[]): Uint8Array {
  const values = new Uint8Array(128);
  for (const [characters, value] of entries) {
    for (const character of characters) values[character.charCodeAt(0)] = value;
  }
  return values;
}

/** The kind of token that a UTF-16 unit can begin. */
export function begins(unit: number): number {
  return unit > 127 ? BEGINS.word : (beginnings[unit] ?? BEGINS.symbol);
}

/** True if a word can continue with this unit. */
export function isWordPart(unit: number): boolean {
  return unit > 127 || wordParts[unit] === 1;
}

export function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** True if this unit can begin or end a token that decides where a statement ends. */
export function isTelling(unit: number): boolean {
  return unit < 128 && telling[unit] === 1;
}
