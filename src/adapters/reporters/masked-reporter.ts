import type { Failure } from "../../core/failure/failure.ts";
import type { Event } from "../../core/reports/event.ts";
import type { Report } from "../../core/reports/report.ts";
import { maskedError, maskedFailure, withoutSecrets } from "../../core/secrets/masked-report.ts";
import type { Reporter } from "../../ports/reporter.ts";

/** Masks the secrets in everything before it passes it on to another reporter. */
export class MaskedReporter implements Reporter {
  readonly #reporter: Reporter;

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  event(event: Event): void {
    this.#reporter.event(withoutSecrets(event));
  }

  report(report: Report): void {
    this.#reporter.report(withoutSecrets(report));
  }

  failure(failure: Failure): void {
    this.#reporter.failure(maskedFailure(failure));
  }

  bug(error: unknown): void {
    this.#reporter.bug(maskedError(error));
  }

  close(): void {
    this.#reporter.close();
  }
}
