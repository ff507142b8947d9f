import assert from "node:assert/strict";
import type { Ended, Line } from "../faults/support/child.ts";
import { bookkeeping, brokenIndexes, fingerprint } from "../faults/support/fingerprint.ts";
import type { Ground } from "../faults/support/ground.ts";
import { effectsOf, type Observation } from "../faults/support/observation.ts";
import { assertReportTrue, failureTold, stepsTold } from "../faults/support/truth.ts";
import { REPEATABLES } from "./turn-files.ts";
import type { Verb } from "./verbs.ts";

/** Everything in a database that undisturbed runs make equal: objects, rows, and pgstep's own records. */
export async function stateOf({ server, database }: Ground): Promise<readonly string[]> {
  return [...(await fingerprint(server, database)), ...(await bookkeeping(server, database))];
}

/** The state before the command, and after it when nothing disturbs it. */
export interface States {
  readonly before: readonly string[];
  readonly done: readonly string[];
}

/** FROM and WHERE of the locks that sessions hold for runs in this database. */
export const ADVISORY_LOCKS =
  "FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

const STARTED_NOTHING = 2;
const LOST = 4;

/** Fails unless what a hurt command reports, its exit status included, is what the database has. */
export async function assertTrue(
  verb: Verb,
  ground: Ground,
  ended: Ended,
  seenBefore: Observation | undefined,
  states: States,
): Promise<void> {
  assert.ok([0, STARTED_NOTHING, LOST].includes(Number(ended.status)), `exit status: ${ended.story}`);
  const state = await stateOf(ground);
  if (ended.status === 0) assertSame(state, states.done, `it says that it is done: ${ended.story}`);
  if (ended.status === STARTED_NOTHING || saysNothingChanged(ended)) {
    assertSame(state, states.before, `it says that nothing was changed: ${ended.story}`);
  }
  if (ended.status === LOST) assert.equal(failureTold(ended).code, "connection-lost", ended.story);
  if (verb.truth === "seeds") await assertSeedsTrue(ground, ended);
  if (seenBefore) {
    await assertReportTrue(ground, ended, { before: seenBefore });
    await assertRepeatablesTrue(ground, ended);
    await assertHooksTrue(ground, ended);
  }
  if (verb.truth === "all-or-nothing") {
    const isWhole = same(state, states.before) || same(state, states.done);
    assert.ok(isWhole, `neither all of it nor nothing took effect: ${difference(state, states.done)}\n${ended.story}`);
  }
}

function saysNothingChanged(ended: Ended): boolean {
  if (ended.status === 0) return false;
  const { message, hint } = failureTold(ended);
  return /\b(nothing was (changed|done|written)|rolled back)\b/i.test(`${message} ${hint ?? ""}`);
}

/**
 * Fails unless two runs together say truly what took effect, of which the first was hurt. What a killed one did it does
 * not say. One that lost its connection says what it finds later, which may be the work of the other.
 */
export async function assertClaimsTrue(ground: Ground, hurt: Ended, rival: Ended, before: Observation): Promise<void> {
  const after = await ground.observe();
  const story = `${hurt.story}\n${rival.story}\n${JSON.stringify(after)}`;
  for (const migration of ground.migrations) {
    for (const direction of ["up", "down"] as const) {
      const effects = effectsOf(after, migration, direction) - effectsOf(before, migration, direction);
      const claims = (ended: Ended) =>
        stepsTold(ended).filter(
          ({ version, outcome, ...step }) =>
            version === migration.version &&
            step.direction === direction &&
            (outcome === "applied" || outcome === "undone"),
        ).length;
      const [own, others] = [claims(hurt), claims(rival)];
      const least = hurt.status === LOST ? Math.max(own, others) : own + others;
      const most = hurt.status === "SIGKILL" ? others + 1 : own + others;
      const what = `${direction} of ${migration.version}: the runs claim it ${own} and ${others} times`;
      assert.ok(least <= effects && effects <= most, `${what}, it took effect ${effects} times: ${story}`);
    }
  }
}

