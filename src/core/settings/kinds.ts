import type { Completes } from "../command-line/command.ts";
import { patternProblem } from "../drift/patterns.ts";
import { commandWords } from "../text/command-words.ts";
import { parseDuration, writeDuration } from "../text/duration.ts";
import { parseSize, writeSize } from "../text/size.ts";
import { maskConnection } from "./connection-mask.ts";

/** The values that a setting can have, and how they are written in words, in a file, and in help. */
export interface Kind<Value = unknown> {
  /** The name of the value in help; a switch has none, its flag means true. */
  readonly placeholder?: string;
  /** All possible values, if they are few. */
  readonly words?: readonly string[];
  /** The words or paths that a shell completes. */
  readonly completes?: Completes;
  /** The type in a project file. */
  readonly json: "string" | "boolean" | "number" | "object" | "array";
  /** The expected value, with its article: "a duration". */
  readonly expected: string;
  /** One sentence for a user who wrote something else. */
  readonly hint: string;
  /** The JSON schema besides the type. */
  readonly schema?: Readonly<Record<string, unknown>>;
  /** Parses a text. The error is a clause such as "it is ..." or "it has ...". */
  read(text: string): { readonly value: Value } | { readonly problem: string };
  /** The error in an object that a program passed as an option, worded as those of `read`. */
  objectProblem?(given: object): string | undefined;
  /** A text that `read` accepts, with passwords masked. */
  show(value: Value): string;
  /** Adds the value as written, before variables were inserted: only that may be shown. */
  asWritten?(value: Value, written: Value): Value;
  /** Merges the values of two sources. */
  merge?(stronger: Value, weaker: Value): Value;
  /** The value of a file in another directory, with its paths resolved. */
  relocate?(value: Value, resolve: (path: string) => string): Value;
}

export function text(placeholder: string): Kind<string> {
  return {
    placeholder,
    json: "string",
    expected: "a string",
    hint: "Give it a value, or leave it out.",
    read: (written) => ({ value: written }),
    show: (value) => value,
  };
}

/** A path; in a project file it is relative to the file. */
export function path(placeholder: "file" | "directory"): Kind<string> {
  return {
    ...text(placeholder),
    completes: placeholder,
    expected: "a path",
    relocate: (value, resolve) => resolve(value),
  };
}

const EMBEDDED = /^pglite:(?:\/\/)?(?!memory$)/i;

/** A database URL; the directory of an embedded one is relative to the project file that names it. */
export const databaseUrl: Kind<string> = {
  ...text("url"),
  expected: "a database URL",
  hint: "Write postgres://user@host/database, pglite:<directory> or pglite:memory.",
  show: maskConnection,
  relocate(value, resolve) {
    const scheme = EMBEDDED.exec(value)?.[0];
    return scheme === undefined || scheme === value ? value : `pglite:${resolve(value.slice(scheme.length))}`;
  },
};

/** One word, so that it cannot be a list. */
export const environmentName: Kind<string> = {
  ...text("name"),
  expected: "one word",
  hint: "Name one environment, e.g. --env production.",
  read: (written) => (/[\s,]/.test(written) ? { problem: "it is more than one word" } : { value: written }),
};

/** A name in the database of at most `maxBytes` bytes: PostgreSQL truncates longer ones silently. */
export function identifier(maxBytes: number): Kind<string> {
  return {
    ...text("name"),
    expected: `a name of at most ${maxBytes} bytes`,
    hint: "Choose a shorter one.",
    read: (written) =>
      new TextEncoder().encode(written).length <= maxBytes && !written.includes("\0")
        ? { value: written }
        : { problem: `a name may have at most ${maxBytes} bytes here` },
  };
}

/** The name of a time zone, or its difference to UTC. */
export const timeZone: Kind<string> = {
  ...text("zone"),
  expected: "a time zone",
  hint: "Write it like UTC or Europe/Berlin.",
  read: (written) =>
    /^[A-Za-z0-9_+\-/:<>.,]+$/.test(written) ? { value: written } : { problem: "it is not the name of a time zone" },
};

