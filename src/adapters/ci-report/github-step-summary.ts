import { appendFileSync } from "node:fs";
import type { Failure, Finding } from "../../core/failure/failure.ts";
import { messageOf } from "../../core/failure/system-error.ts";
import type { CheckReport } from "../../core/reports/check-report.ts";
import type { Report, RunReport, StepReport, ValidationReport } from "../../core/reports/report.ts";
import { printable, printableLine } from "../../core/text/display.ts";
import { safeText } from "../../core/text/safe-text.ts";
import type { Reporter } from "../../ports/reporter.ts";
import { findingsOf } from "../output/findings.ts";
import { counted, duration } from "../output/words.ts";
import { summaryLine } from "../text-report/run.ts";
import { placeText } from "../text-report/source-frame.ts";

/** GitHub accepts at most 1 MiB for a step. */
const MOST_ROWS = 500;

/** The result of the command in Markdown for GitHub's job summary, appended to the file that GitHub names. */
export class StepSummary implements Reporter {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  event(): void {}

  report(report: Report): void {
    if (report.type === "run") this.#append(runSummary(report));
    else if (report.type === "validation") this.#append(validationSummary(report));
    else if (report.type === "check") this.#append(checkSummary(report));
    else if ("failure" in report && report.failure) this.failure(report.failure);
  }

  failure(failure: Failure): void {
    this.#append(["### pgstep failed", "", ...failureSummary(failure)]);
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

export function runSummary(report: RunReport): string[] {
  const { command, steps, failure, database, dryRun } = report;
  return [
    `### pgstep ${command}${dryRun ? " --dry-run" : ""}: ${failure ? "failed" : "done"}`,
    "",
    `${text(summaryLine(report))} Database: ${code(database)}`,
    ...(steps.length > 0 ? ["", "| migration | outcome | time |", "|---|---|---:|"] : []),
    ...steps.slice(0, MOST_ROWS).map(stepRow),
    ...more(steps.length),
    ...(failure ? ["", ...failureSummary(failure)] : []),
  ];
}

function stepRow({ name, outcome, durationMs }: StepReport): string {
  const words = outcome === "in-doubt" ? "unknown" : outcome.replaceAll("-", " ");
  return `| ${code(name)} | ${words} | ${durationMs === undefined ? "" : duration(durationMs)} |`;
}

export function validationSummary(report: ValidationReport): string[] {
  return findingSummary("validate", report);
}

/** The findings of a check, and its table of statements that block others. */
export function checkSummary(report: CheckReport): string[] {
  const rows = report.statements.flatMap(({ place, touches }) =>
    touches
      .filter(({ blocks, rewritten }) => blocks || rewritten)
      .map(
        ({ relation, lock, blocks, rewritten }) =>
          `| ${[code(placeText(place)), code(relation), text(lock), text(blocks ?? ""), rewritten ? "rewritten" : ""].join(" | ")} |`,
      ),
  );
  return [
    ...findingSummary("check", report),
    ...(rows.length > 0 ? ["", "| statement | relation | lock | blocks | rows |", "|---|---|---|---|---|"] : []),
    ...rows.slice(0, MOST_ROWS),
    ...more(rows.length),
  ];
}

type Found = Pick<ValidationReport | CheckReport, "findings" | "migrations" | "database">;

function findingSummary(command: string, { findings, migrations, database }: Found): string[] {
  const where = database === undefined ? "" : ` against ${code(database)}`;
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.length - errors;
  return [
    `### pgstep ${command}: ${errors > 0 ? "failed" : "done"}`,
    "",
    `Checked ${counted(migrations, "migration")}${where}: ${counted(errors, "error")}, ${counted(warnings, "warning")}.`,
    ...(findings.length > 0 ? ["", ...findingTable(findings)] : []),
  ];
}

function failureSummary(failure: Failure): string[] {
  const { place, server, findings } = failure;
  const said = findingsOf(failure)[0];
  const message = findings.length > 0 ? failure.message : (said?.message ?? failure.message);
  return [
    `**error:** ${text(message)}`,
    ...(place ? ["", `at ${code(placeText(place))}`] : []),
    ...(place?.sourceLine !== undefined ? ["", ...block(place.sourceLine)] : []),
    ...(server?.where ? ["", ...block(server.where)] : []),
    ...(failure.hint ? ["", `**help:** ${text(failure.hint)}`] : []),
    ...(findings.length > 0 ? ["", ...findingTable(findings)] : []),
  ];
}

function findingTable(findings: readonly Finding[]): string[] {
  return [
    "| | place | message |",
    "|---|---|---|",
    ...findings
      .slice(0, MOST_ROWS)
      .map(
        ({ severity, place, message }) => `| ${severity} | ${place ? code(placeText(place)) : ""} | ${text(message)} |`,
      ),
    ...more(findings.length),
  ];
}

function more(count: number): string[] {
  return count > MOST_ROWS ? [`| ... and ${count - MOST_ROWS} more | | |`] : [];
}

/** Plain text, with Markdown and HTML escaped. */
function text(plain: string): string {
  return safeText(plain, "markdown");
}

/** Text as code on one line, also inside a table. */
function code(plain: string): string {
  return `<code>${text(printableLine(plain))}</code>`;
}

const LONGEST_BLOCK = 2_000;

/** A code block, fenced by more backticks than it contains. */
function block(plain: string): string[] {
  const shown = printable(plain.slice(0, LONGEST_BLOCK));
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return [fence, shown, fence];
}
