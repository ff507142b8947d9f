import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { temporaryPlace } from "../support/place.ts";
import { type PostgresServer, sharedServer } from "../support/postgres-server.ts";
import { chosenRuntimes, programCommand, run } from "../support/program.ts";

let made = 0;

for (const runtime of chosenRuntimes()) {
  describe(`up --create-database on ${runtime}`, () => {
    let server: PostgresServer;
    const directory = temporaryPlace("create-database", { "database/migrations/001_a.sql": "CREATE TABLE a ();" });
    const up = async (url: string, ...words: readonly string[]) =>
      run([...(await programCommand(runtime)), "up", "--create-database", "--url", url, ...words], { directory });
    const exists = async (name: string) =>
      (await server.query("postgres", `SELECT FROM pg_database WHERE datname = '${name}'`)).length > 0;
    /** A name with everything that has to be quoted. */
    const newName = () => `No "such" database ${process.pid}_${++made}`;

    before(async () => {
      server = await sharedServer();
    });

    test("creates the database that is missing, once, also where --wait would wait for it", async () => {
      const name = newName();
      const url = server.url(name);
      const first = await up(url, "--wait", "30s");
      assert.equal(first.status, 0, first.stderr);
      assert.match(first.stderr, /^Created the database No "such" database/m);
      const second = await up(url);
      assert.equal(second.status, 0, second.stderr);
      assert.doesNotMatch(second.stderr, /Created/);
      await server.query("postgres", `DROP DATABASE "${name.replaceAll('"', '""')}"`);
    });

    test("a dry run creates nothing", async () => {
      const name = `dry_${process.pid}_${++made}`;
      const outcome = await up(server.url(name), "--dry-run");
      assert.equal(outcome.status, 2);
      assert.match(outcome.stderr, /does not exist/);
      assert.equal(await exists(name), false);
    });

    if (runtime !== "node") return;

    test("a role that may not create databases gets an error that names the missing right", async () => {
      const name = `forbidden_${process.pid}_${++made}`;
      await server.query("postgres", `CREATE ROLE ${name} LOGIN`);
      const outcome = await up(server.url(name, name));
      assert.equal(outcome.status, 2);
      assert.match(outcome.stderr, /permission denied to create database/);
      assert.match(outcome.stderr, /CREATEDB/);
      await server.query("postgres", `DROP ROLE ${name}`);
    });

    test("two runs at once: one creates it, both succeed", async () => {
      const name = `raced_${process.pid}_${++made}`;
      const outcomes = await Promise.all([up(server.url(name)), up(server.url(name))]);
      for (const { status, stderr } of outcomes) assert.equal(status, 0, stderr);
      assert.equal(outcomes.filter(({ stderr }) => stderr.includes("Created the database")).length, 1);
      await server.query("postgres", `DROP DATABASE ${name}`);
    });
  });
}
