import type { Failure } from "../core/failure/failure.ts";
import type { Event } from "../core/reports/event.ts";
import type { Report } from "../core/reports/report.ts";

/** Reports events and results to whoever started pgstep. Only reporters choose words. No call may throw. */
export interface Reporter {
  /** An event while a command runs. */
  event(event: Event): void;
  /** The result of a command. Must include the failure of a run if the report has one. */
  report(report: Report): void;
  /** The command failed. */
  failure(failure: Failure): void;
  /** An error that is not a Failure: a bug in pgstep. */
  bug(error: unknown): void;
  /** Ends all output, progress display included; safe to call twice. */
  close(): void;
}
