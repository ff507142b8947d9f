import { rulePage } from "../../core/check/rule.ts";
import type { DriftReport } from "../../core/drift/drift-report.ts";
import { driftFindings } from "../../core/drift/words.ts";
import { planFindings } from "../../core/plan/plan-findings.ts";
import type { PlanReport } from "../../core/plan/plan-report.ts";
import type { CheckReport } from "../../core/reports/check-report.ts";
import type { ImportReport } from "../../core/reports/import-report.ts";
import type {
  BaselineReport,
  BundledReport,
  CreatedReport,
  InitializedReport,
  ProtectionReport,
  RepairReport,
  Report,
  ResetInventory,
  ResetReport,
  RunReport,
  SeedReport,
  StatusReport,
  ValidationReport,
} from "../../core/reports/report.ts";
import type { StatsReport } from "../../core/statistics/stats-report.ts";
import { enumeration, grouped, printableLine } from "../../core/text/display.ts";
import type { TypesReport, WrittenFile } from "../../core/types/types-report.ts";
import type { Output } from "../output/output.ts";
import { counted, duration, listed } from "../output/words.ts";
import { backupLines, backupListLines, diffLines, dumpLines, loadLines, restoreLines } from "./backup.ts";
import { standInLines, syntaxLines } from "./check.ts";
import { doctorLines } from "./doctor.ts";
import { failureLines, findingLines, resultLine } from "./failure.ts";
import { settingsLines } from "./settings.ts";

/** The lines of all reports except runs, the status, checks, plans and drift. */
export function otherLines(
  report: Exclude<Report, RunReport | SeedReport | StatusReport | CheckReport | DriftReport | PlanReport>,
  output: Output,
): string[] {
  switch (report.type) {
    case "validation":
      return validationLines(report, output);
    case "rule":
      return rulePage(report).trimEnd().split("\n").map(printableLine);
    case "backup":
      return backupLines(report);
    case "diff":
      return diffLines(report, output);
    case "dump":
      return dumpLines(report, output);
    case "load":
      return loadLines(report);
    case "stats":
      return statsLines(report);
    case "backups":
      return backupListLines(report);
    case "restore":
      return restoreLines(report, output);
    case "export":
      return [
        `Wrote ${counted(report.files, "file")} for ${printableLine(report.tool)} to ${printableLine(report.directory)}.`,
        `Its history has ${counted(report.applied, "migration")}; create the table with: psql -f ${printableLine(report.history)}`,
      ];
    case "import":
      return importLines(report, output);
    case "baseline":
      return baselineLines(report, output);
    case "repair":
      return repairLines(report, output);
    case "resolve":
      return [
        `Statement ${report.statement} of ${printableLine(report.version)} is now recorded as ${report.resolution === "done" ? "done" : "not done"}.`,
        output.typed(
          `Run pgstep ${report.direction} to continue ${report.resolution === "done" ? "after it" : "with it"}.`,
        ),
      ];
    case "recorded":
      return [
        `${printableLine(report.version)} is now recorded as ${report.recorded === "applied" ? "applied" : "not applied"}; nothing was run.`,
      ];
    case "doctor":
      return doctorLines(report, output);
    case "wait":
      return [`${printableLine(report.database)} accepts connections, after ${duration(report.waitedMs)}.`];
    case "reset":
      return resetLines(report);
    case "protection":
      return [protectionLine(report)];
    case "created":
      return createdLines(report);
    case "initialized":
      return initializedLines(report, output);
    case "bundled":
      return bundledLines(report);
    case "types":
      return typesLines(report);
    case "settings":
      return settingsLines(report, output);
  }
}

function statsLines({ file, tables, unanalyzed }: StatsReport): string[] {
  const change = file.change === "none" ? "is up to date" : file.change === "created" ? "was created" : "was changed";
  return [
    `${printableLine(file.path)} ${change}: the sizes of ${counted(tables, "table")}.`,
    ...(unanalyzed.length > 0
      ? [
          `The rows of ${printableLine(enumeration(unanalyzed))} are unknown, because no ANALYZE has run. Run ANALYZE, then this command again.`,
        ]
      : []),
  ];
}

