import type { DriftReport } from "../../core/drift/drift-report.ts";
import { differenceWords } from "../../core/drift/words.ts";
import type { Failure, FilePlace, Finding } from "../../core/failure/failure.ts";
import { planFindings } from "../../core/plan/plan-findings.ts";
import type { PlanReport } from "../../core/plan/plan-report.ts";
import { cut } from "../../core/text/display.ts";
import { checkoutPath, findingsOf, type Inspected, type InspectionReport } from "../output/findings.ts";
import { PLAN_HEADS, statementCells, stepCounts } from "../output/plan-words.ts";
import { counted } from "../output/words.ts";
import { plannedBackupLines } from "../text-report/backup.ts";
import { COLUMNS_IN_PIPES, examinationLines, statementTable } from "../text-report/check.ts";
import { comparisonLines, countWords } from "../text-report/drift.ts";
import { resultWords, wayWords } from "../text-report/failure.ts";
import { inspectionLines } from "../text-report/other-reports.ts";
import { conditionLines } from "../text-report/plan.ts";
import { placeText, sourceWindow } from "../text-report/source-frame.ts";
import { block, code, folded, Room, row, text } from "./markdown.ts";

/** The result of check or validate for a comment on a change, or the failure that kept it from a result. */
export function markdownDocument({ report, findings, checkout }: Inspected): string {
  const lines = report
    ? reportMarkdown({ report, findings }, checkout)
    : ["### pgstep failed", ...findingsMarkdown(findings, checkout, new Room())];
  return `${lines.join("\n")}\n`;
}

/** Shares of a comment, in characters: the findings get the rest. */
const MOST_OF_LIST = 10_000;
const MOST_OF_TABLE = 15_000;

/** A heading with the result, what was checked, the findings by file, and the statements that block others. */
export function reportMarkdown(
  { report, findings }: { readonly report: InspectionReport; readonly findings: readonly Finding[] },
  checkout: string,
): string[] {
  const room = new Room();
  const list = [`- ${checkedWords(report)}`, ...linesOf(report).map((line) => `- ${text(line)}`)];
  const hint = report.type === "check" && report.hint !== undefined ? [["", help(report.hint)]] : [];
  const checked = room.take([...list.map((line) => [line]), ...hint], MOST_OF_LIST);
  if (report.type === "drift") return driftMarkdown(report, checkout, { room, checked });
  if (report.type === "plan") return planMarkdown(report, checkout, { room, checked });
  const table = report.type === "check" ? statementsMarkdown(statementTable(report.statements, false), room) : [];
  const command = report.type === "validation" ? "validate" : report.type;
  const heading = `### pgstep ${command}: ${resultWords(findings)}`;
  return [
    heading,
    ...listMarkdown(findings, checkout, room),
    ...folded("The statements, and the safe ways", findingsMarkdown(findings, checkout, room)),
    ...folded("The locks that keep others waiting", table),
    ...folded("What was checked", ["", ...checked]),
  ];
}

function driftMarkdown(
  { warnings, differences }: DriftReport,
  checkout: string,
  { room, checked }: { readonly room: Room; readonly checked: readonly string[] },
): string[] {
  const result = differences.length === 0 ? "no drift" : countWords(differences);
  const rows = room.take(differences.map((one) => [`- ${text(differenceWords(one))}`]));
  const list = rows.length > 0 ? ["", ...rows] : [];
  return [`### pgstep drift: ${result}`, ...findingsMarkdown(warnings, checkout, room), ...list, "", ...checked];
}

/** For a change ticket: what will happen, statement by statement, then what speaks against it. */
function planMarkdown(
  report: PlanReport,
  checkout: string,
  { room, checked }: { readonly room: Room; readonly checked: readonly string[] },
): string[] {
  const findings = planFindings(report);
  const heading = `### pgstep plan: ${resultWords(findings)}`;
  return [heading, ...findingsMarkdown(findings, checkout, room), ...planTable(report, room), "", ...checked];
}

function planTable({ steps }: PlanReport, room: Room): string[] {
  const rows = steps.flatMap(({ name, statements }) =>
    statements.flatMap((one) => {
      const cells = statementCells(one);
      const all = cells.length > 0 ? cells : [PLAN_HEADS.map(() => "")];
      return all.map((of) => [`${name}:${one.place.line ?? 1}`, ...of, one.statement]);
    }),
  );
  return rows.length === 0 ? [] : statementsMarkdown([["place", ...PLAN_HEADS, "statement"], ...rows], room);
}

