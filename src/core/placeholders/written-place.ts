import type { Statement } from "../sql/statement.ts";
import { advance, type Position } from "../text/position.ts";
import { writtenOffset } from "./substitute.ts";

/** The text of a statement as written in its file. */
export function writtenText({ text, replaced }: Statement): string {
  return replaced?.written ?? text;
}

/** The place in the file that corresponds to an offset, in code points, in the statement as it was sent. */
export function placeIn(statement: Statement, codePoints: number): Position {
  const { position, text, replaced } = statement;
  if (!replaced) return advance(position, text, codePoints);
  return placeAt(statement, [...text].slice(0, codePoints).join("").length);
}

/** The same for an offset in UTF-16 units. */
export function placeAt({ position, text, replaced }: Statement, offset: number): Position {
  if (!replaced) return advance(position, text.slice(0, offset));
  return advance(position, replaced.written.slice(0, writtenOffset(replaced.replacements, offset)));
}
