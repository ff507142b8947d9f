import { clearInterval, setInterval } from "node:timers";
import { cut, displayWidth, printableLine } from "../../core/text/display.ts";
import { isContinuousIntegration, type Output, type Variables } from "../output/output.ts";
import { counted, elapsed, grouped } from "../output/words.ts";

/** What is done faster than this never shows, so that quick runs do not flicker. */
const SHOWN_AFTER_MS = 1_000;
const REDRAWN_EVERY_MS = 100;
const ERASE_LINE = "\r\x1b[K";

/** How far something has got. */
export interface Progress {
  /** What is going on: "Applying 003_add_index". */
  readonly subject: string;
  /** The same where there is little room: "003_add_index". */
  readonly shortSubject?: string;
  /** Statements that are done, of how many, and the rows they touched. */
  readonly done?: number;
  readonly statements?: number;
  readonly rows?: number;
  /** What else is known of how it goes on. */
  readonly remark?: string;
}

/** One line at the bottom of a terminal that says what is running; nothing at all elsewhere. */
export class ProgressLine {
  /** Whether anybody could see it. */
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

  /** Shows what has begun, that many milliseconds ago, and for how long it has been running. */
  start(progress: Progress, sinceMs = 0): void {
    this.stop();
    if (!this.enabled) return;
    this.#progress = progress;
    this.#startedMs = performance.now() - sinceMs;
    this.#timer = setInterval(() => this.#draw(), REDRAWN_EVERY_MS);
    // Must not keep the process alive: it has ended when nothing else is left to do.
    this.#timer.unref();
  }

  /** Changes what is known; a remark holds until the next change. */
  update(change: Partial<Progress>): void {
    const { remark: _, ...known } = this.#progress;
    this.#progress = { ...known, ...change };
  }

  /** Adds the rows that a statement touched. */
  statementDone(done: number, rows: number): void {
    this.update({ done, rows: (this.#progress.rows ?? 0) + rows });
  }

  /** Takes the line away for other output; it comes back with the next redraw. */
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
    // The last column stays free: some terminals go to the next line once it is written.
    const text = progressText(this.#progress, elapsedMs, columns - 1, marks.ellipsis);
    if (text === this.#drawn) return;
    this.#output.write(ERASE_LINE + colors.dim(text));
    this.#drawn = text;
  }
}

/** Shorter than this, a subject says nothing. */
const LEAST_SUBJECT = 16;

/** The line within its columns: where there is little room in fewer words, then with the subject cut, at last all of it. */
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
    // Of an index that is built, how far it is says more than what is being done.
    remark ? printableLine((short && /(?<!\d)\d+ %/.exec(remark)?.[0]) || remark) : "",
  ]
    .filter((words) => words !== "")
    .map((words) => `, ${words}`)
    .join("");
}

/** The statement that is running: those that are done tell. */
function statementWords(done: number, statements: number, short: boolean): string {
  if (done >= statements) return "finishing";
  if (short) return `${done + 1}/${statements}`;
  return statements === 1 ? counted(1, "statement") : `statement ${grouped(done + 1)} of ${grouped(statements)}`;
}
