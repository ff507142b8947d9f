import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { ensureBuilt } from "../../build/ensure-built.ts";
import { findRuntime } from "../../build/runtimes.ts";
import { temporaryPlace } from "../support/place.ts";
import { sharedServer } from "../support/postgres-server.ts";
import { denoPermissions, type Outcome, run } from "../support/program.ts";

/*
 * Deno gives a program no right that was not asked for. What pgstep cannot do then is a failure that names the permission,
 * whatever the command is and wherever Deno refuses: while a package is loaded, in a socket, in a file.
 */

const place = temporaryPlace("permissions");

let url = "";
let program = "";
before(async () => {
  program = await ensureBuilt();
  url = (await (await sharedServer()).createDatabase()).url;
  mkdirSync(join(place, "database", "migrations"), { recursive: true });
  writeFileSync(join(place, "database", "migrations", "001_one.sql"), "CREATE TABLE one (id int);\n");
});

/** Runs pgstep with these permissions. */
async function pgstep(permissions: readonly string[], ...words: string[]): Promise<Outcome> {
  const command = [findRuntime("deno"), "run", "--no-prompt", ...permissions, program] as const;
  const outcome = await run([...command, ...words], { directory: place, environment: { DATABASE_URL: url } });
  const said = outcome.stdout + outcome.stderr;
  assert.doesNotMatch(said, /Uncaught|\bat [^ ]+ \(|has a bug|NotCapable/, `pgstep ${words.join(" ")}:\n${said}`);
  return outcome;
}

const without = (name: string) => denoPermissions().filter((flag) => flag !== `--allow-${name}`);

const CONNECTING: readonly string[][] = [
  ["up"],
  ["up", "--dry-run"],
  ["status"],
  ["down"],
  ["redo"],
  ["validate"],
  ["baseline", "1"],
  ["repair"],
  ["resolve", "1", "--applied", "--yes"],
  ["reset", "--confirm", "app"],
  ["protect"],
  ["unprotect"],
  ["seed"],
  ["types"],
  ["backup"],
  ["wait", "--timeout", "1m"],
];

/** Which commands need it, and what each of those says. */
const NEEDED: Readonly<Record<string, readonly (readonly string[])[]>> = {
  env: [...CONNECTING, ["new", "next"], ["bundle"]],
  read: [...CONNECTING, ["new", "next"]],
  net: CONNECTING.filter(([name]) => name !== "backup"),
  write: [["new", "next"], ["types", "--out", "types.ts"], ["backup"], ["status", "--url", "pglite:data"]],
};

for (const [name, commands] of Object.entries(NEEDED)) {
  describe(`deno run without --allow-${name}`, { concurrency: 2 }, () => {
    for (const words of commands) {
      test(`pgstep ${words.join(" ")} names the permission`, async () => {
        const { stderr, status } = await pgstep(without(name), ...words);
        assert.equal(status, 2, stderr);
        assert.match(stderr, /^error: Cannot .*: Deno requires /m);
        assert.match(
          stderr,
          new RegExp(`^help: Run pgstep with --allow-${name} as well; pgstep uses --allow-net `, "m"),
        );
      });
    }
  });
}

describe("deno run with less than all permissions", () => {
  for (const name of ["net", "env", "read", "write"]) {
    test(`without --allow-${name}, --json has the code of the failure`, async () => {
      const words = name === "write" ? ["types", "--out", "types.ts"] : ["status"];
      const { stdout, status } = await pgstep(without(name), ...words, "--json");
      const result = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
      assert.deepEqual([result.type, result.code, status], ["failure", "runtime-unsupported", 2]);
    });
  }

  test("some variables are not enough, and the message says so", async () => {
    const { stderr, status } = await pgstep([...without("env"), "--allow-env=DATABASE_URL,PGUSER"], "status");
    assert.equal(status, 2);
    assert.match(stderr, /Deno requires access to all environment variables/);
  });

  test("another server than the permitted one", async () => {
    const { stderr, status } = await pgstep([...without("net"), "--allow-net=db.example.com"], "status");
    assert.equal(status, 2);
    assert.match(stderr, /Deno requires net access to "127\.0\.0\.1:\d+"\n/);
  });

  test("help, the version and completion need none", async () => {
    for (const words of [["--help"], ["--version"], ["completion", "bash"], ["help", "locks"]]) {
      assert.equal((await pgstep([], ...words)).status, 0, words.join(" "));
    }
  });

  test("without --allow-sys everything works", async () => {
    assert.equal((await pgstep(without("sys"), "up")).status, 0);
    assert.equal((await pgstep(without("sys"), "status", "--exit-code")).status, 0);
  });
});
