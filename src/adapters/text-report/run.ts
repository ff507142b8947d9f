import type { Failure } from "../../core/failure/failure.ts";
import type { Event } from "../../core/reports/event.ts";
import type { RunReport, SeedReport, StepOutcome, StepReport } from "../../core/reports/report.ts";
import { cut, displayWidth, grouped, pad, printableLine } from "../../core/text/display.ts";
import type { Output } from "../output/output.ts";
import { counted, duration } from "../output/words.ts";
import { blockedLines } from "./progress-line.ts";
import { placeText } from "./source-frame.ts";

/** Longer names do not move the column after them. */
const WIDEST_NAME = 60;

/** The columns of the mark, the outcome and the time. */
const AROUND_NAME = 22;
const NARROWEST_NAME = 12;

/** The width of the column of names, on a terminal of so many columns. */
export function nameColumn(names: readonly string[], columns: number | undefined): number {
  const widest = columns === undefined ? WIDEST_NAME : Math.min(WIDEST_NAME, roomForName(columns));
  return Math.min(widest, Math.max(0, ...names.map((name) => displayWidth(printableLine(name)))));
}

function roomForName(columns: number): number {
  return Math.max(NARROWEST_NAME, columns - AROUND_NAME);
}

/** The outcome of one step, as one line. */
export function stepLine(
  step: Pick<StepReport, "name" | "outcome" | "durationMs">,
  column: number,
  output: Output,
  failure?: Failure,
): string {
  const [mark, word] = outcomeOf(step.outcome, output, failure);
  const behind = [word, step.durationMs === undefined ? "" : output.colors.dim(duration(step.durationMs))];
  const name = printableLine(step.name);
  // A name that wraps is harder to read than one that is cut. The terminal may have become narrower since the column
  // was chosen.
  const room = output.columns !== undefined && column > 0 ? roomForName(output.columns) : Number.POSITIVE_INFINITY;
  const shown = cut(name, room, output.marks.ellipsis);
  return `${mark} ${pad(shown, Math.min(column, room))}  ${behind.filter((text) => text !== "").join("  ")}`.trimEnd();
}

/** A finished statement: its place, command tag, rows and time. */
export function statementLine(event: Extract<Event, { type: "statement-finished" }>, { colors }: Output): string {
  const { step, statement, statements, place, command, rowCount, durationMs } = event;
  const where = place ? placeText({ path: place.path, ...(place.line && { line: place.line }) }) : step.name;
  const words = [
    `${printableLine(where)}  ${statement}/${statements}`,
    printableLine(command) || "empty",
    rowCount === null ? "" : `${grouped(rowCount)} ${rowCount === 1 ? "row" : "rows"}`,
    durationMs === undefined ? "" : duration(durationMs),
  ];
  return colors.dim(`  ${words.filter((word) => word !== "").join("  ")}`);
}

/** The retry of a step, and the sessions that blocked it. */
export function retryLines(event: Extract<Event, { type: "retrying" }>, output: Output): string[] {
  const { step, reason, delayMs, attempt } = event;
  const why = `${printableLine(reason.message)} (${printableLine(reason.code)})`;
  return [
    `${printableLine(step.name)}: ${why}; rolled back, retrying in ${duration(delayMs)} (attempt ${attempt + 1})`,
    ...blockedLines(event, output),
  ];
}

function outcomeOf(
  outcome: StepOutcome,
  { colors, marks }: Output,
  failure: Failure | undefined,
): [mark: string, word: string] {
  switch (outcome) {
    case "applied":
      return [colors.green(marks.applied), ""];
    case "undone":
      return [colors.green(marks.undone), "undone"];
    case "failed":
      return [colors.red(marks.failed), colors.red(stoppedWord(failure) ?? "failed")];
    case "rolled-back":
      return [colors.yellow(marks.rolledBack), "rolled back"];
    case "not-run":
      return [colors.dim(marks.notRun), colors.dim("not run")];
    case "lost":
      return [colors.red(marks.failed), colors.red("lost by the server")];
    case "in-doubt":
      return [colors.red(marks.inDoubt), colors.red("unknown outcome")];
  }
}

/** Of more consecutive steps with one outcome, the rest is only counted. */
const MOST_LINES = 20;

