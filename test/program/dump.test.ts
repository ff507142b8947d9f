import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { open } from "../engine/support.ts";
import { temporaryPlace } from "../support/place.ts";
import { type PostgresServer, sharedServer } from "../support/postgres-server.ts";
import { chosenRuntimes, programCommand, run } from "../support/program.ts";
import { untilTrue } from "../support/until.ts";

describe("pgstep dump", () => {
  let server: PostgresServer;
  before(async () => {
    server = await sharedServer();
  });

  for (const runtime of chosenRuntimes()) {
    test(`ends at Ctrl-C while it waits for a table, on ${runtime}`, { timeout: 120_000 }, async () => {
      const { name, url } = await server.createDatabase("CREATE TABLE busy ()");
      const holder = await open(url).open();
      await holder.execute("BEGIN; LOCK TABLE busy");
      const [file = "", ...words] = await programCommand(runtime);
      const child = spawn(file, [...words, "dump", "--lock-timeout", "0"], {
        cwd: temporaryPlace("dump"),
        env: { ...process.env, DATABASE_URL: url },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      child.stderr.on("data", (part) => {
        output += part;
      });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      const waiting = `SELECT count(*) > 0 AS waits FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = '${name}')`;
      await untilTrue((sql) => server.query(name, sql), waiting);
      child.kill("SIGINT");
      assert.equal(await ended, 130, output);
      assert.match(output, /Cannot dump the schema/);
      await holder.close();
    });
  }

  test("a run whose schema file cannot be written stays applied, and says so", async () => {
    const { url } = await server.createDatabase();
    const place = temporaryPlace("dump", {
      "database/migrations/001_a.sql": "CREATE TABLE a ();",
      "schema.sql": "mine",
    });
    mkdirSync(join(place, "directory"));
    const command = await programCommand("node");
    const environment = { DATABASE_URL: url };
    const pgstep = (...words: string[]) => run([...command, ...words], { directory: place, environment });
    const first = await pgstep("up", "--dump", "schema.sql");
    assert.equal(first.status, 4);
    assert.match(first.stdout, /001_a/);
    assert.match(first.stderr, /Cannot write schema\.sql: it exists, and pgstep dump did not write it/);
    assert.match(first.stderr, /The migrations are applied\./);
    assert.equal(readFileSync(join(place, "schema.sql"), "utf8"), "mine");
    assert.equal((await pgstep("status", "--exit-code")).status, 0);
    const second = await pgstep("up", "--dump", "directory");
    assert.equal(second.status, 4);
    assert.equal((await pgstep("up", "--dump", "other.sql", "--dry-run")).status, 0);
    const third = await pgstep("up", "--dump", "other.sql");
    assert.deepEqual([third.status, third.stderr.includes("Created other.sql")], [0, true]);
  });
});
