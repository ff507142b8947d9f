import type { DriftedObject, DriftReport, DriftState, LastApply } from "../../core/drift/drift-report.ts";
import { differenceWords } from "../../core/drift/words.ts";
import { printable, printableLine } from "../../core/text/display.ts";
import type { Output } from "../output/output.ts";
import { counted, listed } from "../output/words.ts";
import { createdLines, READ_FILES } from "./backup.ts";
import { standInLines } from "./check.ts";
import { findingLines, helpLines } from "./failure.ts";

/** The differences, a line for the result, and what was compared. @param verbose true to show the SQL of both sides */
export function driftLines(report: DriftReport, output: Output, verbose: boolean): string[] {
  const { warnings, differences } = report;
  const findings = findingLines(warnings, output);
  return [
    ...findings,
    ...(findings.length > 0 ? [""] : []),
    ...differences.flatMap((one) => differenceLines(one, output, verbose)),
    ...(differences.length > 0 ? [""] : []),
    resultLine(report, output),
    ...comparisonLines(report),
    ...(differences.length === 0 ? [] : nextLines(report, output)),
  ];
}

const HINT = "Write the changes into a migration: pgstep drift --write <description>; or undo them in the database.";

/** The written files and what to do with them, or what can be done. */
function nextLines({ files, versions, database }: DriftReport, output: Output): string[] {
  if (files.length === 0) return helpLines(output.typed(HINT), output);
  const commands = versions.map((version) => `pgstep resolve ${version} --applied`).join("; ");
  const hint = `On ${printableLine(database)}, which has the changes, only record the files: ${commands}. On all other databases, run pgstep up.`;
  return [...createdLines(files), ...helpLines(output.typed(hint), output), READ_FILES];
}

const MARKS: Readonly<Record<DriftState, string>> = { added: "+", missing: "-", changed: "~" };

function differenceLines(object: DriftedObject, output: Output, verbose: boolean): string[] {
  const { green, red, yellow } = output.colors;
  const paint = { added: green, missing: red, changed: yellow }[object.state];
  const line = `${paint(MARKS[object.state])} ${printableLine(differenceWords(object))}`;
  return verbose
    ? [
        line,
        ...sideLines("in the database:", object.database, output),
        ...sideLines("by the migrations:", object.migrations, output),
      ]
    : [line];
}

function sideLines(label: string, sql: string | null, output: Output): string[] {
  if (sql === null) return [];
  const lines = printable(sql).split("\n");
  return [`    ${output.colors.dim(label)}`, ...lines.map((line) => output.whole(`      ${line}`))];
}

function resultLine({ database, differences }: DriftReport, { colors }: Output): string {
  const where = printableLine(database);
  if (differences.length === 0) return `${where} has no drift.`;
  return `${where} ${colors.red("has drifted")}: ${countWords(differences)}.`;
}

/** "2 objects added, 1 missing and 1 changed". */
export function countWords(differences: readonly DriftedObject[]): string {
  const counts = (["added", "missing", "changed"] as const)
    .map((state) => [state, differences.filter((one) => one.state === state).length] as const)
    .filter(([, count]) => count > 0);
  return listed(counts.map(([state, count], index) => `${index === 0 ? counted(count, "object") : count} ${state}`));
}

function lastApplyLine({ state, ...apply }: LastApply): string {
  const recordedAt = printableLine(apply.recordedAt);
  switch (state) {
    case "same":
      return `The schema has not changed since the last apply at ${recordedAt}.`;
    case "changed":
      return `The schema has changed since the last apply at ${recordedAt}.`;
    case "not-comparable":
      return `The fingerprint of the last apply at ${recordedAt} has another format: not comparable.`;
  }
}

/** What was compared, and what was left out. */
export function comparisonLines({ migrations, repeatable, shadow, ...report }: DriftReport): string[] {
  const more = repeatable > 0 ? ` and ${counted(repeatable, "repeatable migration")}` : "";
  const { ignored, ofPlatform, platform, lastApply, standIns } = report;
  return [
    `Compared with ${counted(migrations, "applied migration")}${more}, run on ${printableLine(shadow)}.`,
    ...(lastApply ? [lastApplyLine(lastApply)] : []),
    ...(ofPlatform > 0
      ? [`Left out ${counted(ofPlatform, "object")} of ${printableLine(platform ?? "extensions")}.`]
      : []),
    ...(ignored > 0 ? [`Ignored ${counted(ignored, "difference")} by patterns.`] : []),
    ...standInLines(standIns),
  ];
}
