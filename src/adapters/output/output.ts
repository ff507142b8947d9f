import picocolors from "picocolors";
import type { Presentation } from "../../core/command-line/output-format.ts";
import { systemWords } from "../../core/failure/system-error.ts";
import type { HintCommands } from "../../core/hints/hint-commands.ts";
import { displayWidth, GLUE, wrapped } from "../../core/text/display.ts";

/** Standard output, standard error, or anything like them. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** A terminal's width. */
  readonly columns?: number;
}

/** What the user and the environment say of how things should look. */
export interface Appearance extends Pick<Presentation, "quiet" | "verbose" | "color" | "ascii"> {
  /** TERM, CI, the locale and their like are looked at. */
  readonly variables: Variables;
  /** How commands are typed here; without it, as the code writes them. */
  readonly commands?: HintCommands | undefined;
}

export type Variables = Readonly<Record<string, string | undefined>>;

export type Colors = ReturnType<typeof picocolors.createColors>;

/** Marks before lines and words, each in a form that every terminal can show. */
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

/** One stream with what can be shown on it. */
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

  /** The terminal's width; undefined for a pipe or file, where nothing needs to be cut. */
  get columns(): number | undefined {
    return this.isTerminal ? this.#stream.columns || COLUMNS_WHEN_UNKNOWN : undefined;
  }

  write(text: string): void {
    this.#stream.write(text);
  }

  /** A text of the reporter's own, with the commands in it as they are typed here. */
  typed(text: string): string {
    return this.#commands?.rewritten(text) ?? text;
  }

  /** A text in which no line will be broken inside a command, for `lines`. */
  unbroken(text: string): string {
    return this.isTerminal ? (this.#commands?.unbroken(text) ?? text) : text;
  }

  /** Writes lines, on a terminal broken at words where they are too long for it. */
  lines(lines: readonly string[]): void {
    const { columns } = this;
    if (columns === undefined) this.rows(lines);
    else this.rows(lines.flatMap((line) => fitted(line, columns)).map((line) => line.replaceAll(GLUE, " ")));
  }

  /** Writes lines as they are, however long. */
  rows(lines: readonly string[]): void {
    if (lines.length > 0) this.write(`${lines.join("\n")}\n`);
  }
}

/** What lines stand in from the left that go on with the line above. */
const CONTINUED = "  ";

function fitted(line: string, columns: number): string[] {
  const [first = "", ...rest] = wrapped(line, columns - CONTINUED.length, -CONTINUED.length, visibleWidth);
  return [first, ...rest.map((text) => CONTINUED + text)];
}

/** Of a text with colours in it. */
function visibleWidth(text: string): number {
  return displayWidth(text.includes(ESCAPE) ? text.replace(COLOR, "") : text);
}

const ESCAPE = "\x1b";
const COLOR = new RegExp(`${ESCAPE}\\[[0-9;]*m`, "g");

function hasColors(stream: OutputStream, { color, variables }: Appearance): boolean {
  if (color !== "auto") return color === "always";
  return (stream.isTTY ?? false) && variables.TERM !== "dumb";
}

/**
 * Whether a terminal can be expected to show more than ASCII: not the console of the kernel, whose fonts lack the marks,
 * and not where the locale names another character set. Without any locale, as in most containers, it can.
 */
function showsUnicode({ TERM, LC_ALL, LC_CTYPE, LANG }: Variables): boolean {
  if (TERM === "dumb" || TERM === "linux") return false;
  const locale = LC_ALL || LC_CTYPE || LANG;
  return !locale || /utf-?8/i.test(locale);
}

/** Variables that services set in which nobody watches while a job runs. */
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

/** A stream that may be lost on the way without harm to what is being done. */
export interface LosableStream extends OutputStream {
  /**
   * Why not all that was written until now came through, known once it is out; undefined when it did, or when its
   * reader went away (`pgstep status | head -1`).
   */
  lost(): Promise<string | undefined>;
}

/** A stream of the process, or one like it. */
export type TextStream = NodeJS.WritableStream & Pick<OutputStream, "isTTY" | "columns">;

/** The stream, quiet from its first error on: a full disk under a log must not stop a run half-way. */
export function endQuietly(stream: TextStream): LosableStream {
  let error: NodeJS.ErrnoException | undefined;
  // Errors come later than the writes that they are of.
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
