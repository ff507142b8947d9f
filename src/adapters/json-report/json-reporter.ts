import type { Failure } from "../../core/failure/failure.ts";
import type { Event } from "../../core/reports/event.ts";
import type { Report } from "../../core/reports/report.ts";
import { jsonText, printable } from "../../core/text/display.ts";
import type { Reporter } from "../../ports/reporter.ts";
import { isNote, noteLine } from "../output/notes.ts";
import type { OutputStream } from "../output/output.ts";
import { jsonBug, jsonEvent, jsonFailure, jsonReport, type Line } from "./lines.ts";
import { FORMAT_VERSION } from "./version.ts";

/**
 * For programs: one JSON object per line on standard output, the last one the result. Standard error gets bugs in
 * pgstep, notes on used project files and programs, and the failure to write to standard output.
 */
export class JsonReporter implements Reporter {
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  readonly #quiet: boolean;
  readonly #verbose: boolean;

  constructor(
    stdout: OutputStream,
    stderr: OutputStream,
    appearance: { readonly quiet: boolean; readonly verbose: boolean },
  ) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#quiet = appearance.quiet;
    this.#verbose = appearance.verbose && !appearance.quiet;
  }

  event(event: Event): void {
    if (isNote(event)) {
      this.#stderr.write(`${noteLine(event)}\n`);
      return;
    }
    // A file may have a million statements.
    if (event.type === "statement-finished" && !this.#verbose) return;
    if (this.#quiet && !isWarning(event)) return;
    this.#line(jsonEvent(event));
  }

  report(report: Report): void {
    this.#line(jsonReport(report));
  }

  failure(failure: Failure): void {
    if (failure.code === "output-lost") this.#stderr.write(`${printable(failure.message)}\n`);
    this.#line(jsonFailure(failure));
  }

  bug(error: unknown): void {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#stderr.write(`pgstep has a bug: ${printable(stack)}\n`);
    this.#line(jsonBug(error));
  }

  close(): void {}

  #line({ type, ...fields }: Line): void {
    this.#stdout.write(`${jsonText({ type, format: FORMAT_VERSION, ...fields })}\n`);
  }
}

function isWarning(event: Event): boolean {
  return event.type === "warning" || (event.type === "notice" && event.message.severity === "WARNING");
}
