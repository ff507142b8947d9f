import picocolors from "picocolors";
import type { Presentation } from "../../core/command-line/output-format.ts";
import { systemWords } from "../../core/failure/system-error.ts";
import type { HintCommands } from "../../core/hints/hint-commands.ts";
import { displayWidth, GLUE, wrapped } from "../../core/text/display.ts";

/** Standard output, standard error, or a similar stream. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** A terminal's width. */
  readonly columns?: number;
}

/** How output should look, by the user's flags and the environment. */
export interface Appearance extends Pick<Presentation, "quiet" | "verbose" | "color" | "ascii"> {
  /** TERM, CI, the locale and similar variables are read. */
  readonly variables: Variables;
  /** Rewrites the commands in hints to how pgstep was started; by default they are unchanged. */
  readonly commands?: HintCommands | undefined;
}

export type Variables = Readonly<Record<string, string | undefined>>;

export type Colors = ReturnType<typeof picocolors.createColors>;

/** Marks before lines and words. */
export interface Marks {
  readonly applied: string;
  readonly undone: string;
  readonly failed: string;
  readonly rolledBack: string;
  readonly notRun: string;
  readonly inDoubt: string;
  readonly ellipsis: string;
}

const MARKS: Marks = {
  applied: "✓",
  undone: "↓",
  failed: "✗",
  rolledBack: "↶",
  notRun: "·",
  inDoubt: "?",
  ellipsis: "…",
};

const ASCII_MARKS: Marks = {
  applied: "+",
  undone: "-",
  failed: "x",
  rolledBack: "<",
  notRun: ".",
  inDoubt: "?",
  ellipsis: "...",
};

const COLUMNS_WHEN_UNKNOWN = 80;

/** A stream, and what it can show. */
export class Output {
  readonly colors: Colors;
  readonly ascii: boolean;
  readonly marks: Marks;
  readonly isTerminal: boolean;
  readonly #stream: OutputStream;
  readonly #commands: HintCommands | undefined;

  constructor(stream: OutputStream, appearance: Appearance) {
    this.#stream = stream;
    this.#commands = appearance.commands;
    this.isTerminal = stream.isTTY ?? false;
    this.colors = picocolors.createColors(hasColors(stream, appearance));
    this.ascii = appearance.ascii || (this.isTerminal && !showsUnicode(appearance.variables));
    this.marks = this.ascii ? ASCII_MARKS : MARKS;
  }

  /** The terminal's width; undefined for a pipe or file, where nothing is cut. */
  get columns(): number | undefined {
    return this.isTerminal ? this.#stream.columns || COLUMNS_WHEN_UNKNOWN : undefined;
  }

  write(text: string): void {
    this.#stream.write(text);
  }

  /** A reporter's own text, with its commands rewritten to how pgstep was started. */
  typed(text: string): string {
    return this.#commands?.rewritten(text) ?? text;
  }

  /** A text whose commands `lines` does not wrap. */
  unbroken(text: string): string {
    return this.isTerminal ? (this.#commands?.unbroken(text) ?? text) : text;
  }

  /** A text that `lines` does not wrap at all. */
  whole(text: string): string {
    return this.isTerminal ? text.replaceAll(" ", GLUE) : text;
  }

  /** Writes lines, wrapped at words on a terminal. */
  lines(lines: readonly string[]): void {
    const { columns } = this;
    if (columns === undefined) this.rows(lines);
    else this.rows(lines.flatMap((line) => fitted(line, columns)).map((line) => line.replaceAll(GLUE, " ")));
  }

  /** Writes lines without wrapping. */
  rows(lines: readonly string[]): void {
    if (lines.length > 0) this.write(`${lines.join("\n")}\n`);
  }
}

/** Indentation of wrapped lines. */
const CONTINUED = "  ";

function fitted(line: string, columns: number): string[] {
  const [first = "", ...rest] = wrapped(line, columns - CONTINUED.length, -CONTINUED.length, visibleWidth);
  return [first, ...rest.map((text) => CONTINUED + text)];
}

/** The width of a text without its colour codes. */
export function visibleWidth(text: string): number {
  return displayWidth(text.includes(ESCAPE) ? text.replace(COLOR, "") : text);
}

const ESCAPE = "\x1b";
const COLOR = new RegExp(`${ESCAPE}\\[[0-9;]*m`, "g");

function hasColors(stream: OutputStream, { color, variables }: Appearance): boolean {
  if (color !== "auto") return color === "always";
  return (stream.isTTY ?? false) && variables.TERM !== "dumb";
}

/**
 * True if the terminal can be expected to show the marks. False for the kernel's console, whose fonts lack them, and
 * where the locale names another character set. Without any locale, as in most containers, Unicode is assumed.
 */
function showsUnicode({ TERM, LC_ALL, LC_CTYPE, LANG }: Variables): boolean {
  if (TERM === "dumb" || TERM === "linux") return false;
  const locale = LC_ALL || LC_CTYPE || LANG;
  return !locale || /utf-?8/i.test(locale);
}

/** Variables of CI services, where nobody watches a running job. */
const WATCHED_BY_NOBODY = [
  "CI",
  "GITHUB_ACTIONS",
  "GITLAB_CI",
  "TF_BUILD",
  "TEAMCITY_VERSION",
  "JENKINS_URL",
  "BUILDKITE",
];

export function isContinuousIntegration(variables: Variables): boolean {
  return WATCHED_BY_NOBODY.some((name) => !["", "0", "false"].includes(variables[name] ?? ""));
}

/** A stream that may fail without stopping the command. */
export interface LosableStream extends OutputStream {
  /**
   * Waits for the last write, and returns why output was lost; undefined if none was, or if the reader closed the pipe
   * (`pgstep status | head -1`).
   */
  lost(): Promise<string | undefined>;
}

/** A stream of the process, or a similar one. */
export type TextStream = NodeJS.WritableStream & Pick<OutputStream, "isTTY" | "columns">;

/** The stream, ignoring all writes after its first error: a full disk must not stop a run halfway. */
export function endQuietly(stream: TextStream): LosableStream {
  let error: NodeJS.ErrnoException | undefined;
  // Errors are reported after the write returns.
  let last: Promise<void> | undefined;
  const lose = (cause: unknown) => {
    error ??= cause instanceof Error ? cause : new Error(String(cause));
  };
  stream.on("error", lose);
  return {
    write(text) {
      if (error) return;
      last = new Promise((resolve) => {
        try {
          stream.write(text, (cause) => {
            if (cause) lose(cause);
            resolve();
          });
        } catch (cause) {
          lose(cause);
          resolve();
        }
      });
    },
    async lost() {
      await last;
      return error === undefined || error.code === "EPIPE" ? undefined : systemWords(error);
    },
    isTTY: stream.isTTY ?? false,
    get columns() {
      return stream.columns ?? 0;
    },
  };
}
