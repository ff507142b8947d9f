import { spawn } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { serverAddress, sharedServerVariable, startPostgres } from "../test/support/postgres-server.ts";
import { RUNTIMES } from "../test/support/program.ts";
import { buildBinary } from "./binaries.ts";
import { compileTests } from "./compile-tests.ts";
import { ROOT } from "./runtimes.ts";

/*
 * `npm test`: builds what is tested, starts one server of each major version for all test files, and runs them. Words
 * after `--` select files by a part of their path: `npm test -- scenarios`. With `--all-runtimes` each case runs on all
 * runtimes; with `--everywhere` the comparisons of databases, versions and runtimes run in full.
 */

const TIMEOUT_MS = 28 * 60_000;

const ALL_RUNTIMES = "--all-runtimes";
const EVERYWHERE = "--everywhere";

/** Words in the paths of the files that take minutes: they begin first, or one of them would run alone at the end. */
const LONG = ["test/scenarios.", "regular-expressions", "docs/examples"];

const given = process.argv.slice(2);
const chosen = given.filter((word) => word !== ALL_RUNTIMES && word !== EVERYWHERE);
if (given.includes(EVERYWHERE)) process.env.PGSTEP_EVERYWHERE = "1";
if (given.includes(ALL_RUNTIMES)) process.env.RUNTIMES = RUNTIMES.join(",");
const files = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.ts"))
  .map((path) => join("test", path))
  .filter((path) => chosen.length === 0 || chosen.some((part) => path.includes(part)))
  .sort()
  .sort((left, right) => rankOf(left) - rankOf(right));
if (files.length === 0) throw new Error(`No test file has ${chosen.join(" or ")} in its path`);

await buildBinary();
const compiled = join(ROOT, "dist", "tests");
rmSync(compiled, { recursive: true, force: true });
const [mustEnd, ...programs] = await compileTests(["test/support/must-end.ts", ...files], compiled);
const servers = await Promise.all([startPostgres({ major: 15 }), startPostgres({ major: 18 })]);
// A terminal's report repeats what failed at its end; a log gets the same from a reporter of our own.
const reporters = process.stdout.isTTY ? ["spec"] : ["tap", join(ROOT, "build/failed-tests.mjs")];
// Not --test-force-exit: it loses results (https://github.com/nodejs/node/issues/64833).
const run = spawn(
  process.execPath,
  [
    ...["--enable-source-maps", "--import", pathToFileURL(mustEnd ?? "").href],
    // As in the program (src/adapters/embedded/wasm-optimiser.ts): tests start the embedded database too.
    "--wasm-tiering-budget=200000000",
    ...["--test", "--test-concurrency=3"],
    ...reporters.flatMap((name) => [`--test-reporter=${name}`, "--test-reporter-destination=stdout"]),
    ...programs,
  ],
  {
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      ...Object.fromEntries(
        servers.map((server) => [sharedServerVariable(server.major), JSON.stringify(serverAddress(server))]),
      ),
    },
  },
);
const timer = setTimeout(() => {
  console.error(`The tests did not end within ${TIMEOUT_MS / 60_000} minutes.`);
  run.kill("SIGKILL");
}, TIMEOUT_MS);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => run.kill(signal));
process.exitCode = await new Promise<number>((resolve) => run.once("exit", (status) => resolve(status ?? 1)));
clearTimeout(timer);
await Promise.all(servers.map((server) => server.stop("immediate")));

function rankOf(path: string): number {
  const rank = LONG.findIndex((part) => path.includes(part));
  return rank === -1 ? LONG.length : rank;
}
