import { parseDuration } from "../text/duration.ts";
import type { Position } from "../text/position.ts";
import { nearest } from "../text/spelling.ts";

/** The settings in a file's leading comment block. */
export interface Header {
  /** `Migration:`, the name that the author expects the file to have. */
  readonly migration?: HeaderValue;
  readonly description?: HeaderValue;
  readonly created?: HeaderValue;
  /** `Transaction: none`: each statement runs on its own. */
  readonly transaction: "one" | "none";
  /** `Environment: a, b`: the file runs only there; empty: everywhere. */
  readonly environments: readonly string[];
  /** `Lock-Timeout: 30s`, in milliseconds; undefined: the run's timeout applies. */
  readonly lockTimeoutMs: number | undefined;
  /** `Placeholders: on`, or `everywhere` to replace them in dollar quotes too; absent: `${name}` stays as it is. */
  readonly placeholders?: "on" | "everywhere";
  /** `Backup: required`: pgstep makes a backup before the file runs, whatever the settings say. */
  readonly backup?: "required";
  /** `Seed: once`: the seed runs only one time. */
  readonly seed?: "once";
}

export interface HeaderValue {
  readonly text: string;
  readonly position: Position;
}

export interface HeaderError {
  readonly message: string;
  readonly hint: string;
  readonly position: Position;
}

type Refuse = (message: string, hint: string) => void;

/** Reads the value of a key. A rejected value still yields what the author most likely meant. */
type Reader = (value: HeaderValue, refuse: Refuse) => Partial<Header>;

/** The keys with their readers, in the order in which invalid values are reported. */
const READERS: Readonly<Record<string, Reader>> = {
  Migration: (migration) => ({ migration }),
  Description: (description) => ({ description }),
  Created: (created) => ({ created }),
  Transaction: onlyWord("Transaction", "none", "run the file in a transaction", { transaction: "none" }),
  Environment({ text }, refuse) {
    const environments = text.split(/[\s,]+/).filter((name) => name !== "");
    if (environments.length === 0) {
      refuse(
        'header "Environment:" names no environment',
        'Write "Environment: development, test", or remove the line to run the file everywhere.',
      );
    }
    return { environments };
  },
  "Lock-Timeout"({ text }, refuse) {
    const lockTimeoutMs = parseDuration(text);
    if (lockTimeoutMs === undefined) {
      refuse(
        `header "Lock-Timeout: ${text}" is not a duration`,
        'Write e.g. "Lock-Timeout: 500ms", "30s" or "5m"; "0" waits without limit.',
      );
    }
    return { lockTimeoutMs };
  },
  Placeholders({ text }, refuse) {
    const placeholders = PLACEHOLDER_WORDS.find((word) => word === text.toLowerCase());
    if (placeholders) return { placeholders };
    refuse(
      `header "Placeholders: ${text}" is not understood`,
      'Write "Placeholders: on", or "Placeholders: everywhere" to replace them in dollar quotes too.',
    );
    return {};
  },
  Seed: onlyWord("Seed", "once", "run the seed each time", { seed: "once" }),
  Backup: onlyWord("Backup", "required", "let the settings decide", { backup: "required" }),
};

const KEYS = Object.keys(READERS);

const PLACEHOLDER_WORDS = ["on", "everywhere"] as const;

const NOTHING_SAID: Header = { transaction: "one", environments: [], lockTimeoutMs: undefined };

/** A shorter word is not taken for a misspelled key: "see:" is not "Seed:". */
const SHORTEST_MISSPELLING = 5;

const ENTRY = /^--[ \t]*([A-Za-z][A-Za-z_-]*)[ \t]*:(.*)$/;

/**
 * Reads the `-- Key: value` lines of the comment block that a file starts with; the block ends at the first line that
 * is neither a `--` comment nor blank. Keys are matched ignoring case. Unknown keys are ignored unless they look like a
 * misspelled known key: ignoring that one would change how the file runs.
 */
export function parseHeader(text: string): { header: Header; problems: HeaderError[] } {
  const problems: HeaderError[] = [];
  const values = new Map<string, HeaderValue>();
  for (const { word, value } of entriesOf(text)) {
    const refuse = (message: string, hint: string) => problems.push({ message, hint, position: value.position });
    const key = KEYS.find((known) => known.toLowerCase() === word.toLowerCase());
    if (key === undefined) refuseMisspelling(word, refuse);
    else if (values.has(key)) refuse(`header key "${key}" appears twice`, "Keep one of the two lines.");
    else values.set(key, value);
  }
  // Most files have no header, and there may be thousands of them.
  if (values.size === 0) return { header: NOTHING_SAID, problems };
  const parts = Object.entries(READERS).map(([key, read]) => {
    const value = values.get(key);
    return value && read(value, (message, hint) => problems.push({ message, hint, position: value.position }));
  });
  return { header: Object.assign({}, NOTHING_SAID, ...parts), problems };
}

/** Reads a key that has only one value. */
function onlyWord(key: string, word: string, without: string, said: Partial<Header>): Reader {
  return ({ text }, refuse) => {
    if (text.toLowerCase() !== word) {
      refuse(
        `header "${key}: ${text}" is not understood`,
        `Write "${key}: ${word}", or remove the line to ${without}.`,
      );
    }
    return said;
  };
}

function refuseMisspelling(word: string, refuse: Refuse): void {
  const meant = word.length < SHORTEST_MISSPELLING ? undefined : nearest(word, KEYS);
  if (!meant) return;
  refuse(`unknown header key "${word}"`, `Did you mean "${meant}"? If it is your own comment, word it differently.`);
}

/** The lines of the first comment block that look like `-- word: value`. */
function* entriesOf(text: string): Generator<{ readonly word: string; readonly value: HeaderValue }> {
  let line = 0;
  for (const content of lines(text)) {
    line++;
    if (content.trim() === "") continue;
    if (!content.startsWith("--")) return;
    const [, word, written = ""] = ENTRY.exec(content) ?? [];
    if (word === undefined) continue;
    yield { word, value: { text: written.trim(), position: { line, column: content.indexOf(word) + 1 } } };
  }
}

function* lines(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf("\n", start);
    const stop = end === -1 ? text.length : end;
    yield text.slice(start, text[stop - 1] === "\r" ? stop - 1 : stop);
    start = stop + 1;
  }
}

/** True if a migration with this header runs in `environment` (undefined: no environment was chosen). */
export function runsIn(header: Header, environment: string | undefined): boolean {
  if (header.environments.length === 0) return true;
  return environment !== undefined && header.environments.includes(environment);
}