/** The errors and warnings of a report, for --quiet. */
export function quietLines(report: Report, output: Output): string[] {
  switch (report.type) {
    case "run":
    case "seed":
      return report.failure ? failureLines(report.failure, output) : [];
    case "status":
      return findingLines(report.warnings, output);
    case "validation":
    case "check":
      return findingLines(report.findings, output);
    case "drift":
      return findingLines(driftFindings(report), output);
    case "plan":
      return findingLines(planFindings(report), output);
    default:
      return [];
  }
}

function validationLines(report: ValidationReport, output: Output): string[] {
  const lines = findingLines(report.findings, output);
  if (lines.length > 0) lines.push("");
  return [...lines, resultLine(report, output), ...inspectionLines(report)];
}

/** What was not checked. */
export function inspectionLines({ syntax, database }: ValidationReport): string[] {
  const lines = syntaxLines(syntax);
  if (database !== undefined) return lines;
  return [...lines, "Only the files were checked: no database is named to compare them with (--url or DATABASE_URL)."];
}

function baselineLines({ recorded, database, written = [] }: BaselineReport, { colors, marks }: Output): string[] {
  return [
    ...written.map((path) => `Created ${printableLine(path)}`),
    ...recorded.map((step) => `${colors.green(marks.applied)} ${printableLine(step.name)}`),
    `Recorded ${counted(recorded.length, "migration")} as applied on ${printableLine(database)}; none was run.`,
  ];
}

function importLines(report: ImportReport, output: Output): string[] {
  const { colors, marks } = output;
  const { tool, table, layout, recorded, repeatables, pending, dryRun, oldTable, renamedTo, database } = report;
  const names = [...recorded.map(({ name }) => name), ...repeatables];
  const verb = dryRun ? "Would record" : "Recorded";
  const to = oldTable === "renamed" ? ` to ${renamedTo}` : "";
  const done = oldTable === "dropped" ? "Dropped" : oldTable === "renamed" ? "Renamed" : "Kept";
  const fate = dryRun ? `Would be ${done.toLowerCase()}: the table ${table}${to}.` : `${done} the table ${table}${to}.`;
  return [
    ...names.map((name) => `${colors.green(marks.applied)} ${printableLine(name)}`),
    `${verb} ${counted(names.length, "migration")} of ${printableLine(tool)} as applied on ${printableLine(database)}; ${pending} pending.`,
    printableLine(fate),
    ...(layout === "sqlx" ? [`Write "layout": "sqlx" into pgstep.json, since the files alone do not show it.`] : []),
    ...(dryRun ? [] : [output.typed("Continue with pgstep status and pgstep up.")]),
  ];
}

function repairLines({ version, changed, updated, forgotten }: RepairReport, { colors, marks }: Output): string[] {
  const named = version === undefined ? undefined : printableLine(version);
  if (forgotten) return [`${colors.green(marks.applied)} Removed ${named} from the history.`];
  if (changed.length === 0) {
    return [`Nothing to repair: ${named ?? "no file"} was ${named ? "not " : ""}changed after it was applied.`];
  }
  const mark = updated ? colors.green(marks.applied) : colors.dim(marks.notRun);
  const outcome = updated ? `Updated the ${changed.length === 1 ? "checksum" : "checksums"} of` : "Left unchanged:";
  return [
    ...changed.map((entry) => `${mark} ${printableLine(entry.migration?.up.path ?? entry.version)}`),
    `${outcome} ${counted(changed.length, "migration")}.`,
  ];
}

function protectionLine({ database, isProtected, hasChanged }: ProtectionReport): string {
  const [state, effect] = isProtected
    ? ["protected", "reset, restore and undoing more than one migration are refused"]
    : ["unprotected", "nothing is refused"];
  return `${printableLine(database)} is ${hasChanged ? "now" : "already"} ${state}: ${effect}.`;
}

function bundledLines({ kind, written, files, migrations, pinned }: BundledReport): string[] {
  const where = written.map(({ path }) => printableLine(path));
  const held = pinned === undefined ? "" : `, for a database with ${counted(pinned, "applied migration")}`;
  return [
    `Bundled ${counted(migrations, "migration")} (${counted(files, "file")}) into the ${kind} ${listed(where)}${held}.`,
    ...written.map(({ path, sha256 }) => `${sha256}  ${printableLine(path)}`),
  ];
}

