import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { type Files, holding, type ServerWorld, states, succeeded } from "../support.ts";
import { MAJORS, type Major, psql, scriptOf, startPsql, wholeWorld } from "./support.ts";

const FIRST = { "001_a.sql": "CREATE TABLE a (id int);" };

/** Kills psql while its script waits for a lock on the table `a`, and returns when the server has ended its session. */
async function killed(files: Files, major: Major): Promise<ServerWorld & { readonly script: string }> {
  const one = await wholeWorld({ ...FIRST, ...files }, major, { lockTimeoutMs: 60_000 });
  succeeded(await one.up({ to: "001" }, { withoutRepeatables: true }));
  await one.rows("DELETE FROM a");
  const script = await scriptOf(one);
  const session =
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'psql' AND datname = current_database()";
  await holding(one, "BEGIN; LOCK TABLE a IN EXCLUSIVE MODE", async () => {
    const child = startPsql(one, script);
    await one.until(`${session.replace("count(*)", "count(*) > 0")} AND wait_event_type = 'Lock'`);
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    // The lock is still held: without the check of its client, the session would wait for it.
    await one.until(session.replace("count(*)", "count(*) = 0"));
  });
  return Object.assign(one, { script });
}

for (const major of MAJORS) {
  describe(`plan --sql, with psql killed on PostgreSQL ${major}`, () => {
    test("in a transaction: nothing of it stays, and up continues", async () => {
      const one = await killed({ "002_b.sql": "CREATE TABLE b ();", "003_c.sql": "INSERT INTO a VALUES (3);" }, major);
      assert.deepEqual(await states(one), ["001 applied", "002 applied", "003 pending"]);
      const again = await psql(one, one.script);
      assert.match(again.stderr, /the history is not as it was planned/);
      succeeded(await one.up());
      assert.deepEqual(await one.rows("SELECT * FROM a"), [{ id: 3 }]);
    });

    test("in the second transaction of a file: the first stays, and up continues with the second", async () => {
      const text = "BEGIN; CREATE TABLE b (); COMMIT; BEGIN; CREATE TABLE c (); INSERT INTO a VALUES (2); COMMIT;";
      const one = await killed({ "002_b.sql": text }, major);
      const { entries } = await one.status();
      assert.deepEqual(entries.map(({ version, state }) => [version, state]).at(-1), ["002", "unfinished"]);
      assert.deepEqual(await one.tables(), ["a", "b"]);
      const again = await psql(one, one.script);
      assert.match(again.stderr, /another run was interrupted\nHINT: {2}See what it left: pgstep status/);
      succeeded(await one.up());
      assert.deepEqual(await one.tables(), ["a", "b", "c"]);
      assert.deepEqual(await one.rows("SELECT * FROM a"), [{ id: 2 }]);
    });

    test("while it builds an index concurrently: up builds it", async () => {
      const one = await killed({ "002_b.sql": "CREATE INDEX CONCURRENTLY a_id ON a (id);" }, major);
      assert.deepEqual(await states(one), ["001 applied", "002 unfinished"]);
      succeeded(await one.up());
      assert.equal(await one.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'a_id'::regclass"), true);
      assert.deepEqual(await one.rows("SELECT * FROM schema_migrations_steps"), []);
    });

    test("in the repeatable migrations: none is applied, and the next script or up applies all", async () => {
      const files = {
        "repeatable/f.sql": "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "repeatable/v.sql": "CREATE OR REPLACE VIEW v AS SELECT f() AS n; INSERT INTO a VALUES (1);",
      };
      const one = await killed(files, major);
      assert.deepEqual(
        (await one.status()).repeatable?.map(({ state }) => state),
        ["new", "new"],
      );
      const again = await psql(one, one.script);
      assert.deepEqual([again.status, again.stderr], [0, ""]);
      assert.deepEqual((await one.up()).repeatable ?? [], []);
      assert.deepEqual(await one.rows("SELECT n, id FROM v, a"), [{ n: 1, id: 1 }]);
    });

    test("in an after-up hook: the mark stays, and up runs the hook", async () => {
      const one = await killed({ "002_b.sql": "SELECT 1;", "hooks/after-up.sql": "INSERT INTO a VALUES (9);" }, major);
      assert.equal((await one.status()).afterUpUnfinished, true);
      const { hooks } = succeeded(await one.up());
      assert.deepEqual(
        hooks?.map(({ moment, outcome }) => [moment, outcome]),
        [["after-up", "done"]],
      );
      assert.equal((await one.status()).afterUpUnfinished, false);
    });
  });
}
