import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { disk } from "../../../src/adapters/files/disk.ts";
import type { FileSystem } from "../../../src/ports/file-system.ts";
import { databaseSetting, embeddedWorld, states, succeeded, type World, world } from "../support.ts";

const DESCRIPTION = `it's \\'; DROP TABLE "x"; -- 😀 ünïcode \\n $$ %s`;

/** What the migration behind the one that changes something finds. */
const PROBE = `CREATE TABLE found AS SELECT current_user::text AS role, session_user::text AS login,
  current_setting('search_path') AS path, current_setting('standard_conforming_strings') AS strings,
  current_setting('client_encoding') AS encoding, current_setting('lock_timeout') AS lock_timeout,
  current_setting('statement_timeout') AS statement_timeout, current_setting('session_replication_role') AS replication,
  current_setting('TimeZone') AS zone, current_setting('default_transaction_isolation') AS isolation,
  current_setting('app.tenant', true) AS tenant, (SELECT count(*)::int FROM pg_prepared_statements) AS prepared,
  (SELECT count(*)::int FROM pg_cursors) AS cursors, (SELECT count(*)::int FROM pg_listening_channels()) AS channels,
  (SELECT count(*)::int FROM pg_class WHERE relpersistence = 't') AS temporary;`;

const CLEAN = {
  role: "postgres",
  login: "postgres",
  strings: "on",
  encoding: "UTF8",
  lock_timeout: "5s",
  statement_timeout: "0",
  replication: "origin",
  isolation: "read committed",
  prepared: 0,
  cursors: 0,
  channels: 0,
  temporary: 0,
};

const CHANGES: Record<string, string> = {
  "standard_conforming_strings off": String.raw`SET standard_conforming_strings = off; SELECT 'it\'s; fine';`,
  "client_encoding UTF8 in other words": "SET NAMES 'UTF8'; SET client_encoding TO 'utf-8';",
  "SET ROLE": "SET ROLE pg_monitor;",
  "SET SESSION AUTHORIZATION": "SET SESSION AUTHORIZATION pg_monitor;",
  "search_path emptied, as pg_dump does": "SELECT pg_catalog.set_config('search_path', '', false);",
  "search_path with lookalikes of the history and of functions":
    "CREATE SCHEMA trap; CREATE TABLE trap.schema_migrations (version text); CREATE FUNCTION trap.timezone(text, timestamptz) RETURNS timestamp LANGUAGE sql AS $$ SELECT 'epoch'::timestamp $$; SET search_path TO trap, public, pg_catalog;",
  "timeouts as pg_dump sets them":
    "SET statement_timeout = '2s'; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = '2s'; SET transaction_timeout = 0;",
  session_replication_role: "SET session_replication_role = replica;",
  "the time zone and the isolation of later transactions":
    "SET TIME ZONE 'Asia/Kolkata'; SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE;",
  "a setting of the application's own": "SET app.tenant = '7';",
  "temporary tables, one of them named as the history":
    "CREATE TEMPORARY TABLE schema_migrations (version text); CREATE TEMPORARY TABLE scratch AS SELECT 1 AS n; INSERT INTO scratch VALUES (2);",
  "temporary tables with a deferred key between them":
    "CREATE TEMPORARY TABLE a (id int PRIMARY KEY); CREATE TEMPORARY TABLE b (id int REFERENCES a DEFERRABLE INITIALLY DEFERRED); INSERT INTO b VALUES (1); INSERT INTO a VALUES (1);",
  "prepared statements": "PREPARE transaction_like AS SELECT 1; PREPARE other AS SELECT 2;",
  "cursors, with and without hold": "DECLARE kept CURSOR WITH HOLD FOR SELECT 1; DECLARE one CURSOR FOR SELECT 2;",
  "LISTEN and NOTIFY": "LISTEN changes; NOTIFY changes, 'x';",
  "default_transaction_read_only lifted": "SET default_transaction_read_only = off;",
  "RESET ALL": "RESET ALL;",
};

const subjects: Record<string, (files: Record<string, string>) => Promise<World>> = {
  "PostgreSQL 18": (files) => world(files),
  PGlite: (files) => embeddedWorld(files),
};

