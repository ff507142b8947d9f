import type { Failure } from "../../core/failure/failure.ts";
import type { Event } from "../../core/reports/event.ts";
import type { Report } from "../../core/reports/report.ts";
import type { Reporter } from "../../ports/reporter.ts";

/** Passes everything to each of several reporters, in order. */
export class SeveralReporters implements Reporter {
  readonly #reporters: readonly Reporter[];

  constructor(reporters: readonly Reporter[]) {
    this.#reporters = reporters;
  }

  event(event: Event): void {
    for (const reporter of this.#reporters) reporter.event(event);
  }

  report(report: Report): void {
    for (const reporter of this.#reporters) reporter.report(report);
  }

  failure(failure: Failure): void {
    for (const reporter of this.#reporters) reporter.failure(failure);
  }

  bug(error: unknown): void {
    for (const reporter of this.#reporters) reporter.bug(error);
  }

  close(): void {
    for (const reporter of this.#reporters) reporter.close();
  }
}
