import assert from "node:assert/strict";
import type { Ended, Line } from "./child.ts";
import { type Ground, succeeded } from "./ground.ts";
import type { FaultMigration } from "./migrations.ts";
import { type Observation, stateIn, statesIn, timesOf } from "./observation.ts";

const ORDER = ["pending", "unfinished", "applied"];

/**
 * Runs `pgstep status` and fails unless it tells what is in the database. The server may still be at work for a client
 * that has died: then what is told must lie between what was before and what is after.
 * @param direction where things are going; undefined when they may go both ways
 */
export async function assertStatusTrue(ground: Ground, direction: "up" | "down" | undefined): Promise<void> {
  const before = await ground.observe();
  const ended = succeeded(await ground.run(["status"], { timeLimitMs: 20_000 }));
  const after = await ground.observe();
  const told = statesTold(ended);
  const still = JSON.stringify(before) === JSON.stringify(after);
  if (still) assert.deepEqual(told, statesIn(after, ground.migrations), ended.story);
  else if (direction) {
    const [low, high] = direction === "up" ? [before, after] : [after, before];
    for (const [index, { version }] of ground.migrations.entries()) {
      const rank = ORDER.indexOf(told[index]?.split(" ")[1] ?? "");
      const between = (seen: Observation) => ORDER.indexOf(stateIn(seen, version));
      assert.ok(between(low) <= rank && rank <= between(high), `${told[index]}: ${ended.story}`);
    }
  }
}

function statesTold(ended: Ended): string[] {
  const migrations = ended.lines.at(-1)?.migrations as readonly { version: string; state: string }[] | undefined;
  assert.ok(migrations, ended.story);
  return migrations.map(({ version, state }) => `${version} ${state}`);
}

interface ToldStep {
  readonly version: string;
  readonly direction: "up" | "down";
  readonly outcome: string;
}

/** The steps of the report; none when the run failed before its first one. */
export function stepsTold(ended: Ended): readonly ToldStep[] {
  return (ended.lines.find((line) => line.type === "run")?.steps ?? []) as readonly ToldStep[];
}

/** The failure that was told: that of the run, or what kept it from beginning. */
export function failureTold(ended: Ended): Line & { code: string; message: string; hint: string | null } {
  const last = ended.lines.at(-1);
  const line = last?.failure === undefined ? last : (last.failure as Line | null);
  assert.equal(line?.type, "failure", ended.story);
  return line as Line & { code: string; message: string; hint: string | null };
}

/** The code of the server's words in the failure that was told, where it said any. */
export function serverCodeTold(ended: Ended): string | undefined {
  return (failureTold(ended).server as { code: string } | null)?.code;
}

/**
 * Fails unless what the report tells of its steps is what the database has, and stays so.
 * @param before what the database had before
 * @param doubt whether it may say that it does not know
 */
export async function assertReportTrue(
  ground: Ground,
  ended: Ended,
  { before = NOTHING, doubt = false }: { before?: Observation; doubt?: boolean } = {},
): Promise<void> {
  await ground.atRest();
  const seen = await ground.observe();
  const story = `${ended.story}\n${JSON.stringify(seen)}`;
  const steps = stepsTold(ended);
  for (const { version, direction, outcome } of steps) {
    const told = `${direction} of ${version} is told to be ${outcome}: ${story}`;
    const extent = effectOf(ground.migrations, before, seen, version, direction);
    if (outcome === "in-doubt") assert.ok(doubt, told);
    else if (outcome === "applied" || outcome === "undone") assert.equal(extent, "all", told);
    else if (outcome === "failed") assert.notEqual(extent, "all", told);
    else assert.equal(extent, "nothing", told);
  }
  if (steps.length === 0) assert.deepEqual(seen, before, `nothing is told to have happened: ${story}`);
}

const NOTHING: Observation = { history: [], journal: [], traces: [] };

/** How much of a migration took effect since. */
function effectOf(
  migrations: readonly FaultMigration[],
  before: Observation,
  after: Observation,
  version: string,
  direction: "up" | "down",
): "nothing" | "part" | "all" {
  const traced = migrations.find((migration) => migration.version === version)?.traced[direction] ?? [];
  const count = (seen: Observation, statement: number) => timesOf(seen, version, direction, statement);
  const done = traced.filter((statement) => count(after, statement) > count(before, statement)).length;
  const underWay = after.journal.some((entry) => entry.version === version && entry.direction === direction);
  if (done === traced.length && !underWay) return "all";
  return done === 0 && !underWay ? "nothing" : "part";
}
