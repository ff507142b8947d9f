import type { SeedReport, StepOutcome } from "../../core/reports/report.ts";
import { displayWidth, pad, printableLine } from "../../core/text/display.ts";
import type { Output } from "../output/output.ts";
import { counted, duration } from "../output/words.ts";

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

/** One sentence that summarizes the run. */
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
