import { Lexer, TOKEN } from "../../core/sql/lexer.ts";

/** The UTF-16 index of the code point with that 0-based number; the text's length if there are fewer. */
export function indexOfCodePoint(text: string, number: number): number {
  let index = 0;
  for (let passed = 0; passed < number && index < text.length; passed++) {
    index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
  }
  return index;
}

/** The UTF-16 index for each byte of the text in UTF-8, and for its end; undefined if the two count alike. */
export function indexesOfBytes(text: string): Uint32Array | undefined {
  const length = Buffer.byteLength(text);
  if (length === text.length) return undefined;
  const indexes = new Uint32Array(length + 1);
  let byte = 0;
  let index = 0;
  for (const character of text) {
    const end = byte + Buffer.byteLength(character);
    indexes.fill(index, byte, end);
    byte = end;
    index += character.length;
  }
  indexes[byte] = index;
  return indexes;
}

/** Replaces every `location` in freshly parsed trees, which is a byte, by its UTF-16 index. */
export function relocate(trees: unknown, indexes: Uint32Array): void {
  // A stack of its own, because a tree may be deeper than calls can be.
  const waiting = [trees];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== "object" || value === null) continue;
    const fields = value as { location?: unknown };
    if (typeof fields.location === "number") fields.location = indexes[fields.location] ?? fields.location;
    for (const inside of Object.values(value)) if (typeof inside === "object") waiting.push(inside);
  }
}

/**
 * True for a place inside a string in several parts, with a comment between two of them. libpg_query's lexer was
 * changed to return comments, and refuses the second part, which PostgreSQL accepts.
 */
export function continuesString(text: string, offset: number): boolean {
  if (text[offset] !== "'") return false;
  const lexer = new Lexer(text, { final: true, standardConformingStrings: true });
  let followsString = false;
  let followsComment = false;
  for (let token = lexer.next(); token !== TOKEN.end && token !== TOKEN.incomplete; token = lexer.next()) {
    const { start, end } = lexer;
    if (end > offset) return token === TOKEN.string && (start < offset || (followsString && followsComment));
    if (token === TOKEN.comment && text[start] === "-") followsComment = true;
    else if (token !== TOKEN.space) [followsString, followsComment] = [token === TOKEN.string, false];
  }
  return false;
}
