import { availableParallelism } from "node:os";
import { findPgbouncer, startPgbouncer } from "../test/support/pgbouncer.ts";
import { startPostgres } from "../test/support/postgres-server.ts";
import { withKeptConnections } from "../test/turns/kept-connections.ts";
import { chosenLines, type Line, wordsOf } from "../test/turns/matrix.ts";
import { makeScene, type Scene, type Turn, type World } from "../test/turns/scene.ts";
import { runTrial } from "../test/turns/trial.ts";

/*
 * `npm run test:turns`: injects a fault into commands at every message that they send to the server, one trial each,
 * and checks that their report is true and that the next commands complete the work. Words after `--` select verbs,
 * kinds of connection, kinds of fault and runtimes: `npm run test:turns -- up pooled kill`.
 *
 * Environment: PGSTEP_TURNS_SHARD=2/5 runs every fifth trial from the second on; PGSTEP_TURNS_TURN=0:17 the trials at
 * the 17th message of the first connection; PGSTEP_TURNS_JOBS how many trials run at once.
 */

const lines = chosenLines(process.argv.slice(2));
const [shard, shards] = shardOf(process.env.PGSTEP_TURNS_SHARD ?? "1/1");
const onlyTurn = process.env.PGSTEP_TURNS_TURN;
// Trials wait for the server and for each other about as long as they work.
const jobs = Number(process.env.PGSTEP_TURNS_JOBS ?? 3 * availableParallelism());

// The pooler ends when this process exits, however it exits.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const bouncerProgram = findPgbouncer();
const server = withKeptConnections(await startPostgres({ settings: { max_connections: "200" } }));
const bouncer = bouncerProgram ? await startPgbouncer(bouncerProgram, server) : undefined;

let counted = 0;
let passed = 0;
let failed = 0;
const scenes = new Map<string, Promise<Scene>>();

/** One line on its way, and the trials of it that have not ended. */
interface Running {
  readonly line: Line;
  readonly scene: Scene;
  readonly startedMs: number;
  /** All turns of the verb, and those that this run takes. */
  readonly turns: number;
  readonly chosen: number;
  left: number;
  readonly faults: string[];
  notReached: number;
  leases: number;
}

// One supply for all workers: where one trial of a line waits long, the others are at the next lines.
const supply = trials();
await Promise.all(
  Array.from({ length: jobs }, async () => {
    for await (const { running, turn } of supply) await runOne(running, turn);
  }),
);
await bouncer?.stop();
await server.leave("postgres");
await server.stop("immediate");
console.log(`${passed} passed, ${failed} failed`);
// A scene that failed during its setup keeps its connections.
process.exit(failed > 0 ? 1 : 0);

async function* trials(): AsyncGenerator<{ running: Running; turn: Turn }> {
  for (const line of lines) {
    const { runtime, verb, connection } = line;
    if (!bouncer && (connection.hurt === "pooled" || connection.other === "pooled")) {
      console.log(`${wordsOf(line)}: skipped, pgbouncer is not installed`);
      continue;
    }
    const world: World = { server, bouncer, runtime };
    const key = `${runtime} ${verb.name}`;
    try {
      const scene = await (scenes.get(key) ?? scenes.set(key, makeScene(world, verb)).get(key));
      if (scene) yield* trialsOf(line, scene, await scene.turns(connection.hurt));
    } catch (error) {
      // Without an undisturbed run there is nothing to compare with.
      failed++;
      console.log(`${wordsOf(line)}: an undisturbed run fails\n${indented(error)}`);
    }
  }
}

function* trialsOf(line: Line, scene: Scene, all: readonly Turn[]): Generator<{ running: Running; turn: Turn }> {
  const chosen = all.filter(({ connection, number }) => {
    const isMine = counted++ % shards === shard - 1;
    return onlyTurn === undefined ? isMine : onlyTurn === `${connection}:${number}`;
  });
  const [turns, left] = [all.length, chosen.length];
  const counts = { turns, chosen: left, left, notReached: 0, leases: 0 };
  const running: Running = { line, scene, startedMs: performance.now(), faults: [], ...counts };
  for (const turn of chosen) yield { running, turn };
}

async function runOne(running: Running, turn: Turn): Promise<void> {
  const { line, scene, faults } = running;
  try {
    const { reached, leftLease } = await runTrial({ scene, ...line, turn });
    if (!reached) running.notReached++;
    if (leftLease) running.leases++;
    passed++;
  } catch (error) {
    failed++;
    faults.push(storyOf(line, turn, error));
  }
  if (--running.left === 0) printResult(running);
}

function printResult({ line, startedMs, turns, chosen, faults, notReached, leases }: Running): void {
  const notes = [
    `${chosen} of ${turns} turns`,
    `${chosen - faults.length} passed`,
    `${faults.length} failed`,
    ...(notReached > 0 ? [`${notReached} not reached`] : []),
    ...(leases > 0 ? [`${leases} left the lease to run out`] : []),
    `${Math.round((performance.now() - startedMs) / 1000)} s`,
  ];
  console.log(`${wordsOf(line)}: ${notes.join(", ")}`);
  for (const fault of faults) console.log(fault);
}

function storyOf(line: Line, { connection, number, label }: Turn, error: unknown): string {
  const repeat = `PGSTEP_TURNS_TURN=${connection}:${number} npm run test:turns -- ${wordsOf(line)}`;
  return `  failed at ${label}\n  repeat: ${repeat}\n${indented(error)}`;
}

function indented(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/^/gm, "    ");
}

function shardOf(text: string): readonly [shard: number, shards: number] {
  const [, shard, shards] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const numbers = [Number(shard), Number(shards)] as const;
  if (!(numbers[0] >= 1 && numbers[0] <= numbers[1])) {
    throw new Error(`PGSTEP_TURNS_SHARD must be like 2/5, not "${text}"`);
  }
  return numbers;
}
