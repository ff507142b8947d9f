import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildBinary } from "../binaries.ts";
import { findRuntime, ROOT } from "../runtimes.ts";
import type { Sense } from "./figures.ts";
import { fromNpm } from "./from-npm.ts";
import { middleOf, phasesLine, phasesOf } from "./phases.ts";
import { type CommandWords, type ProcessTime, timesOf } from "./processes.ts";

/** Measured beside the Node that runs the bench. */
const NODE_24 = "24.22.3";

const THIRTY_LINES = join(ROOT, "build", "bench", "thirty-lines.mjs");

export interface StartBench {
  /** An empty directory. */
  readonly directory: string;
  /** The port of a server on the loopback. */
  readonly port: number;
  createDatabase(): Promise<string>;
  /** The program as a script. */
  readonly script: string;
  readonly rounds: number;
  record(name: string, value: number, unit: string, sense: Sense, bound: number): void;
  note(name: string, value: number, unit: string): void;
  say(line: string): void;
}

/** One runtime, and how the program starts on it. */
interface Started {
  readonly name: string;
  readonly empty: CommandWords;
  readonly program: CommandWords;
  readonly thirtyLines?: CommandWords;
  readonly versionBound?: number;
  readonly upBound?: number;
}

/** Measures how long pgstep and others take to print their version, and to find nothing to apply. */
export async function measureStart(bench: StartBench): Promise<void> {
  const environment = { XDG_CACHE_HOME: join(bench.directory, "cache"), DENO_NO_UPDATE_CHECK: "1" };
  const few = await world(bench, "one", 1);
  const many = await world(bench, "thousand", 1000);
  const executable = await buildBinary();
  for (const runtime of await runtimes(bench.script)) await measureRuntime(bench, runtime, few, environment);
  await measureExecutable(bench, executable, { few, many, environment });
}

interface World {
  /** Words of `up` that find nothing to do. */
  readonly up: readonly string[];
  /** The same with the port as `$PORT`. */
  readonly upByProxy: readonly string[];
  readonly url: string;
  readonly directory: string;
}

async function world({ directory, port, createDatabase }: StartBench, name: string, count: number): Promise<World> {
  const migrations = join(directory, name);
  mkdirSync(migrations);
  for (let number = 1; number <= count; number++) {
    writeFileSync(join(migrations, `${String(number).padStart(4, "0")}_step.sql`), `SELECT ${number};\n`);
  }
  const database = await createDatabase();
  const up = (at: number | string) => ["up", "--url", urlOf(at, database), "--dir", migrations];
  return { up: up(port), upByProxy: up("$PORT"), url: urlOf(port, database), directory: migrations };
}

function urlOf(port: number | string, database: string): string {
  return `postgres://postgres@127.0.0.1:${port}/${database}`;
}

async function runtimes(script: string): Promise<Started[]> {
  const node = process.execPath;
  const [bun, deno] = [findRuntime("bun"), findRuntime("deno")];
  const newer = await fromNpm(`node-linux-${process.arch}`, NODE_24, join(`node-linux-${process.arch}`, "bin", "node"));
  const nodes = [
    { file: node, name: `Node ${majorOf(process.versions.node)}`, versionBound: 1.35 },
    ...(newer ? [{ file: newer, name: `Node ${majorOf(NODE_24)}`, versionBound: 1.2 }] : []),
  ];
  return [
    ...nodes.map(({ file, name, versionBound }) => ({
      ...{ name, versionBound, upBound: 1.1 },
      empty: [file, "-e", "0"] as const,
      program: [file, script] as const,
      thirtyLines: [file, THIRTY_LINES] as const,
    })),
    { name: "Bun", empty: [bun, "-e", "0"], program: [bun, script], thirtyLines: [bun, THIRTY_LINES] },
    { name: "Deno", empty: [deno, "eval", "0"], program: [deno, "run", "-A", script] },
  ];
}

function majorOf(version: string): string {
  return version.split(".", 1)[0] ?? version;
}

