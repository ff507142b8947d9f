import { displayWidth, pad, printableLine, withoutPasswords } from "../core/display-text.ts";
import type { SettingsReport } from "../core/report.ts";
import type { Output } from "./reporter-output.ts";

/** The settings, then what the database would be reached with, each with its value and origin. */
export function settingsLines(report: SettingsReport, output: Output): string[] {
  const { colors } = output;
  const { projectFile, settings, connection } = report;
  const rows = settings.map(({ name, value, origin, source }) => ({
    name,
    value: value === undefined ? "-" : value,
    origin,
    quiet: source === "default",
  }));
  const reached = connection.map((row) => ({ ...row, quiet: row.origin.startsWith("default") }));
  return [
    `Project file: ${projectFile === undefined ? "none" : printableLine(projectFile)}`,
    "",
    ...table(rows, output),
    ...(reached.length > 0 ? ["", colors.bold("The database would be reached with"), ...table(reached, output)] : []),
  ];
}

interface Row {
  readonly name: string;
  readonly value: string;
  readonly origin: string;
  /** Said by nobody: less worth seeing. */
  readonly quiet: boolean;
}

/** Values that are wider stand out, so that one long URL does not push all origins away. */
const WIDEST_VALUE = 40;

function table(rows: readonly Row[], { colors }: Output): string[] {
  const shown = rows.map((row) => ({ ...row, value: printableLine(withoutPasswords(row.value)) }));
  const nameWidth = Math.max(...shown.map(({ name }) => displayWidth(name)));
  const valueWidth = Math.min(WIDEST_VALUE, Math.max(...shown.map(({ value }) => displayWidth(value))));
  return shown.map(({ name, value, origin, quiet }) => {
    const line = `${pad(name, nameWidth)}  ${pad(value, valueWidth)}  ${printableLine(withoutPasswords(origin))}`;
    return quiet ? colors.dim(line) : line;
  });
}
