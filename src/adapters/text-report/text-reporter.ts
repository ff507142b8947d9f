import type { Failure } from "../../core/failure/failure.ts";
import type { Plan, Step } from "../../core/migrations/plan.ts";
import type { Check } from "../../core/reports/diagnosis.ts";
import type { Event } from "../../core/reports/event.ts";
import { holderWords, NO_BLOCKERS, progressWords, workWords } from "../../core/reports/other-sessions.ts";
import type { Report, RunReport, SeedReport, StatusReport, StepOutcome } from "../../core/reports/report.ts";
import { enumeration, printable, printableLine } from "../../core/text/display.ts";
import type { Reporter } from "../../ports/reporter.ts";
import { noteLine } from "../output/notes.ts";
import { type Appearance, Output, type OutputStream } from "../output/output.ts";
import { counted, duration } from "../output/words.ts";
import { hookLine, repeatableLine } from "./around.ts";
import { backupLines, dumpedLines, plannedBackupLines, restorePlanLines } from "./backup.ts";
import { checkLines, standInLines } from "./check.ts";
import { checkLines as doctorCheckLines, explainedLines } from "./doctor.ts";
import { driftLines } from "./drift.ts";
import { failureLines, findingLines, noticeLines } from "./failure.ts";
import { inventoryLines, otherLines, quietLines } from "./other-reports.ts";
import { releaseLines } from "./plan.ts";
import { type Marks, ProgressLine } from "./progress-line.ts";
import {
  nameColumn,
  planLines,
  retryLines,
  seedPlanLines,
  seedSummary,
  statementLine,
  stepLine,
  summaryLine,
  unfinishedLines,
} from "./run.ts";
import { statusAdvice, statusLines } from "./status.ts";

/** Text for people: results on standard output; progress, notices, warnings and failures on standard error. */
export class TextReporter implements Reporter {
  readonly #out: Output;
  readonly #err: Output;
  readonly #progress: ProgressLine;
  readonly #verbose: boolean;
  readonly #quiet: boolean;
  /** Width of the name column of the current plan. */
  #column = 0;
  #planned: readonly string[] = [];
  /** The subject of the progress line: the key of a step, or WAITING. */
  #running: string | undefined;
  /** The run that holds the lock, as last printed. */
  #holder: string | undefined;
  /** The printed outcomes, by the keys of their steps. */
  readonly #reported = new Map<string, StepOutcome>();

  /** @param marks the time after which a long statement is reported */
  constructor(stdout: OutputStream, stderr: OutputStream, appearance: Appearance, marks?: Marks) {
    this.#out = new Output(stdout, appearance);
    this.#err = new Output(stderr, appearance);
    this.#progress = new ProgressLine(this.#err, appearance.variables, appearance.quiet, marks);
    this.#quiet = appearance.quiet;
    this.#verbose = appearance.verbose && !appearance.quiet;
  }

  event(event: Event): void {
    if (ENDS_PROGRESS.has(event.type)) {
      this.#progress.stop();
      this.#running = undefined;
    }
    (this.#shows[event.type] as (event: Event) => void)(event);
  }

  readonly #shows: { readonly [Type in Event["type"]]: (event: EventOf<Type>) => void } = {
    planned: (event) => this.#plan(event.plan, event.database, event.dryRun),
    "step-started": ({ step, statements }) => this.#start(step, statements),
    "statement-finished": (event) => this.#statementDone(event),
    "step-finished": (event) => this.#stepDone(event),
    notice: (event) => this.#notice(event),
    warning: ({ finding }) => this.#print(findingLines([finding], this.#err)),
    "repeatable-finished": ({ repeatable }) => this.#answerUnlessQuiet([repeatableLine(repeatable, this.#out)]),
    "hook-finished": ({ hook }) => this.#printUnlessQuiet([hookLine(hook, this.#err)]),
    "hook-output": ({ line }) => this.#printUnlessQuiet([printable(line)]),
    explained: ({ values }) => this.#answerUnlessQuiet(explainedLines(values, this.#out)),
    checked: ({ check }) => this.#checked(check),
    "database-waiting": (event) => this.#waitingForDatabase(event),
    "database-ready": () => {},
    "database-created": ({ database }) => this.#printUnlessQuiet([`Created the database ${printableLine(database)}`]),
    "lock-waiting": (event) => this.#waiting(event),
    retrying: (event) => this.#printUnlessQuiet(retryLines(event, this.#err)),
    blocked: ({ blockers, total }) => this.#progress.observe({ blockers: { blockers, total } }),
    "statement-progress": ({ progress }) =>
      this.#progress.observe({ note: progress ? progressWords(progress) : undefined }),
    "backup-progress": (event) => this.#backingUp(event),
    "backup-planned": ({ backup }) => this.#printUnlessQuiet(plannedBackupLines(backup)),
    "backed-up": ({ backup }) => this.#printUnlessQuiet(backupLines(backup)),
    "schema-dumped": ({ file }) => this.#printUnlessQuiet(dumpedLines(file)),
    "restore-planned": ({ plan }) => this.#print(restorePlanLines(plan, this.#err)),
    "reset-planned": (event) => this.#print(inventoryLines(event, this.#err)),
    "project-file-found": (event) => this.#print([noteLine(event)]),
    "layout-found": (event) => this.#print([noteLine(event)]),
    "program-named": (event) => this.#print([noteLine(event)]),
  };

