import type { FilePlace } from "../../core/failure/failure.ts";
import { characters, cut, displayWidth, printable, printableLine } from "../../core/text/display.ts";
import type { Output } from "../output/output.ts";

/** The columns of a source line that are shown without a terminal. */
const COLUMNS_IN_PIPES = 200;
const FEWEST_COLUMNS = 20;

/** A place in the form that editors and terminals turn into a link: "path:14:30". */
export function placeText({ path, line, column }: FilePlace): string {
  const parts = [printableLine(path), line, column];
  return parts.filter((part) => part !== undefined).join(":");
}

/** The place, and the line with a caret if its text is known. */
export function sourceFrame(place: FilePlace, { colors, columns, marks }: Output): string[] {
  const { line, column, sourceLine } = place;
  const number = `${line ?? ""}`;
  const gutter = " ".repeat(number.length);
  const arrow = `${gutter}${colors.cyan("-->")} ${placeText(place)}`;
  if (line === undefined || column === undefined || sourceLine === undefined) return [arrow];
  const bar = colors.cyan("|");
  const room = Math.max(FEWEST_COLUMNS, (columns ?? COLUMNS_IN_PIPES) - number.length - 4);
  const { text, caret } = sourceWindow(sourceLine, column, room, marks.ellipsis);
  return [
    arrow,
    `${gutter} ${bar}`,
    `${colors.cyan(number)} ${bar} ${text}`,
    `${gutter} ${bar} ${" ".repeat(caret)}${colors.red("^")}`,
  ];
}

export interface SourceWindow {
  /** The shown part of the line. */
  readonly text: string;
  /** The column, from 0, below which the caret goes. */
  readonly caret: number;
}

/**
 * As much of a line around a column as fits into the room. Tabs and control characters take more columns here than in
 * the file, wide characters two; the caret counts the shown columns.
 * @param column 1-based, in code points
 */
export function sourceWindow(line: string, column: number, room: number, ellipsis: string): SourceWindow {
  const split = offsetOf(line, column);
  // A line may be a megabyte long: only the part that can be shown is processed.
  const reach = room * 4;
  const start = Math.max(0, split - reach);
  const near = line.slice(start, split + reach);
  const head = printable(near.slice(0, split - start));
  const tail = printable(near.slice(split - start));
  const left = keepEnd(head, Math.max(room - displayWidth(tail), Math.floor((room * 2) / 3)), ellipsis);
  const caret = displayWidth(left);
  return { text: left + cut(tail, room - caret, ellipsis), caret };
}

/** The offset of the code point with that 1-based number; the end of the text when there are fewer. */
function offsetOf(text: string, column: number): number {
  let offset = 0;
  for (let walked = 1; walked < column && offset < text.length; walked++) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}

/** The end of a text, cut to so many columns. */
function keepEnd(text: string, columns: number, ellipsis: string): string {
  if (displayWidth(text) <= columns) return text;
  let room = columns - displayWidth(ellipsis);
  const kept: string[] = [];
  for (const { text: character, width } of [...characters(text)].reverse()) {
    if (width > room) break;
    room -= width;
    kept.unshift(character);
  }
  return ellipsis + kept.join("");
}
