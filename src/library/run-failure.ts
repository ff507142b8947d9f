import { Failure } from "../core/failure/failure.ts";
import type { RunReport } from "../core/reports/report.ts";

/** A failure of a run, with the report of what was applied nevertheless. */
export class RunFailure extends Failure {
  readonly report: RunReport;

  constructor(failure: Failure, report: RunReport) {
    const { code, message, hint, place, server, findings, cause } = failure;
    super(code, message, {
      ...(hint !== undefined && { hint }),
      ...(place && { place }),
      ...(server && { server }),
      findings,
      cause,
    });
    this.report = report;
  }
}
