/**
 * Compares pgstep with psql on its own server: `npm run bench`, for some parts only `npm run bench -- start turns
 * applied small large psql memory check tables backup`, with smaller loads `npm run bench -- quick`. Needs psql on the
 * PATH. Prints each figure beside its bound, and adds the figures to dist/bench.json. `npm run bench -- profile up --dir
 * migrations` prints where the time of any command goes. Runs are interleaved, figures are medians. A busy disk distorts
 * the result: TMPDIR=/dev/shm keeps server and files in memory.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NetworkProxy, startProxy } from "../../test/support/network-proxy.ts";
import { startPostgres } from "../../test/support/postgres-server.ts";
import { buildBinary } from "../binaries.ts";
import { ROOT } from "../runtimes.ts";
import { measureAgainstPsql } from "./against-psql.ts";
import { measureBackup } from "./backup.ts";
import { measureCheck } from "./check.ts";
import { type Figure, figureLine, rounded, type Sense, writeFigures } from "./figures.ts";
import { measureManyTables } from "./many-tables.ts";
import { type Measured, measure, median } from "./measure.ts";
import { profile } from "./profile.ts";
import { measureStart } from "./start.ts";
import { largeMigration, smallMigrations, type Workload } from "./workloads.ts";

const PARTS = {
  start,
  turns,
  applied: manyApplied,
  small: network,
  large: largeFiles,
  psql: executable,
  memory: hugeFiles,
  check,
  tables,
  backup,
};
type Part = keyof typeof PARTS;

const words = process.argv.slice(2);
const quick = words.includes("quick");
const [first, ...profiled] = words;
const isProfile = first === "profile";
const parts = isProfile ? [] : chosenParts(words.filter((word) => word !== "quick"));
const tool = join(ROOT, "dist", "pgstep.js");
const root = mkdtempSync(join(tmpdir(), "pgstep-bench-"));
const server = await startPostgres({ settings: { max_locks_per_transaction: "256", max_wal_size: "8GB" } });
const figures: Figure[] = [];

function record(name: string, value: number, unit: string, sense: Sense, bound: number): void {
  add({ name, value, unit, sense, bound, quick });
}

/** Records a figure without a bound, for comparison. */
function note(name: string, value: number, unit: string): void {
  add({ name, value, unit, quick });
}

function add(measured: Figure): void {
  const one = rounded(measured);
  figures.push(one);
  console.log(figureLine(one));
}

function chosenParts(names: readonly string[]): readonly Part[] {
  const known = Object.keys(PARTS) as Part[];
  const unknown = names.find((name) => !known.some((part) => part === name));
  if (unknown !== undefined) throw new Error(`there is no part "${unknown}"; parts are ${known.join(", ")}`);
  return names.length === 0 ? known : known.filter((part) => names.includes(part));
}

async function pgstep(
  command: readonly string[],
  port: number,
  database: string,
  directory: string,
): Promise<Measured> {
  const url = `postgres://postgres@127.0.0.1:${port}/${database}`;
  return measure(process.execPath, [tool, ...command, "--url", url, "--dir", directory], {
    directory: root,
    environment: { XDG_CACHE_HOME: join(root, "cache") },
  });
}

async function psql(port: number, database: string, script: string): Promise<Measured> {
  const args = [
    "-X",
    "-q",
    "-v",
    "ON_ERROR_STOP=1",
    "-h",
    "127.0.0.1",
    "-p",
    String(port),
    "-U",
    "postgres",
    "-d",
    database,
    "-f",
    script,
  ];
  return measure("psql", args, { directory: root });
}

async function freshDatabase(): Promise<string> {
  return (await server.createDatabase()).name;
}

async function start(): Promise<void> {
  const directory = join(root, "start");
  mkdirSync(directory);
  const rounds = quick ? 5 : 15;
  const say = (line: string) => console.log(`     ${line}`);
  await measureStart({
    ...{ directory, port: server.port, script: tool, rounds, record, note, say },
    createDatabase: freshDatabase,
  });
}

async function profileCommand(): Promise<void> {
  // npm sets the working directory; the command is typed in another one.
  const directory = process.env.INIT_CWD ?? process.cwd();
  await profile({
    ...{ words: profiled, directory, script: tool, executable: () => buildBinary() },
    startServer: async () => ({ port: server.port, database: await freshDatabase() }),
  });
}

async function check(): Promise<void> {
  const directory = join(root, "check");
  mkdirSync(directory);
  await measureCheck({
    directory,
    invented: () => smallMigrations(root, 269).directory,
    script: tool,
    rounds: quick ? 1 : 5,
    record,
    note,
  });
}

async function tables(): Promise<void> {
  const directory = join(root, "tables");
  mkdirSync(directory);
  const rounds = quick ? 2 : 5;
  await measureManyTables({
    ...{ directory, port: server.port, createDatabase: freshDatabase, script: tool, rounds, record },
  });
}