/** The steps that did not succeed, in order; long rows of the same outcome are cut short. */
export function unfinishedLines(
  steps: readonly StepReport[],
  column: number,
  output: Output,
  failure?: Failure,
): string[] {
  const lines: string[] = [];
  for (let index = 0; index < steps.length; ) {
    const outcome = steps[index]?.outcome;
    const next = steps.findIndex((step, at) => at > index && step.outcome !== outcome);
    const row = steps.slice(index, next === -1 ? undefined : next);
    const shown = row.length > MOST_LINES ? row.slice(0, MOST_LINES - 1) : row;
    lines.push(...shown.map((step) => stepLine(step, column, output, failure)));
    if (shown.length < row.length) lines.push(`  ${output.marks.ellipsis} and ${row.length - shown.length} more`);
    index += row.length;
  }
  return lines;
}

/** The steps that a dry run would have run. */
export function planLines(report: RunReport, output: Output): string[] {
  const { steps } = report;
  const { repeatable = [] } = report;
  const again =
    repeatable.length === 0
      ? []
      : [
          `Would apply ${counted(repeatable.length, "repeatable migration")} in this order, on ${printableLine(report.database)}:`,
          ...repeatable.map(({ name, path }) => `  ${printableLine(name)}  ${output.colors.dim(printableLine(path))}`),
        ];
  if (steps.length === 0)
    return again.length === 0 ? [nothingToDo(report), "Nothing was written."] : [...again, "Nothing was written."];
  const column = nameColumn(
    steps.map((step) => step.name),
    output.columns,
  );
  const verb = report.command === "up" ? "apply" : report.command === "down" ? "undo" : "undo and reapply";
  const count = report.command === "redo" ? steps.length / 2 : steps.length;
  return [
    `Would ${verb} ${counted(count, "migration")} in this order, on ${printableLine(report.database)}:`,
    ...steps.map(({ name, description, direction }) => {
      const mark = direction === "up" ? output.marks.applied : output.marks.undone;
      const text = `${output.colors.dim(direction === "up" ? "up  " : "down")} ${pad(printableLine(name), column)}  ${printableLine(description)}`;
      return `${report.command === "redo" ? `${mark} ` : "  "}${text}`.trimEnd();
    }),
    ...again,
    "Nothing was written.",
    ...(report.command === "up" ? [output.typed("To see what that locks, blocks and destroys, run pgstep plan")] : []),
  ];
}

