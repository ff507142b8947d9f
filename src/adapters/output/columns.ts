import { displayWidth, pad } from "../../core/text/display.ts";
import type { Output } from "./output.ts";

/** A named value, and where it was set. */
export interface OriginRow {
  readonly name: string;
  readonly value: string;
  readonly origin: string;
}

/** Wider values overflow the column, so that one long URL does not push all origins away. */
const WIDEST_VALUE = 40;
const FEWEST_COLUMNS = 8;

/**
 * The lines of each row, in three columns. On a terminal the origin goes below a value that leaves no room for it, and
 * a value that does not fit beside its name goes below the name.
 */
export function originColumns(rows: readonly OriginRow[], { columns }: Output, indentation = ""): string[][] {
  const nameWidth = widest(rows.map(({ name }) => name)) + indentation.length;
  const fixed = nameWidth + 4 + widest(rows.map(({ origin }) => origin));
  const room = columns === undefined ? WIDEST_VALUE : Math.max(FEWEST_COLUMNS, columns - fixed);
  const valueWidth = Math.min(WIDEST_VALUE, room, widest(rows.map(({ value }) => value)));
  const below = " ".repeat(nameWidth + 2);
  const fits = (text: string) => columns === undefined || displayWidth(text) <= columns;
  return rows.map(({ name, value, origin }) => {
    const before = pad(indentation + name, nameWidth);
    const whole = `${before}  ${pad(value, valueWidth)}  ${origin}`;
    if (fits(whole)) return [whole];
    const place = fits(below + origin) ? below + origin : `  ${indentation}${origin}`;
    const short = `${before}  ${value}`;
    return fits(short) ? [short, place] : [indentation + name, `  ${indentation}${value}`, place];
  });
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, displayWidth(text)), 0);
}
