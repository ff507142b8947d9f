import picocolors from "picocolors";

/** Standard output, standard error, or anything like them. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** A terminal's width. */
  readonly columns?: number;
}

/** What the user or the environment says of how things should look. */
export interface Appearance {
  readonly noColor: boolean;
  readonly ascii: boolean;
  readonly verbose: boolean;
  /** NO_COLOR, FORCE_COLOR, TERM and CI are looked at. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

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

  constructor(stream: OutputStream, appearance: Appearance) {
    this.#stream = stream;
    this.isTerminal = stream.isTTY ?? false;
    this.colors = picocolors.createColors(hasColors(stream, appearance));
    this.ascii = appearance.ascii || (this.isTerminal && appearance.variables.TERM === "dumb");
    this.marks = this.ascii ? ASCII_MARKS : MARKS;
  }

  /** The terminal's width; undefined for a pipe or file, where nothing needs to be cut. */
  get columns(): number | undefined {
    return this.isTerminal ? this.#stream.columns || COLUMNS_WHEN_UNKNOWN : undefined;
  }

  write(text: string): void {
    this.#stream.write(text);
  }

  lines(lines: readonly string[]): void {
    if (lines.length > 0) this.write(`${lines.join("\n")}\n`);
  }
}

function hasColors(stream: OutputStream, { noColor, variables }: Appearance): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = variables;
  if (noColor) return false;
  if (FORCE_COLOR) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return !NO_COLOR && (stream.isTTY ?? false) && TERM !== "dumb";
}

/** A stream that may be lost on the way without harm to what is being done. */
export interface LosableStream extends OutputStream {
  /**
   * Why not all that was written until now came through, known once it is out; undefined when it did, or when its
   * reader went away (`pgstep status | head -1`).
   */
  lost(): Promise<string | undefined>;
}

/** The stream, quiet from its first error on: a full disk under a log must not stop a run half-way. */
export function endQuietly(stream: NodeJS.WriteStream): LosableStream {
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
      return error?.code === "EPIPE" ? undefined : error?.message;
    },
    isTTY: stream.isTTY,
    get columns() {
      return stream.columns;
    },
  };
}
