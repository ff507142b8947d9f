import { appendFileSync } from "node:fs";
import type { Failure } from "../../core/failure/failure.ts";
import { messageOf } from "../../core/failure/system-error.ts";
import type { Report, RunReport, StepReport } from "../../core/reports/report.ts";
import type { Reporter } from "../../ports/reporter.ts";
import { inspectedIn } from "../output/findings.ts";
import { duration } from "../output/words.ts";
import { summaryLine } from "../text-report/run.ts";
import { failureMarkdown, reportMarkdown } from "./findings-markdown.ts";
import { code, row, text } from "./markdown.ts";

/** GitHub accepts at most 1 MiB for a step. */
const MOST_ROWS = 500;

/** The result of the command in Markdown for GitHub's job summary, appended to the file that GitHub names. */
export class StepSummary implements Reporter {
  readonly #path: string;
  readonly #checkout: string;

  constructor(path: string, checkout: string) {
    this.#path = path;
    this.#checkout = checkout;
  }

  event(): void {}

  report(report: Report): void {
    const inspected = inspectedIn(report);
    if (report.type === "run") this.#append(runSummary(report, this.#checkout));
    else if (inspected) this.#append(reportMarkdown(inspected, this.#checkout));
    else if ("failure" in report && report.failure) this.failure(report.failure);
  }

  failure(failure: Failure): void {
    this.#append(["### pgstep failed", ...failureMarkdown(failure, this.#checkout)]);
  }

  bug(error: unknown): void {
    this.#append(["### pgstep has a bug", "", text(messageOf(error))]);
  }

  close(): void {}

  #append(lines: readonly string[]): void {
    try {
      appendFileSync(this.#path, `${lines.join("\n")}\n\n`);
    } catch {
      // The log has the same; the job must not fail without the summary.
    }
  }
}

export function runSummary(report: RunReport, checkout: string): string[] {
  const { command, steps, failure, database, dryRun } = report;
  return [
    `### pgstep ${command}${dryRun ? " --dry-run" : ""}: ${failure ? "failed" : "done"}`,
    "",
    `${text(summaryLine(report))} Database: ${code(database)}`,
    ...(steps.length > 0 ? ["", "| migration | outcome | time |", "|---|---|---:|"] : []),
    ...steps.slice(0, MOST_ROWS).map(stepRow),
    ...(steps.length > MOST_ROWS ? [row([`... and ${steps.length - MOST_ROWS} more`, "", ""])] : []),
    ...(failure ? failureMarkdown(failure, checkout) : []),
  ];
}

function stepRow({ name, outcome, durationMs }: StepReport): string {
  const words = outcome === "in-doubt" ? "unknown" : outcome.replaceAll("-", " ");
  return row([code(name), words, durationMs === undefined ? "" : duration(durationMs)]);
}
