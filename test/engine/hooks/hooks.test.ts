import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { hookPrograms } from "../../../src/adapters/programs/hook-programs.ts";
import type { Settings } from "../../../src/core/configuration/settings.ts";
import type { HookCommands } from "../../../src/core/hooks/hook.ts";
import { reset } from "../../../src/engine/reset/reset.ts";
import { migrate, undo } from "../../../src/engine/run/migrate.ts";
import type { DatabaseContext } from "../../../src/engine/session/context.ts";
import { replay } from "../../../src/engine/shadow/shadow.ts";
import { type Files, failureOf, open, outcomes, refusal, type ServerWorld, succeeded, world } from "../support.ts";

const directories: string[] = [];
process.on("exit", () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

const MIGRATIONS = {
  "001_a.sql": "CREATE TABLE a ();",
  "002_b.sql": "CREATE TABLE b ();",
  "002_b.down.sql": "DROP TABLE b;",
};

/** A world that has hooks, and a table of what they did. */
async function hookedWorld(
  hooks: Files,
  options: Partial<Settings> = {},
  migrations: Files = MIGRATIONS,
): Promise<ServerWorld & { hooked: DatabaseContext; said(): Promise<string> }> {
  const first = await world(migrations, { major: 15, before: "CREATE TABLE said (n serial, what text)" });
  const hooksDirectory = `${first.directory}-hooks`;
  directories.push(hooksDirectory);
  mkdirSync(hooksDirectory);
  for (const [name, text] of Object.entries(hooks)) writeFileSync(join(hooksDirectory, name), text);
  const of = first.beside({ hooksDirectory, ...options });
  return Object.assign(of, {
    hooked: { ...of.context, programs: hookPrograms },
    said: async () => String(await of.value("SELECT string_agg(what, ' ' ORDER BY n) FROM said")),
  });
}

const say = (what: string) => `INSERT INTO said (what) VALUES ('${what}');`;

/** A program that appends its standard input to a file. */
const NOTE = (path: string) => [
  process.execPath,
  "-e",
  `process.stdin.on("data", (data) => require("fs").appendFileSync(${JSON.stringify(path)}, data)); console.log("heard")`,
];

describe("hooks that are files", () => {
  const all = {
    "before-up.sql": say("before-up"),
    "after-up.sql": say("after-up"),
    "before-step.sql": `INSERT INTO said (what) SELECT 'step' || count(*) FROM schema_migrations;`,
    "after-step.sql": say("stepped"),
    "before-down.sql": say("before-down"),
    "after-down.sql": say("after-down"),
  };

  test("run at their moments, and not when nothing is pending", async () => {
    const w = await hookedWorld(all);
    const report = succeeded(await w.up());
    assert.equal(await w.said(), "before-up step0 stepped step1 stepped after-up");
    assert.deepEqual(
      report.hooks?.map(({ moment, outcome }) => `${moment} ${outcome}`),
      ["before-up", "before-step", "after-step", "before-step", "after-step", "after-up"].map((one) => `${one} done`),
    );
    assert.equal(succeeded(await w.up()).hooks, undefined);
    succeeded(await w.up({}, { dryRun: true }));
    assert.equal(await w.said(), "before-up step0 stepped step1 stepped after-up");
    await w.rows("DELETE FROM said");
    succeeded(await w.down({ count: 1 }));
    assert.equal(await w.said(), "before-down step2 stepped after-down");
  });

  test("a file for an environment runs there only, behind the one for all", async () => {
    const hooks = { "after-up.production.sql": say("production"), "after-up.sql": say("all") };
    const elsewhere = await hookedWorld(hooks, { environment: "test" });
    succeeded(await elsewhere.up());
    assert.equal(await elsewhere.said(), "all");
    const there = await hookedWorld(hooks, { environment: "production" });
    succeeded(await there.up());
    assert.equal(await there.said(), "all production");
  });

  test("one that fails before the run stops it, with its place", async () => {
    const w = await hookedWorld({ "before-up.sql": `${say("x")}\nSELECT nothing;` });
    const report = await w.up();
    const failure = failureOf(report, "hook-failed");
    assert.match(failure.message, /before-up\.sql: column "nothing" does not exist \(42703\)/);
    assert.equal(failure.place?.line, 2);
    assert.deepEqual(outcomes(report), ["001 not-run", "002 not-run"]);
    assert.deepEqual(await w.history(), []);
    assert.equal(await w.said(), "null");
  });

  test("one that fails behind the run leaves what was applied, and says so", async () => {
    const w = await hookedWorld({ "after-up.sql": "SELECT nothing;" });
    const report = await w.up();
    failureOf(report, "hook-failed");
    assert.deepEqual(outcomes(report), ["001 applied", "002 applied"]);
    assert.deepEqual(await w.history(), ["001", "002"]);
  });

  test("one that fails behind a step stops the run there", async () => {
    const w = await hookedWorld({ "after-step.sql": "SELECT nothing;" });
    const report = await w.up();
    failureOf(report, "hook-failed");
    assert.deepEqual(outcomes(report), ["001 applied", "002 not-run"]);
    assert.deepEqual(await w.history(), ["001"]);
  });

  test("--hook-failure warn makes a warning of it", async () => {
    const w = await hookedWorld({ "before-up.sql": "SELECT nothing;" }, { hookFailure: "warn" });
    succeeded(await w.up());
    assert.ok(w.events.some((event) => event.type === "warning" && event.finding.rule === "hook-failed"));
  });

  test("transaction control is refused before anything runs", async () => {
    const w = await hookedWorld({ "after-up.sql": "SELECT 1; COMMIT;" });
    await refusal(w.up(), "files-unsound");
    assert.deepEqual(await w.history(), []);
  });

  test("what a hook sets is not there for the migrations", async () => {
    const w = await hookedWorld({ "before-up.sql": "CREATE SCHEMA s; SET search_path = s;" });
    succeeded(await w.up());
    assert.equal(await w.value("SELECT to_regclass('public.a') IS NOT NULL"), true);
  });

  test("run around a reset, and the one before can stop it", async () => {
    const w = await hookedWorld({
      "before-reset.sql": "SELECT 1/count(*) FROM a;",
      "after-reset.sql": "CREATE TABLE afterwards ();",
    });
    succeeded(await w.up());
    const consent = { mayReset: async () => true, mayRepair: async () => false };
    await refusal(reset(w.context, consent), "hook-failed");
    assert.deepEqual(await w.history(), ["001", "002"]);
    await w.rows("ALTER TABLE a ADD x int; INSERT INTO a VALUES (1)");
    await reset(w.context, consent);
    assert.deepEqual(await w.tables(), ["afterwards"]);
  });

  test("a rehearsal runs none", async () => {
    const w = await hookedWorld({ "before-up.sql": "SELECT nothing;" });
    const shadow = open("pglite:memory");
    await replay({ ...w.context, database: shadow }, async () => {}).finally(() => shadow.close());
  });
});

describe("hooks that are commands", () => {
  test("read what is done as JSON, and what they write is told", async () => {
    const path = `${(await hookedWorld({})).directory}-note`;
    directories.push(path);
    const hooks: HookCommands = { "before-up": NOTE(path), "after-step": NOTE(path), "after-up": NOTE(path) };
    const w = await hookedWorld({}, { hooks });
    succeeded(await migrate(w.hooked, { count: 1 }, {}));
    const { readFileSync } = await import("node:fs");
    const [before, step, after] = readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.equal(before.moment, "before-up");
    assert.equal(before.command, "up");
    assert.equal(before.steps[0].outcome, "not-run");
    assert.equal(step.step.version, "001");
    assert.equal(step.step.outcome, "applied");
    assert.equal(after.steps[0].outcome, "applied");
    assert.equal(after.database, w.database.description);
    assert.ok(w.events.some((event) => event.type === "hook-output" && event.line === "heard"));
  });

  test("may write very much without an end of line", async () => {
    const lines: number[] = [];
    const command = [process.execPath, "-e", 'process.stdout.write("x".repeat(3e7) + "\\nend")'];
    const tell = (line: string) => lines.push(line.length);
    await hookPrograms.run(command, "", tell, new AbortController().signal);
    assert.equal(lines.at(-1), "end".length);
    assert.equal(
      lines.slice(0, -1).reduce((sum, length) => sum + length, 0),
      3e7,
    );
    assert.ok(Math.max(...lines) < 2e6);
  });

  test("a text is for a shell, a list is not", async () => {
    const w = await hookedWorld({}, { hooks: { "before-up": "echo one && echo two", "after-up": ["echo", "a && b"] } });
    succeeded(await migrate(w.hooked, {}, {}));
    const lines = w.events.flatMap((event) => (event.type === "hook-output" ? event.line : []));
    assert.deepEqual(lines, ["one", "two", "a && b"]);
  });

  test("an exit status but 0, and one that is not there, stop the run", async () => {
    const w = await hookedWorld({}, { hooks: { "before-down": "exit 7", "before-up": ["no-such-program"] } });
    const missing = failureOf(await migrate(w.hooked, {}, {}), "hook-failed");
    assert.match(missing.message, /there is no such program/);
    succeeded(await w.beside({ hooks: undefined }).up());
    const status = failureOf(await undo(w.hooked, { count: 1 }, {}), "hook-failed");
    assert.match(status.message, /exit status 7/);
    assert.deepEqual(await w.history(), ["001", "002"]);
  });

  test("end when the run is interrupted", async () => {
    const w = await hookedWorld(
      {},
      { hooks: { "before-up": [process.execPath, "-e", "setTimeout(() => {}, 60_000); console.log('there')"] } },
    );
    w.onEvent = (event) => event.type === "hook-output" && w.abort.abort("interrupt");
    const started = Date.now();
    failureOf(await migrate({ ...w.context, programs: hookPrograms }, {}, {}), "interrupted");
    assert.ok(Date.now() - started < 20_000);
    assert.deepEqual(await w.history(), []);
  });
});

describe("hooks after an up that did not all run", () => {
  const hooks = { "after-up.sql": say("one") };

  test("run with the next up, also when nothing is pending, until they have", async () => {
    const w = await hookedWorld(hooks, { hooks: { "after-up": "exit 1" } });
    const run = () => migrate(w.hooked, {}, {});
    for (const text of ["one", "one one"]) {
      failureOf(await run(), "hook-failed");
      assert.equal(await w.said(), text);
    }
    const { hooks: _, ...settings } = w.hooked.settings;
    const report = succeeded(await migrate({ ...w.hooked, settings }, {}, {}));
    assert.deepEqual(report.steps, []);
    assert.equal(await w.said(), "one one one");
    assert.equal(succeeded(await run()).hooks?.length ?? 0, 0);
  });

  test("are remembered also when the connection is lost in one, and not when a migration failed", async () => {
    const w = await hookedWorld({ "after-up.sql": "SELECT pg_terminate_backend(pg_backend_pid());" });
    failureOf(await w.up({ to: "001" }), "connection-lost");
    writeFileSync(join(w.context.settings.hooksDirectory ?? "", "after-up.sql"), say("after"));
    w.write({ "002_b.sql": "SELECT 1 / 0;" });
    failureOf(await w.up(), "statement-failed");
    assert.equal(await w.said(), "null");
    rmSync(join(w.directory, "002_b.sql"));
    rmSync(join(w.directory, "002_b.down.sql"));
    assert.deepEqual(succeeded(await w.up()).steps, []);
    assert.equal(await w.said(), "after");
    w.write({ "002_b.sql": "SELECT 1 / 0;" });
    failureOf(await w.up(), "statement-failed");
    rmSync(join(w.directory, "002_b.sql"));
    assert.deepEqual(outcomes(succeeded(await w.up())), []);
    assert.equal(await w.said(), "after");
  });
});