async function assertSeedsTrue(ground: Ground, ended: Ended): Promise<void> {
  const rows = await ground.query("SELECT name FROM app.seeded");
  const there = new Set(rows.map(({ name }) => String(name)));
  for (const { version, outcome } of seedSteps(ended)) {
    const told = `seed ${version} is told to be ${outcome}: ${[...there].join(", ")} are there: ${ended.story}`;
    // Nothing records a seed that runs each time, so its outcome cannot be known after a loss.
    if (outcome === "in-doubt") assert.ok(!version.endsWith("once"), told);
    else assert.equal(there.has(version), outcome === "applied", told);
  }
}

function seedSteps(ended: Ended): readonly { version: string; outcome: string }[] {
  const last = ended.lines.at(-1);
  return last?.type === "seed" ? (last.steps as { version: string; outcome: string }[]) : [];
}

async function assertRepeatablesTrue(ground: Ground, ended: Ended): Promise<void> {
  const told = (runLine(ended)?.repeatable ?? []) as readonly { name: string; outcome: string }[];
  if (told.length === 0) return;
  const rows = await ground.query(
    `SELECT name FROM unnest(ARRAY['${REPEATABLES.join("','")}']) AS v(name) WHERE to_regclass('app.' || name) IS NOT NULL`,
  );
  const there = rows.map(({ name }) => String(name));
  for (const { name, outcome } of told) {
    const story = `${name} is told to be ${outcome}, and ${there.join(", ")} are there: ${ended.story}`;
    assert.equal(there.includes(name), outcome === "applied", story);
  }
}

async function assertHooksTrue(ground: Ground, ended: Ended): Promise<void> {
  const told = (runLine(ended)?.hooks ?? []) as readonly { moment: string; outcome: string }[];
  if (told.length === 0) return;
  const rows = await ground.query("SELECT moment, count(*)::integer AS count FROM faults.hook GROUP BY moment");
  for (const moment of new Set(told.map((hook) => hook.moment))) {
    const is = Number(rows.find((row) => row.moment === moment)?.count ?? 0);
    const of = (outcome: string) => told.filter((hook) => hook.moment === moment && hook.outcome === outcome).length;
    // Nothing records a hook, so a new server cannot tell whether it still has one's rows.
    const [done, unknown] = [of("done"), of("in-doubt")];
    assert.ok(
      done <= is && is <= done + unknown,
      `${moment} is told to be done ${done} times, and was ${is} times: ${ended.story}`,
    );
  }
}

function runLine(ended: Ended): Line | undefined {
  return ended.lines.find(({ type }) => type === "run");
}

/** Fails unless the database is as undisturbed runs leave it, without anything that a run holds. */
export async function assertFinal(ground: Ground, expected: readonly string[], story: string): Promise<void> {
  await ground.until(`SELECT count(*) = 0 ${ADVISORY_LOCKS}`);
  assert.deepEqual(await brokenIndexes(ground.server, ground.database), [], story);
  assertSame(await stateOf(ground), expected, `the final state: ${story}`);
}

function assertSame(is: readonly string[], expected: readonly string[], what: string): void {
  if (!same(is, expected)) assert.fail(`${what}\n${difference(is, expected)}`);
}

function same(is: readonly string[], expected: readonly string[]): boolean {
  return is.length === expected.length && is.every((line, index) => line === expected[index]);
}

/** Lines of only one of the two. */
export function difference(is: readonly string[], expected: readonly string[]): string {
  const surplus = is.filter((line) => !expected.includes(line)).map((line) => `  is there: ${line}`);
  const missing = expected.filter((line) => !is.includes(line)).map((line) => `  is not there: ${line}`);
  return [...surplus, ...missing].slice(0, 20).join("\n");
}
