import type {
  Backup,
  BackupListReport,
  PlannedBackup,
  RestorePlan,
  RestoreReport,
} from "../../core/backup/backup-report.ts";
import type { SchemaChange } from "../../core/diff-words/changes.ts";
import type { DiffReport } from "../../core/diff-words/diff-report.ts";
import type { DumpReport, LoadReport } from "../../core/dump/dump-report.ts";
import { enumeration, printable, printableLine } from "../../core/text/display.ts";
import { sizeText } from "../../core/text/size.ts";
import type { WrittenFile } from "../../core/types/types-report.ts";
import type { Output } from "../output/output.ts";
import { counted, duration } from "../output/words.ts";

/** The scope, the size and the path of a backup. */
export function backupLines(backup: Backup): string[] {
  const rows = backup.tables.reduce((sum, table) => sum + table.rows, 0);
  const what = `${counted(backup.tables.length, "table")} with ${counted(rows, "row")}`;
  const database = printableLine(backup.database);
  const scope = backup.scope === "all" ? `all of ${database}, ${what},` : `${what} of ${database}`;
  const by = backup.program === undefined ? "" : ` by ${printableLine(backup.program)}`;
  const checked = backup.verification === "full" ? "verified with a test restore" : "verified";
  return [
    `Backed up ${scope} to ${printableLine(backup.path)} (${sizeText(backup.bytes)})${by}, ${checked}.`,
    ...backup.removed.map((path) => `Removed the older ${printableLine(path)}`),
  ];
}

/** The backup that a run would make first. */
export function plannedBackupLines({ database, scope, tables, bytes }: PlannedBackup): string[] {
  const named = enumeration(tables.map((table) => `${printableLine(table.name)} (${sizeText(table.bytes)})`));
  const what = scope === "all" ? `all of ${printableLine(database)} (${sizeText(bytes)})` : named;
  return [`Would first back up ${what}.`];
}

/** One line for each backup. */
export function backupListLines({ directory, backups }: BackupListReport): string[] {
  if (backups.length === 0) return [`There are no backups in ${printableLine(directory)}.`];
  return backups.map(
    ({ path, database, version, time, origin, bytes }) =>
      `${printableLine(time.replace("T", " ").replace(/\.\d+Z$/, " UTC"))}  ${printableLine(database)} at ${printableLine(version)}  ${(origin ?? "").padEnd("automatic".length)}  ${sizeText(bytes)}  ${printableLine(path)}`,
  );
}

/** The changes that a restore is about to make. */
export function restorePlanLines(plan: RestorePlan, { colors }: Output): string[] {
  const where = colors.bold(printableLine(plan.database));
  const what = plan.replacesAll
    ? `${colors.bold(colors.red("DANGER:"))} this deletes ${colors.bold("ALL data")} of the database ${where} and restores this backup:`
    : `${colors.bold(colors.red("DANGER:"))} this replaces tables of the database ${where} with those in this backup:`;
  const lines = [what, `  ${printableLine(plan.path)} of ${printableLine(plan.createdAt)}`];
  if (plan.tables.length > 0) lines.push(`  tables: ${printableLine(enumeration(plan.tables))}`);
  if (plan.pendingAgain.length > 0) lines.push(`  pending again: ${printableLine(enumeration(plan.pendingAgain))}`);
  if (plan.appliedAgain.length > 0) lines.push(`  applied again: ${printableLine(enumeration(plan.appliedAgain))}`);
  if (!plan.replacesAll && plan.pendingAgain.length > 0) {
    lines.push("  Their changes outside these tables stay.");
  }
  return lines;
}

export function restoreLines({ database, path, tables, durationMs }: RestoreReport, output: Output): string[] {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return [
    `Restored ${counted(rows, "row")} of ${printableLine(database)} from ${printableLine(path)} in ${duration(durationMs)}.`,
    output.typed("Run pgstep status to see what is applied now."),
  ];
}

/** The text itself if no file was named, else the change of the file, with its first differences. */
export function dumpLines({ checked, file, text, difference, source, database }: DumpReport, output: Output): string[] {
  // A pipe gets the SQL as it is.
  if (text !== undefined) return [(output.isTerminal ? printable(text) : text).replace(/\n$/, "")];
  if (!file) return [];
  if (!checked) return dumpedLines(file);
  const other = source === "migrations" ? "the migrations" : printableLine(database);
  const path = printableLine(file.path);
  if (file.change === "none") return [`${path} is up to date with ${other}.`];
  return [
    `${path} is out of date with ${other} (- the file, + ${source === "migrations" ? "the migrations" : "the database"}):`,
    ...difference.map((line) => `  ${printableLine(line)}`),
  ];
}

/** The change of a schema file. */
export function dumpedLines({ path, change }: WrittenFile): string[] {
  if (change === "none") return [`${printableLine(path)} is up to date.`];
  return [`${change === "created" ? "Created" : "Changed"} ${printableLine(path)}`];
}

export function loadLines({ database, path, recorded, durationMs }: LoadReport): string[] {
  const what = `${counted(recorded.length, "migration")} recorded as applied`;
  return [`Loaded ${printableLine(path)} into ${printableLine(database)} in ${duration(durationMs)}; ${what}.`];
}

/** Precedes the report of check. */
export const READ_FILES = "Read the files as you would read a colleague's. The command check says of them:";

export function createdLines(paths: readonly string[]): string[] {
  return paths.map((path) => `Created ${printableLine(path)}`);
}

const MARKS: Readonly<Record<SchemaChange["change"], string>> = { added: "+", removed: "-", changed: "~" };

/** The statements as they are for a pipe, the written files, or the differences. */
export function diffLines({ from, to, changes, losses, sql, files, ...left }: DiffReport, output: Output): string[] {
  const [first, second] = [printableLine(from), printableLine(to)];
  if (sql !== undefined) {
    const text = [...losses.map((one) => `-- Deletes ${printableLine(one)}`), sql].join("\n").trimEnd();
    return text === "" ? [] : [output.isTerminal ? printable(text) : text];
  }
  if (changes.length === 0) {
    return [`No difference: ${first} and ${second} have the same schema.`, ...leftOutLines(left)];
  }
  if (files.length > 0) {
    return [...createdLines(files), READ_FILES];
  }
  return [
    `${second} differs from ${first} (+ only in ${second}, - only in ${first}, ~ changed):`,
    ...changes.map(({ change, object, details }) => {
      const words = details.length === 0 ? "" : `: ${enumeration([...details])}`;
      return `  ${MARKS[change]} ${printableLine(object + words)}`;
    }),
    ...leftOutLines(left),
  ];
}

function leftOutLines({ platforms, patterns }: Pick<DiffReport, "platforms" | "patterns">): string[] {
  return [
    ...(platforms.length > 0 ? [`Left out the objects of ${printableLine(enumeration([...platforms]))}.`] : []),
    ...(patterns.length > 0 ? [`Left out what matches ${printableLine(enumeration([...patterns]))}.`] : []),
  ];
}
