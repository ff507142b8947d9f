import type { SettingsReport } from "../../core/reports/report.ts";
import { printableLine } from "../../core/text/display.ts";
import { type OriginRow, originColumns } from "../output/columns.ts";
import type { Output } from "../output/output.ts";

/** The settings, then the connection values, each with its value and origin. */
export function settingsLines(report: SettingsReport, output: Output): string[] {
  const { colors } = output;
  const { projectFile, settings, connection } = report;
  const rows = settings.map(({ name, value, origin, source }) => ({
    name: printableLine(name),
    value: value === undefined ? "-" : value,
    origin,
    quiet: source === "default",
  }));
  const reached = connection.map((row) => ({ ...row, quiet: row.origin.startsWith("default") }));
  return [
    `Project file: ${projectFile === undefined ? "none" : printableLine(projectFile)}`,
    "",
    ...table(rows, output),
    ...(reached.length > 0 ? ["", colors.bold("pgstep would connect with"), ...table(reached, output)] : []),
  ];
}

interface Row extends OriginRow {
  /** A default, and so less important. */
  readonly quiet: boolean;
}

function table(rows: readonly Row[], output: Output): string[] {
  const shown = rows.map(({ name, value, origin }) => ({
    name: printableLine(name),
    value: printableLine(value),
    origin: printableLine(origin),
  }));
  return originColumns(shown, output).flatMap((lines, index) =>
    rows[index]?.quiet ? lines.map((line) => output.colors.dim(line)) : lines,
  );
}
