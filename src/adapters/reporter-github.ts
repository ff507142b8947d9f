import { withoutPasswords } from "../core/display-text.ts";
import type { Failure, Finding } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import type { Report } from "../core/report.ts";
import type { Reporter } from "../ports/reporter.ts";
import { checkoutPath, findingsOf, withHint } from "./reporter-findings.ts";
import type { OutputStream } from "./reporter-output.ts";

/**
 * Notes at files and lines in GitHub's view of a change, as workflow commands:
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
    if (report.type === "validation") this.#annotate(report.findings);
    if (report.type === "status") this.#annotate(report.warnings);
    if ("failure" in report && report.failure) this.failure(report.failure);
  }

  failure(failure: Failure): void {
    this.#annotate(findingsOf(failure));
  }

  bug(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#annotate([{ rule: "bug", severity: "error", message: `pgstep has a bug: ${message}` }]);
  }

  close(): void {}

  #annotate(findings: readonly Finding[]): void {
    for (const finding of findings) this.#stream.write(`${annotation(finding, this.#checkout)}\n`);
  }
}

/** One workflow command. */
export function annotation(finding: Finding, checkout: string): string {
  const { rule, severity, place } = finding;
  const properties = [
    ...(place ? [["file", checkoutPath(place, checkout)]] : []),
    ...(place?.line === undefined ? [] : [["line", `${place.line}`]]),
    ...(place?.column === undefined ? [] : [["col", `${place.column}`]]),
    ["title", `pgstep: ${rule}`],
  ];
  const written = properties.map(([name, value = ""]) => `${name}=${escapeProperty(value)}`).join(",");
  return `::${severity} ${written}::${escapeData(withoutPasswords(withHint(finding)))}`;
}

/** A message may hold everything but the end of its line, and the sign that it is written with. */
function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/** A property may hold neither what ends it nor what ends them all. */
function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** The stream for other texts: what others wrote, a server's message, is not taken for a workflow command. */
export function withoutCommands(stream: OutputStream): OutputStream {
  return {
    write: (text) => stream.write(text.replace(/^(\s*):(?=:)/gm, "$1: ").replaceAll("##[", "## [")),
    ...(stream.isTTY !== undefined && { isTTY: stream.isTTY }),
    get columns() {
      return stream.columns ?? 0;
    },
  };
}
