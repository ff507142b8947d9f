import type { Check } from "../../core/reports/diagnosis.ts";
import type { DoctorReport, ExplainedValue } from "../../core/reports/report.ts";
import { pad, printableLine, wrapped } from "../../core/text/display.ts";
import { originColumns } from "../output/columns.ts";
import type { Output } from "../output/output.ts";
import { counted, listed } from "../output/words.ts";

/** Fits every topic: the list is printed line by line, and still in columns. */
const TOPIC_COLUMNS = 17;

/** The values to connect with, each with where it was set. */
export function explainedLines(values: readonly ExplainedValue[], output: Output): string[] {
  const shown = values.map(({ name, value, origin }) => ({
    name: printableLine(name),
    value: printableLine(value),
    origin: printableLine(origin),
  }));
  return [...originColumns(shown, output, "  ").flat(), ""];
}

/** One check, and its hint below it, within the terminal's width. */
export function checkLines({ topic, state, message, hint }: Check, output: Output): string[] {
  const column = TOPIC_COLUMNS + 3;
  const below = " ".repeat(column);
  const text = (words: string) => {
    const line = printableLine(words);
    return output.columns === undefined ? [line] : wrapped(line, Math.max(FEWEST_COLUMNS, output.columns - column));
  };
  const lines = text(message).map((line, index) =>
    index === 0 ? `${markOf(state, output)} ${pad(topic, TOPIC_COLUMNS)} ${line}` : below + line,
  );
  const help = hint === undefined ? [] : text(`help: ${hint}`);
  return [...lines, ...help.map((line) => below + line.replace(/^help:/, (label) => output.colors.cyan(label)))];
}

/** Text in fewer columns is unreadable. */
const FEWEST_COLUMNS = 20;

function markOf(state: Check["state"], { colors, marks }: Output): string {
  if (state === "good") return colors.green(marks.applied);
  return state === "warning" ? colors.yellow("!") : colors.red(marks.failed);
}

/** The summary line. */
export function doctorLines({ database, isConnected, warnings, errors }: DoctorReport, { colors }: Output): string[] {
  const found = [
    ...(errors > 0 ? [colors.red(counted(errors, "error"))] : []),
    ...(warnings > 0 ? [colors.yellow(counted(warnings, "warning"))] : []),
  ];
  if (database === undefined) return ["", `Checked without a database: ${listed(found)}.`];
  const where = printableLine(database);
  if (!isConnected) return ["", `Could not log in to ${where}: ${listed(found)}.`];
  return ["", found.length === 0 ? `Checked ${where}: no problems found.` : `Checked ${where}: ${listed(found)}.`];
}
