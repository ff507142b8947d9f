import type { FindingFormat } from "../../core/command-line/output-format.ts";
import { type Failure, finding } from "../../core/failure/failure.ts";
import { messageOf } from "../../core/failure/system-error.ts";
import type { Report } from "../../core/reports/report.ts";
import type { Reporter } from "../../ports/reporter.ts";
import { findingsOf, type Inspected, inspectedIn } from "../output/findings.ts";
import type { OutputStream } from "../output/output.ts";
import { markdownDocument } from "./findings-markdown.ts";
import { gitlabDocument } from "./gitlab.ts";
import { junitDocument } from "./junit.ts";
import { sarifDocument } from "./sarif.ts";

const DOCUMENTS: Readonly<Record<FindingFormat, (inspected: Inspected) => string>> = {
  gitlab: gitlabDocument,
  junit: junitDocument,
  markdown: markdownDocument,
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
    const inspected = inspectedIn(report);
    if (inspected) this.#write(inspected);
  }

  /** An error in the command line is only printed as text: the command may not produce findings at all. */
  failure(failure: Failure): void {
    if (failure.code !== "usage") this.#write({ findings: findingsOf(failure), migrations: undefined });
  }

  bug(error: unknown): void {
    const message = `pgstep has a bug: ${messageOf(error)}`;
    this.#write({ findings: [finding("bug", { message })], migrations: undefined });
  }

  close(): void {}

  /** Writes once: two documents in a row are invalid. */
  #write(inspected: Omit<Inspected, "checkout" | "toolVersion">): void {
    if (this.#written) return;
    this.#written = true;
    this.#stream.write(DOCUMENTS[this.#format]({ ...this.#facts, ...inspected }));
  }
}
