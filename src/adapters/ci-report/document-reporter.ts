import type { FindingFormat } from "../../core/command-line/output-format.ts";
import { type Failure, type Finding, finding } from "../../core/failure/failure.ts";
import { messageOf } from "../../core/failure/system-error.ts";
import type { Report } from "../../core/reports/report.ts";
import type { Reporter } from "../../ports/reporter.ts";
import { findingsOf, type Inspected } from "../output/findings.ts";
import type { OutputStream } from "../output/output.ts";
import { gitlabDocument } from "./gitlab.ts";
import { junitDocument } from "./junit.ts";
import { sarifDocument } from "./sarif.ts";

const DOCUMENTS: Readonly<Record<FindingFormat, (inspected: Inspected) => string>> = {
  gitlab: gitlabDocument,
  junit: junitDocument,
  sarif: sarifDocument,
};

/** All findings as one document on standard output, even if there are none or pgstep failed before it checked files. */
export class DocumentReporter implements Reporter {
  readonly #stream: OutputStream;
  readonly #format: FindingFormat;
  readonly #facts: Pick<Inspected, "checkout" | "toolVersion">;
  #written = false;

  constructor(stream: OutputStream, format: FindingFormat, facts: Pick<Inspected, "checkout" | "toolVersion">) {
    this.#stream = stream;
    this.#format = format;
    this.#facts = facts;
  }

  event(): void {}

  report(report: Report): void {
    if (report.type === "validation" || report.type === "check") this.#write(report.findings, report.migrations);
  }

  /** An error in the command line is only printed as text: the command may not produce findings at all. */
  failure(failure: Failure): void {
    if (failure.code !== "usage") this.#write(findingsOf(failure), undefined);
  }

  bug(error: unknown): void {
    const message = `pgstep has a bug: ${messageOf(error)}`;
    this.#write([finding("bug", { message })], undefined);
  }

  close(): void {}

  /** Writes once: two documents in a row are invalid. */
  #write(findings: readonly Finding[], migrations: number | undefined): void {
    if (this.#written) return;
    this.#written = true;
    this.#stream.write(DOCUMENTS[this.#format]({ ...this.#facts, findings, migrations }));
  }
}
