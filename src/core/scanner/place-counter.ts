import type { Position } from "../text/position.ts";

/**
 * Tracks the position and the offset in a text that is given in parts, cut anywhere. Counts lines by searching for line
 * ends, and columns only on request: several times faster than walking over every character, and no slower for many
 * requests within one long line.
 */
export class PlaceCounter {
  /** UTF-16 units walked over; for bytes, bytes. */
  offset = 0;
  #line = 1;
  #column = 1;
  /** The part of this line that is not yet counted into the column. */
  #uncounted = "";

  walk(text: string): void {
    this.offset += text.length;
    let lineStart = 0;
    for (;;) {
      const lineEnd = text.indexOf("\n", lineStart);
      if (lineEnd === -1) break;
      this.#line++;
      lineStart = lineEnd + 1;
    }
    if (lineStart === 0) {
      this.#uncounted += text;
      return;
    }
    this.#column = 1;
    this.#uncounted = lineStart === text.length ? "" : text.slice(lineStart);
  }

  /** Walks over undecoded UTF-8, which may be cut within a character. @param bytes as Latin-1 */
  walkBytes(bytes: string): void {
    this.offset += bytes.length;
    let lineStart = 0;
    for (let lineEnd = bytes.indexOf("\n"); lineEnd !== -1; lineEnd = bytes.indexOf("\n", lineStart)) {
      this.#line++;
      lineStart = lineEnd + 1;
    }
    if (lineStart > 0) {
      this.#column = 1;
      this.#uncounted = "";
    }
    // Continuation bytes of a character are not counted.
    for (let index = lineStart; index < bytes.length; index++)
      if ((bytes.charCodeAt(index) & 0xc0) !== 0x80) this.#column++;
  }

  /** The position reached. */
  get position(): Position {
    const text = this.#uncounted;
    if (text !== "") {
      let codePoints = text.length;
      // The second half of a pair is not counted, so a cut between the halves changes nothing.
      for (let index = 0; index < text.length; index++) if ((text.charCodeAt(index) & 0xfc00) === 0xdc00) codePoints--;
      this.#column += codePoints;
      this.#uncounted = "";
    }
    return { line: this.#line, column: this.#column };
  }
}
