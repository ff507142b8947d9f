import { wrapped } from "./display.ts";

/** The indentation of an explanation below its word. */
const BELOW = "      ";

/** A row: a word or two, a gap, and the explanation. */
const ROW = /^( +\S(?:.*?\S)?) {2,}(\S.*)$/;

/** A line with this indentation continues the row above it. */
const CONTINUED = /^ {8,}(\S.*)$/;

/**
 * Reformats a page for a narrower terminal: explanations go below the words that they explain, and sentences are
 * wrapped again. Lines that fit stay as they are.
 */
export function narrowed(page: string, width: number, columns: number): string {
  if (columns >= width) return page;
  const lines = withHeadingsAbove(page.split("\n"));
  const set: string[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    const row = ROW.exec(line);
    const group = [line];
    const goesOn = (next: string) =>
      row ? CONTINUED.test(next) : /^\S/.test(line) && /^\S/.test(next) && wasFull(group.at(-1) ?? "", next, width);
    while (goesOn(lines[index + 1] ?? "")) group.push(lines[++index] ?? "");
    if (group.every((one) => one.length <= columns)) set.push(...group);
    else if (row) set.push(...below(row[1] ?? "", [row[2] ?? "", ...group.slice(1)], columns));
    else set.push(...hanging(group.join(" "), columns));
  }
  return set.join("\n");
}

/** A row with the heading of its group to its left, and a later row of the group. */
const HEADED_ROW = /^([A-Z]\w*) {2,}(\S+ {2,}\S.*)$/;
const LATER_ROW = /^ {8,}(\S+ {2,}\S.*)$/;

/** Headings to the left of their rows go above them. */
function withHeadingsAbove(lines: readonly string[]): string[] {
  let isInGroup = false;
  return lines.flatMap((line) => {
    const [, heading, first] = HEADED_ROW.exec(line) ?? [];
    const [, later] = LATER_ROW.exec(line) ?? [];
    const wasInGroup = isInGroup;
    isInGroup = heading !== undefined || (isInGroup && later !== undefined);
    if (heading !== undefined) return ["", heading, `  ${first}`];
    if (isInGroup) return [`  ${later}`];
    return wasInGroup && line !== "" ? ["", line] : [line];
  });
}

/** True if the line ended only because it had no room for the first word of the next. */
function wasFull(line: string, next: string, width: number): boolean {
  const [word = ""] = next.split(" ");
  return line.length + 1 + word.length > width;
}

function below(left: string, right: readonly string[], columns: number): string[] {
  const text = right.map((line) => line.trim()).join(" ");
  return [...hanging(left, columns), ...wrapped(text, columns - BELOW.length).map((line) => BELOW + line)];
}

/** Wrapped at words, with later lines indented by two more than the first. */
function hanging(text: string, columns: number): string[] {
  const indentation = " ".repeat(text.search(/\S|$/) + (text.startsWith(" ") ? 2 : 0));
  const [first = "", ...rest] = wrapped(text, columns - indentation.length, -indentation.length);
  return [first, ...rest.map((line) => indentation + line)];
}
