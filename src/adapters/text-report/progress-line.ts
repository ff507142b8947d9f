import { clearInterval, setInterval } from "node:timers";
import {
  type Blockers,
  blockerWords,
  endingSql,
  isAutovacuum,
  NO_BLOCKERS,
  shownBlockers,
} from "../../core/reports/other-sessions.ts";
import { cut, displayWidth, grouped, printableLine } from "../../core/text/display.ts";
import { isContinuousIntegration, type Output, type Variables } from "../output/output.ts";
import { counted, elapsed } from "../output/words.ts";

/** Anything faster is never shown, so that quick runs do not flicker. */
const SHOWN_AFTER_MS = 1_000;
const REDRAWN_EVERY_MS = 100;
const ERASE_LINE = "\r\x1b[K";

/** When a long statement is reported: after `firstMs`, after `thenMs`, and again after each further `thenMs`. */
export interface Marks {
  readonly firstMs: number;
  readonly thenMs: number;
}

const MARKS: Marks = { firstMs: 10_000, thenMs: 60_000 };

/** The progress of one action. */
export interface Progress {
  /** The action: "Applying 003_add_index". */
  readonly subject: string;
  /** A shorter subject for narrow terminals: "003_add_index". */
  readonly shortSubject?: string;
  /** The number of finished statements, of all statements, and of the rows they touched. */
  readonly done?: number;
  readonly statements?: number;
  readonly rows?: number;
  /** Anything else to show, such as the server's progress with the statement. */
  readonly note?: string | undefined;
  readonly blockers?: Blockers | undefined;
}

/** How long an action and its current statement have run, in milliseconds. */
interface Elapsed {
  readonly actionMs: number;
  readonly statementMs: number;
}

/**
 * Shows the running action. On a terminal as one line at its bottom; elsewhere it prints a line whenever a statement
 * reaches a mark, and at least one each `thenMs`. Both print who blocks the action: when it is first known after
 * the first mark, and then at marks, a terminal only if it has changed.
 */
export class ProgressLine {
  /** True on a terminal that somebody watches. */
  readonly enabled: boolean;
  readonly #output: Output;
  readonly #marks: Marks | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #progress: Progress = { subject: "" };
  /** What the server reports of the run. It outlives the action, because it is reported only when it changes. */
  #observed: Pick<Progress, "note" | "blockers"> = {};
  #blockedMs = 0;
  #startedMs = 0;
  #statementMs = 0;
  /** The number of marks that the current statement has reached. */
  #reached = 0;
  /** When a line was last printed. */
  #printedMs = 0;
  #printedBlockers = "";
  #drawn = "";

  /** @param quiet shows and prints nothing */
  constructor(output: Output, variables: Variables, quiet = false, marks = MARKS) {
    this.#output = output;
    this.#marks = quiet ? undefined : marks;
    this.enabled = !quiet && output.isTerminal && variables.TERM !== "dumb" && !isContinuousIntegration(variables);
  }

