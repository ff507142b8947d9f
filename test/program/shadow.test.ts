import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { shadowSources } from "../../src/core/configuration/database-sources.ts";
import { resolveSettings } from "../../src/core/configuration/resolve-settings.ts";
import { catchPasswords } from "../support/password-catcher.ts";
import { temporaryPlace } from "../support/place.ts";
import { sharedServer } from "../support/postgres-server.ts";
import { programCommand, run } from "../support/program.ts";

describe("the shadow database", () => {
  let place = "";

  before(() => {
    place = temporaryPlace("shadow");
    mkdirSync(join(place, "database", "migrations"), { recursive: true });
    writeFileSync(join(place, "database", "migrations", "001_a.sql"), "CREATE TABLE a (id int);");
    writeFileSync(join(place, "password"), "of-the-main-database");
  });

  async function pgstep(words: readonly string[], environment: Record<string, string> = {}) {
    return run([...(await programCommand("node")), ...words], { directory: place, environment });
  }

  test("is reached without the password file of the database itself, wherever that is said", async () => {
    const server = await catchPasswords("clear text");
    try {
      const shadow = `postgres://shadow@127.0.0.1:${server.port}/shadow?sslmode=disable&require_auth=password`;
      const words = ["check", "--shadow-url", shadow];
      const outcomes = [
        await pgstep([...words, "--password-file", "password"]),
        await pgstep(words, { PGSTEP_PASSWORD_FILE: "password" }),
      ];
      for (const { status, stderr } of outcomes) assert.equal(status, 2, stderr);
      assert.deepEqual(server.passwords, []);
      // The server above would have seen it, were it sent: that of the database itself does.
      await pgstep(["status", "--url", shadow, "--password-file", "password"]);
      await pgstep([...words.slice(0, 2), shadow.replace("shadow@", "shadow:own@"), "--password-file", "password"]);
      assert.deepEqual(server.passwords, ["of-the-main-database", "own"]);
    } finally {
      server.close();
    }
  });

  test("is used though that file cannot even be read, and is empty afterwards", async () => {
    const server = await sharedServer();
    const { url, name } = await server.createDatabase();
    const { status, stdout, stderr } = await pgstep(["check", "--shadow-url", url, "--json"], {
      PGSTEP_PASSWORD_FILE: "not-there",
    });
    assert.equal(status, 0, stderr);
    assert.equal(JSON.parse(stdout).replay.applied, 1);
    assert.deepEqual(await server.query(name, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"), []);
  });

  test("keeps all other settings of the connection", () => {
    const resolved = resolveSettings({
      flags: new Map([
        ["password-file", "p"],
        ["shadow-url", "postgres://s"],
        ["url", "postgres://u"],
      ]),
      environment: { PGSTEP_PASSWORD_FILE: "q", PGSSLMODE: "require", PGSTEP_URL: "postgres://v" },
    });
    assert.deepEqual(shadowSources(resolved), {
      url: "postgres://s",
      urlOrigin: "--shadow-url",
      passwordFile: undefined,
      passwordFileOrigin: undefined,
      passwordCommand: undefined,
      passwordCommandOrigin: undefined,
      environment: { PGSSLMODE: "require" },
    });
  });
});
