import { checksumOf } from "../text/source.ts";

/**
 * Why a file has no statements.
 * - blank: it is empty or holds only blanks
 * - template: only the text that `new` writes
 * - comments: its author wrote comments, but no statement
 */
export type Emptiness = "blank" | "template" | "comments";

/** The checksum of every file without statements: in the history it shows that nothing was run. */
export const EMPTY_CHECKSUM = checksumOf("");

/** The template line that the author replaces with statements. */
export const TEMPLATE_LINE = "-- SQL statements here...";

/** Undefined for a text that may have statements. */
export function emptinessOf(text: string): Emptiness | undefined {
  if (withoutBlanksAndComments(text) !== "") return undefined;
  if (text.trim() === "") return "blank";
  return text.split(/\r?\n/).includes(TEMPLATE_LINE) ? "template" : "comments";
}

/** The text without its leading blanks and comments. */
function withoutBlanksAndComments(text: string): string {
  let at = 0;
  for (;;) {
    while (BLANKS.has(text[at] ?? "")) at++;
    if (text.startsWith("--", at)) at = lineEnd(text, at);
    else if (text.startsWith("/*", at)) {
      const end = commentEnd(text, at);
      if (end === undefined) return text.slice(at);
      at = end;
    } else return text.slice(at);
  }
}

/** White space, and the semicolon that ends an empty statement. */
const BLANKS: ReadonlySet<string> = new Set([";", " ", "\t", "\n", "\r", "\f", "\v"]);

function lineEnd(text: string, from: number): number {
  const border = /[\r\n]/g;
  border.lastIndex = from;
  return border.exec(text)?.index ?? text.length;
}

/** The offset after a comment, which may contain others; undefined when it is never closed. */
function commentEnd(text: string, from: number): number | undefined {
  const borders = /\/\*|\*\//g;
  borders.lastIndex = from;
  let depth = 0;
  for (let found = borders.exec(text); found; found = borders.exec(text)) {
    depth += found[0] === "/*" ? 1 : -1;
    if (depth === 0) return borders.lastIndex;
  }
  return undefined;
}
