import { clearInterval, setInterval } from "node:timers";
import { cut, displayWidth, printableLine } from "../../core/text/display.ts";
import { isContinuousIntegration, type Output, type Variables } from "../output/output.ts";
import { counted, elapsed, grouped } from "../output/words.ts";

/** Anything faster is never shown, so that quick runs do not flicker. */
const SHOWN_AFTER_MS = 1_000;
const REDRAWN_EVERY_MS = 100;
const ERASE_LINE = "\r\x1b[K";

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
  /** Anything else to show, such as a blocking session. */
  readonly remark?: string;
}

/** One line at the bottom of a terminal that shows the running action; prints nothing elsewhere. */
export class ProgressLine {
  /** False where there is no terminal, or nobody watches it. */
  readonly enabled: boolean;
  readonly #output: Output;
  #timer: ReturnType<typeof setInterval> | undefined;
  #progress: Progress = { subject: "" };
  #startedMs = 0;
  #drawn = "";

  constructor(output: Output, variables: Variables) {
    this.#output = output;
    this.enabled = output.isTerminal && variables.TERM !== "dumb" && !isContinuousIntegration(variables);
  }

  /** Shows an action that began that many milliseconds ago, and its elapsed time. */
  start(progress: Progress, sinceMs = 0): void {
    this.stop();
    if (!this.enabled) return;
    this.#progress = progress;
    this.#startedMs = performance.now() - sinceMs;
    this.#timer = setInterval(() => this.#draw(), REDRAWN_EVERY_MS);
    // The timer must not keep the process alive.
    this.#timer.unref();
  }

  /** Changes the progress; a remark stays until the next change. */
  update(change: Partial<Progress>): void {
    const { remark: _, ...known } = this.#progress;
    this.#progress = { ...known, ...change };
  }

  /** Adds the rows that a statement touched. */
  statementDone(done: number, rows: number): void {
    this.update({ done, rows: (this.#progress.rows ?? 0) + rows });
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

  #draw(): void {
    const elapsedMs = performance.now() - this.#startedMs;
    if (elapsedMs < SHOWN_AFTER_MS) return;
    const { colors, columns = 80, marks } = this.#output;
    // The last column stays free: some terminals wrap once it is written.
    const text = progressText(this.#progress, elapsedMs, columns - 1, marks.ellipsis);
    if (text === this.#drawn) return;
    this.#output.write(ERASE_LINE + colors.dim(text));
    this.#drawn = text;
  }
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

function wordsBehind({ done, statements, rows, remark }: Progress, elapsedMs: number, short: boolean): string {
  return [
    statements ? statementWords(done ?? 0, statements, short) : "",
    rows && !short ? `${grouped(rows)} ${rows === 1 ? "row" : "rows"}` : "",
    elapsed(elapsedMs),
    // For an index build, the percentage is more useful than the phase.
    remark ? printableLine((short && /(?<!\d)\d+ %/.exec(remark)?.[0]) || remark) : "",
  ]
    .filter((words) => words !== "")
    .map((words) => `, ${words}`)
    .join("");
}

/** The number of the running statement, derived from the number of finished ones. */
function statementWords(done: number, statements: number, short: boolean): string {
  if (done >= statements) return "finishing";
  if (short) return `${done + 1}/${statements}`;
  return statements === 1 ? counted(1, "statement") : `statement ${grouped(done + 1)} of ${grouped(statements)}`;
}
