import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { startPostgres } from "../../support/postgres-server.ts";
import { failureOf, holding, type ServerWorld, succeeded, type WorldOptions, within, world } from "../support.ts";

/** Keeps what is built CONCURRENTLY from its end. */
const SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1";
const ROLES = `DO $$ BEGIN
 IF to_regrole('builders') IS NULL THEN CREATE ROLE builders; GRANT pg_read_all_stats TO builders; CREATE ROLE alice LOGIN; CREATE ROLE bob LOGIN; GRANT builders TO alice, bob; END IF;
END $$;
GRANT ALL ON SCHEMA public TO builders, alice, bob;`;
const TABLE = "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (1); ALTER TABLE t OWNER TO builders;";
const FILES = { "001_index.sql": "CREATE INDEX CONCURRENTLY IF NOT EXISTS wanted ON t (id);" };
const OID = "SELECT 'wanted'::regclass::oid::text";
const VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'wanted'::regclass";

/** A world in which two roles own one table, and the one that pgstep connects as. */
async function shared(as: string, options: WorldOptions = {}): Promise<{ here: ServerWorld; us: ServerWorld }> {
  const here = await world(FILES, { before: ROLES + TABLE, ...options });
  return { here, us: here.beside({}, { url: urlOf(here, as) }) };
}

function urlOf({ url }: ServerWorld, role: string): string {
  return url.replace("postgres@", `${role}@`);
}

/** While alice builds the index, and cannot end before `release`. */
async function whileAliceBuilds(here: ServerWorld, sql: string, work: (release: () => Promise<void>) => Promise<void>) {
  await holding(here, SNAPSHOT, async (release) => {
    const alice = here.beside({}, { url: urlOf(here, "alice") }).database;
    const session = await alice.open();
    try {
      const building = session.execute(sql);
      await here.until("SELECT count(*) > 0 FROM pg_index WHERE NOT indisvalid AND indrelid = 't'::regclass");
      await work(release);
      await release();
      await building;
    } finally {
      await session.close();
    }
  });
}

for (const major of [15, 18] as const) {
  describe(`an index that another role builds just now, on PostgreSQL ${major}`, () => {
    for (const role of ["bob", "postgres"]) {
      test(`is not dropped, and not taken for a finished one, by ${role}`, async () => {
        const { here, us } = await shared(role, { major, retryMs: 0 });
        await whileAliceBuilds(here, "CREATE INDEX CONCURRENTLY wanted ON t (id)", async () => {
          const oid = await here.value(OID);
          const failure = failureOf(await within(10_000, us.up({ firstRun: true })), "statement-failed");
          assert.match(failure.message, /process \d+, user alice, holds a lock .* public\.wanted/);
          assert.match(failure.hint ?? "", /Run again/);
          assert.equal(await here.value(VALID), false);
          assert.equal(await here.value(OID), oid);
        });
        const oid = await here.value(OID);
        succeeded(await us.up({ firstRun: true }));
        assert.equal(await here.value(OID), oid);
        assert.equal(await here.value(VALID), true);
      });
    }

    test("is waited for", async () => {
      const { here, us } = await shared("bob", { major });
      await whileAliceBuilds(here, "CREATE INDEX CONCURRENTLY wanted ON t (id)", async (release) => {
        const oid = await here.value(OID);
        us.onEvent = (event) => {
          if (event.type === "retrying") void release();
        };
        succeeded(await within(20_000, us.up({ firstRun: true })));
        assert.equal(await here.value(OID), oid);
      });
    });

    test("is not dropped when it is an old INVALID one that is being rebuilt", async () => {
      const { here, us } = await shared("bob", { major, retryMs: 0 });
      await here.rows("CREATE UNIQUE INDEX CONCURRENTLY wanted ON t (id)").catch(() => {});
      await here.rows("DELETE FROM t");
      await whileAliceBuilds(here, "REINDEX INDEX CONCURRENTLY wanted", async () => {
        await here.until("SELECT count(*) = 2 FROM pg_index WHERE indrelid = 't'::regclass");
        failureOf(await within(10_000, us.up({ firstRun: true })), "statement-failed");
      });
      assert.equal(await here.value(VALID), true);
      succeeded(await us.up({ firstRun: true }));
    });
  });
}

describe("somebody who holds the same lock and builds nothing", () => {
  const SLOW = `CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN
 IF current_setting('app.slow', true) = 'on' OR (SELECT backend_type FROM pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid()) = 'autovacuum worker'
 THEN PERFORM pg_catalog.pg_sleep(1); END IF; RETURN $1; END $$;
CREATE INDEX slow ON t (slow(id));`;
  const HOLDER =
    "SELECT count(*) > 0 FROM pg_locks WHERE relation = 't'::regclass AND mode = 'ShareUpdateExclusiveLock' AND granted AND pid <> pg_backend_pid()";

  async function invalidIsReplaced(here: ServerWorld, us: ServerWorld): Promise<void> {
    await here.until(HOLDER);
    assert.equal(await here.value(VALID), false);
    succeeded(await within(20_000, us.up({ firstRun: true })));
    assert.equal(await here.value(VALID), true);
  }

  test("ANALYZE of another role: the INVALID index is replaced", async () => {
    const { here, us } = await shared("bob", { retryMs: 0, before: ROLES + TABLE + SLOW });
    await here.rows("CREATE UNIQUE INDEX CONCURRENTLY wanted ON t (id)").catch(() => {});
    await here.rows("ALTER TABLE t OWNER TO builders");
    const session = await here.beside({}, { url: urlOf(here, "alice") }).database.open();
    await session.execute("SET app.slow = on");
    const analyzing = session.execute("ANALYZE t");
    await invalidIsReplaced(here, us);
    await analyzing;
    await session.close();
  });

  test("autovacuum: the INVALID index is replaced", async () => {
    const server = await startPostgres({ settings: { autovacuum: "on", autovacuum_naptime: "1s" } });
    after(() => server.stop());
    const { here, us } = await shared("bob", { server, retryMs: 0, before: ROLES + TABLE + SLOW });
    await here.rows("CREATE UNIQUE INDEX CONCURRENTLY wanted ON t (id)").catch(() => {});
    await here.rows("ALTER TABLE t SET (autovacuum_analyze_threshold = 1, autovacuum_analyze_scale_factor = 0)");
    await here.rows("INSERT INTO t VALUES (1), (1), (1)");
    await invalidIsReplaced(here, us);
  });
});
