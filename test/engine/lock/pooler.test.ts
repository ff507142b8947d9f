import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { findPgbouncer, startPgbouncer } from "../../support/pgbouncer.ts";
import { sharedServer } from "../../support/postgres-server.ts";
import { holding, world as makeWorld, open, refusal } from "../support.ts";

const program = findPgbouncer();

const FILES = {
  "001_a.sql": "CREATE TABLE a (id integer PRIMARY KEY); INSERT INTO a SELECT generate_series(1, 2000);",
  "002_b.sql": "SET search_path TO pg_catalog; CREATE TABLE public.b (id integer); SELECT pg_sleep(0.1);",
  "003_index.sql": "CREATE INDEX CONCURRENTLY a_id_idx ON a (id);",
  "004_c.sql": "COPY a (id) FROM STDIN;\n3001\n3002\n\\.\nCREATE TABLE c (id integer);",
  "005_d.sql": "CREATE TABLE d (id integer); SELECT pg_advisory_lock(7);",
};
const VERSIONS = ["001", "002", "003", "004", "005"];

describe("behind pgbouncer in transaction mode", { skip: program ? false : "pgbouncer is not installed" }, async () => {
  if (!program) return;
  const server = await sharedServer();
  const bouncer = await startPgbouncer(program, server, 12);
  after(() => bouncer.stop());

  it("applies everything once, and leaves nothing in the server's sessions", async () => {
    const world = await makeWorld(FILES);
    const behind = world.beside({}, { url: bouncer.url(world.databaseName) });
    const report = await behind.up();
    assert.equal(report.failure, undefined);
    assert.deepEqual(await world.history(), VERSIONS);
    assert.deepEqual(await behind.rows("SHOW default_transaction_read_only"), [
      { default_transaction_read_only: "off" },
    ]);
    assert.equal(
      await world.value(
        "SELECT count(*)::int FROM pg_locks JOIN pg_database ON pg_database.oid = database WHERE locktype = 'advisory' AND datname = current_database()",
      ),
      0,
    );
    assert.equal(await world.value("SELECT expires_at::text FROM schema_migrations_lease"), "-infinity");
  });

  it("closes a session only when all that was sent is answered", async () => {
    const { databaseName } = await makeWorld({});
    const session = await open(bouncer.url(databaseName)).open();
    const answer = session.execute("SELECT pg_sleep(0.3)");
    await session.close();
    assert.equal((await answer).rowCount, 1);
  });

  it("refuses a file without a transaction that changes its session, before anything runs", async () => {
    for (const change of [
      "SET search_path TO pg_catalog;",
      "SELECT set_config('search_path', '', false);",
      "SET ROLE pg_monitor;",
      "RESET ALL;",
      "CREATE TEMP TABLE mine ();",
    ]) {
      const world = await makeWorld({
        "001_a.sql": FILES["001_a.sql"],
        "002_b.sql": `SET LOCAL work_mem = '1MB';\n${change}\nVACUUM public.a;`,
      });
      const behind = world.beside({}, { url: bouncer.url(world.databaseName) });
      const { place, hint = "" } = await refusal(behind.up(), "files-unsound");
      assert.equal(place?.line, 2);
      assert.match(hint, /without the pooler/);
      assert.deepEqual(await world.history(), []);
      assert.equal((await world.up()).failure, undefined);
    }
  });

  it("refuses a statement outside a transaction that the role's statement_timeout would end, before anything runs", async () => {
    const world = await makeWorld({
      "001_a.sql": "CREATE TABLE a (id integer);",
      "002_slow.sql": "SELECT pg_sleep(0.4);",
      "003_index.sql": "INSERT INTO a VALUES (1);\nCREATE INDEX CONCURRENTLY ON a (id);",
    });
    const limited = async (limit: string, files: Readonly<Record<string, string>>) => {
      await world.rows(`ALTER DATABASE ${world.databaseName} SET statement_timeout = '${limit}'`);
      world.write(files);
      // Its connections to the server have the new limit.
      const pooler = await startPgbouncer(program, server, 2);
      after(() => pooler.stop());
      return world.beside({}, { url: pooler.url(world.databaseName) });
    };
    const behind = await limited("200ms", {});
    const { message, hint, place } = await refusal(behind.up(), "files-unsound");
    assert.match(message, /003_index .* statement_timeout, which is 200ms/);
    assert.match(hint ?? "", /ALTER ROLE "postgres" SET statement_timeout = 0/);
    assert.equal(place?.line, 2);
    assert.deepEqual(await world.history(), []);
    // What runs in a transaction has no limit.
    assert.equal((await behind.up({ to: "002" })).failure, undefined);
    const none = "-- Transaction: none\nSELECT pg_sleep(0.4);";
    assert.equal((await (await limited("200ms", { "003_index.sql": none })).up()).failure, undefined);
    for (const statement of ["DO $$ BEGIN PERFORM 1; END $$;", "VACUUM a;"]) {
      const file = { "004_alone.sql": `-- Transaction: none\n${statement}` };
      await refusal((await limited("200ms", file)).up(), "files-unsound");
      // Not where the session is pgstep's own.
      assert.equal((await world.up()).failure, undefined);
      await world.rows("DELETE FROM schema_migrations WHERE version = '004'");
    }
    assert.equal((await (await limited("0", { "005_free.sql": "VACUUM a;" })).up()).failure, undefined);
  });

  it("says which pooler it needs where transactions are not allowed", async () => {
    const pooler = await startPgbouncer(program, server, 2, "statement");
    try {
      const world = await makeWorld(FILES);
      const { hint } = await refusal(
        world.beside({}, { url: pooler.url(world.databaseName) }).up(),
        "connection-failed",
      );
      assert.match(hint ?? "", /pool_mode = transaction/);
      assert.deepEqual(await world.tables(), []);
    } finally {
      await pooler.stop();
    }
  });

  it("lets eight runs at once apply each migration exactly once, and all succeed", async () => {
    const world = await makeWorld(FILES);
    const runs = Array.from({ length: 8 }, () => world.beside({}, { url: bouncer.url(world.databaseName) }));
    const reports = await Promise.all(runs.map((one) => one.up()));
    for (const report of reports) assert.equal(report.failure, undefined);
    const applied = reports.flatMap((report) => report.steps.map((step) => step.version));
    assert.deepEqual(applied.sort(), VERSIONS);
    assert.deepEqual(await world.history(), VERSIONS);
  });

  it("takes an expired lease over, and then keeps its former holder from writing", async () => {
    const world = await makeWorld({
      "001_a.sql": "CREATE TABLE a (id integer); INSERT INTO a VALUES (1);",
      "002_slow.sql": "CREATE INDEX CONCURRENTLY a_idx ON a (id);\nCREATE TABLE slow (id integer);",
      "003_c.sql": "CREATE TABLE c (id integer);",
    });
    const behind = world.beside({ lockTimeoutMs: 0 }, { url: bouncer.url(world.databaseName) });
    await behind.up({ to: "001" });
    // A statement in a transaction would keep the lease locked.
    const report = await holding(world, "BEGIN; UPDATE a SET id = 2", async (release) => {
      const slow = behind.up();
      await world.until(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '/* pgstep %' AND state = 'active'",
      );
      await world.rows("UPDATE schema_migrations_lease SET fencing = fencing + 1");
      await release();
      return slow;
    });
    assert.equal(report.failure?.code, "lock-held");
    assert.deepEqual(await world.history(), ["001"]);
  });

  it("does not take a lease over while its holder's statement still runs", async () => {
    const world = await makeWorld({
      "001_a.sql": "CREATE TABLE a (id integer); INSERT INTO a VALUES (1);",
      "002_index.sql": "CREATE INDEX CONCURRENTLY a_idx ON a (id);",
    });
    const behind = world.beside({ lockTimeoutMs: 0 }, { url: bouncer.url(world.databaseName) });
    const other = world.beside({ lockWaitMs: 300 }, { url: bouncer.url(world.databaseName) });
    await behind.up({ to: "001" });
    const holding = server.query(world.databaseName, "BEGIN; UPDATE a SET id = 2; SELECT pg_sleep(2.5); COMMIT");
    await world.until(
      "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE 'BEGIN; UPDATE a%' AND state = 'active'",
    );
    const building = behind.up();
    await world.until("SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '/* pgstep %' AND state = 'active'");
    await world.rows("UPDATE schema_migrations_lease SET expires_at = '-infinity'");
    await assert.rejects(other.up(), { code: "lock-held" });
    await holding;
    assert.equal((await building).failure, undefined);
    assert.deepEqual(await world.history(), ["001", "002"]);
  });
});
