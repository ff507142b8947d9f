import { clearInterval, setInterval } from "node:timers";
import { cut, printableLine } from "../core/display-text.ts";
import type { Output } from "./reporter-output.ts";
import { duration } from "./reporter-words.ts";

/** Steps faster than this never show, so that quick runs do not flicker. */
const SHOWN_AFTER_MS = 200;
const REDRAWN_EVERY_MS = 100;
const ERASE_LINE = "\r\x1b[K";

/** One line at the bottom of a terminal that says what is running; nothing at all elsewhere. */
export class ProgressLine {
  readonly #output: Output;
  readonly #enabled: boolean;
  #timer: ReturnType<typeof setInterval> | undefined;
  #text = "";
  #remark = "";
  #startedMs = 0;
  #drawn = false;

  constructor(output: Output, variables: Readonly<Record<string, string | undefined>>) {
    this.#output = output;
    this.#enabled = output.isTerminal && !variables.CI && variables.TERM !== "dumb";
  }

  /** Shows what has begun, and for how long it has been running. */
  start(text: string): void {
    this.stop();
    if (!this.#enabled) return;
    this.#text = text;
    this.#remark = "";
    this.#startedMs = performance.now();
    this.#timer = setInterval(() => this.#draw(), REDRAWN_EVERY_MS);
    // Must not keep the process alive: it has ended when nothing else is left to do.
    this.#timer.unref();
  }

  /** Changes the words of what is going on. */
  update(text: string): void {
    this.#text = text;
    this.#remark = "";
  }

  /** Adds what is known of how it goes on, until the next change. */
  remark(remark: string): void {
    this.#remark = remark;
  }

  /** Takes the line away for other output; it comes back with the next redraw. */
  erase(): void {
    if (this.#drawn) this.#output.write(ERASE_LINE);
    this.#drawn = false;
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
    const text = cut(
      `${printableLine(this.#text)}, ${duration(elapsedMs)}${this.#remark && `, ${this.#remark}`}`,
      columns - 1,
      marks.ellipsis,
    );
    this.#output.write(ERASE_LINE + colors.dim(text));
    this.#drawn = true;
  }
}