  report(report: Report): void {
    this.#progress.stop();
    // A requested text is printed even with --quiet.
    const isText = (report.type === "types" || report.type === "dump") && report.text !== undefined;
    if (this.#quiet && !isText) this.#print(quietLines(report, this.#err));
    else if (report.type === "run") this.#run(report);
    else if (report.type === "seed") this.#seed(report);
    else if (report.type === "status") this.#status(report);
    else if (report.type === "check") this.#answer(checkLines(report, this.#out, this.#verbose));
    else if (report.type === "plan") this.#answer(releaseLines(report, this.#out, this.#verbose));
    else if (report.type === "drift") this.#answer(driftLines(report, this.#out, this.#verbose));
    else this.#answer(otherLines(report, this.#out));
    if (report.type === "types" && isText) this.#printUnlessQuiet(standInLines(report.standIns));
    if (report.type === "settings" && report.failure) this.failure(report.failure);
  }

  failure(failure: Failure): void {
    this.#progress.stop();
    // Not an error: the user was asked and said no.
    const lines = failure.code === "declined" ? [printable(failure.message)] : failureLines(failure, this.#err);
    this.#print(lines);
  }

  bug(error: unknown): void {
    this.#progress.stop();
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const { colors } = this.#err;
    this.#print([
      `${colors.bold(colors.red("pgstep has a bug:"))} ${printable(stack)}`,
      this.#err.typed(
        "Please report it with the lines above and your command. Run pgstep status to see the state of the database.",
      ),
    ]);
  }

  close(): void {
    this.#progress.stop();
  }

  #plan({ steps, skipped }: Plan, database: string, dryRun: boolean): void {
    this.#planned = steps.map(keyOf);
    this.#progress.observe(NOTHING_OBSERVED);
    this.#column = nameColumn(
      steps.map((step) => step.name),
      this.#out.columns,
    );
    this.#reported.clear();
    if (this.#quiet) return;
    if (skipped.length > 0) {
      const names = printableLine(enumeration(skipped));
      this.#print([
        this.#err.colors.dim(`Skipping ${counted(skipped.length, "migration")} for other environments: ${names}`),
      ]);
    }
    if (dryRun || steps.length === 0) return;
    this.#print([this.#err.colors.dim(`Running ${counted(steps.length, "step")} on ${printableLine(database)}`)]);
  }

  #start(step: Step, statements: number): void {
    const number = this.#planned.indexOf(keyOf(step)) + 1;
    const before = number > 0 && this.#planned.length > 1 ? `[${number}/${this.#planned.length}] ` : "";
    const verb = step.direction === "up" ? "Applying" : "Undoing";
    // It was about the other run.
    if (this.#running === WAITING) this.#progress.observe(NOTHING_OBSERVED);
    this.#running = keyOf(step);
    this.#progress.start({ subject: `${before}${verb} ${step.name}`, shortSubject: before + step.name, statements });
  }

  #statementDone(event: EventOf<"statement-finished">): void {
    if (this.#running === keyOf(event.step)) this.#progress.statementDone(event.statement, event.rowCount ?? 0);
    if (this.#verbose) this.#print([statementLine(event, this.#err)]);
  }

  #stepDone(event: EventOf<"step-finished">): void {
    // Steps are pipelined: the next one may have begun before the end of this one is known.
    if (this.#running === keyOf(event.step)) this.#progress.stop();
    this.#reported.set(keyOf(event.step), event.outcome);
    this.#answerUnlessQuiet([stepLine({ ...event, name: event.step.name }, this.#column, this.#out)]);
  }

  #notice(event: EventOf<"notice">): void {
    if (!this.#quiet || event.message.severity === "WARNING") this.#print(noticeLines(event, this.#err));
  }

  #checked(check: Check): void {
    if (check.state !== "good" || !this.#quiet) this.#answer(doctorCheckLines(check, this.#out));
  }

  #backingUp({ table, index, tables }: EventOf<"backup-progress">): void {
    const subject = tables > 0 ? `[${index}/${tables}] Backing up ${table}` : `Backing up with ${table}`;
    this.#progress.start({ subject, shortSubject: table, statements: 0 });
  }

  /** Printed once for each run that holds the lock; then the progress line shows it, with the work of that run. */
  #waiting({ holder, activity, waitedMs }: EventOf<"lock-waiting">): void {
    // The time would be that of the last event.
    const note = activity && workWords({ ...activity, ageMs: null });
    this.#progress.observe({ note, blockers: activity ?? NO_BLOCKERS });
    const name = holder && (holder.kind === "lease" ? holder.owner : `${holder.pid}`);
    if (this.#running === WAITING && (name === undefined || name === this.#holder)) return;
    this.#holder = name;
    const who = holder ? ` (${printableLine(holderWords(holder))})` : "";
    this.#printUnlessQuiet([`Waiting for another run to end${who}`]);
    this.#running = WAITING;
    this.#progress.start({ subject: "Waiting for another run to end" }, waitedMs);
  }

  /** The progress line on a terminal; elsewhere one line for each event, and for each mark. */
  #waitingForDatabase({ database, reason, waitedMs, limitMs }: EventOf<"database-waiting">): void {
    const subject = `Waiting for ${database}: ${reason}`;
    const limit = duration(limitMs);
    if (!this.#progress.enabled) {
      this.#printUnlessQuiet([`${printableLine(subject)} (${duration(waitedMs)} of ${limit})`]);
    }
    this.#progress.start({ subject, note: `at most ${limit}` }, waitedMs);
  }

  #run(report: RunReport): void {
    if (report.dryRun) this.#answer(planLines(report, this.#out));
    else this.#ended(report, summaryLine(report));
  }

  #ended({ steps, failure }: RunReport | SeedReport, summary: string): void {
    const names = steps.map((step) => step.name);
    const column = Math.max(this.#column, nameColumn(names, this.#out.columns));
    // After a lost connection the outcomes were read from the history, without events.
    const untold = steps.filter((step) => this.#reported.get(keyOf(step)) !== step.outcome);
    this.#answer(unfinishedLines(untold, column, this.#out, failure));
    if (failure) this.#print(["", ...failureLines(failure, this.#err), ""]);
    this.#answer([summary]);
  }

  #seed(report: SeedReport): void {
    if (report.dryRun) this.#answer(seedPlanLines(report, this.#out));
    else this.#ended(report, seedSummary(report));
  }

  #status(report: StatusReport): void {
    this.#progress.erase();
    // Never wrapped: programs may search these lines.
    this.#out.rows(statusLines(report, this.#out, this.#verbose));
    // The status itself already says so.
    const known = report.entries.length === 0 ? "there are no migrations here" : undefined;
    const warnings = report.warnings.filter(({ message }) => message !== known);
    const advice = [...findingLines(warnings, this.#err), ...statusAdvice(report, this.#err)];
    if (advice.length > 0) this.#print(["", ...advice]);
  }

  #answerUnlessQuiet(lines: readonly string[]): void {
    if (!this.#quiet) this.#answer(lines);
  }

  #printUnlessQuiet(lines: readonly string[]): void {
    if (!this.#quiet) this.#print(lines);
  }

  #answer(lines: readonly string[]): void {
    this.#progress.erase();
    this.#out.lines(lines);
  }

  #print(lines: readonly string[]): void {
    this.#progress.erase();
    this.#err.lines(lines);
  }
}

type EventOf<Type extends Event["type"]> = Extract<Event, { type: Type }>;

/** Events that end the action on the progress line. */
const ENDS_PROGRESS: ReadonlySet<Event["type"]> = new Set([
  ...(["planned", "repeatable-finished", "hook-finished", "hook-output"] as const),
  ...(["database-ready", "retrying", "backed-up"] as const),
]);

const NOTHING_OBSERVED = { note: undefined, blockers: undefined };

/** The key of waiting for another run, in place of a step's. */
const WAITING = "waiting";

function keyOf({ version, direction }: Pick<Step, "version" | "direction">): string {
  return `${direction} ${version}`;
}
