import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { buildBinary } from "../../build/binaries.ts";
import { ensureBuilt } from "../../build/ensure-built.ts";
import { findRuntime, ROOT } from "../../build/runtimes.ts";

/** What the built program runs on: three runtimes, and by itself as one executable. */
export const RUNTIMES = ["node", "bun", "deno", "binary"] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

/** The runtimes that the environment variable RUNTIMES names ("node,deno"), or all. */
export function chosenRuntimes(): readonly RuntimeName[] {
  const chosen = process.env.RUNTIMES?.split(/[\s,]+/).filter((name) => name !== "");
  if (!chosen || chosen.length === 0) return RUNTIMES;
  const unknown = chosen.filter((name) => !RUNTIMES.some((runtime) => runtime === name));
  if (unknown.length > 0) throw new Error(`RUNTIMES has ${unknown.join(", ")}; known are ${RUNTIMES.join(", ")}`);
  return RUNTIMES.filter((runtime) => chosen.includes(runtime));
}

/**
 * The runtimes for one of many cases: those that RUNTIMES names, or one in turn, since all cases on all runtimes take too
 * long for each run of the tests.
 */
export function runtimesInTurn(index: number): readonly RuntimeName[] {
  const turn = RUNTIMES[index % RUNTIMES.length];
  return process.env.RUNTIMES || !turn ? chosenRuntimes() : [turn];
}

/** The words before pgstep's own arguments that start it on that runtime, built first when it is stale. */
export async function programCommand(runtime: RuntimeName): Promise<readonly [string, ...string[]]> {
  if (runtime === "binary") return [await buildBinary()];
  const program = await ensureBuilt();
  if (runtime === "node") return [process.execPath, program];
  if (runtime === "bun") return [findRuntime("bun"), program];
  return [findRuntime("deno"), "run", ...denoPermissions(), program];
}

/** How hints name a program that was started so, as a shell takes it: by its name on PATH where it has one there. */
export function startedWords([file, ...words]: readonly [string, ...string[]]): readonly string[] {
  const name = basename(file).replace(/\.exe$/, "");
  const isOnPath = (process.env.PATH ?? "").split(delimiter).some((directory) => isSame(join(directory, name), file));
  return [file, ...(isOnPath ? [name] : [])].map((one) => [one, ...words].join(" "));
}

/** Whether two paths lead to one file. */
function isSame(path: string, other: string): boolean {
  return existsSync(path) && realpathSync(path) === realpathSync(other);
}

/** The command with which Deno may run any program, and not git alone. */
export function mayRunPrograms([file, ...words]: readonly [string, ...string[]]): [string, ...string[]] {
  return [file, ...words.map((word) => (word.startsWith("--allow-run=") ? "--allow-run" : word))];
}

/** The permissions that deno.json gives its tasks. */
export function denoPermissions(): string[] {
  const { tasks } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8")) as { tasks: { pgstep: string } };
  return tasks.pgstep.split(" ").filter((word) => word.startsWith("--allow-"));
}

export interface RunOptions {
  readonly directory: string;
  /** Added to an environment that is otherwise the same on every machine. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs?: number;
}

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit status, or the name of the signal that ended it. */
  readonly status: number | string;
}

/** Outside the directories under test: runtimes keep their caches there. */
function home(): string {
  const path = join(tmpdir(), `pgstep-home-${process.getuid?.() ?? 0}`);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

/** Runs a command to its end. */
export function run(command: readonly [string, ...string[]], options: RunOptions): Promise<Outcome> {
  const [file, ...args] = command;
  const child = spawn(file, args, {
    cwd: options.directory,
    env: {
      PATH: process.env.PATH ?? "",
      HOME: home(),
      TMPDIR: tmpdir(),
      LANG: "C.UTF-8",
      DENO_NO_UPDATE_CHECK: "1",
      ...options.environment,
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 60_000);
  const parts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      parts[name] += text;
    });
  }
  // A program that ends without reading its input is no problem of the test.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) => {
      clearTimeout(timer);
      resolve({ ...parts, status: status ?? signal ?? 1 });
    });
  });
}