async function turns(): Promise<void> {
  const load = smallMigrations(root, 100);
  // Without a delay an early answer arrives during sending and looks like a round trip.
  const proxy = await startProxy({ port: server.port, delayMs: 10 });
  const database = await freshDatabase();
  await pgstep(["up"], proxy.port, database, load.directory);
  record("first up of 100 migrations of 4 statements", proxy.traffic.turns, "turns", "at most", 8);
  proxy.resetTraffic();
  await pgstep(["up"], proxy.port, database, load.directory);
  record("nothing pending", proxy.traffic.turns, "turns", "at most", 1);
  await proxy.close();
}

async function network(): Promise<void> {
  const count = quick ? 200 : 1000;
  const load = smallMigrations(root, count);
  const far = await startProxy({ port: server.port, delayMs: 10 });
  const near = await startProxy({ port: server.port });
  const run = async (proxy: NetworkProxy) =>
    (await pgstep(["up"], proxy.port, await freshDatabase(), load.directory)).wallMs;
  const nearMs: number[] = [];
  const farMs: number[] = [];
  for (let round = 0; round < (quick ? 3 : 5); round++) {
    nearMs.push(await run(near));
    farMs.push(await run(far));
  }
  const psqlMs = (await psql(far.port, await freshDatabase(), load.psqlScript)).wallMs;
  record(
    `${count} migrations, 20 ms round trip against 0 ms`,
    median(farMs) / median(nearMs),
    "times",
    "at most",
    1.15,
  );
  record(`${count} migrations at 20 ms, psql's time over pgstep's`, psqlMs / median(farMs), "times", "at least", 20);
  await far.close();
  await near.close();
  await compare(`${count} migrations at 0 ms, against psql`, load, quick ? 3 : 5);
}

async function compare(name: string, load: Workload, rounds: number): Promise<void> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const [first, second] = [await freshDatabase(), await freshDatabase()];
    ours.push((await pgstep(["up"], server.port, first, load.directory)).wallMs);
    theirs.push((await psql(server.port, second, load.psqlScript)).wallMs);
    for (const database of [first, second]) await server.query("postgres", `DROP DATABASE "${database}"`);
  }
  record(name, median(ours) / median(theirs), "times", "at most", 1.1);
}

async function manyApplied(): Promise<void> {
  const count = 10_000;
  const directory = join(root, "many");
  mkdirSync(directory);
  for (let number = 1; number <= count; number++) {
    writeFileSync(join(directory, `${String(number).padStart(5, "0")}_step.sql`), `SELECT ${number};\n`);
  }
  const database = await freshDatabase();
  const proxy = await startProxy({ port: server.port });
  await pgstep(["up"], proxy.port, database, directory);
  const up: Measured[] = [];
  const status: Measured[] = [];
  for (let round = 0; round < 9; round++) {
    proxy.resetTraffic();
    up.push(await pgstep(["up"], proxy.port, database, directory));
    if (round === 0)
      record(
        "10,000 applied, nothing pending: over the wire",
        (proxy.traffic.sent + proxy.traffic.received) / 1024,
        "kB",
        "at most",
        4,
      );
    status.push(await pgstep(["status"], proxy.port, database, directory));
  }
  record("10,000 applied, nothing pending: up, CPU", median(up.map((one) => one.cpuMs)), "ms", "at most", 300);
  record("10,000 applied: status, CPU", median(status.map((one) => one.cpuMs)), "ms", "at most", 300);
  await proxy.close();
}

async function largeFiles(): Promise<void> {
  const bytes = (quick ? 10 : 100) * 1e6;
  for (const kind of ["insert", "copy"] as const) {
    const load = largeMigration(root, kind, bytes);
    await compare(`${bytes / 1e6} MB of ${kind.toUpperCase()}, against psql`, load, 3);
  }
}

async function executable(): Promise<void> {
  const directory = join(root, "executable");
  mkdirSync(directory);
  await measureAgainstPsql({ directory, server, quick, record, note });
}

async function backup(): Promise<void> {
  const directory = join(root, "backup");
  mkdirSync(directory);
  await measureBackup({ directory, script: tool, quick, note });
}

async function hugeFiles(): Promise<void> {
  const huge = (quick ? 100 : 1000) * 1e6;
  for (const kind of ["insert", "copy"] as const) {
    const load = largeMigration(root, kind, huge);
    // Runs only pgstep: the script would need the disk space twice.
    rmSync(load.psqlScript);
    const database = await freshDatabase();
    const { peakMb, cpuMs, wallMs } = await pgstep(["up"], server.port, database, load.directory);
    const name = `${huge / 1e6} MB of ${kind.toUpperCase()}`;
    record(`${name}: peak memory`, peakMb, "MB", "at most", 200);
    console.log(`      it took ${Math.round(wallMs / 1000)} s, and ${Math.round(cpuMs / 1000)} s of CPU time`);
    await server.query("postgres", `DROP DATABASE "${database}"`);
    rmSync(load.directory, { recursive: true });
  }
}

try {
  if (isProfile) await profileCommand();
  for (const part of parts) {
    await PARTS[part]();
    writeFigures(join(ROOT, "dist", "bench.json"), figures);
  }
} finally {
  await server.stop();
  rmSync(root, { recursive: true, force: true });
}