/** Milliseconds, written with a unit. */
export const duration: Kind<number> = {
  placeholder: "duration",
  json: "string",
  expected: "a duration",
  hint: "Write it like 500ms, 30s, 5m or 0.",
  schema: { pattern: "^(0|[0-9]{1,10}(ms|s|m|h))$" },
  read(written) {
    const value = parseDuration(written);
    return value === undefined ? { problem: "it is not a duration" } : { value };
  },
  show: writeDuration,
};

/** Bytes, written with a unit. */
export const size: Kind<number> = {
  placeholder: "size",
  json: "string",
  expected: "a size",
  hint: "Write it like 500kB, 100MB, 2GB or 0.",
  schema: { pattern: "^(0|[0-9]{1,6}(kB|MB|GB|TB))$" },
  read(written) {
    const value = parseSize(written);
    return value === undefined ? { problem: "it is not a size" } : { value };
  },
  show: writeSize,
};

/** A program and its arguments in one text, which no shell reads. */
export const command: Kind<string> = {
  ...text("command"),
  expected: "a command",
  hint: "Write a program and its arguments, with quotes around a word that has spaces.",
  read: (written) =>
    commandWords(written) ? { value: written } : { problem: "it is no command: a quote is not closed, or it is empty" },
};

export function choice<const Words extends readonly string[]>(placeholder: string, words: Words): Kind<Words[number]> {
  const list = words.join(", ");
  return {
    placeholder,
    words,
    completes: words,
    json: "string",
    expected: `one of ${list}`,
    hint: `Write one of ${list}.`,
    schema: { enum: words },
    read: (written) => (words.includes(written) ? { value: written } : { problem: `it is not one of ${list}` }),
    show: (value) => value,
  };
}

const YES = ["true", "1", "yes", "on"];
const NO = ["false", "0", "no", "off"];

export const onOrOff: Kind<boolean> = {
  json: "boolean",
  expected: "true or false",
  hint: "Write true or false.",
  read(written) {
    const word = written.toLowerCase();
    if (YES.includes(word)) return { value: true };
    return NO.includes(word) ? { value: false } : { problem: "it is neither true nor false" };
  },
  show: String,
};

/** From 1 to 99999: more digits are a mistake. */
export const wholeNumber: Kind<number> = {
  placeholder: "number",
  json: "number",
  expected: "a whole number",
  hint: "Write a number from 1 to 99999.",
  schema: { type: "integer", minimum: 1, maximum: 99_999 },
  read: (written) =>
    /^[1-9][0-9]{0,4}$/.test(written) ? { value: Number(written) } : { problem: "it is not a number from 1 to 99999" },
  show: String,
};

/** `pattern;pattern`; in JSON, a list. */
export const objectPatterns: Kind<readonly string[]> = {
  placeholder: "pattern;...",
  json: "array",
  expected: "a list of patterns",
  hint: 'Write --drift-ignore "schema audit;index public.tmp_*"; in a file ["schema audit", "index public.tmp_*"].',
  schema: { items: { type: "string", minLength: 1 } },
  read(written) {
    if (!written.startsWith("[")) return fromList(written.split(";"));
    try {
      return fromList(JSON.parse(written) as unknown[]);
    } catch {
      return { problem: "it is not JSON" };
    }
  },
  show: (patterns) => patterns.join(";"),
  merge: (stronger, weaker) => [...new Set([...weaker, ...stronger])],
};

function fromList(list: readonly unknown[]): ReturnType<Kind<readonly string[]>["read"]> {
  const patterns: string[] = [];
  for (const pattern of list) {
    if (typeof pattern !== "string") return { problem: "a pattern is not a string" };
    const problem = patternProblem(pattern);
    if (problem !== undefined) return { problem };
    patterns.push(pattern.trim());
  }
  return { value: patterns };
}
