import { type Finding, finding } from "../failure/failure.ts";
import { Lexer, TOKEN } from "../sql/lexer.ts";

/** A line of a text, without its line end. */
export interface Line {
  readonly text: string;
  /** The offset of its first character. */
  readonly at: number;
  /** 1-based. */
  readonly number: number;
}

export function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let at = 0;
  for (const line of text.split("\n")) {
    lines.push({ text: line.endsWith("\r") ? line.slice(0, -1) : line, at, number: lines.length + 1 });
    at += line.length + 1;
  }
  return lines;
}

/** The chosen lines in their places, between empty ones, so that positions are those of the file. */
export function partOf(lines: readonly (string | undefined)[]): string {
  let last = lines.length - 1;
  while (last >= 0 && lines[last] === undefined) last--;
  return lines
    .slice(0, last + 1)
    .map((line) => `${line ?? ""}\n`)
    .join("");
}

/**
 * Reports the markers that are not comments: those inside strings, dollar quotes or comments of the other kind. The tool
 * does not read SQL, so it would split the file there, and cut the string in two.
 */
export function findHidden(
  { path, text, tool }: { readonly path: string; readonly text: string; readonly tool: string },
  markers: readonly Line[],
): Finding[] {
  if (markers.length === 0) return [];
  const wanted = new Map(markers.map((marker) => [marker.at + marker.text.search(/\S/), marker]));
  const lexer = new Lexer(text, { final: true, standardConformingStrings: true });
  for (let token = lexer.next(); token !== TOKEN.end; token = lexer.next()) {
    if (token === TOKEN.incomplete) break;
    if (token === TOKEN.comment) wanted.delete(lexer.start);
  }
  const [hidden] = wanted.values();
  if (!hidden) return [];
  return [
    finding("hidden-marker", {
      message: `"${hidden.text.trim()}" is inside a string or comment, and ${tool} would split the file there`,
      hint: "Close the string before this line, or write the line in another way.",
      place: { path, line: hidden.number, column: 1 },
    }),
  ];
}
