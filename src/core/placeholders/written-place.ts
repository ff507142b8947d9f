import type { Statement } from "../sql/statement.ts";
import { advance, type Position } from "../text/position.ts";
import { writtenOffset } from "./substitute.ts";

/** The text of a statement as written in its file. */
export function writtenText({ text, replaced }: Statement): string {
  return replaced?.written ?? text;
}

/** The place in the file that corresponds to an offset, in code points, in the statement as it was sent. */
export function placeIn({ position, text, replaced }: Statement, codePoints: number): Position {
  if (!replaced) return advance(position, text, codePoints);
  const sent = [...text].slice(0, codePoints).join("").length;
  return advance(position, replaced.written.slice(0, writtenOffset(replaced.replacements, sent)));
}
