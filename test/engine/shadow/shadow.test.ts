import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { ROOT } from "../../../build/runtimes.ts";
import { reset } from "../../../src/engine/reset/reset.ts";
import { migrate } from "../../../src/engine/run/migrate.ts";
import { seed } from "../../../src/engine/seed/seed.ts";
import { inShadow } from "../../../src/engine/shadow/shadow.ts";
import { baseline } from "../../../src/engine/verbs/baseline.ts";
import { protect } from "../../../src/engine/verbs/protect.ts";
import { until, untilTrue } from "../../support/until.ts";
import { refusal, type ServerWorld, world } from "../support.ts";

const FILES = {
  "001_t.sql": "CREATE SCHEMA s; CREATE TABLE s.t (id int); CREATE TABLE t (id int); INSERT INTO t VALUES (1);",
  "002_long.sql": "SELECT lo_create(0); SELECT pg_sleep(600);",
};

/** Kills `pgstep check` during its second migration. */
async function killedCheck({ directory, url, rows }: ServerWorld): Promise<void> {
  const start = join(ROOT, "src/start.ts");
  const words = ["--import", "tsx", start, "check", "--all", "--dir", directory, "--shadow-url", url];
  const child = spawn(process.execPath, words, { cwd: ROOT, stdio: "ignore" });
  const ended = once(child, "close");
  await untilTrue(rows, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE ${SLEEPS})`, 90_000);
  child.kill("SIGKILL");
  await ended;
}

const SLEEPS =
  "datname = current_database() AND state = 'active' AND query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()";

/** The tables that the work finds, and the warnings. */
async function used({ context, events, tables }: ServerWorld): Promise<unknown[]> {
  const found = await inShadow(context, () => tables());
  return [found, events.flatMap((event) => (event.type === "warning" ? event.finding.rule : []))];
}

for (const major of [15, 18] as const) {
  describe(`a shadow database of PostgreSQL ${major}`, () => {
    test("that a killed check left is emptied, once nobody is connected any more", { timeout: 120_000 }, async () => {
      const place = await world(FILES, { major });
      await killedCheck(place);
      assert.equal(
        await place.value("SELECT count(*)::int FROM s.t JOIN t USING (id) RIGHT JOIN (SELECT) AS one ON true"),
        1,
      );
      const other = await place.database.open();
      const { message, hint } = await refusal(used(place), "shadow-in-use");
      assert.match(
        message,
        /^Cannot use .* as a shadow database: a process that was killed has left objects in it, and process \d+ is still connected$/,
      );
      assert.match(hint ?? "", /end it with SELECT pg_terminate_backend\(\d+\);$/);
      assert.deepEqual(await place.tables(), ["t"]);
      await other.close();
      assert.deepEqual(await used(place), [[], ["shadow-left"]]);
      assert.deepEqual(
        [await place.tables(), await place.value("SELECT count(*)::int FROM pg_largeobject_metadata")],
        [[], 0],
      );
      assert.deepEqual(await used(place), [[], ["shadow-left"]], "nothing is left the next time");
    });

    test("lets only reset write to it while its mark counts", async () => {
      const place = await world({ "001_t.sql": "CREATE TABLE t (id int);" }, { major });
      const { context } = place;
      const writes: Readonly<Record<string, () => Promise<unknown>>> = {
        up: () => place.up(),
        redo: () => place.redo(1),
        seed: () => seed(context, {}),
        baseline: () => baseline(context, "001"),
        protect: () => protect(context),
      };
      await inShadow(context, async (shadow) => {
        for (const [verb, write] of Object.entries(writes)) {
          const { message, hint } = await refusal(write(), "shadow-in-use");
          assert.match(
            message,
            /: pgstep check uses it as a shadow database, and would delete everything in it$/,
            verb,
          );
          assert.match(hint ?? "", /pgstep reset --confirm \w+\.$/);
        }
        assert.equal((await migrate(shadow, {}, {})).failure, undefined, "the check itself may");
        await reset(context, { mayReset: async () => true, mayRepair: async () => false });
        assert.equal((await place.up()).failure, undefined, "nothing is left of the mark");
      });
    });

    test("is refused while a run works in it", async () => {
      const place = await world({ "001_t.sql": "SELECT pg_advisory_lock(7);" }, { major });
      const held = await place.database.open();
      await held.execute("SELECT pg_advisory_lock(7)");
      const run = place.up();
      await place.until("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)");
      const { message } = await refusal(used(place), "shadow-in-use");
      assert.match(message, /as a shadow database: process \d+, .* migrates it$/);
      await held.close();
      await run;
    });

    test("is used by one process at a time", async () => {
      const place = await world({}, { major });
      let leave = () => {};
      const left = new Promise<void>((resolve) => {
        leave = resolve;
      });
      let isIn = false;
      const first = inShadow(place.context, async () => {
        isIn = true;
        await left;
      });
      await until(() => isIn);
      const other = place.beside();
      const { message } = await refusal(used(other), "shadow-in-use");
      assert.match(message, /as a shadow database: process \d+, .*user \w+.* uses it$/);
      leave();
      await first;
      assert.deepEqual(await used(other), [[], []]);
    });

    test("is refused with its contents if the mark is of another database, another role or another day", async () => {
      const place = await world({}, { major, before: "CREATE TABLE mine (id int); INSERT INTO mine VALUES (1)" });
      const marked = await world({}, { major });
      const comment = await inShadow(marked.context, () =>
        marked.value("SELECT obj_description(oid, 'pg_largeobject') FROM pg_largeobject_metadata"),
      );
      const own = JSON.parse(String(comment));
      const database = await place.value(
        "SELECT oid || ' ' || datname FROM pg_database WHERE datname = current_database()",
      );
      const since = new Date(Date.now() - 25 * 3_600_000).toISOString();
      for (const wrong of [own, { ...own, database, since }, { ...own, database, title: "x" }, null, 7, []]) {
        await place.rows(
          `SELECT lo_create(1885827956); COMMENT ON LARGE OBJECT 1885827956 IS '${JSON.stringify(wrong)}'`,
        );
        await refusal(used(place), "shadow-not-empty");
        await place.rows("SELECT lo_unlink(1885827956)");
      }
      await place.rows(
        `CREATE ROLE other_${major}; SELECT lo_create(1885827956); ALTER LARGE OBJECT 1885827956 OWNER TO other_${major}`,
      );
      await place.rows(`COMMENT ON LARGE OBJECT 1885827956 IS '${JSON.stringify({ ...own, database })}'`);
      await refusal(used(place), "shadow-not-empty");
      assert.equal(await place.value("SELECT count(*)::int FROM mine"), 1);
      await place.rows("ALTER LARGE OBJECT 1885827956 OWNER TO CURRENT_USER");
      assert.deepEqual(await used(place), [[], ["shadow-left"]], "and the right mark counts");
    });

    test("needs no mark if the role may not make one", async () => {
      const place = await world(
        {},
        {
          major,
          before:
            "REVOKE EXECUTE ON FUNCTION lo_create(oid) FROM PUBLIC; CREATE ROLE plain LOGIN PASSWORD 'x'; GRANT CREATE ON SCHEMA public TO plain",
        },
      );
      const url = Object.assign(new URL(place.url), { username: "plain", password: "x" }).href;
      assert.deepEqual(await used(place.beside({}, { url })), [[], []]);
    });
  });
}
