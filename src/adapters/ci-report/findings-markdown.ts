import type { Failure, FilePlace, Finding } from "../../core/failure/failure.ts";
import type { CheckReport } from "../../core/reports/check-report.ts";
import type { ValidationReport } from "../../core/reports/report.ts";
import { cut } from "../../core/text/display.ts";
import { checkoutPath, findingsOf, type Inspected } from "../output/findings.ts";
import { counted } from "../output/words.ts";
import { COLUMNS_IN_PIPES, examinationLines, statementTable } from "../text-report/check.ts";
import { resultWords } from "../text-report/failure.ts";
import { inspectionLines } from "../text-report/other-reports.ts";
import { sourceWindow } from "../text-report/source-frame.ts";
import { block, code, Room, row, text } from "./markdown.ts";

/** The result of check or validate for a comment on a change, or the failure that kept it from a result. */
export function markdownDocument({ report, findings, checkout }: Inspected): string {
  const lines = report
    ? reportMarkdown(report, checkout)
    : ["### pgstep failed", ...findingsMarkdown(findings, checkout, new Room())];
  return `${lines.join("\n")}\n`;
}

/** Shares of a comment, in characters: the findings get the rest. */
const MOST_OF_LIST = 10_000;
const MOST_OF_TABLE = 15_000;

/** A heading with the result, what was checked, the findings by file, and the statements that block others. */
export function reportMarkdown(report: ValidationReport | CheckReport, checkout: string): string[] {
  const { migrations, database, findings } = report;
  const command = report.type === "check" ? "check" : "validate";
  const room = new Room();
  const where = database === undefined ? "" : ` against ${code(database)}`;
  const lines = report.type === "check" ? examinationLines(report) : inspectionLines(report);
  const list = [`- Checked ${counted(migrations, "migration")}${where}.`, ...lines.map((line) => `- ${text(line)}`)];
  const hint = report.type === "check" && report.hint !== undefined ? [["", help(report.hint)]] : [];
  const checked = room.take([...list.map((line) => [line]), ...hint], MOST_OF_LIST);
  const table = report.type === "check" ? tableMarkdown(report, room) : [];
  const heading = `### pgstep ${command}: ${resultWords(findings)}`;
  return [heading, ...findingsMarkdown(findings, checkout, room), ...table, "", ...checked];
}

function tableMarkdown({ statements }: CheckReport, room: Room): string[] {
  const [heads, ...rows] = statementTable(statements, false);
  if (!heads) return [];
  const shown = (cell: string, index: number) => (index === heads.length - 1 ? cut(cell, COLUMNS_IN_PIPES) : cell);
  const written = rows.map((cells) => [row(cells.map(shown).map((cell) => (cell === "" ? "" : code(cell))))]);
  return ["", row(heads), row(heads.map(() => "---")), ...room.take(written, MOST_OF_TABLE)];
}

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
function findingMarkdown({ severity, message, hint, why, recipe, place }: Finding, explained: Set<string>): string[] {
  const isNew = recipe !== undefined && !explained.has(recipe);
  if (isNew) explained.add(recipe);

  return [
    "",
    `**${severity}**${lineOf(place)}: ${text(message)}`,
    ...sourceMarkdown(place),
    ...(hint === undefined ? [] : ["", help(hint)]),
    ...(isNew && why !== undefined ? ["", `**why:** ${text(why)}`] : []),
    ...(isNew ? ["", "**the safe way:**", "", ...block(recipe, "sql")] : []),
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
