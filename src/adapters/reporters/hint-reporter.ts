import type { Failure } from "../../core/failure/failure.ts";
import type { HintCommands } from "../../core/hints/hint-commands.ts";
import { failureWithHints, withHints } from "../../core/hints/hint-fields.ts";
import type { Event } from "../../core/reports/event.ts";
import type { Report } from "../../core/reports/report.ts";
import type { Reporter } from "../../ports/reporter.ts";

/** Rewrites the commands in all hints to how pgstep was started, and passes everything on to another reporter. */
export class HintReporter implements Reporter {
  readonly #reporter: Reporter;
  readonly #rewrite: (hint: string) => string;

  constructor(reporter: Reporter, commands: HintCommands) {
    this.#reporter = reporter;
    this.#rewrite = (hint) => commands.rewritten(hint);
  }

  event(event: Event): void {
    this.#reporter.event(withHints(event, this.#rewrite));
  }

  report(report: Report): void {
    this.#reporter.report(withHints(report, this.#rewrite));
  }

  failure(failure: Failure): void {
    this.#reporter.failure(failureWithHints(failure, this.#rewrite));
  }

  bug(error: unknown): void {
    this.#reporter.bug(error);
  }

  close(): void {
    this.#reporter.close();
  }
}
