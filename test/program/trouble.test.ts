import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { temporaryPlace } from "../support/place.ts";
import { type PostgresServer, sharedServer, startPostgres } from "../support/postgres-server.ts";
import { chosenRuntimes, programCommand, type RuntimeName, run } from "../support/program.ts";

/*
 * What a scenario cannot make by itself: two runs at once, passwords, a full disk, a host that keeps silent.
 */

const place = temporaryPlace("trouble");

async function pgstep(runtime: RuntimeName, url: string, ...words: string[]) {
  return run([...(await programCommand(runtime)), ...words], {
    directory: place,
    environment: { DATABASE_URL: url },
    timeoutMs: 30_000,
  });
}

function directory(name: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(join(place, name), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(place, name, file), text);
  return name;
}

/** Waits until a session of the database runs a statement that looks like that. */
async function running(server: PostgresServer, database: string, pattern: string): Promise<void> {
  for (;;) {
    const rows = await server.query(
      database,
      `SELECT FROM pg_stat_activity WHERE datname = '${database}' AND state = 'active' AND pid <> pg_backend_pid() AND query LIKE '${pattern}'`,
    );
    if (rows.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

for (const runtime of chosenRuntimes()) {
  describe(`in trouble on ${runtime}`, { concurrency: 1 }, () => {
    test("two runs at once apply each migration once, and both succeed", { timeout: 60_000 }, async () => {
      const server = await sharedServer();
      const { name, url } = await server.createDatabase();
      const dir = directory("two", {
        "001_a.sql": "CREATE TABLE a (); SELECT pg_sleep(0.5);\n",
        "002_b.sql": "CREATE TABLE b ();\n",
      });
      const runs = await Promise.all([1, 2].map(() => pgstep(runtime, url, "up", "--dir", dir)));
      for (const { status, stderr } of runs) assert.equal(status, 0, stderr);
      const told = runs.map(({ stdout }) => stdout).join("");
      assert.equal(told.match(/^✓ 001_a /gm)?.length, 1, told);
      assert.equal(told.match(/^✓ 002_b /gm)?.length, 1, told);
      assert.deepEqual(await server.query(name, "SELECT count(*)::int FROM schema_migrations"), [{ count: 2 }]);
    });

    test("a run that may not wait for another one says who that is", { timeout: 60_000 }, async () => {
      const server = await sharedServer();
      const { name, url } = await server.createDatabase();
      const dir = directory("slow", { "001_slow.sql": "SELECT pg_sleep(60);\n" });
      const first = pgstep(runtime, url, "up", "--dir", dir);
      await running(server, name, "SELECT pg_sleep%");
      const second = await pgstep(runtime, url, "up", "--dir", dir, "--lock-wait", "0");
      await server.query(
        name,
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'",
      );
      assert.equal(second.status, 3, second.stderr);
      assert.match(second.stderr, /another run holds the lock\nhelp: It is process \d+, pgstep/);
      const cancelled = await first;
      assert.equal(cancelled.status, 4);
      assert.match(cancelled.stderr, /canceling statement due to user request \(57014\)/);
      assert.deepEqual(await server.query(name, "SELECT count(*)::int FROM schema_migrations"), [{ count: 0 }]);
    });

    test("a long statement is reported in a pipe, with who blocks it and how to end that", {
      timeout: 90_000,
    }, async () => {
      const server = await sharedServer();
      const { name, url } = await server.createDatabase("CREATE TABLE t (id int)");
      const dir = directory("long", { "001_index.sql": "CREATE INDEX CONCURRENTLY ON t (id);\n" });
      // Ends when the server does, or by the command that the run prints.
      const blocked = server.query(name, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM t; SELECT pg_sleep(60)");
      const ended = blocked.then(
        () => "slept",
        () => "terminated",
      );
      await running(server, name, "%pg_sleep(60)");
      const words = [...(await programCommand(runtime)), "up", "--dir", dir, "--first-run"] as const;
      const [file, ...rest] = words;
      const child = spawn(file, rest, { cwd: place, env: { PATH: process.env.PATH, HOME: place, DATABASE_URL: url } });
      let told = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        told += text;
        const [sql] = /SELECT pg_terminate_backend\(\d+\);/.exec(told) ?? [];
        if (sql) void server.query(name, sql);
      });
      const [status] = await once(child, "close");
      assert.equal(status, 0, told);
      assert.match(
        told,
        /\n001_index has run for 1\d s, waiting for old snapshots, 0 of 1 sessions\n {2}blocked by process (\d+), user postgres, .*\n {4}to end it: SELECT pg_terminate_backend\(\1\);\n/,
      );
      assert.equal(await ended, "terminated");
    });

    describe("with passwords", () => {
      let server: PostgresServer;
      let database: string;
      before(async () => {
        server = await startPostgres({ authentication: "local all all trust\nhost all all all scram-sha-256\n" });
        ({ name: database } = await server.createDatabase("CREATE ROLE app LOGIN PASSWORD 'right'"));
      });
      after(() => server.stop("immediate"));

      test("a wrong one, none and the right one", async () => {
        const dir = directory("none", {});
        const wrong = await pgstep(runtime, server.url(database, "app", "wr0ng"), "status", "--dir", dir);
        assert.equal(wrong.status, 2);
        assert.match(
          wrong.stderr,
          /password authentication failed for user "app" \(28P01\)\nhelp: Check user and password/,
        );
        assert.doesNotMatch(wrong.stdout + wrong.stderr, /wr0ng/);
        const none = await pgstep(runtime, server.url(database, "app"), "status", "--dir", dir);
        assert.equal(none.status, 2);
        assert.match(none.stderr, /the server asks for the password of user "app", and none was given/);
        const right = await pgstep(runtime, server.url(database, "app", "right"), "status", "--dir", dir);
        assert.equal(right.status, 0, right.stderr);
      });
    });

    test("a disk that is full under its output does not stop a run, and is told", async () => {
      const server = await sharedServer();
      const { name, url } = await server.createDatabase();
      const dir = directory("both", { "001_a.sql": "CREATE TABLE a ();\n", "002_b.sql": "CREATE TABLE b ();\n" });
      const [file, ...words] = await programCommand(runtime);
      const full = openSync("/dev/full", "w");
      const program = spawnSync(file, [...words, "up", "--dir", dir], {
        cwd: place,
        env: { PATH: process.env.PATH, HOME: place, DATABASE_URL: url },
        stdio: ["ignore", full, "pipe"],
        encoding: "utf8",
        timeout: 30_000,
      });
      closeSync(full);
      assert.equal(program.status, 2, program.stderr);
      assert.match(program.stderr, /error: Cannot write the output: .*no space left on device/i);
      assert.deepEqual(await server.query(name, "SELECT count(*)::int FROM schema_migrations"), [{ count: 2 }]);
    });

    test("a host that does not answer is given up in time", { timeout: 30_000 }, async () => {
      const sockets: Socket[] = [];
      const silent = createServer((socket) => sockets.push(socket.on("error", () => {}))).listen(0, "127.0.0.1");
      await once(silent, "listening");
      const { port } = silent.address() as AddressInfo;
      const dir = directory("none", {});
      const url = `postgres://app@127.0.0.1:${port}/app?connect_timeout=2`;
      const answer = await pgstep(runtime, url, "up", "--dir", dir);
      for (const socket of sockets) socket.destroy();
      silent.close();
      assert.equal(answer.status, 2);
      assert.match(answer.stderr, /Cannot connect to app on 127\.0\.0\.1:\d+: it did not answer within 2 s\nhelp: /);
    });
  });
}
