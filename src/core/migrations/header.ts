import { parseDuration } from "../text/duration.ts";
import type { Position } from "../text/position.ts";
import { nearest } from "../text/spelling.ts";

/** What the leading comment block of a file says of the migration. */
export interface Header {
  /** `Migration:`, the name the author believes the file has. */
  readonly migration?: HeaderValue;
  readonly description?: HeaderValue;
  readonly created?: HeaderValue;
  /** `Transaction: none`: statement by statement, each on its own. */
  readonly transaction: "one" | "none";
  /** `Environment: a, b`: only there; empty for everywhere. */
  readonly environments: readonly string[];
  /** `Lock-Timeout: 30s`, in milliseconds; undefined to take the run's. */
  readonly lockTimeoutMs: number | undefined;
  /** `Placeholders: on`, or `everywhere` to replace them in dollar quotes too; absent to leave `${name}` as it is. */
  readonly placeholders?: "on" | "everywhere";
  /** `Backup: required`: a backup is made before it runs, whatever the settings say. */
  readonly backup?: "required";
  /** `Seed: once`, of a seed: it runs one time. */
  readonly seed?: "once";
}

export interface HeaderValue {
  readonly text: string;
  readonly position: Position;
}

export interface HeaderFault {
  readonly message: string;
  readonly hint: string;
  readonly position: Position;
}

const KEYS = [
  "Migration",
  "Description",
  "Created",
  "Transaction",
  "Environment",
  "Lock-Timeout",
  "Placeholders",
  "Seed",
  "Backup",
] as const;

const PLACEHOLDER_WORDS = ["on", "everywhere"] as const;

const STARTS_WITH_COMMENT = /^\s*--/;

const NOTHING_SAID: Header = { transaction: "one", environments: [], lockTimeoutMs: undefined };

const SHORTEST_MISSPELLING = 5;

const ENTRY = /^--[ \t]*([A-Za-z][A-Za-z_-]*)[ \t]*:(.*)$/;

/**
 * Reads the `-- Key: value` lines of the comment block that a file starts with; the block ends at the first line that
 * is neither a `--` comment nor blank. Keys are matched without regard to case. Unknown keys are ignored unless they
 * look like a known one misspelled: that must not pass silently, since it would change how the file runs.
 */
export function parseHeader(text: string): { header: Header; faults: HeaderFault[] } {
  const faults: HeaderFault[] = [];
  if (!STARTS_WITH_COMMENT.test(text)) return { header: NOTHING_SAID, faults };
  const values = new Map<string, HeaderValue>();
  let line = 0;
  for (const content of lines(text)) {
    line++;
    if (content.trim() === "") continue;
    if (!content.startsWith("--")) break;
    const entry = ENTRY.exec(content);
    if (!entry) continue;
    const [, word = "", written = ""] = entry;
    const value = written.trim();
    const position = { line, column: content.indexOf(word) + 1 };
    const key = KEYS.find((known) => known.toLowerCase() === word.toLowerCase());
    if (!key) {
      // A short word near a short key is a word of its own: "see:".
      const meant = word.length < SHORTEST_MISSPELLING ? undefined : nearest(word, KEYS);
      if (meant) {
        faults.push({
          message: `unknown header key "${word}"`,
          hint: `Did you mean "${meant}"? If it is a remark of your own, word it differently.`,
          position,
        });
      }
      continue;
    }
    if (values.has(key)) {
      faults.push({ message: `header key "${key}" stands twice`, hint: "Keep one of the two lines.", position });
      continue;
    }
    values.set(key, { text: value, position });
  }
  const transaction = values.get("Transaction");
  if (transaction && transaction.text.toLowerCase() !== "none") {
    faults.push({
      message: `header "Transaction: ${transaction.text}" is not understood`,
      hint: 'Write "Transaction: none", or remove the line to run the file in a transaction.',
      position: transaction.position,
    });
  }
  const environment = values.get("Environment");
  const environments = environment?.text.split(/[\s,]+/).filter((name) => name !== "") ?? [];
  if (environment && environments.length === 0) {
    faults.push({
      message: 'header "Environment:" names no environment',
      hint: 'Write "Environment: development, test", or remove the line to run the file everywhere.',
      position: environment.position,
    });
  }
  const lockTimeout = values.get("Lock-Timeout");
  const lockTimeoutMs = lockTimeout && parseDuration(lockTimeout.text);
  if (lockTimeout && lockTimeoutMs === undefined) {
    faults.push({
      message: `header "Lock-Timeout: ${lockTimeout.text}" is no duration`,
      hint: 'Write e.g. "Lock-Timeout: 500ms", "30s" or "5m"; "0" waits for ever.',
      position: lockTimeout.position,
    });
  }
  const placeholders = values.get("Placeholders");
  const where = PLACEHOLDER_WORDS.find((word) => word === placeholders?.text.toLowerCase());
  if (placeholders && !where) {
    faults.push({
      message: `header "Placeholders: ${placeholders.text}" is not understood`,
      hint: 'Write "Placeholders: on", or "Placeholders: everywhere" to have them replaced in dollar quotes too.',
      position: placeholders.position,
    });
  }
  const seed = values.get("Seed");
  if (seed && seed.text.toLowerCase() !== "once") {
    faults.push({
      message: `header "Seed: ${seed.text}" is not understood`,
      hint: 'Write "Seed: once", or remove the line to run the seed each time.',
      position: seed.position,
    });
  }
  const backup = values.get("Backup");
  if (backup && backup.text.toLowerCase() !== "required") {
    faults.push({
      message: `header "Backup: ${backup.text}" is not understood`,
      hint: 'Write "Backup: required", or remove the line to leave it to the settings.',
      position: backup.position,
    });
  }
  const migration = values.get("Migration");
  const description = values.get("Description");
  const created = values.get("Created");
  return {
    header: {
      ...(migration && { migration }),
      ...(description && { description }),
      ...(created && { created }),
      transaction: transaction ? "none" : "one",
      environments,
      lockTimeoutMs,
      ...(where && { placeholders: where }),
      ...(seed && { seed: "once" }),
      ...(backup && { backup: "required" }),
    },
    faults,
  };
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

/** Whether a migration with this header runs in `environment` (undefined: none was chosen). */
export function runsIn(header: Header, environment: string | undefined): boolean {
  if (header.environments.length === 0) return true;
  return environment !== undefined && header.environments.includes(environment);
}