function createdLines({ paths, removed }: CreatedReport): string[] {
  return paths.map((path, index) => {
    const from = removed[index];
    return from === undefined
      ? `Created ${printableLine(path)}`
      : `Moved ${printableLine(from)} to ${printableLine(path)}`;
  });
}

function initializedLines({ files, isInstalled }: InitializedReport, output: Output): string[] {
  const lines = files.map(({ path, change, scripts }) => {
    if (change === "created") return `Created ${printableLine(path)}`;
    if (change === "none") return `${printableLine(path)} exists and stays as it is`;
    return `Added the ${scripts.length === 1 ? "script" : "scripts"} ${printableLine(listed(scripts))} to ${printableLine(path)}`;
  });
  return [
    ...lines,
    ...(isInstalled ? [] : ["Install pgstep in the project: npm install --save-dev pgstep"]),
    output.typed("Write the first migration: pgstep new create users"),
  ];
}

/** The objects that a reset is about to delete. */
export function inventoryLines(
  { database, inventory }: { database: string; inventory: ResetInventory },
  { colors }: Output,
): string[] {
  const { schemas } = inventory;
  const where = colors.bold(printableLine(database));
  if (kindsOf(inventory).length === 0) return [`There is nothing to delete: ${where} is already empty.`];
  return [
    `${colors.bold(colors.red("DANGER:"))} this deletes ${colors.bold("ALL data")} of the database ${where}:`,
    `  ${contents(inventory)}`,
    ...(schemas.length > 0 ? [`  in ${schemas.length === 1 ? "schema" : "schemas"} ${schemaNames(schemas)}`] : []),
  ];
}

function resetLines({ database, deleted, durationMs }: ResetReport): string[] {
  const what = kindsOf(deleted).length === 0 ? "it was already empty" : `deleted ${contents(deleted)}`;
  return [`Reset ${printableLine(database)} in ${duration(durationMs)}: ${what}.`];
}

/** The kinds of which there are objects, tables first: they hold the data. */
function kindsOf({ objects }: ResetInventory): [kind: string, count: number][] {
  const kinds = Object.entries(objects).filter(([, count]) => count > 0);
  const tablesFirst = (kind: string) => (kind === "table" ? "" : kind);
  return kinds.sort(([left], [right]) => (tablesFirst(left) < tablesFirst(right) ? -1 : 1));
}

function contents(inventory: ResetInventory): string {
  const { estimatedRows, uncountedTables } = inventory;
  const words = kindsOf(inventory).map(([kind, count]) => `${grouped(count)} ${count === 1 ? kind : plural(kind)}`);
  const rows = Math.max(0, Math.round(estimatedRows));
  const known = `${listed(words)}, about ${grouped(rows)} ${rows === 1 ? "row" : "rows"}`;
  if (uncountedTables === 0) return known;
  return `${known}, and an unknown number in ${counted(uncountedTables, "table")} without statistics`;
}

function plural(kind: string): string {
  if (/[^aeiou]y$/.test(kind)) return `${kind.slice(0, -1)}ies`;
  return /(s|x|ch|sh)$/.test(kind) ? `${kind}es` : `${kind}s`;
}

const MOST_SCHEMAS = 10;

function schemaNames(schemas: readonly string[]): string {
  const names = schemas.slice(0, MOST_SCHEMAS).map(printableLine);
  if (schemas.length > MOST_SCHEMAS) names.push(`${schemas.length - MOST_SCHEMAS} more`);
  return listed(names);
}

const DONE: Readonly<Record<WrittenFile["change"], string>> = {
  created: "Created",
  changed: "Changed",
  removed: "Removed",
  none: "",
};

const TO_DO: Readonly<Record<WrittenFile["change"], string>> = {
  created: "Missing",
  changed: "Out of date",
  removed: "Left over",
  none: "",
};

/** The text itself if no file was named, else the changes of the files. */
function typesLines({ checked, files, text, standIns }: TypesReport): string[] {
  if (text !== undefined) return [text.replace(/\n$/, "")];
  const words = checked ? TO_DO : DONE;
  const touched = files.filter(({ change }) => change !== "none");
  const lines = touched.map(({ path, change }) => `${words[change]} ${printableLine(path)}`);
  lines.push(...standInLines(standIns));
  if (touched.length === 0) return [`${counted(files.length, "file")} up to date.`, ...lines];
  return checked ? [...lines, "Run the command without --check to write them."] : lines;
}
