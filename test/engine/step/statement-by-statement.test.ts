import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resolve } from "../../../src/engine/verbs/resolve.ts";
import {
  databaseSetting,
  embeddedWorld,
  failureOf,
  holding,
  outcomes,
  refusal,
  states,
  succeeded,
  terminate,
  type World,
  within,
  world,
} from "../support.ts";

const JOURNAL = "SELECT count(*)::int FROM schema_migrations_steps";
const VALID = (index: string) => `SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('${index}')`;
const INDEXES = "SELECT count(*)::int FROM pg_indexes WHERE tablename = 't'";

const TABLE = { "001_table.sql": "CREATE TABLE t (id int, name text);\nINSERT INTO t VALUES (1, 'a'), (1, 'b');" };

/** A mixed file whose unique index fails on the rows of 001. */
const FAILING = {
  ...TABLE,
  "002_index.sql": `CREATE TABLE log (n int);
INSERT INTO log VALUES (1);
CREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id);
INSERT INTO log VALUES (2);`,
  "003_behind.sql": "CREATE TABLE behind ();",
};

const subjects: Record<string, (files: Record<string, string>) => Promise<World>> = {
  "PostgreSQL 18": (files) => world(files),
  PGlite: (files) => embeddedWorld(files),
};

for (const [name, make] of Object.entries(subjects)) {
  describe(`statement by statement on ${name}`, () => {
    test("CREATE INDEX CONCURRENTLY is recognised without a header, and the journal is empty afterwards", async () => {
      const here = await make({ ...TABLE, "002_index.sql": "CREATE INDEX CONCURRENTLY t_id ON t (id);" });
      assert.deepEqual(outcomes(succeeded(await here.up())), ["001 applied", "002 applied"]);
      assert.equal(await here.value(VALID("t_id")), true);
      assert.equal(await here.value(JOURNAL), 0);
      assert.deepEqual(await states(here), ["001 applied", "002 applied"]);
    });

    test("a file goes on at the failed statement after the data is mended, rebuilds the index, and runs nothing twice", async () => {
      const here = await make(FAILING);
      const report = await here.up();
      assert.deepEqual(outcomes(report), ["001 applied", "002 failed", "003 not-run"]);
      const failure = failureOf(report, "statement-failed");
      assert.equal(failure.server?.code, "23505");
      assert.equal(failure.place?.line, 3);
      assert.match(failure.hint ?? "", /run pgstep up again: it drops the INVALID index/);
      assert.deepEqual(await states(here), ["001 applied", "002 unfinished", "003 pending"]);
      assert.equal(await here.value(VALID("t_id")), false);
      assert.deepEqual(await here.tables(), ["log", "t"]);
      await here.rows("DELETE FROM t WHERE name = 'b'");
      assert.deepEqual(outcomes(succeeded(await here.up())), ["002 applied", "003 applied"]);
      assert.equal(await here.value(VALID("t_id")), true);
      assert.equal(await here.value("SELECT string_agg(n::text, ',' ORDER BY n) FROM log"), "1,2");
      assert.equal(await here.value(INDEXES), 1);
      assert.equal(await here.value(JOURNAL), 0);
      assert.deepEqual(await here.history(), ["001", "002", "003"]);
    });

    test("settings of the session that finished statements made hold for the statements that a later run goes on with", async () => {
      const here = await make({
        "001_tables.sql":
          "CREATE SCHEMA IF NOT EXISTS app; DROP TABLE IF EXISTS app.t; CREATE TABLE app.t (id int); CREATE TABLE t (id int); INSERT INTO app.t VALUES (1), (1);",
        "002_index.sql":
          "SELECT set_config('app.word', 'kept', false);\nSET search_path TO app;\nCREATE UNIQUE INDEX CONCURRENTLY i ON t (id);\nCREATE TABLE public.words AS SELECT current_setting('app.word', true) AS word;",
      });
      assert.deepEqual(outcomes(await here.up()), ["001 applied", "002 failed"]);
      await here.rows("DELETE FROM app.t");
      succeeded(await here.up());
      assert.equal(
        await here.value("SELECT to_regclass('app.i') IS NOT NULL AND to_regclass('public.i') IS NULL"),
        true,
      );
      assert.equal(await here.value("SELECT word FROM words"), "kept");
    });

    test("an edited statement that has finished is refused", async () => {
      const here = await make(FAILING);
      failureOf(await here.up(), "statement-failed");
      await here.rows("DELETE FROM t WHERE name = 'b'");
      here.write({ "002_index.sql": FAILING["002_index.sql"].replace("VALUES (1)", "VALUES (7)") });
      const failure = failureOf(await here.up(), "history-conflict");
      assert.equal(failure.place?.line, 2);
      assert.deepEqual(await states(here), ["001 applied", "002 unfinished", "003 pending"]);
    });

    test("an edited statement that failed, and those behind it, may be edited", async () => {
      const here = await make(FAILING);
      failureOf(await here.up(), "statement-failed");
      here.write({
        "002_index.sql": FAILING["002_index.sql"].replace("t (id)", "t (id, name)").replace("VALUES (2)", "VALUES (3)"),
      });
      succeeded(await here.up());
      assert.equal(await here.value("SELECT string_agg(n::text, ',' ORDER BY n) FROM log"), "1,3");
      assert.equal(await here.value(VALID("t_id")), true);
      assert.equal(await here.value("SELECT indnkeyatts::int FROM pg_index WHERE indexrelid = 't_id'::regclass"), 2);
    });

    test("what mends the cause may be put before the statement that failed", async () => {
      const here = await make(FAILING);
      failureOf(await here.up(), "statement-failed");
      const failed = "CREATE UNIQUE INDEX CONCURRENTLY";
      here.write({
        "002_index.sql": FAILING["002_index.sql"].replace(
          failed,
          `VACUUM t;\nDELETE FROM t WHERE name = 'b';\n${failed}`,
        ),
      });
      succeeded(await here.up());
      assert.equal(await here.value("SELECT string_agg(n::text, ',' ORDER BY n) FROM log"), "1,2");
      assert.equal(await here.value("SELECT string_agg(name, ',') FROM t"), "a");
      assert.equal(await here.value(VALID("t_id")), true);
      assert.equal(await here.value(JOURNAL), 0);
    });

    test("another statement in the place of one that may have taken effect is not taken for it", async () => {
      const here = await make({ ...TABLE, "002_index.sql": "-- Transaction: none\nDO $$ BEGIN PERFORM 1/0; END $$;" });
      failureOf(await here.up(), "statement-failed");
      here.write({ "002_index.sql": "-- Transaction: none\nDELETE FROM t;" });
      const { message, hint = "" } = failureOf(await here.up(), "in-doubt");
      assert.match(message, /another statement was started in place of statement 1/);
      assert.match(hint, /resolve 002 --not-done/);
    });

    test("a misspelled statement that the server refused outright may be mended", async () => {
      const here = await make({ ...TABLE, "002_index.sql": "CREATE INDEX CONCURRENTLY t_id ON t (no_such);" });
      failureOf(await here.up(), "statement-failed");
      here.write({ "002_index.sql": "CREATE INDEX CONCURRENTLY t_id ON t (id);" });
      succeeded(await here.up());
      assert.equal(await here.value(VALID("t_id")), true);
    });

    test("a file that could run in a transaction after an edit goes on statement by statement, and runs nothing twice", async () => {
      const here = await make({
        "001_log.sql":
          "-- Transaction: none\nCREATE TABLE log (n int);\nINSERT INTO log VALUES (1);\nINSERT INTO no_such VALUES (1);",
      });
      failureOf(await here.up(), "statement-failed");
      here.write({
        "001_log.sql": "CREATE TABLE log (n int);\nINSERT INTO log VALUES (1);\nINSERT INTO log VALUES (2);",
      });
      assert.deepEqual(outcomes(succeeded(await here.up())), ["001 applied"]);
      assert.equal(await here.value("SELECT string_agg(n::text, ',' ORDER BY n) FROM log"), "1,2");
      assert.deepEqual(await states(here), ["001 applied"]);
    });

    test("line ends do not count as an edit", async () => {
      const here = await make(FAILING);
      failureOf(await here.up(), "statement-failed");
      await here.rows("DELETE FROM t WHERE name = 'b'");
      here.write({ "002_index.sql": FAILING["002_index.sql"].replaceAll("\n", "\r\n") });
      succeeded(await here.up());
    });

    test("IF NOT EXISTS does not hide an INVALID index", async () => {
      const here = await make({
        ...TABLE,
        "002_index.sql": "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_id ON t (id);",
      });
      failureOf(await here.up(), "statement-failed");
      await here.rows("DELETE FROM t WHERE name = 'b'");
      succeeded(await here.up());
      assert.equal(await here.value(VALID("t_id")), true);
    });

    test("IF NOT EXISTS does not hide an INVALID index that somebody else left", async () => {
      const here = await make({
        ...TABLE,
        "002_index.sql": "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_id ON t (id);",
      });
      succeeded(await here.up({ count: 1 }));
      await assert.rejects(here.rows("CREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id)"));
      assert.equal(await here.value(VALID("t_id")), false);
      await here.rows("DELETE FROM t WHERE name = 'b'");
      succeeded(await here.up());
      assert.equal(await here.value(VALID("t_id")), true);
    });

    test("an INVALID index that somebody else left is not in the way without IF NOT EXISTS either", async () => {
      const here = await make(TABLE);
      succeeded(await here.up());
      await here.rows("CREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id)").catch(() => {});
      assert.equal(await here.value(VALID("t_id")), false);
      here.write({ "002_index.sql": "CREATE INDEX CONCURRENTLY t_id ON t (id);" });
      succeeded(await here.up());
      assert.equal(await here.value(VALID("t_id")), true);
    });

    test("an index without a name is not built twice", async () => {
      const here = await make({ ...TABLE, "002_index.sql": "CREATE UNIQUE INDEX CONCURRENTLY ON t (id);" });
      failureOf(await here.up(), "statement-failed");
      await here.rows("DELETE FROM t WHERE name = 'b'");
      await here.up();
      assert.ok(Number(await here.value(INDEXES)) <= 1);
    });

    test("the header makes a file of ordinary statements run one by one, and it goes on where it stopped", async () => {
      const here = await make({
        "001_one.sql":
          "-- Transaction: none\nCREATE TABLE one (id int);\nINSERT INTO one VALUES (1);\nINSERT INTO two VALUES (1);",
      });
      assert.deepEqual(outcomes(await here.up()), ["001 failed"]);
      assert.deepEqual(await here.tables(), ["one"]);
      assert.deepEqual(await here.history(), []);
      await here.rows("CREATE TABLE two (id int)");
      succeeded(await here.up());
      assert.equal(await here.value("SELECT count(*)::int FROM one"), 1);
      assert.equal(await here.value("SELECT count(*)::int FROM two"), 1);
    });

    test("a file may record itself, before or behind a statement that fails", async () => {
      const own =
        "INSERT INTO public.schema_migrations (version, description) VALUES ('002', 'its own') ON CONFLICT (version) DO NOTHING;";
      const here = await make({
        ...FAILING,
        "002_index.sql": `-- Description: Two\n${own}\n${FAILING["002_index.sql"]}\n${own}`,
      });
      assert.deepEqual(outcomes(await here.up()), ["001 applied", "002 failed", "003 not-run"]);
      assert.deepEqual(await states(here), ["001 applied", "002 unfinished", "003 pending"]);
      await here.rows("DELETE FROM t WHERE name = 'b'");
      succeeded(await here.up());
      assert.deepEqual(await states(here), ["001 applied", "002 applied", "003 applied"]);
      assert.equal(await here.value("SELECT description FROM schema_migrations WHERE version = '002'"), "Two");
      assert.equal(await here.value("SELECT checksum IS NOT NULL FROM schema_migrations WHERE version = '002'"), true);
    });

    test("down files go the same way", async () => {
      const here = await make({
        ...TABLE,
        "002_index.sql": "CREATE INDEX CONCURRENTLY t_id ON t (id);",
        "002_index.down.sql": "CREATE TABLE mark ();\nDROP INDEX CONCURRENTLY t_id;\nINSERT INTO no_such VALUES (1);",
      });
      succeeded(await here.up());
      const report = await here.down({ count: 1 });
      assert.deepEqual(outcomes(report), ["002 failed"]);
      assert.deepEqual(await states(here), ["001 applied", "002 unfinished"]);
      assert.deepEqual(await here.history(), ["001", "002"]);
      await here.rows("CREATE TABLE no_such (n int)");
      assert.deepEqual(outcomes(succeeded(await here.down({ count: 1 }))), ["002 undone"]);
      assert.deepEqual(await here.history(), ["001"]);
      assert.equal(await here.value(JOURNAL), 0);
      succeeded(await here.up());
      assert.equal(await here.value(VALID("t_id")), true);
    });

    test("a procedure that commits runs under the header, and is in doubt when it fails", async () => {
      const here = await make({
        "001_procedure.sql":
          "CREATE TABLE t (n int); CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN FOR i IN 1..3 LOOP INSERT INTO t VALUES (i); COMMIT; IF i = 2 AND (SELECT count(*) FROM t) < 3 THEN RAISE EXCEPTION 'enough'; END IF; END LOOP; END $$;",
        "002_call.sql": "-- Transaction: none\nCALL fill();\nCREATE TABLE behind ();",
      });
      const report = await here.up();
      assert.deepEqual(outcomes(report), ["001 applied", "002 failed"]);
      assert.equal(await here.value("SELECT count(*)::int FROM t"), 2);
      const failure = failureOf(await here.up(), "in-doubt");
      assert.match(failure.hint ?? "", /pgstep resolve 002 --done/);
      assert.equal(failure.place?.line, 2);
      assert.equal(await here.value("SELECT count(*)::int FROM t"), 2);
      assert.equal((await resolve(here.context, "2", "done")).statement, 1);
      await refusal(resolve(here.context, "1", "done"), "nothing-in-doubt");
      succeeded(await here.up());
      assert.deepEqual(await here.tables(), ["behind", "t"]);
    });

    test("a procedure that commits says in a transaction which header it needs", async () => {
      const here = await make({
        "001_procedure.sql": "CREATE PROCEDURE halves() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;",
        "002_call.sql": "CALL halves();",
      });
      assert.match(failureOf(await here.up(), "statement-failed").hint ?? "", /Transaction: none/);
    });

    test("REINDEX of a partitioned table runs under the header its refusal asks for", async () => {
      const here = await make({
        "001_table.sql":
          "CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (9); CREATE INDEX p_id ON p (id);",
        "002_reindex.sql": "REINDEX TABLE p;",
      });
      assert.match(failureOf(await here.up(), "statement-failed").hint ?? "", /Transaction: none/);
      here.write({ "002_reindex.sql": "-- Transaction: none\nREINDEX TABLE p;" });
      succeeded(await here.up());
    });

    test("a role that the file takes on does the file's work, not pgstep's", async () => {
      const here = await make({
        "001_grants.sql": "CREATE TABLE t (id int); GRANT ALL ON t TO pg_monitor;",
        "002_role.sql":
          "-- Transaction: none\nSET ROLE pg_monitor;\nINSERT INTO t VALUES (1);\nRESET ROLE;\nINSERT INTO t VALUES (2);",
      });
      succeeded(await here.up());
      assert.equal(await here.value("SELECT count(*)::int FROM t"), 2);
    });

    test("string settings that the file changes do not change pgstep's own words", async () => {
      const here = await make({
        "001_strings.sql": String.raw`-- Transaction: none
-- Description: it's \ odd
SET standard_conforming_strings = off;
CREATE TABLE t AS SELECT 'it\'s; one' AS word;
SET search_path TO pg_catalog;`,
      });
      succeeded(await here.up());
      assert.equal(await here.value("SELECT word FROM public.t"), "it's; one");
    });

    test("notices belong to their migration and line", async () => {
      const here = await make({
        "001_notices.sql":
          "-- Transaction: none\nSELECT 1;\nDO $$ BEGIN RAISE NOTICE 'alone'; END $$;\nDROP TABLE IF EXISTS nothing_there;",
      });
      succeeded(await here.up());
      const heard = here.events.flatMap((event) =>
        event.type === "notice" ? [`${event.migration}:${event.place?.line} ${event.message.message}`] : [],
      );
      assert.deepEqual(heard, ["001_notices:3 alone", '001_notices:4 table "nothing_there" does not exist, skipping']);
    });

    test("a single transaction refuses such a file before anything is sent", async () => {
      const here = await make(FAILING);
      await assert.rejects(here.up({}, { singleTransaction: true }), { code: "files-unsound" });
      assert.deepEqual(await here.tables(), []);
    });
  });
}