function checkedWords(report: InspectionReport): string {
  if (report.type === "plan") return `Planned ${stepCounts(report) || "no migration"} for ${code(report.database)}.`;
  const { type, database } = report;
  if (type === "drift") return `Compared the schema of ${code(database)}.`;
  const { migrations } = report;
  const where = database === undefined ? "" : ` against ${code(database)}`;
  return `Checked ${counted(migrations, "migration")}${where}.`;
}

function linesOf(report: InspectionReport): string[] {
  switch (report.type) {
    case "check":
      return examinationLines(report);
    case "drift":
      return comparisonLines(report);
    case "plan":
      return [...(report.backup ? plannedBackupLines(report.backup) : []), ...conditionLines(report)];
    case "validation":
      return inspectionLines(report);
  }
}

/** A table of statements; the last cell of a row is the statement. */
function statementsMarkdown([heads, ...rows]: readonly (readonly string[])[], room: Room): string[] {
  if (!heads) return [];
  const shown = (cell: string, index: number) => (index === heads.length - 1 ? cut(cell, COLUMNS_IN_PIPES) : cell);
  const written = rows.map((cells) => [row(cells.map(shown).map((cell) => (cell === "" ? "" : code(cell))))]);
  return ["", row(heads), row(heads.map(() => "---")), ...room.take(written, MOST_OF_TABLE)];
}

/** A row for each finding, most severe first. */
function listMarkdown(findings: readonly Finding[], checkout: string, room: Room): string[] {
  if (findings.length === 0) return [];
  const sorted = SEVERITIES.flatMap((severity) => findings.filter((one) => one.severity === severity));
  const rows = sorted.map(({ severity, message, place }) => {
    const where = place === undefined ? "" : code(placeText({ ...place, path: checkoutPath(place, checkout) }));
    return [row([severity, where, text(cut(message, LONGEST_CELL))])];
  });
  return ["", row(["", "where", "what"]), row(["---", "---", "---"]), ...room.take(rows, MOST_OF_TABLE)];
}

const SEVERITIES = ["error", "warning", "note"] as const;
const LONGEST_CELL = 300;

/** The findings, file by file in the order of their first ones; those without a place come first. */
function findingsMarkdown(findings: readonly Finding[], checkout: string, room: Room): string[] {
  const files = new Map<string | undefined, Finding[]>([[undefined, []]]);
  for (const finding of findings) {
    const path = finding.place && checkoutPath(finding.place, checkout);
    const ofFile = files.get(path);
    if (ofFile) ofFile.push(finding);
    else files.set(path, [finding]);
  }
  const explained = new Set<string>();
  const pieces = [...files].flatMap(([path, ofFile]) =>
    ofFile.map((finding, index) => [
      ...(index === 0 && path !== undefined ? ["", `#### ${code(path)}`] : []),
      ...findingMarkdown(finding, explained),
    ]),
  );
  return room.take(pieces);
}

/** A failure, with all its findings. */
export function failureMarkdown(failure: Failure, checkout: string): string[] {
  const { findings, message, hint, server } = failure;
  return [
    ...(findings.length > 0 ? ["", `**error:** ${text(message)}`, ...(hint ? ["", help(hint)] : [])] : []),
    ...findingsMarkdown(findingsOf(failure), checkout, new Room()),
    ...(server?.where ? ["", ...block(server.where)] : []),
  ];
}

/** @param explained the recipes that are in the document already */
function findingMarkdown(
  { rule, severity, message, hint, why, recipe, place }: Finding,
  explained: Set<string>,
): string[] {
  const isNew = recipe !== undefined && !explained.has(recipe);
  if (isNew) explained.add(recipe);

  return [
    "",
    `**${severity}**${lineOf(place)}: ${text(message)}`,
    ...sourceMarkdown(place),
    ...(hint === undefined ? [] : ["", help(hint)]),
    ...(isNew && why !== undefined ? ["", `**why:** ${text(why)}`] : []),
    ...(isNew ? ["", `**${wayWords(rule)}:**`, "", ...block(recipe, "sql")] : []),
  ];
}

function help(hint: string): string {
  return `**help:** ${text(hint)}`;
}

function lineOf(place: FilePlace | undefined): string {
  return place?.line === undefined ? "" : `, line ${place.line}`;
}

const LONGEST_LINE = 200;

function sourceMarkdown(place: FilePlace | undefined): string[] {
  if (place?.sourceLine === undefined) return [];
  const { text: shown } = sourceWindow(place.sourceLine, place.column ?? 1, LONGEST_LINE, "…");
  return ["", ...block(shown, "sql")];
}
