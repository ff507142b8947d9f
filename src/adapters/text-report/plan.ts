import { planFindings } from "../../core/plan/plan-findings.ts";
import type { PlannedStatement, PlannedStep, PlanReport } from "../../core/plan/plan-report.ts";
import { RATE_WORDS } from "../../core/statistics/sizes.ts";
import { cut, printableLine, wrapped } from "../../core/text/display.ts";
import type { Output } from "../output/output.ts";
import { modeWords, statementFacts, stepCounts, surroundingLines, wholeTime } from "../output/plan-words.ts";
import { counted } from "../output/words.ts";
import { plannedBackupLines } from "./backup.ts";
import { standInLines } from "./check.ts";
import { findingLines, resultWords } from "./failure.ts";
import { nothingToDo } from "./run.ts";

/** The plan of `up`: its steps with their statements, then the findings, then a sentence. */
export function releaseLines(report: PlanReport, output: Output, verbose: boolean): string[] {
  const findings = findingLines(planFindings(report), output);
  const steps = report.steps.flatMap((step) => [...stepLines(step, report, output, verbose), ""]);
  return [
    ...steps,
    ...findings,
    ...(findings.length > 0 ? [""] : []),
    summaryLine(report, output),
    ...(report.backup ? plannedBackupLines(report.backup) : []),
    ...conditionLines(report),
    ...fileLines(report, output),
  ];
}

function fileLines({ file }: PlanReport, output: Output): string[] {
  if (!file) return ["Nothing was written."];
  const { path, validUntil } = file;
  return [
    `Wrote the plan to ${printableLine(path)}, valid until ${printableLine(validUntil)}.`,
    output.typed(`To run exactly this plan: pgstep up --plan ${printableLine(path)}`),
  ];
}

/** Where and how the plan was made. */
export function conditionLines(report: PlanReport): string[] {
  const { trial } = report;
  return [
    ...surroundingLines(report),
    ...(trial ? standInLines(trial.standIns) : []),
    ...(wholeTime(report) === undefined ? [] : [`Sizes are those of now. Times are estimates: ${RATE_WORDS}.`]),
  ];
}

/** "Would apply 2 migrations to app on db; they work about 12 s on existing rows: 1 error." */
function summaryLine(report: PlanReport, { colors }: Output): string {
  const { steps, database, alreadyApplied } = report;
  if (steps.length === 0) return nothingToDo({ command: "up", alreadyApplied });
  const time = wholeTime(report);
  const work = time === undefined ? "" : `, with ${time} of work on existing rows`;
  const found = resultWords(planFindings(report), colors);
  return `Would apply ${stepCounts(report)} to ${printableLine(database)}${work}: ${found}.`;
}

function stepLines(step: PlannedStep, report: PlanReport, output: Output, verbose: boolean): string[] {
  const { name, statements, unlisted } = step;
  const { colors } = output;
  return [
    `${colors.bold(printableLine(name))}: ${modeWords(step, report)}`,
    ...statements.flatMap((one) => statementLines(one, output, verbose)),
    ...(unlisted > 0 ? [`  ${output.marks.ellipsis} and ${counted(unlisted, "more statement")} without a lock`] : []),
  ];
}

const INDENT = "  ";
const FEWEST_COLUMNS = 20;

function statementLines(statement: PlannedStatement, output: Output, verbose: boolean): string[] {
  const { columns, marks, colors } = output;
  const line = `line ${statement.place.line ?? 1}  `;
  const room = columns === undefined ? Number.POSITIVE_INFINITY : Math.max(FEWEST_COLUMNS, columns - INDENT.length);
  const text = printableLine(statement.statement);
  const width = Math.max(FEWEST_COLUMNS, room - line.length);
  const facts = statementFacts(statement, verbose);
  const under = " ".repeat(INDENT.length * 2);
  return [
    INDENT +
      colors.dim(line) +
      output.whole(width === Number.POSITIVE_INFINITY ? text : cut(text, width, marks.ellipsis)),
    ...facts.flatMap((fact) => {
      const [first = "", ...rest] = columns === undefined ? [fact] : wrapped(fact, room - INDENT.length * 2, 0);
      return [under + first, ...rest.map((more) => `${under}  ${more}`)];
    }),
  ];
}
