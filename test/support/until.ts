import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

/** Waits until a condition holds; fails after the limit and says what did not come true. */
export async function until(condition: () => unknown, what = `${condition}`, limitMs = 20_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `never came true: ${what}`);
    await sleep(10);
  }
}

/** Waits until the first value that a query gives is true. */
export function untilTrue(
  query: (sql: string) => Promise<readonly object[]>,
  sql: string,
  limitMs?: number,
): Promise<void> {
  return until(async () => Object.values((await query(sql))[0] ?? {})[0], sql, limitMs);
}
