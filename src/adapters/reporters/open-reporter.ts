import process from "node:process";
import { isFindingFormat, type Presentation } from "../../core/command-line/output-format.ts";
import type { HintCommands } from "../../core/hints/hint-commands.ts";
import type { Reporter } from "../../ports/reporter.ts";
import { DocumentReporter } from "../ci-report/document-reporter.ts";
import { GithubAnnotations, withoutCommandsOn } from "../ci-report/github-annotations.ts";
import { StepSummary } from "../ci-report/github-step-summary.ts";
import { JsonReporter } from "../json-report/json-reporter.ts";
import { checkoutOf } from "../output/findings.ts";
import { isContinuousIntegration, type OutputStream, type Variables } from "../output/output.ts";
import { TextReporter } from "../text-report/text-reporter.ts";
import { HintReporter } from "./hint-reporter.ts";
import { LogReporter, type LogSettings } from "./log-reporter.ts";
import { MaskedReporter } from "./masked-reporter.ts";
import { SeveralReporters } from "./several-reporters.ts";

/** The streams that reporters write to, and the facts that they need. */
export interface ReporterSurroundings {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly variables: Variables;
  readonly toolVersion: string;
  /** Rewrites the commands in hints to how pgstep was started; by default they are unchanged. */
  readonly commands?: HintCommands;
}

/**
 * One reporter for all that a presentation asks for. It masks secrets, and rewrites the commands in hints to how pgstep
 * was started.
 * @throws Failure settings when the log file cannot be opened
 */
export function openReporter(presentation: Presentation, surroundings: ReporterSurroundings): Reporter {
  const { variables, commands } = surroundings;
  const prepared = (reporter: Reporter) =>
    new MaskedReporter(commands ? new HintReporter(reporter, commands) : reporter);
  const shown = shownReporters(presentation, surroundings);
  const reporters: Reporter[] = [];
  if (presentation.logFile !== undefined) {
    const lost: LogSettings["lost"] = (finding) => {
      for (const reporter of shown) prepared(reporter).event({ type: "warning", finding });
    };
    const title = `pgstep ${surroundings.toolVersion}, process ${process.pid}`;
    reporters.push(
      new LogReporter({ path: presentation.logFile, json: presentation.format === "json", title, commands, lost }),
    );
  }
  const { GITHUB_ACTIONS, GITHUB_STEP_SUMMARY } = variables;
  if (GITHUB_STEP_SUMMARY && (GITHUB_ACTIONS === "true" || presentation.format === "github")) {
    reporters.push(new StepSummary(GITHUB_STEP_SUMMARY, checkoutOf(variables)));
  }
  return prepared(new SeveralReporters([...reporters, ...shown]));
}

function shownReporters(presentation: Presentation, surroundings: ReporterSurroundings): Reporter[] {
  const { stdout, stderr, variables, toolVersion, commands } = surroundings;
  const { format } = presentation;
  const appearance = { ...presentation, variables, commands };
  const checkout = checkoutOf(variables);
  // CI services read commands from both streams.
  const isRead = format === "github" || isContinuousIntegration(variables);
  const plain = (stream: OutputStream) => (isRead ? withoutCommandsOn(stream) : stream);
  if (format === "json") return [new JsonReporter(stdout, plain(stderr), presentation)];
  if (isFindingFormat(format)) {
    return [
      new TextReporter(plain(stderr), plain(stderr), appearance),
      new DocumentReporter(stdout, format, { checkout, toolVersion }),
    ];
  }
  const human = new TextReporter(plain(stdout), plain(stderr), appearance);
  return format === "github" ? [human, new GithubAnnotations(stderr, checkout)] : [human];
}
