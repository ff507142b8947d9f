import { type Failure, type Finding, finding } from "../../core/failure/failure.ts";
import { messageOf } from "../../core/failure/system-error.ts";
import type { Event } from "../../core/reports/event.ts";
import type { Report } from "../../core/reports/report.ts";
import { safeText, withoutCommands } from "../../core/text/safe-text.ts";
import type { Reporter } from "../../ports/reporter.ts";
import { checkoutPath, findingsOf, inspectedIn, withHint } from "../output/findings.ts";
import type { OutputStream } from "../output/output.ts";

/**
 * Annotations of files and lines in GitHub's view of a change, as workflow commands:
 * https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
 */
export class GithubAnnotations implements Reporter {
  readonly #stream: OutputStream;
  readonly #checkout: string;

  constructor(stream: OutputStream, checkout: string) {
    this.#stream = stream;
    this.#checkout = checkout;
  }

  event(event: Event): void {
    if (event.type === "warning") this.#annotate([event.finding]);
  }

  report(report: Report): void {
    this.#annotate(inspectedIn(report)?.findings ?? []);
    if (report.type === "status") this.#annotate(report.warnings);
    if ("failure" in report && report.failure) this.failure(report.failure);
  }

  failure(failure: Failure): void {
    this.#annotate(findingsOf(failure));
  }

  bug(error: unknown): void {
    const message = messageOf(error);
    this.#annotate([finding("bug", { message: `pgstep has a bug: ${message}` })]);
  }

  close(): void {}

  #annotate(findings: readonly Finding[]): void {
    for (const finding of findings) this.#stream.write(`${annotation(finding, this.#checkout)}\n`);
  }
}

/** A finding as a workflow command. */
export function annotation(finding: Finding, checkout: string): string {
  const { rule, severity, place } = finding;
  const properties = [
    ...(place ? [["file", checkoutPath(place, checkout)]] : []),
    ...(place?.line === undefined ? [] : [["line", `${place.line}`]]),
    ...(place?.column === undefined ? [] : [["col", `${place.column}`]]),
    ["title", `pgstep: ${rule}`],
  ];
  const written = properties.map(([name, value = ""]) => `${name}=${safeText(value, "workflow-property")}`).join(",");
  const command = severity === "note" ? "notice" : severity;
  return `::${command} ${written}::${safeText(withHint(finding), "workflow-message")}`;
}

/** A stream for all other text: a server's message, for example, must not be read as a workflow command. */
export function withoutCommandsOn(stream: OutputStream): OutputStream {
  return {
    write: (text) => stream.write(withoutCommands(text)),
    ...(stream.isTTY !== undefined && { isTTY: stream.isTTY }),
    get columns() {
      return stream.columns ?? 0;
    },
  };
}
