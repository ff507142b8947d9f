import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { findRuntime, ROOT } from "../runtimes.ts";
import type { Sense } from "./figures.ts";
import { fromNpm } from "./from-npm.ts";
import { type Measured, measure, median } from "./measure.ts";

/** A linter to compare with, written in Rust; npm installs its executable. It reads the files and runs nothing. */
const SQUAWK = "2.66.0";

/** Migrations of another project, which may be beside this checkout. */
const PROJECT = join(process.env.PGSTEP_CORPORA ?? join(ROOT, "..", "shared", "corpora"), "openmeter", "plain");

export interface CheckBench {
  /** An empty directory. */
  readonly directory: string;
  /** Makes migrations, and returns their directory; used where those of a real project are missing. */
  readonly invented: () => string;
  /** The program as a script. */
  readonly script: string;
  readonly rounds: number;
  record(name: string, value: number, unit: string, sense: Sense, bound: number): void;
  note(name: string, value: number, unit: string): void;
}

/** Measures `check` of all files, and of one new file with an image of the others. */
export async function measureCheck({ directory, invented, script, rounds, record, note }: CheckBench): Promise<void> {
  const migrations = existsSync(PROJECT) ? copied(PROJECT, directory) : invented();
  const ups = readdirSync(migrations)
    .filter((name) => name.endsWith(".sql") && !name.endsWith(".down.sql"))
    .sort();
  const [before = ""] = ups.slice(-2);
  const cache = join(directory, "cache");
  const words = ["check", "--dir", migrations, "--fail-on", "never", "--quiet"];
  const all = [...words, "--all"];
  const newest = [...words, "--since", before.split("_")[0] ?? ""];
  const withoutDowns = join(directory, "without-downs");
  mkdirSync(withoutDowns);
  for (const name of ups) cpSync(join(migrations, name), join(withoutDowns, name));
  const traced = ["check", "--dir", withoutDowns, "--fail-on", "never", "--quiet", "--all"];
  const squawk = await fetchSquawk();
  const programs: Readonly<Record<string, readonly [string, ...string[]]>> = {
    nodeAll: [process.execPath, script, ...all],
    nodeTraced: [process.execPath, script, ...traced],
    nodeNewest: [process.execPath, script, ...newest],
    bunAll: [findRuntime("bun"), script, ...all],
    bunTraced: [findRuntime("bun"), script, ...traced],
    bunNewest: [findRuntime("bun"), script, ...newest],
  };
  const measured: Record<string, Measured[]> = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  const linted: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    for (const [name, [command, ...args]] of Object.entries(programs)) {
      const one = await measure(command, args, { directory, environment: { XDG_CACHE_HOME: cache } });
      // The first round reads files from the disk, and makes the image.
      if (round > 0) measured[name]?.push(one);
    }
    if (squawk) linted.push(await lint(squawk, withoutDowns, ups));
  }
  const middle = (name: string, of: keyof Measured) => median((measured[name] ?? []).map((one) => one[of]));

  const files = `${ups.length} files`;
  record(`check --all, ${files}, without down scripts, on Node`, middle("nodeTraced", "wallMs"), "ms", "at most", 4000);
  record(`check --all, ${files}, without down scripts, on Bun`, middle("bunTraced", "wallMs"), "ms", "at most", 3000);
  note(`  on Node: CPU`, middle("nodeTraced", "cpuMs"), "ms");
  note(`  with their down scripts tested, on Node`, middle("nodeAll", "wallMs"), "ms");
  note(`  with their down scripts tested, on Node: CPU`, middle("nodeAll", "cpuMs"), "ms");
  note(`  with their down scripts tested, on Bun`, middle("bunAll", "wallMs"), "ms");
  record("check --all, peak memory on Node", middle("nodeAll", "peakMb"), "MB", "at most", 700);
  record("check of one new file, from an image, on Node", middle("nodeNewest", "wallMs"), "ms", "at most", 1000);
  record("check of one new file, from an image, on Bun", middle("bunNewest", "wallMs"), "ms", "at most", 1000);
  note("  on Node: CPU", middle("nodeNewest", "cpuMs"), "ms");
  const image = readdirSync(join(cache, "pgstep")).find((name) => name.endsWith(".image")) ?? "";
  record("size of the image", statSync(join(cache, "pgstep", image)).size / 1_048_576, "MB", "at most", 1);
  if (squawk) note(`  squawk ${SQUAWK}, ${files}`, median(linted), "ms");
}

function copied(from: string, directory: string): string {
  const to = join(directory, "migrations");
  cpSync(from, to, { recursive: true });
  return to;
}

/** Milliseconds. It exits with 1 when it finds something. */
async function lint(program: string, directory: string, files: readonly string[]): Promise<number> {
  const started = performance.now();
  await promisify(execFile)(program, ["--no-error-on-unmatched-pattern", ...files], {
    cwd: directory,
    maxBuffer: 100_000_000,
    timeout: 60_000,
  }).catch((error: { code?: unknown }) => {
    if (error.code !== 1) throw error;
  });
  return performance.now() - started;
}

/** The linter's executable for this machine; undefined where npm has none. */
function fetchSquawk(): Promise<string | undefined> {
  return fromNpm("squawk-cli", SQUAWK, join("@squawk-cli", `linux-${process.arch}`, "bin", "squawk"));
}
