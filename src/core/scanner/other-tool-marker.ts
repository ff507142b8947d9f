import { Lexer, TOKEN } from "../sql/lexer.ts";

/** A comment with which another tool splits one file into an up and a down part. */
export interface OtherToolMarker {
  readonly tool: string;
  /** The comment, without blanks around it. */
  readonly comment: string;
  /** Its offset in the text, in UTF-16 units. */
  readonly at: number;
}

/** The comments as each tool's documentation gives them. */
const MARKERS: readonly { readonly tool: string; readonly pattern: RegExp }[] = [
  { tool: "goose", pattern: /^--[ \t]*\+goose[ \t]+(?:up|down)\b/i },
  { tool: "dbmate", pattern: /^--[ \t]*migrate:(?:up|down)\b/i },
  { tool: "sql-migrate", pattern: /^--[ \t]*\+migrate[ \t]+(?:up|down)\b/i },
  { tool: "tern", pattern: /^----[ \t]*create above[ \t]*\/[ \t]*drop below[ \t]*----/i },
];

/** The start of a line with a marker: saves most texts a closer look. */
const MAY_BE_MARKED = /^[ \t]*--(?:[ \t]*\+|[ \t]*migrate:|--[ \t]*create)/im;

/**
 * The first such comment of a text that begins outside quotes. It must start a line, outside quotes and comments of the
 * other kind: the tools themselves accept no other place.
 */
export function findOtherToolMarker(text: string, standardConformingStrings: boolean): OtherToolMarker | undefined {
  if (!text.includes("--") || !MAY_BE_MARKED.test(text)) return undefined;
  const lexer = new Lexer(text, { final: true, standardConformingStrings });
  let atLineStart = true;
  for (let token = lexer.next(); token !== TOKEN.end && token !== TOKEN.incomplete; token = lexer.next()) {
    const { start, end } = lexer;
    if (token === TOKEN.comment && atLineStart) {
      const comment = text.slice(start, end).trimEnd();
      const marker = MARKERS.find(({ pattern }) => pattern.test(comment));
      if (marker) return { tool: marker.tool, comment, at: start };
    }
    // A comment ends before its line does, so the space after it shows where the next line starts.
    atLineStart = token === TOKEN.space && (text.lastIndexOf("\n", end - 1) >= start || (start === 0 && atLineStart));
  }
  return undefined;
}
