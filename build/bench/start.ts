import { execFile } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildBinary } from "../binaries.ts";
import { findRuntime, ROOT } from "../runtimes.ts";
import type { Sense } from "./figures.ts";
import { type Measured, measure, median } from "./measure.ts";

/** The program to compare with, written in Go; npm installs its executable behind a script. */
const DBMATE = "2.36.0";
const ROUNDS = 15;

export interface StartBench {
  /** An empty directory. */
  readonly directory: string;
  readonly databaseUrl: string;
  /** The program as a script. */
  readonly script: string;
  record(name: string, value: number, unit: string, sense: Sense, bound: number): void;
  note(name: string, value: number, unit: string): void;
}

/** Measures how long pgstep, Bun and others take to print their version, and to find nothing to apply. */
export async function measureStart({ directory, databaseUrl, script, record, note }: StartBench): Promise<void> {
  const executable = await buildBinary();
  const dbmate = await fetchDbmate();
  const hello = join(directory, "hello.js");
  writeFileSync(hello, 'console.log("hello");\n');
  // Both tools get this one migration, which prints nothing: only the program is measured.
  const migrations = join(directory, "started");
  mkdirSync(migrations);
  writeFileSync(join(migrations, "001_start.sql"), "-- migrate:up\nSELECT 1;\n-- migrate:down\n");
  const ours = ["up", "--url", databaseUrl, "--dir", migrations];
  const theirs = ["--url", `${databaseUrl}?sslmode=disable`, "-d", migrations, "--no-dump-schema"];
  theirs.push("--migrations-table", "dbmate_migrations", "up");

  const programs: Readonly<Record<string, readonly [string, ...string[]]>> = {
    empty: [process.execPath, "-e", "0"],
    script: [process.execPath, script, "--version"],
    hello: [findRuntime("bun"), hello],
    executable: [executable, "--version"],
    dbmate: [dbmate, "--version"],
    scriptUp: [process.execPath, script, ...ours],
    executableUp: [executable, ...ours],
    dbmateUp: [dbmate, ...theirs],
  };
  const measured: Record<string, Measured[]> = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, [command, ...words]] of Object.entries(programs)) {
      const one = await measure(command, words, { directory });
      // The first round reads files from the disk and applies the migration.
      if (round > 0) measured[name]?.push(one);
    }
  }
  const middle = (name: string, of: "wallMs" | "cpuMs") => median((measured[name] ?? []).map((one) => one[of]));

  const above = middle("script", "cpuMs") - middle("empty", "cpuMs");
  record("pgstep --version, CPU above that of an empty program", above, "ms", "at most", 50);
  const times = middle("executable", "wallMs") / middle("hello", "wallMs");
  record("executable's --version, against bun with one line", times, "times", "at most", 1.5);
  note("  executable: --version", middle("executable", "wallMs"), "ms");
  note("  on Node: --version", middle("script", "wallMs"), "ms");
  note(`  dbmate ${DBMATE}: --version`, middle("dbmate", "wallMs"), "ms");
  note("  executable: up, nothing pending", middle("executableUp", "wallMs"), "ms");
  note("  on Node: up, nothing pending", middle("scriptUp", "wallMs"), "ms");
  note(`  dbmate ${DBMATE}: up, nothing pending`, middle("dbmateUp", "wallMs"), "ms");
}

/** dbmate's executable for this machine, from npm, kept in dist/runtimes. */
async function fetchDbmate(): Promise<string> {
  const directory = join(ROOT, "dist", "runtimes", `dbmate-${DBMATE}`);
  const path = join(directory, "node_modules", "@dbmate", `linux-${process.arch}`, "bin", "dbmate");
  if (existsSync(path)) return path;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const words = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", directory];
  await promisify(execFile)("npm", [...words, `dbmate@${DBMATE}`], { cwd: directory, timeout: 120_000 });
  return path;
}
