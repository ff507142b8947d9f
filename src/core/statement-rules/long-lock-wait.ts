import type { CheckRule } from "../check/rule.ts";
import { namedAll } from "../check/words.ts";
import { TokenCursor } from "../sql/token-cursor.ts";
import { settingChange } from "../statements/set.ts";
import { isDefinition } from "../trace/definition-work.ts";
import { blockedBy } from "../trace/lock-modes.ts";
import type { TracedStatement } from "../trace/trace.ts";

const LONGEST_MS = 60_000;

export const longLockWait: CheckRule = {
  id: "long-lock-wait",
  group: "style",
  isStrict: true,
  title: "Long wait for a lock",
  why: "While a statement waits for its lock, every later query on the table waits too. pgstep waits briefly and retries (--lock-timeout); this setting replaces that for the rest of the file.",
  recipe: "SET LOCAL lock_timeout = '2s';  -- or no setting: pgstep has one, and retries",
  examples: {
    bad: [
      { given: "CREATE TABLE t (n int)", sql: "SET lock_timeout = 0; ALTER TABLE t ADD COLUMN m int" },
      { given: "CREATE TABLE t (n int)", sql: "SET LOCAL lock_timeout = '10min'; ALTER TABLE t ADD COLUMN m int" },
      {
        given: "CREATE TABLE t (n int)",
        sql: "SELECT set_config('lock_timeout', '0', true); ALTER TABLE t ADD COLUMN m int",
      },
    ],
    good: [
      { given: "CREATE TABLE t (n int)", sql: "SET lock_timeout = '2s'; ALTER TABLE t ADD COLUMN m int" },
      { given: "CREATE TABLE t (n int)", sql: "SET lock_timeout = 5000; ALTER TABLE t ADD COLUMN m int" },
      { sql: "SET lock_timeout = 0; CREATE TABLE t (n int)" },
      {
        given: "CREATE TABLE t (n int)",
        sql: "SET lock_timeout = 0; SET lock_timeout = '1s'; ALTER TABLE t ADD COLUMN m int",
      },
      { given: "CREATE TABLE t (n int)", sql: "SET lock_timeout = 0; INSERT INTO t VALUES (1)" },
    ],
  },
  *find({ statements }) {
    let wait: { readonly statement: TracedStatement; readonly words: string } | undefined;
    for (const statement of statements) {
      const change = settingChange(new TokenCursor(statement.statement));
      if (change?.name === "lock_timeout") {
        const words = waitWords(change.value ?? "");
        wait = words === undefined ? undefined : { statement, words };
        continue;
      }
      const locked = isDefinition(statement) ? statement.touches.filter(({ lock }) => blockedBy(lock)) : [];
      if (!wait || locked.length === 0) continue;
      yield {
        statement: wait.statement,
        message: `the lock of ${namedAll(locked.map(({ before }) => before))} may be waited for ${wait.words}`,
      };
      wait = undefined;
    }
  },
};

const UNITS_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** How long a value of lock_timeout lets statements wait, in words, if that is long. */
function waitWords(value: string): string | undefined {
  const [, digits, unit = "ms"] = /^(\d{1,12}) *(us|ms|s|min|h|d)?$/.exec(value.trim()) ?? [];
  const waitMs = Number(digits) * (UNITS_MS[unit] ?? Number.NaN);
  if (waitMs === 0) return "without limit";
  return waitMs > LONGEST_MS ? `for ${digits} ${unit}` : undefined;
}
