import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resolve } from "../../../src/engine/verbs/resolve.ts";
import { failureOf, holding, outcomes, states, succeeded, terminate, world } from "../support.ts";

/** Statements that no transaction can hold and whose effect the catalog does not tell, cut off in the middle. */
const CASES: Readonly<
  Record<string, { before: string; sql: string; running: string; hold: string; effect: string; mend: string }>
> = {
  "DETACH PARTITION CONCURRENTLY": {
    before: "CREATE TABLE t (n int) PARTITION BY LIST (n); CREATE TABLE t_1 PARTITION OF t FOR VALUES IN (1);",
    sql: "ALTER TABLE t DETACH PARTITION t_1 CONCURRENTLY;",
    running: "ALTER TABLE t DETACH%",
    hold: "BEGIN; SELECT count(*) FROM t",
    effect: "SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = 't_1'::regclass",
    mend: "ALTER TABLE t DETACH PARTITION t_1 FINALIZE",
  },
  "a CALL that commits": {
    before: `CREATE TABLE t (n int); CREATE TABLE held (n int);
CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (1); COMMIT; LOCK TABLE held; END $$;`,
    sql: "CALL fill();",
    running: "CALL fill%",
    hold: "BEGIN; LOCK TABLE held",
    effect: "SELECT count(*) = 1 FROM t",
    mend: "SELECT",
  },
  "a DO that commits": {
    before: "CREATE TABLE t (n int); CREATE TABLE held (n int);",
    sql: "DO $$ BEGIN INSERT INTO t VALUES (1); COMMIT; LOCK TABLE held; END $$;",
    running: "DO $$%",
    hold: "BEGIN; LOCK TABLE held",
    effect: "SELECT count(*) = 1 FROM t",
    mend: "SELECT",
  },
};

describe("the connection is lost in the middle of", () => {
  for (const [name, { before, sql, running, hold, effect, mend }] of Object.entries(CASES)) {
    test(`${name}: it is in doubt, nothing runs twice, and resolve decides`, async () => {
      const files = {
        "001_before.sql": before,
        "002_alone.sql": `-- Transaction: none\nCREATE TABLE log ();\n${sql}\nCREATE TABLE behind ();`,
      };
      const here = await world(files, { lockTimeoutMs: 0 });
      succeeded(await here.up({ count: 1 }));
      await holding(here, hold, async () => {
        const up = here.up();
        await terminate(here, running);
        const report = await up;
        failureOf(report, "connection-lost");
        assert.deepEqual(outcomes(report), ["002 failed"]);
      });
      assert.equal(await here.value(effect), true);
      assert.deepEqual(await states(here), ["001 applied", "002 unfinished"]);
      const failure = failureOf(await here.up(), "in-doubt");
      assert.match(failure.hint ?? "", /pgstep resolve 002 --done; if not: pgstep resolve 002 --not-done/);
      assert.equal(failure.place?.line, 3);
      assert.equal(await here.value(effect), true);
      await here.rows(mend);
      assert.equal((await resolve(here.context, "2", "done")).statement, 2);
      assert.deepEqual(outcomes(succeeded(await here.up())), ["002 applied"]);
      assert.equal(await here.value("SELECT to_regclass('behind') IS NOT NULL"), true);
    });
  }

  test("a DO that had done nothing yet: it is in doubt, and runs again when told so", async () => {
    const sql = "DO $$ BEGIN LOCK TABLE held; INSERT INTO t VALUES (1); COMMIT; END $$;";
    const here = await world(
      {
        "001_before.sql": "CREATE TABLE t (n int); CREATE TABLE held (n int);",
        "002_alone.sql": `-- Transaction: none\n${sql}`,
      },
      { lockTimeoutMs: 0 },
    );
    succeeded(await here.up({ count: 1 }));
    await holding(here, "BEGIN; LOCK TABLE held", async () => {
      const up = here.up();
      await terminate(here, "DO $$%");
      failureOf(await up, "connection-lost");
    });
    failureOf(await here.up(), "in-doubt");
    await resolve(here.context, "2", "not-done");
    succeeded(await here.up());
    assert.equal(await here.value("SELECT count(*)::int FROM t"), 1);
  });
});

describe("a statement that the server refused", () => {
  const PROCEDURE =
    "CREATE TABLE t (n int); CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (1); COMMIT; PERFORM 1/0; END $$;";

  for (const sql of ["CALL fill();", "DO $$ BEGIN INSERT INTO t VALUES (1); COMMIT; PERFORM 1/0; END $$;"]) {
    test(`after a part of its work: ${sql.slice(0, 4)} says so, and what decides`, async () => {
      const here = await world({ "001_before.sql": PROCEDURE, "002_alone.sql": `-- Transaction: none\n${sql}` });
      const { hint = "" } = failureOf(await here.up(), "statement-failed");
      assert.match(hint, /stays.+pgstep resolve 002 --done.+pgstep resolve 002 --not-done/);
      failureOf(await here.up(), "in-doubt");
      await resolve(here.context, "2", "done");
      succeeded(await here.up());
      assert.equal(await here.value("SELECT count(*)::int FROM t"), 1);
    });
  }

  test("before it began: a CALL of what does not exist is simply run again", async () => {
    const here = await world({ "001_before.sql": PROCEDURE, "002_alone.sql": "-- Transaction: none\nCALL fil();" });
    const failure = failureOf(await here.up(), "statement-failed");
    assert.equal(failure.server?.code, "42883");
    here.write({ "002_alone.sql": "-- Transaction: none\nSELECT 1;" });
    succeeded(await here.up());
  });
});