  /** Shows an action that began that many milliseconds ago, and its elapsed time. */
  start(progress: Progress, sinceMs = 0): void {
    this.stop();
    if (!this.#marks) return;
    const nowMs = performance.now();
    this.#progress = progress;
    this.#startedMs = nowMs - sinceMs;
    this.#beginStatement(this.#startedMs);
    this.#countMarks(this.#marks, nowMs);
    this.#printedMs = nowMs;
    this.#timer = setInterval(() => this.#tick(), REDRAWN_EVERY_MS);
    // The timer must not keep the process alive.
    this.#timer.unref();
  }

  /** Shows what the server reports of the run, until it reports something else. */
  observe(observed: Pick<Progress, "note" | "blockers">): void {
    this.#observed = { ...this.#observed, ...observed };
    if (observed.blockers) this.#blockedMs = performance.now();
  }

  /** Adds the rows that a statement touched. */
  statementDone(done: number, rows: number): void {
    this.#progress = { ...this.#progress, done, rows: (this.#progress.rows ?? 0) + rows };
    this.#beginStatement(performance.now());
  }

  /** Erases the line before other output; the next redraw shows it again. */
  erase(): void {
    if (this.#drawn !== "") this.#output.write(ERASE_LINE);
    this.#drawn = "";
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.erase();
  }

  get #shown(): Progress {
    const { note = this.#progress.note, blockers } = this.#observed;
    return { ...this.#progress, note, blockers };
  }

  #beginStatement(nowMs: number): void {
    this.#statementMs = nowMs;
    this.#reached = 0;
    this.#printedBlockers = "";
  }

  #tick(): void {
    const nowMs = performance.now();
    if (this.#marks) this.#reachMark(this.#marks, nowMs);
    if (this.enabled) this.#draw(nowMs);
  }

  /** Returns true if the current statement has reached another mark. */
  #countMarks({ firstMs, thenMs }: Marks, nowMs: number): boolean {
    const before = this.#reached;
    const runMs = nowMs - this.#statementMs;
    while (runMs >= (this.#reached === 0 ? firstMs : this.#reached * thenMs)) this.#reached++;
    return this.#reached > before;
  }

  #reachMark(marks: Marks, nowMs: number): void {
    const isDue = this.#countMarks(marks, nowMs) || nowMs >= this.#printedMs + marks.thenMs;
    const blockers = this.#observed.blockers ?? NO_BLOCKERS;
    const { shown } = shownBlockers(blockers);
    const key = shown.length > 0 ? JSON.stringify(shown.flatMap((blocker) => endingSql(blocker) ?? [])) : "";
    const isFirst = this.#reached > 0 && key !== "" && this.#printedBlockers === "";
    const isNews = this.enabled ? key !== "" && key !== this.#printedBlockers : true;
    if (!isFirst && !(isDue && isNews)) return;
    if (key !== "") this.#printedBlockers = key;
    this.#printedMs = nowMs;
    const elapsedMs = { actionMs: nowMs - this.#startedMs, statementMs: nowMs - this.#statementMs };
    const lines = [markText(this.#shown, elapsedMs, this.#reached === 0)];
    this.erase();
    this.#output.lines([...lines, ...blockedLines(blockers, this.#output, nowMs - this.#blockedMs)]);
  }

  #draw(nowMs: number): void {
    const elapsedMs = nowMs - this.#startedMs;
    if (elapsedMs < SHOWN_AFTER_MS) return;
    const { colors, columns = 80, marks } = this.#output;
    // The last column stays free: some terminals wrap once it is written.
    const text = progressText(this.#shown, elapsedMs, columns - 1, marks.ellipsis);
    if (text === this.#drawn) return;
    this.#output.write(ERASE_LINE + colors.dim(text));
    this.#drawn = text;
  }
}

/**
 * "003_add_index: statement 2 of 3 has run for 1 min, building index: scanning table, 47 % of blocks".
 * @param isShort true if the statement itself has not run for long
 */
function markText(progress: Progress, { actionMs, statementMs }: Elapsed, isShort: boolean): string {
  const { subject, shortSubject, done = 0, statements = 0, note } = progress;
  const name = shortSubject ?? subject;
  const soFar = `${elapsed(actionMs)} so far`;
  const number = `statement ${grouped(done + 1)} of ${grouped(statements)}`;
  let words = `${name} has run for ${elapsed(statementMs)}`;
  if (statements === 0) words = `${subject}, ${soFar}`;
  else if (done >= statements) words = `${name}: finishing, ${soFar}`;
  else if (isShort) words = `${name}: ${number}, ${soFar}`;
  else if (statements > 1) words = `${name}: ${number} has run for ${elapsed(statementMs)}`;
  return printableLine(note ? `${words}, ${note}` : words);
}

/**
 * The sessions that block a run, and the commands that end those that do not wait themselves.
 * @param sinceMs how long ago they were seen, in milliseconds
 */
export function blockedLines(all: Blockers, output: Output, sinceMs = 0): string[] {
  const { shown, more } = shownBlockers(all);
  const lines = shown.flatMap((blocker) => {
    const { ageMs } = blocker;
    const words = blockerWords({ ...blocker, ageMs: ageMs === null ? null : ageMs + sinceMs });
    const sql = endingSql(blocker);
    const note = isAutovacuum(blocker) ? " (the server starts autovacuum again later)" : "";
    return [
      `  blocked by ${printableLine(words)}`,
      ...(sql ? [`    to end it${note}: ${output.whole(printableLine(sql))}`] : []),
    ];
  });
  return more > 0 ? [...lines, `  and ${more} more`] : lines;
}

/** A shorter subject is meaningless. */
const LEAST_SUBJECT = 16;

/** The line, shortened to its columns: first to fewer words, then by cutting the subject, at last the whole line. */
export function progressText(progress: Progress, elapsedMs: number, columns: number, ellipsis: string): string {
  const long = printableLine(progress.subject) + wordsBehind(progress, elapsedMs, false);
  if (displayWidth(long) <= columns) return long;
  const subject = printableLine(progress.shortSubject ?? progress.subject);
  const words = wordsBehind(progress, elapsedMs, true);
  const room = Math.max(columns - displayWidth(words), Math.min(LEAST_SUBJECT, displayWidth(subject)));
  return cut(cut(subject, room, ellipsis) + words, columns, ellipsis);
}

function wordsBehind({ done, statements, rows, note, blockers }: Progress, elapsedMs: number, short: boolean): string {
  const blocked = blockers && blockedWords(blockers, short);
  // For an index build, the percentage is more useful than the phase.
  const shown = short ? blocked || /(?<!\d)\d+ %/.exec(note ?? "")?.[0] || note : note;
  return [
    statements ? statementWords(done ?? 0, statements, short) : "",
    rows && !short ? `${grouped(rows)} ${rows === 1 ? "row" : "rows"}` : "",
    elapsed(elapsedMs),
    printableLine(shown ?? ""),
    short ? "" : printableLine(blocked ?? ""),
  ]
    .filter((words) => words !== "")
    .map((words) => `, ${words}`)
    .join("");
}

/** "blocked by process 7 (psql, idle in transaction) and 25 more", or short "blocked by 7 and 25 more". */
function blockedWords({ blockers: [first], total }: Blockers, short: boolean): string {
  if (!first) return "";
  const process = short ? `${first.pid}` : `process ${first.pid}`;
  const who = first.pid === null ? "a prepared transaction" : process;
  const about = [first.application, first.state].filter(Boolean).join(", ");
  const details = short || first.pid === null || about === "" ? "" : ` (${about})`;
  return `blocked by ${who}${details}${total > 1 ? ` and ${total - 1} more` : ""}`;
}

/** The number of the running statement, derived from the number of finished ones. */
function statementWords(done: number, statements: number, short: boolean): string {
  if (done >= statements) return "finishing";
  if (short) return `${done + 1}/${statements}`;
  return statements === 1 ? counted(1, "statement") : `statement ${grouped(done + 1)} of ${grouped(statements)}`;
}
