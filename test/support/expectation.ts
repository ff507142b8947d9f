import type { Answer } from "./scenario-file.ts";

/**
 * Whether the lines are as expected: `[..]` stands for anything within a line, a line `[...]` for any number of lines.
 */
export function matches(actual: readonly string[], expected: readonly string[]): boolean {
  const [first, ...rest] = expected;
  if (first === undefined) return actual.length === 0;
  if (first === "[...]") {
    for (let skipped = 0; skipped <= actual.length; skipped++) {
      if (matches(actual.slice(skipped), rest)) return true;
    }
    return false;
  }
  return actual.length > 0 && lineMatches(actual[0] ?? "", first) && matches(actual.slice(1), rest);
}

function lineMatches(actual: string, expected: string): boolean {
  if (!expected.includes("[..]")) return actual === expected;
  const pattern = expected.split("[..]").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${pattern.join(".*")}$`, "u").test(actual);
}

/** The expected answer where the actual one fits it, wildcards kept; else the actual one, part by part. */
export function settle(actual: Answer, expected: Answer): Answer {
  return {
    stdout: matches(actual.stdout, expected.stdout) ? expected.stdout : actual.stdout,
    stderr: matches(actual.stderr, expected.stderr) ? expected.stderr : actual.stderr,
    status: actual.status,
  };
}

/**
 * Lines of output with what differs from run to run named instead: `names` maps such texts (paths, database, port) to
 * their names; durations become <time>, instants <timestamp>, the present day <day> and process ids <pid>.
 */
export function normalise(output: string, names: ReadonlyMap<string, string>): string[] {
  let text = output;
  const longestFirst = [...names].sort(([a], [b]) => b.length - a.length);
  for (const [value, name] of longestFirst) text = text.replaceAll(value, name);
  text = text
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|UTC|[+-]\d\d(:?\d\d)?))?/g, "<timestamp>")
    .replace(/ *(?<![\w.<-])\d+(\.\d+)? ?(ms|s|min)\b/g, (found) => (found.startsWith(" ") ? " <time>" : "<time>"))
    .replace(/\bfor \d\d:\d\d:\d\d\b/g, "for <time>")
    .replace(/("[a-z]+_?[mM]s": ?)\d+(\.\d+)?/g, "$1<time>")
    .replace(/\b(pid |process |pg_terminate_backend\()\d+\b/g, "$1<pid>");
  for (const day of presentDays()) text = text.replaceAll(day, "<day>");
  const lines = text.split("\n").map((line) => line.trimEnd());
  while (lines.at(-1) === "") lines.pop();
  return lines;
}

const TEN_MINUTES_MS = 600_000;

/** Today, and the day before for a while: the output may be from then. */
function presentDays(): string[] {
  const now = Date.now();
  return [now, now - TEN_MINUTES_MS].map((time) => new Date(time).toISOString().slice(0, "2026-01-01".length));
}
