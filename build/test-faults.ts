import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ensureBuilt } from "./ensure-built.ts";
import { ROOT } from "./runtimes.ts";

/*
 * `npm run test:faults`: the fault tests, with many more random moments than `npm test` has time for. The name of a
 * failed test contains its seed; FAULTS_SEED=<seed> FAULTS_ROUNDS=1 repeats it. Words after `--` select files by a part
 * of their name: `npm run test:faults -- kill`.
 */

const ROUNDS = 200;

const DIRECTORY = join("test", "faults");

const chosen = process.argv.slice(2);
const files = readdirSync(join(ROOT, DIRECTORY))
  .filter((name) => name.endsWith(".test.ts"))
  .filter((name) => chosen.length === 0 || chosen.some((part) => name.includes(part)))
  .map((name) => join(DIRECTORY, name))
  .sort();
if (files.length === 0) throw new Error(`No file of ${DIRECTORY} has ${chosen.join(" or ")} in its name`);

await ensureBuilt();
const seed = process.env.FAULTS_SEED ?? `${Math.floor(Math.random() * 1e9)}`;
const rounds = process.env.FAULTS_ROUNDS ?? `${ROUNDS}`;
console.log(`FAULTS_SEED=${seed} FAULTS_ROUNDS=${rounds}`);
const reporter = process.stdout.isTTY ? "spec" : "tap";
const run = spawn(
  process.execPath,
  ["--import", "tsx", "--test", `--test-reporter=${reporter}`, "--test-concurrency=2", ...files],
  {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, FAULTS_SEED: seed, FAULTS_ROUNDS: rounds },
  },
);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => run.kill(signal));
process.exitCode = await new Promise<number>((resolve) => run.once("exit", (status) => resolve(status ?? 1)));
