import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { temporaryPlace } from "../support/place.ts";
import { sharedServer } from "../support/postgres-server.ts";
import { chosenRuntimes, programCommand, type RuntimeName, run } from "../support/program.ts";

/*
 * One test for each exit status that the README promises, told by each of the causes that scripts have to tell apart.
 */

const place = temporaryPlace("exit");

const FILES = {
  sound: { "001_a.sql": "CREATE TABLE a ();\n" },
  unsound: { "001_a.sql": "SELECT 'open\n" },
  failing: { "001_a.sql": "SELECT 1 / 0;\n" },
  short: { "001_a.sql": "SELECT pg_sleep(2);\n" },
  slow: { "001_a.sql": "SELECT pg_sleep(30);\n" },
} as const;
for (const [name, files] of Object.entries(FILES)) {
  mkdirSync(join(place, name));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(place, name, file), text);
}
// The program beside a problem where no caller waits.
const FAULTS = {
  throws: `setTimeout(() => { throw new TypeError("made up"); }, 1000);`,
  rejects: `setTimeout(() => { Promise.reject(new TypeError("made up")); }, 1000);`,
};
for (const [name, problem] of Object.entries(FAULTS)) {
  writeFileSync(join(place, `${name}.mjs`), `${problem}\nawait import(process.env.PROGRAM);\n`);
}

async function status(runtime: RuntimeName, url: string, ...words: string[]) {
  const environment = { DATABASE_URL: url };
  return run([...(await programCommand(runtime)), ...words], { directory: place, environment });
}

/** Runs the slow migration until it is at work, then sends the signal. */
async function interrupted(
  runtime: RuntimeName,
  signal: "SIGINT" | "SIGTERM" | "SIGHUP",
  { before = [], directory = "slow" }: { before?: readonly string[]; directory?: keyof typeof FILES } = {},
): Promise<number | string | null> {
  const server = await sharedServer();
  const { name, url } = await server.createDatabase();
  const [file = "", ...words] = [...before, ...(await programCommand(runtime))];
  const child = spawn(file, [...words, "up", "--dir", directory], {
    cwd: place,
    env: { ...process.env, DATABASE_URL: url },
    stdio: "ignore",
  });
  const ended = new Promise<number | string | null>((resolve) =>
    child.once("exit", (code, killed) => resolve(killed ?? code)),
  );
  const sleeping = `SELECT FROM pg_stat_activity WHERE datname = '${name}' AND state = 'active' AND query LIKE 'SELECT pg_sleep%'`;
  while ((await server.query(name, sleeping)).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill(signal);
  return ended;
}

for (const runtime of chosenRuntimes()) {
  describe(`the exit status on ${runtime}`, { concurrency: 1, timeout: 120_000 }, () => {
    test("is 0 when done, and when there was nothing to do", async () => {
      const { url } = await (await sharedServer()).createDatabase();
      assert.equal((await status(runtime, url, "up", "--dir", "sound")).status, 0);
      assert.equal((await status(runtime, url, "up", "--dir", "sound")).status, 0);
      assert.equal((await status(runtime, url, "status", "--exit-code", "--dir", "sound")).status, 0);
      assert.equal((await status(runtime, url, "--version")).status, 0);
    });

    // An executable has nothing loaded beside it.
    for (const problem of runtime === "binary" ? [] : Object.keys(FAULTS)) {
      test(`is 1 for a problem of pgstep's own that ${problem} where no caller waits`, async () => {
        const { url } = await (await sharedServer()).createDatabase();
        const command = await programCommand(runtime);
        const program = pathToFileURL(command.at(-1) ?? "").href;
        const [file, ...words] = command.slice(0, -1);
        const { stdout, stderr, status } = await run(
          [file ?? "", ...words, `./${problem}.mjs`, "up", "--dir", "slow", "--json"],
          { directory: place, environment: { DATABASE_URL: url, PROGRAM: program } },
        );
        assert.equal(status, 1, stderr);
        assert.match(stderr, /^pgstep has a bug: TypeError: made up\n/m);
        const last = stdout.trimEnd().split("\n").at(-1) ?? "";
        assert.deepEqual(JSON.parse(last), { type: "bug", format: 1, message: "made up", exitStatus: 1 });
      });
    }

    test("is 2 when it could not start", async () => {
      const { url } = await (await sharedServer()).createDatabase();
      assert.equal((await status(runtime, url, "frobnicate")).status, 2);
      assert.equal((await status(runtime, url, "up", "--lock-wait", "soon")).status, 2);
      assert.equal((await status(runtime, url, "up", "--dir", "nowhere")).status, 2);
      assert.equal((await status(runtime, "postgres://127.0.0.1:1/none", "up", "--dir", "sound")).status, 2);
      assert.equal((await status(runtime, url, "up", "--dir", "sound", "--log-file", "nowhere/log")).status, 2);
    });

    test("is 3 when it refused, or found something", async () => {
      const { url } = await (await sharedServer()).createDatabase();
      assert.equal((await status(runtime, url, "validate", "--dir", "unsound")).status, 3);
      assert.equal((await status(runtime, url, "up", "--dir", "unsound")).status, 3);
      assert.equal((await status(runtime, url, "status", "--exit-code", "--dir", "sound")).status, 3);
      assert.equal((await status(runtime, url, "reset", "--dir", "sound")).status, 3);
    });

    test("is 4 when a statement failed", async () => {
      const { url } = await (await sharedServer()).createDatabase();
      assert.equal((await status(runtime, url, "up", "--dir", "failing")).status, 4);
    });

    test("is 130 after an interrupt, and 143 after a request to end", async () => {
      assert.equal(await interrupted(runtime, "SIGINT"), 130);
      assert.equal(await interrupted(runtime, "SIGTERM"), 143);
      assert.equal(await interrupted(runtime, "SIGHUP"), 143);
    });

    if (runtime === "bun" || runtime === "binary") {
      test("is 0 when the terminal was closed on a run that was started to outlive it", async () => {
        const before = ["sh", "-c", `trap "" HUP; exec "$@"`, "sh"];
        assert.equal(await interrupted(runtime, "SIGHUP", { before, directory: "short" }), 0);
      });
    }
  });
}