for (const [name, make] of Object.entries(subjects)) {
  describe(`a migration on ${name} leaves nothing for the next, and its row is right`, () => {
    for (const [what, text] of Object.entries(CHANGES)) {
      if (name === "PGlite" && what === "search_path with lookalikes of the history and of functions") continue;
      test(what, async () => {
        const here = await make({
          "001_change.sql": `-- Description: ${DESCRIPTION}\n${text}\n`,
          "002_probe.sql": `-- Description: ${DESCRIPTION}\n${PROBE}`,
        });
        succeeded(await here.up());
        const [found = {}] = await here.rows("SELECT * FROM public.found");
        for (const [key, value] of Object.entries(CLEAN)) assert.equal(found[key], value, key);
        assert.ok(found.tenant === null || found.tenant === "");
        assert.notEqual(found.zone, "Asia/Kolkata");
        assert.match(String(found.path), /^("\$user", )?public$/);
        const rows = await here.rows(
          "SELECT version, description, abs(extract(epoch FROM applied_at - timezone('UTC', clock_timestamp()))) < 60 AS recent, applied_by, duration_ms >= 0 AS timed, tool_version, checksum ~ '^[0-9a-f]{64}$' AS checked FROM public.schema_migrations ORDER BY version",
        );
        const row = {
          description: DESCRIPTION,
          recent: true,
          applied_by: "postgres",
          timed: true,
          tool_version: "test",
          checked: true,
        };
        assert.deepEqual(rows, [
          { version: "001", ...row },
          { version: "002", ...row },
        ]);
        assert.deepEqual(await states(here), ["001 applied", "002 applied"]);
        if (what.includes("lookalikes"))
          assert.equal(await here.value("SELECT count(*)::int FROM trap.schema_migrations"), 0);
      });
    }

    test("in a single transaction as well", async () => {
      const here = await make({
        "001_change.sql": `${CHANGES["SET SESSION AUTHORIZATION"]} SET search_path TO ''; SET app.tenant = '7'; CREATE TEMPORARY TABLE gone (); PREPARE p AS SELECT 1;`,
        "002_probe.sql": PROBE,
      });
      succeeded(await here.up({}, { singleTransaction: true }));
      const [found = {}] = await here.rows("SELECT * FROM public.found");
      for (const [key, value] of Object.entries(CLEAN)) assert.equal(found[key], value, key);
    });

    test("statement by statement as well", async () => {
      const here = await make({
        "001_change.sql":
          "-- Transaction: none\nSET search_path TO ''; SET app.tenant = '7'; CREATE TEMPORARY TABLE gone (); PREPARE p AS SELECT 1; SET lock_timeout = 7;",
        "002_probe.sql": PROBE,
      });
      succeeded(await here.up());
      const [found = {}] = await here.rows("SELECT * FROM public.found");
      for (const [key, value] of Object.entries(CLEAN)) assert.equal(found[key], value, key);
    });
  });
}

test("when all is done the session has no setting of pgstep's left", async () => {
  const here = await world({ "001_one.sql": "CREATE TABLE one ();" });
  const session = await here.database.open();
  const close = session.close.bind(session);
  session.close = async () => {};
  const borrowed = {
    ...here.context,
    database: { ...here.database, description: "x", embedded: false, open: async () => session, close },
  };
  const { migrate } = await import("../../../src/engine/run/migrate.ts");
  succeeded(await migrate(borrowed, {}, {}));
  const [left] = await session.query(
    "SELECT current_setting('default_transaction_read_only') AS read_only, current_setting('client_connection_check_interval') AS check, (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks",
  );
  assert.deepEqual(left, { read_only: "off", check: "0", locks: 0 });
  await close();
});

test("the server's own time zone and string settings change nothing", async () => {
  const here = await world(
    {
      "001_one.sql": String.raw`-- Description: ${DESCRIPTION}
CREATE TABLE one AS SELECT 'it\'s; one' AS text;`,
      "002_two.sql": "CREATE TABLE two ();",
    },
    {
      before:
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET TimeZone = ''Asia/Kolkata''', current_database()); EXECUTE format('ALTER DATABASE %I SET standard_conforming_strings = off', current_database()); END $$",
    },
  );
  succeeded(await here.up());
  assert.equal(await here.value("SELECT text FROM one"), "it's; one");
  assert.equal(await here.value("SELECT description FROM schema_migrations WHERE version = '001'"), DESCRIPTION);
  const { entries } = await here.status();
  for (const { applied } of entries) {
    const age = Date.now() - Date.parse(`${applied?.appliedAt}Z`);
    assert.ok(Math.abs(age) < 60_000, applied?.appliedAt);
  }
});

describe("idle_session_timeout of the role or the database", () => {
  /** The disk, which takes its time for a file that is too large to be kept. */
  const slow: FileSystem = {
    ...disk,
    read: function* (path) {
      if (path.endsWith("large.sql")) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_200);
      yield* disk.read(path);
    },
  };

  test("does not end a session while a large file is read", async () => {
    const text = `CREATE TABLE large ();\n-- ${"x".repeat(20_000)}\n`;
    const here = await world(
      { "001_large.sql": text },
      { before: databaseSetting("idle_session_timeout", "300"), fileSystem: slow },
    );
    succeeded(await here.up());
    assert.deepEqual(await here.tables(), ["large"]);
  });
});
