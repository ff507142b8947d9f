import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openReporter } from "../../src/adapters/reporters/open-reporter.ts";
import type { Presentation } from "../../src/core/command-line/output-format.ts";
import type { HintCommands } from "../../src/core/hints/hint-commands.ts";
import type { Reporter } from "../../src/ports/reporter.ts";

/** All that pgstep writes for one presentation. */
export interface Outputs {
  readonly stdout: string;
  readonly stderr: string;
  /** The page of a GitHub job. */
  readonly summary: string;
  readonly log: string;
}

export interface Look {
  readonly format: Presentation["format"];
  readonly isTerminal?: boolean;
  readonly variables?: Readonly<Record<string, string>>;
  readonly logFile?: boolean;
  readonly verbose?: boolean;
  readonly commands?: HintCommands;
}

/** Every way in which the program writes. */
export const LOOKS: Readonly<Record<string, Look>> = {
  text: { format: "human" },
  "text on a terminal": { format: "human", isTerminal: true },
  "text on a dumb terminal": { format: "human", isTerminal: true, variables: { TERM: "dumb" } },
  "text in a CI service": { format: "human", variables: { CI: "true" } },
  "text with a log file": { format: "human", logFile: true },
  json: { format: "json" },
  "json with a log file": { format: "json", logFile: true },
  sarif: { format: "sarif" },
  junit: { format: "junit" },
  gitlab: { format: "gitlab" },
  markdown: { format: "markdown" },
  "github annotations and summary": { format: "github" },
};

/** Lets something be told as main does it, and reads all that was written. */
export function outputsOf(look: Look, tell: (reporter: Reporter) => void): Outputs {
  const place = mkdtempSync(join(realpathSync(tmpdir()), "pgstep-outputs-"));
  const written = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr") => ({
    write: (text: string) => {
      written[name] += text;
    },
    isTTY: look.isTerminal ?? false,
    columns: 100,
  });
  const [log, summary] = [join(place, "log"), join(place, "summary")];
  const presentation: Presentation = {
    format: look.format,
    quiet: false,
    verbose: look.verbose ?? true,
    color: "never",
    ascii: false,
    logFile: look.logFile ? log : undefined,
  };
  const isGithub = look.format === "github";
  const variables = { ...(isGithub && { GITHUB_STEP_SUMMARY: summary }), ...look.variables };
  try {
    const { commands } = look;
    const streams = { stdout: stream("stdout"), stderr: stream("stderr") };
    const surroundings = { ...streams, variables, toolVersion: "1.2.3", ...(commands && { commands }) };
    const reporter = openReporter(presentation, surroundings);
    tell(reporter);
    reporter.close();
    return { ...written, summary: read(summary), log: read(log) };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