/** One sentence that summarizes a run. */
export function summaryLine(report: RunReport): string {
  const { steps, failure, durationMs } = report;
  const { repeatable = [] } = report;
  const made = repeatable.filter(({ outcome }) => outcome === "applied").length;
  if (steps.length === 0 && repeatable.length === 0 && !failure) return nothingToDo(report);
  const of = (outcome: StepOutcome) => steps.filter((step) => step.outcome === outcome);
  const applied = of("applied").length;
  const undone = of("undone").length;
  if (!failure && applied + undone === steps.length)
    return `${allDoneWords(report, applied, undone, made)} in ${duration(durationMs)}.`;
  const clauses = [
    ...(steps.length > 0 ? [`${partlyWords(report, applied, undone)} in ${duration(durationMs)}`] : []),
    ...of("failed").map((step) => failedWords(step, failure)),
    ...(repeatable.length > made ? ["no repeatable migration was applied"] : []),
    ...(steps.length + repeatable.length === 0 ? ["Nothing was run"] : []),
    ...(failure?.code === "hook-failed" ? ["a hook failed"] : []),
  ];
  const rest = (count: number, words: string, more = "") => {
    if (count > 0) clauses.push(`${count}${more} ${count === 1 ? "was" : "were"} ${words}`);
  };
  rest(of("rolled-back").length, "rolled back", of("failed").length > 0 ? " more" : "");
  rest(of("lost").length, "lost by the server");
  rest(of("not-run").length, "not run");
  const inDoubt = of("in-doubt").length;
  if (inDoubt > 0) clauses.push(`the outcome of ${counted(inDoubt, "migration")} is unknown`);
  const sentence = clauses.join("; ");
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

/** Includes the repeatable migrations, if any were applied. */
function allDoneWords(report: RunReport, applied: number, undone: number, made: number): string {
  if (made === 0) return doneWords(report, applied, undone);
  const objects = counted(made, "repeatable migration");
  return report.steps.length === 0 ? `Applied ${objects}` : `${doneWords(report, applied, undone)} and ${objects}`;
}

function doneWords({ command }: RunReport, applied: number, undone: number): string {
  if (command === "down") return `Undid ${counted(undone, "migration")}`;
  if (command === "redo") return `Undid and reapplied ${counted(applied, "migration")}`;
  return `Applied ${counted(applied, "migration")}`;
}

function partlyWords({ command, steps }: RunReport, applied: number, undone: number): string {
  if (command === "redo") {
    const half = steps.length / 2;
    return `Undid ${undone} of ${counted(half, "migration")} and reapplied ${applied}`;
  }
  return command === "down"
    ? `Undid ${undone} of ${counted(steps.length, "migration")}`
    : `Applied ${applied} of ${counted(steps.length, "migration")}`;
}

/** The word for a step that the user stopped, as opposed to one that failed. */
function stoppedWord(failure: Failure | undefined): string | undefined {
  return failure?.code === "interrupted" || failure?.code === "terminated" ? failure.code : undefined;
}

/** Includes what is left of a failed step, where the report knows it. */
function failedWords(step: StepReport, failure: Failure | undefined): string {
  const stopped = stoppedWord(failure);
  const what = `${printableLine(step.name)} ${stopped ? `was ${stopped}` : "failed"}`;
  if (!("inPart" in step)) return what;
  return step.inPart ? `${what} partway, and its finished statements stay` : `${what} and was rolled back`;
}

/** Why there is nothing to run. */
export function nothingToDo({ command, alreadyApplied }: Pick<RunReport, "command" | "alreadyApplied">): string {
  if (command !== "up") {
    if (alreadyApplied > 0) return "Nothing to do: nothing above that version is applied.";
    return "Nothing to do: no migration is applied.";
  }
  if (alreadyApplied === 0) return "Nothing to do: no migration is pending.";
  const are = alreadyApplied === 1 ? "is" : "are";
  return `Nothing to do: ${counted(alreadyApplied, "migration")} ${are} already applied.`;
}

/** The seeds that a dry run would have run. */
export function seedPlanLines(report: SeedReport, { colors }: Output): string[] {
  const { steps, database } = report;
  if (steps.length === 0) return [seedSummary(report), "Nothing was written."];
  const column = Math.max(...steps.map(({ name }) => displayWidth(printableLine(name))));
  return [
    `Would run ${counted(steps.length, "seed")} in this order, on ${printableLine(database)}:`,
    ...steps.map(({ name, description }) =>
      `  ${pad(printableLine(name), column)}  ${colors.dim(printableLine(description))}`.trimEnd(),
    ),
    "Nothing was written.",
  ];
}

/** One sentence that summarizes a run of seeds. */
export function seedSummary({ steps, failure, alreadyDone, directory, durationMs }: SeedReport): string {
  const of = (outcome: StepOutcome) => steps.filter((step) => step.outcome === outcome);
  if (steps.length === 0 && !failure) {
    if (alreadyDone === 0) return `Nothing to do: there are no seeds in ${printableLine(directory)}.`;
    return `Nothing to do: ${counted(alreadyDone, "seed")} ran before, and ${alreadyDone === 1 ? "runs" : "run"} only once.`;
  }
  if (!failure) return `Ran ${counted(steps.length, "seed")} in ${duration(durationMs)}.`;
  const clauses = [`Ran ${of("applied").length} of ${counted(steps.length, "seed")} in ${duration(durationMs)}`];
  for (const { name } of of("failed")) clauses.push(`${printableLine(name)} failed and was rolled back`);
  const [notRun, lost, inDoubt] = [of("not-run").length, of("lost").length, of("in-doubt").length];
  if (lost > 0) clauses.push(`${lost} ${lost === 1 ? "was" : "were"} lost by the server`);
  if (notRun > 0) clauses.push(`${notRun} ${notRun === 1 ? "was" : "were"} not run`);
  if (inDoubt > 0) clauses.push(`the outcome of ${counted(inDoubt, "seed")} is unknown`);
  return `${clauses.join("; ")}.`;
}
