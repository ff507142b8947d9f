import type {
  PlannedStatement,
  PlannedStep,
  PlannedTouch,
  PlannedWork,
  PlanReport,
} from "../../core/plan/plan-report.ts";
import { aboutTime, largeCount, rowWords } from "../../core/statistics/number-words.ts";
import { enumeration, printableLine } from "../../core/text/display.ts";
import { sizeText } from "../../core/text/size.ts";
import { counted, listed } from "./words.ts";

/* The words of a plan, for text and for Markdown. */

/** Lines for one statement: its locks, its work, what it destroys. @param all also the locks that block no other session */
export function statementFacts(statement: PlannedStatement, all: boolean): string[] {
  const { touches, inTransaction, outside, work, rows, unknown, destroys, breaks } = statement;
  const shown = touches.filter((one) => all || one.lock !== "ACCESS SHARE" || one.rewritten || one.scanned);
  const reads = rows && !work ? [`${rowWords(rows.rows)}${scanWords(rows.scans)}`] : [];
  return [
    ...(inTransaction ? [] : [`outside a transaction${outside === undefined ? "" : `: ${outside}`}`]),
    ...shown.map(touchWords),
    ...(work ? [workWords(work, statement)] : []),
    ...reads,
    ...(unknown === undefined ? [] : [unknown.startsWith("not known") ? `its rows are ${unknown}` : unknown]),
    ...destroys.map((words) => `destroys data: ${words}`),
    ...breaks.map((words) => `breaks running clients: ${words}`),
  ].map(printableLine);
}

/** "ACCESS EXCLUSIVE on orders (about 12,000 rows, 1.5 MB): blocks reads and writes". */
function touchWords(touch: PlannedTouch): string {
  const { relation, lock, blocks } = touch;
  return `${lock} on ${relation}${sizeWords(touch)}${blocks ? `: blocks ${blocks}` : ""}`;
}

function sizeWords({ isNew, rows, bytes }: PlannedTouch): string {
  if (isNew) return " (new)";
  const known = [...(rows === undefined ? [] : [rowWords(rows)]), ...(bytes === undefined ? [] : [sizeText(bytes)])];
  return known.length > 0 ? ` (${known.join(", ")})` : "";
}

const DOING: Readonly<Record<PlannedWork["kind"], string>> = {
  rewrites: "rewrites",
  indexes: "reads and indexes",
  reads: "reads all of",
  changes: "changes",
};

function workWords(
  { kind, relations, rows, diskBytes, durationMs }: PlannedWork,
  { rows: explained }: PlannedStatement,
) {
  const names = enumeration(relations);
  const count = rows === undefined ? "" : `${explained ? "" : "up to "}${rowWords(rows)} of `;
  const what = kind === "changes" ? count + names : names;
  const found = explained ? scanWords(explained.scans) : "";
  const disk = diskBytes === undefined || diskBytes === 0 ? [] : [`${aboutSize(diskBytes)} more disk`];
  const costs = durationMs === undefined ? ["its size is not known"] : [...disk, timeWords(durationMs)];
  return `${DOING[kind]} ${what}${found}: ${costs.join(", ")}`;
}

function scanWords(scans: readonly string[]): string {
  return scans.length > 0 ? `, found by ${enumeration(scans)}` : "";
}

function aboutSize(bytes: number): string {
  return `about ${sizeText(bytes)}`;
}

/** "about 12 s". */
export function timeWords(durationMs: number): string {
  return aboutTime(durationMs / 1_000);
}

/** "one transaction". */
export function modeWords({ mode, kind }: PlannedStep, { singleTransaction }: PlanReport): string {
  if (mode === "statements") return "statement by statement";
  if (singleTransaction) return "in the transaction of all";
  return kind === "repeatable" ? "in the transaction of the repeatable migrations" : "one transaction";
}

/** The place of a lock, its relation and what the statement does, for a table. */
export function statementCells(statement: PlannedStatement): string[][] {
  const { touches, work } = statement;
  const does = work ? `${work.kind}${work.durationMs === undefined ? "" : `, ${timeWords(work.durationMs)}`}` : "";
  return touches
    .filter(({ lock, rewritten }) => lock !== "ACCESS SHARE" || rewritten)
    .map(({ relation, lock, blocks = "", rows, bytes, isNew }) => [
      ...[relation, lock, blocks],
      isNew ? "new" : rows === undefined ? "" : largeCount(rows),
      bytes === undefined ? "" : sizeText(bytes),
      does,
    ]);
}

export const PLAN_HEADS = ["relation", "lock", "blocks", "rows", "size", "does"];

/** Work around the steps, the place where the statements were tried, and the basis of the estimates. */
export function surroundingLines(report: PlanReport): string[] {
  const { hooks, trial, samples, ignored, known } = report;
  return [
    ...(hooks.length > 0
      ? [
          `Hooks: ${printableLine(enumeration(hooks.map(({ moment, name }) => `${moment} (${name})`)))}. Hooks are not tried.`,
        ]
      : []),
    ...(trial ? [`Tried on ${printableLine(trial.database)}.`] : []),
    ...(trial && trial.roles.length > 0
      ? [`Created roles there that no file creates: ${printableLine(enumeration(trial.roles))}.`]
      : []),
    ...(samples > 1 ? [`Looked at other sessions ${samples} times.`] : []),
    ...(ignored > 0 ? [`Comments in the files ignore ${counted(ignored, "finding")}.`] : []),
    ...(known > 0 ? [`Known before: ${counted(known, "finding")}.`] : []),
  ];
}

/** "2 migrations and 1 repeatable migration". */
export function stepCounts({ steps }: PlanReport): string {
  const count = (kind: PlannedStep["kind"]) => steps.filter((step) => step.kind === kind).length;
  const counts = [
    ...(count("migration") > 0 ? [counted(count("migration"), "migration")] : []),
    ...(count("repeatable") > 0 ? [counted(count("repeatable"), "repeatable migration")] : []),
  ];
  return listed(counts);
}

/** The time that all statements work on existing rows; undefined if none does, or if a size is not known. */
export function wholeTime({ steps }: PlanReport): string | undefined {
  const works = steps.flatMap(({ statements }) => statements.flatMap(({ work }) => work ?? []));
  if (works.length === 0 || works.some(({ durationMs }) => durationMs === undefined)) return undefined;
  return timeWords(works.reduce((sum, { durationMs = 0 }) => sum + durationMs, 0));
}