describe("statement by statement, on a server that is watched from beside", () => {
  const SLOW = {
    "001_table.sql": "CREATE TABLE t (id int); INSERT INTO t SELECT generate_series(1, 1000);",
    "002_index.sql":
      "CREATE TABLE log (n int);\nINSERT INTO log VALUES (1);\nCREATE INDEX CONCURRENTLY t_id ON t (id);\nINSERT INTO log VALUES (2);",
  };

  test("killed while an index is built: the report is true, and the next run builds it anew", async () => {
    const here = await world(SLOW, { lockTimeoutMs: 0 });
    await holding(here, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1", async () => {
      // CREATE INDEX CONCURRENTLY waits for every older transaction that might see the table.
      const running = here.up();
      await terminate(here, "CREATE INDEX CONCURRENTLY%");
      const report = await running;
      assert.deepEqual(outcomes(report), ["001 applied", "002 failed"]);
      failureOf(report, "connection-lost");
    });
    assert.deepEqual(await states(here), ["001 applied", "002 unfinished"]);
    succeeded(await here.up());
    assert.equal(await here.value(VALID("t_id")), true);
    assert.equal(await here.value("SELECT string_agg(n::text, ',' ORDER BY n) FROM log"), "1,2");
  });

  test("killed while an index without a name is built: the next run does not leave two", async () => {
    const here = await world(
      { ...SLOW, "002_index.sql": "CREATE INDEX CONCURRENTLY ON t (id);" },
      { lockTimeoutMs: 0 },
    );
    await holding(here, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1", async () => {
      const running = here.up();
      await terminate(here, "CREATE INDEX CONCURRENTLY%");
      failureOf(await running, "connection-lost");
    });
    succeeded(await here.up());
    assert.equal(await here.value("SELECT count(*)::int FROM pg_index WHERE indrelid = 't'::regclass"), 1);
    assert.equal(await here.value("SELECT bool_and(indisvalid) FROM pg_index WHERE indrelid = 't'::regclass"), true);
  });

  test("how far an index has got is told while it is built, and who it waits for", async () => {
    const here = await world(SLOW, { lockTimeoutMs: 200 });
    await holding(here, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1", async (release) => {
      const told = new Set<string>();
      here.onEvent = (event) => {
        if (event.type === "statement-progress") told.add(event.progress?.phase ?? "none");
        if (event.type === "blocked" && event.blockers[0]?.state === "idle in transaction") told.add("who");
        if (told.has("waiting for old snapshots") && told.has("who")) void release();
      };
      succeeded(await within(20_000, here.up()));
    });
  });

  test("the lock timeout does not hurry what is built concurrently", async () => {
    const here = await world(SLOW, { lockTimeoutMs: 200, retryMs: 0 });
    await holding(here, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1", async (release) => {
      const running = here.up();
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      await release();
      succeeded(await running);
    });
    assert.equal(await here.value(VALID("t_id")), true);
  });

  test("unless the file has a limit of its own, which a RESET takes back", async () => {
    const build = "CREATE INDEX CONCURRENTLY t_id ON t (id);";
    const here = await world({ ...TABLE, "002_index.sql": `SET lock_timeout = '100ms';\n${build}` }, { retryMs: 0 });
    const patient = await world({ ...TABLE, "002_index.sql": `SET lock_timeout = '100ms';\nRESET ALL;\n${build}` });
    for (const one of [here, patient]) succeeded(await one.up({ count: 1 }));
    await holding(here, "BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE", async () => {
      assert.equal(failureOf(await within(10_000, here.up()), "statement-failed").server?.code, "55P03");
    });
    await holding(patient, "BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE", async (release) => {
      const up = patient.up();
      await new Promise((resolve) => setTimeout(resolve, 500));
      await release();
      succeeded(await up);
    });
  });

  test("a limit for transactions does not end what runs alone", async () => {
    const sql = "-- Transaction: none\nDO $$ BEGIN PERFORM pg_sleep(0.5); END $$;\nSELECT pg_sleep(0.5);";
    const limit = databaseSetting("transaction_timeout", "200ms") + databaseSetting("statement_timeout", "200ms");
    succeeded(await (await world({ "001_slow.sql": sql }, { before: limit })).up());
  });

  test("killed while it reindexes: the next run leaves no invalid index behind", async () => {
    const here = await world(
      {
        "001_table.sql": "CREATE TABLE t (id int, note text); CREATE INDEX t_id ON t (id);",
        "002_reindex.sql": "REINDEX TABLE CONCURRENTLY t;",
      },
      { lockTimeoutMs: 0 },
    );
    const invalid = "SELECT count(*)::int FROM pg_index WHERE NOT indisvalid";
    await holding(here, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1", async () => {
      const running = here.up();
      await here.until(
        `SELECT (${invalid}) > 0 FROM pg_stat_activity WHERE query LIKE 'REINDEX%' AND wait_event_type = 'Lock' AND datname = current_database()`,
      );
      await terminate(here, "REINDEX%");
      failureOf(await running, "connection-lost");
    });
    assert.notEqual(await here.value(invalid), 0);
    succeeded(await here.up());
    assert.equal(await here.value(invalid), 0);
  });

  test("an index that was built though its end was never recorded is not built again", async () => {
    const here = await world(SLOW);
    succeeded(await here.up());
    const oid = await here.value("SELECT 't_id'::regclass::oid::text");
    const { createHash } = await import("node:crypto");
    const hash = createHash("sha256").update("CREATE INDEX CONCURRENTLY t_id ON t (id);").digest("hex");
    await here.rows(
      `DELETE FROM schema_migrations WHERE version = '002'; DELETE FROM log WHERE n = 2;
       INSERT INTO schema_migrations_steps VALUES ('002', 'up', 3, '${hash}', now(), NULL);
       INSERT INTO schema_migrations_steps SELECT '002', 'up', n, h, now(), now() FROM (VALUES
         (1, encode(sha256('CREATE TABLE log (n int);'), 'hex')), (2, encode(sha256('INSERT INTO log VALUES (1);'), 'hex'))) AS v (n, h)`,
    );
    succeeded(await here.up());
    assert.equal(await here.value("SELECT 't_id'::regclass::oid::text"), oid);
    assert.equal(await here.value("SELECT string_agg(n::text, ',' ORDER BY n) FROM log"), "1,2");
  });

  test("an interruption while an index is built says what stays, and the next run goes on", async () => {
    const here = await world(SLOW, { lockTimeoutMs: 0 });
    await holding(here, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1", async () => {
      const running = here.up();
      await here.until(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONCURRENTLY%' AND state = 'active' AND wait_event_type = 'Lock' AND datname = current_database()",
      );
      here.abort.abort("interrupt");
      const failure = failureOf(await within(5_000, running), "interrupted");
      assert.doesNotMatch(failure.hint ?? "", /rolled back/);
    });
    here.abort = new AbortController();
    succeeded(await here.up());
    assert.equal(await here.value(VALID("t_id")), true);
    assert.equal(await here.value("SELECT count(*)::int FROM log"), 2);
  });

  test("an index whose build meets a lock timeout is tried again alone", async () => {
    const here = await world(SLOW, { lockTimeoutMs: 150 });
    await holding(here, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1", async (release) => {
      const running = here.up();
      await new Promise((resolve) => setTimeout(resolve, 700));
      await release();
      succeeded(await running);
    });
    assert.equal(await here.value(VALID("t_id")), true);
    assert.equal(await here.value("SELECT count(*)::int FROM log"), 2);
  });

  test("a file whose file has vanished half-way is still shown", async () => {
    const here = await world({ ...FAILING });
    failureOf(await here.up(), "statement-failed");
    here.remove("002_index.sql");
    assert.ok((await states(here)).some((state) => state.startsWith("002 ")));
  });

  for (const alone of ["VACUUM;", "DO $$ BEGIN COMMIT; END $$;", "CREATE INDEX CONCURRENTLY ON t (id);"]) {
    test(`${alone} is refused when an earlier file has dropped pgstep's lock, and is not in doubt`, async () => {
      const here = await world({
        "001_unlock.sql": "SELECT pg_advisory_unlock_all();",
        "002_alone.sql": `-- Transaction: none\nCREATE TABLE t (id int);\n${alone}`,
      });
      const report = await here.up();
      assert.deepEqual(outcomes(report), ["001 applied", "002 failed"]);
      failureOf(report, "lock-held");
      succeeded(await here.up());
    });
  }
});
