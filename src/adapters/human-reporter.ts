import { printable, printableLine, withoutPasswords } from "../core/display-text.ts";
import type { Failure } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import type { Plan, Step } from "../core/plan.ts";
import type { Report, RunReport, StatusReport } from "../core/report.ts";
import type { Reporter } from "../ports/reporter.ts";
import { failureLines, findingLines, serverLines } from "./reporter-failure.ts";
import { inventoryLines, otherLines } from "./reporter-other-reports.ts";
import { type Appearance, Output, type OutputStream } from "./reporter-output.ts";
import { ProgressLine } from "./reporter-progress.ts";
import { nameColumn, planLines, stepLine, summaryLine, unfinishedLines } from "./reporter-run.ts";
import { placeText } from "./reporter-source-frame.ts";
import { statusAdvice, statusLines } from "./reporter-status.ts";
import { counted, duration } from "./reporter-words.ts";

/** For people: the answer on standard output; progress, notices, warnings and failures on standard error. */
export class HumanReporter implements Reporter {
  readonly #out: Output;
  readonly #err: Output;
  readonly #progress: ProgressLine;
  readonly #verbose: boolean;
  /** Of the plan that is being run. */
  #column = 0;
  /** The step that the progress line tells of. */
  #running: string | undefined;
  readonly #told = new Set<string>();

  constructor(stdout: OutputStream, stderr: OutputStream, appearance: Appearance) {
    this.#out = new Output(stdout, appearance);
    this.#err = new Output(stderr, appearance);
    this.#progress = new ProgressLine(this.#err, appearance.variables);
    this.#verbose = appearance.verbose;
  }

  event(event: Event): void {
    switch (event.type) {
      case "planned":
        this.#planned(event.plan, event.database, event.dryRun);
        break;
      case "step-started":
        this.#running = keyOf(event.step);
        this.#progress.start(doing(event.step));
        break;
      case "statement-finished":
        this.#progress.update(`${doing(event.step)}, statement ${event.statement} of ${event.statements} done`);
        break;
      case "step-finished":
        // Steps are sent ahead: the next one may have begun before the end of this one is known.
        if (this.#running === keyOf(event.step)) this.#progress.stop();
        this.#told.add(keyOf(event.step));
        this.#answer([stepLine({ ...event, name: event.step.name }, this.#column, this.#out)]);
        break;
      case "notice": {
        const { message, place, migration } = event;
        const where = place ? placeText(place) : migration;
        const color = message.severity === "WARNING" ? this.#err.colors.yellow : this.#err.colors.cyan;
        const text = printable(withoutPasswords(message.message)).split("\n").join("\n  ");
        const label = `${where ? `${printableLine(where)}: ` : ""}${color(`${printableLine(message.severity)}:`)}`;
        this.#tell([
          `${label} ${text}`,
          ...serverLines({ ...message, where: "" }, this.#err).map((line) => `  ${line}`),
        ]);
        break;
      }
      case "warning":
        this.#tell(findingLines([event.finding], this.#err));
        break;
      case "lock-waiting": {
        const holder = event.holder ? ` (${printableLine(event.holder)})` : "";
        const waited = event.waitedMs < 1_000 ? "" : `, ${duration(event.waitedMs)} so far`;
        this.#tell([`Waiting for another run to end${holder}${waited}`]);
        break;
      }
      case "retrying": {
        const { step, reason, delayMs, attempt, blockers } = event;
        this.#progress.stop();
        this.#tell([
          `${printableLine(step.name)}: ${printableLine(reason.message)} (${reason.code}); was rolled back, trying again in ${duration(delayMs)} (try ${attempt + 1})`,
          ...blockers.map((blocker) => `  blocked by ${printableLine(withoutPasswords(blocker))}`),
        ]);
        break;
      }
      case "blocked":
        this.#progress.remark(`waiting for ${printableLine(withoutPasswords(event.blockers.join("; ")))}`);
        break;
      case "index-progress":
        this.#progress.remark(printableLine(event.progress));
        break;
      case "reset-planned":
        this.#tell(inventoryLines(event, this.#err));
        break;
    }
  }

  report(report: Report): void {
    this.#progress.stop();
    if (report.type === "run") this.#run(report);
    else if (report.type === "status") this.#status(report);
    else this.#answer(otherLines(report, this.#out));
  }

  failure(failure: Failure): void {
    this.#progress.stop();
    this.#tell(failureLines(failure, this.#err));
  }

  bug(error: unknown): void {
    this.#progress.stop();
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const { colors } = this.#err;
    this.#tell([
      `${colors.bold(colors.red("pgstep has a bug:"))} ${printable(withoutPasswords(stack))}`,
      "Please report it, with the lines above and what you typed. Run pgstep status to see what is true of the database.",
    ]);
  }

  close(): void {
    this.#progress.stop();
  }

  #planned({ steps }: Plan, database: string, dryRun: boolean): void {
    this.#column = nameColumn(steps.map((step) => step.name));
    this.#told.clear();
    if (dryRun || steps.length === 0) return;
    this.#tell([this.#err.colors.dim(`Running ${counted(steps.length, "step")} on ${printableLine(database)}`)]);
  }

  #run(report: RunReport): void {
    const { steps, failure } = report;
    if (report.dryRun) {
      this.#answer(planLines(report, this.#out));
      return;
    }
    const column = Math.max(this.#column, nameColumn(steps.map((step) => step.name)));
    // What a lost connection left open was looked up afterwards: no event told of it.
    const untold = steps.filter((step) => !this.#told.has(keyOf(step)));
    this.#answer(unfinishedLines(untold, column, this.#out));
    if (failure) this.#tell(["", ...failureLines(failure, this.#err), ""]);
    this.#answer([summaryLine(report)]);
  }

  #status(report: StatusReport): void {
    this.#answer(statusLines(report, this.#out, this.#verbose));
    // The answer says it already.
    const known = report.entries.length === 0 ? "no-migrations" : undefined;
    const warnings = report.warnings.filter(({ rule }) => rule !== known);
    const advice = [...findingLines(warnings, this.#err), ...statusAdvice(report, this.#err)];
    if (advice.length > 0) this.#tell(["", ...advice]);
  }

  #answer(lines: readonly string[]): void {
    this.#progress.erase();
    this.#out.lines(lines);
  }

  #tell(lines: readonly string[]): void {
    this.#progress.erase();
    this.#err.lines(lines);
  }
}

function doing(step: Step): string {
  return `${step.direction === "up" ? "Applying" : "Undoing"} ${step.name}`;
}

function keyOf({ version, direction }: Pick<Step, "version" | "direction">): string {
  return `${direction} ${version}`;
}
