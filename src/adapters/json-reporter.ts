import { withoutPasswords } from "../core/display-text.ts";
import type { Failure } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import type { Report } from "../core/report.ts";
import type { Reporter } from "../ports/reporter.ts";
import { jsonEvent, jsonFailure, jsonReport } from "./reporter-json-lines.ts";
import type { JsonLine } from "./reporter-json-shapes.ts";
import type { OutputStream } from "./reporter-output.ts";

/** For programs: one JSON object a line on standard output; standard error is for pgstep's own faults only. */
export class JsonReporter implements Reporter {
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  readonly #verbose: boolean;

  constructor(stdout: OutputStream, stderr: OutputStream, { verbose }: { readonly verbose: boolean }) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#verbose = verbose;
  }

  event(event: Event): void {
    // A file may have a million statements.
    if (event.type === "statement-finished" && !this.#verbose) return;
    this.#line(jsonEvent(event));
  }

  report(report: Report): void {
    this.#line(jsonReport(report));
    if (report.type === "run" && report.failure) this.failure(report.failure);
  }

  failure(failure: Failure): void {
    this.#line(jsonFailure(failure));
  }

  bug(error: unknown): void {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#stderr.write(`pgstep has a bug: ${withoutPasswords(stack)}\n`);
    this.#line({ type: "bug", message: error instanceof Error ? error.message : String(error), exitStatus: 1 });
  }

  close(): void {}

  #line(line: JsonLine): void {
    const text = JSON.stringify(line, (_, value: unknown) =>
      typeof value === "string" ? withoutPasswords(value) : value,
    );
    this.#stdout.write(`${text}\n`);
  }
}