async function measureRuntime(
  { record, note, say, directory, port, rounds }: StartBench,
  { name, empty, program, thirtyLines, versionBound, upBound }: Started,
  { up, upByProxy, url, directory: migrations }: World,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const cold = { ...environment, NODE_DISABLE_COMPILE_CACHE: "1" };
  const times = await timesOf(
    {
      ...{ empty, version: [...program, "--version"], up: [...program, ...up] },
      ...(thirtyLines && { thirtyLines: [...thirtyLines, url, migrations] }),
      cold: ["env", "NODE_DISABLE_COMPILE_CACHE=1", ...program, ...up],
    } as Record<"empty" | "version" | "up" | "thirtyLines" | "cold", CommandWords>,
    { rounds, environment },
  );
  const compare = (what: string, one: ProcessTime, other: ProcessTime, bound: number | undefined) => {
    const ratio = one.cpuMs / other.cpuMs;
    if (bound === undefined) note(`${name}: ${what}, CPU`, ratio, "times");
    else record(`${name}: ${what}, CPU`, ratio, "times", "at most", bound);
  };
  compare("--version, against empty", times.version, times.empty, versionBound);
  if (times.thirtyLines) {
    compare("up, nothing pending, against 30 lines", times.up, times.thirtyLines, upBound);
    if (upBound !== undefined) {
      compare("the same without kept code", times.cold, times.thirtyLines, undefined);
    }
  }
  note("  --version", times.version.wallMs, "ms");
  note("  up, nothing pending", times.up.wallMs, "ms");
  const bench = { empty, directory, server: { port }, rounds };
  const kept = await phasesOf({ ...bench, command: [...program, ...upByProxy], environment });
  say(`  up, in ms: ${phasesLine(middleOf(kept))}`);
  if (upBound === undefined) return;
  const compiled = await phasesOf({ ...bench, command: [...program, ...upByProxy], environment: cold });
  say(`  without kept code: ${phasesLine(middleOf(compiled))}`);
}

async function measureExecutable(
  { record, note, say, directory, port, rounds }: StartBench,
  executable: string,
  {
    few,
    many,
    environment,
  }: { readonly few: World; readonly many: World } & {
    readonly environment: Readonly<Record<string, string>>;
  },
): Promise<void> {
  const hello = join(directory, "hello.js");
  writeFileSync(hello, 'console.log("hello");\n');
  const dbmate = join(ROOT, "node_modules", "@dbmate", `linux-${process.arch}`, "bin", "dbmate");
  const times = await timesOf(
    {
      hello: [findRuntime("bun"), hello],
      version: [executable, "--version"],
      dbmateVersion: [dbmate, "--version"],
      up: [executable, ...few.up],
      upMany: [executable, ...many.up],
      dbmateMany: [dbmate, ...dbmateWords(many)],
    },
    { rounds, environment },
  );
  const { hello: line, version, upMany, dbmateMany } = times;
  record("executable: --version, against bun with one line", version.wallMs / line.wallMs, "times", "at most", 1.5);
  const applied = "1,000 applied";
  record(`executable: up, ${applied}, against dbmate`, upMany.wallMs / dbmateMany.wallMs, "times", "at most", 1.5);
  note("  --version", version.wallMs, "ms");
  note("  dbmate: --version", times.dbmateVersion.wallMs, "ms");
  note("  up, 1 applied", times.up.wallMs, "ms");
  note("  up, 1,000 applied", upMany.wallMs, "ms");
  note("  dbmate: up, 1,000 applied", dbmateMany.wallMs, "ms");
  const bench = { empty: [executable, "--version"] as const, directory, environment, server: { port }, rounds };
  const phases = await phasesOf({ ...bench, command: [executable, ...many.upByProxy] });
  say(`  up, 1,000 applied, in ms: ${phasesLine(middleOf(phases))}`);
}

/** The same migrations for dbmate, in a directory of its own: pgstep refuses its format. */
function dbmateWords({ directory, url }: World): string[] {
  const copy = `${directory}-dbmate`;
  cpSync(directory, copy, {
    recursive: true,
    filter: (_, to) => {
      if (to.endsWith(".sql")) writeFileSync(to, "-- migrate:up\nSELECT 1;\n-- migrate:down\n");
      return !to.endsWith(".sql");
    },
  });
  const words = ["--url", `${url}?sslmode=disable`, "-d", copy, "--no-dump-schema"];
  return [...words, "--migrations-table", "dbmate_migrations", "up"];
}
