import type { Failure } from "../core/failure/failure.ts";
import type { Event } from "../core/reports/event.ts";
import type { Report } from "../core/reports/report.ts";

/** Tells whoever started pgstep what happens and what came of it. Only reporters choose words. None of the calls may throw. */
export interface Reporter {
  /** Something happened while a command runs. */
  event(event: Event): void;
  /** What is true at the end of a command. Must tell the failure of a run as well, where the report has one. */
  report(report: Report): void;
  /** A command could not do what it was told. */
  failure(failure: Failure): void;
  /** Something was thrown that is no Failure: a fault of pgstep's own. */
  bug(error: unknown): void;
  /** Ends what is still shown or going on; safe to call twice. */
  close(): void;
}
