import { Lexer, TOKEN } from "../sql/lexer.ts";

/** A comment by which another tool divides one file into what it applies and what it undoes. */
export interface OtherToolMarker {
  readonly tool: string;
  /** The comment, without the blanks around it. */
  readonly comment: string;
  /** Where it begins in the text, in UTF-16 units. */
  readonly at: number;
}

/** The comments as each tool's documentation gives them. */
const MARKERS: readonly { readonly tool: string; readonly pattern: RegExp }[] = [
  { tool: "goose", pattern: /^--[ \t]*\+goose[ \t]+(?:up|down)\b/i },
  { tool: "dbmate", pattern: /^--[ \t]*migrate:(?:up|down)\b/i },
  { tool: "sql-migrate", pattern: /^--[ \t]*\+migrate[ \t]+(?:up|down)\b/i },
  { tool: "tern", pattern: /^----[ \t]*create above[ \t]*\/[ \t]*drop below[ \t]*----/i },
];

/** What a line with a marker begins with: spares most texts a closer look. */
const MAY_BE_MARKED = /^[ \t]*--(?:[ \t]*\+|[ \t]*migrate:|--[ \t]*create)/im;

/**
 * The first such comment of a text that begins outside of quotes. Only where a line begins, and not inside of a quote or of
 * a comment of the other kind, where the tools themselves would not mean it.
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
    // A comment ends before its line does, so the space behind it tells of the next line.
    atLineStart = token === TOKEN.space && (text.lastIndexOf("\n", end - 1) >= start || (start === 0 && atLineStart));
  }
  return undefined;
}
