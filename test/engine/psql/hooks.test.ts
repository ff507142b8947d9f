import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compared, MAJORS, psql, scriptOf, wholeWorld } from "./support.ts";

const note = (what: string) => `INSERT INTO said (what) VALUES ('${what}');`;

const HOOKS = {
  "hooks/before-up.sql": note("before-up"),
  "hooks/before-step.sql": `INSERT INTO said (what) SELECT 'step after ' || max(version) FROM schema_migrations;`,
  "hooks/after-step.sql": `${note("after-step")} SET search_path = pg_catalog;`,
  "hooks/after-up.sql": `${note("after-up")}\nCOPY public.said (what) FROM stdin;\ncopied\n\\.\n`,
  "hooks/before-down.sql": note("before-down"),
};

const FIRST = { "001_a.sql": "CREATE TABLE said (n serial, what text);" };
const MORE = {
  ...FIRST,
  "002_b.sql": "CREATE TABLE b (id int);",
  "003_c.sql": "CREATE INDEX CONCURRENTLY b_id ON b (id);",
};

const SAID = "SELECT string_agg(what, ', ' ORDER BY n) FROM said";

for (const major of MAJORS) {
  describe(`plan --sql with hooks on PostgreSQL ${major}`, () => {
    test("runs them where up does, each in a transaction of its own", async () => {
      const { byUp, byScript, stdout } = await compared({ files: MORE, change: HOOKS, major });
      for (const one of [byUp, byScript]) {
        const steps = "step after 001, after-step, step after 002, after-step";
        assert.equal(await one.value(SAID), `before-up, ${steps}, after-up, copied`);
      }
      assert.match(stdout, /^hook before-up \(.*before-up.sql\) is done\nhook before-step/);
      const { steps, hooks = [] } = await byScript.up();
      assert.deepEqual([steps, hooks], [[], []]);
    });

    test("a hook that fails before the first step leaves nothing", async () => {
      const change = { "hooks/before-up.sql": `${note("before-up")} SELECT 1 / 0;` };
      const { byScript, failure, stderr } = await compared({ files: MORE, change, major });
      assert.equal(failure?.code, "hook-failed");
      assert.match(stderr, /division by zero/);
      assert.equal(await byScript.value(SAID), null);
      assert.deepEqual(await byScript.history(), ["001"]);
    });

    test("a step hook that fails leaves its step, and up continues", async () => {
      const change = { "hooks/after-step.sql": "SELECT 1 / 0;" };
      const { byScript } = await compared({ files: MORE, change, major });
      assert.deepEqual(await byScript.history(), ["001", "002"]);
      byScript.write({ "hooks/after-step.sql": note("fixed") });
      assert.equal((await byScript.up()).failure, undefined);
      assert.equal(await byScript.value(SAID), "fixed");
    });

    test("after-up hooks that failed leave the mark, and up runs all of them again", async () => {
      const change = { "hooks/after-up.sql": note("1"), "hooks/after-up.test.sql": "SELECT 1 / 0;" };
      const settings = { environment: "test" };
      const { byScript, stdout } = await compared({ files: MORE, change, major, settings });
      assert.match(stdout, /after-up.sql\) is done/);
      assert.equal((await byScript.status()).afterUpUnfinished, true);
      // Nothing is pending: the script is only about these hooks.
      byScript.write({ "hooks/after-up.test.sql": note("2") });
      const again = await psql(byScript, await scriptOf(byScript));
      assert.deepEqual([again.status, again.stderr], [0, ""]);
      assert.equal(await byScript.value(SAID), "1, 1, 2");
      assert.equal((await byScript.status()).afterUpUnfinished, false);
    });

    test("a mark without hooks is removed", async () => {
      const one = await wholeWorld({ ...FIRST, "hooks/after-up.sql": "SELECT 1 / 0;" }, major);
      await one.up();
      one.write({ "hooks/after-up.sql": "-- Environment: other\nSELECT 1;" });
      const { status, stdout } = await psql(one, await scriptOf(one));
      assert.deepEqual([status, stdout], [0, "The run is complete\n"]);
      assert.equal((await one.status()).afterUpUnfinished, false);
    });
  });
}

describe("plan --sql with --hook-failure warn", () => {
  test("continues after a hook that fails, as up does", async () => {
    const change = {
      "hooks/before-up.sql": `${note("lost")} SELECT 1 / 0; ${note("also lost")}`,
      "hooks/after-up.sql": note("after-up"),
    };
    const settings = { hookFailure: "warn" } as const;
    const { byUp, byScript, stderr } = await compared({ files: MORE, change, major: 18, settings });
    for (const one of [byUp, byScript]) assert.equal(await one.value(SAID), "after-up");
    assert.match(stderr, /division by zero[\s\S]*warning: the hook before-up \(.*\) failed, and the run continues\n$/);
    // A step still stops the script.
    byScript.write({ "004_d.sql": "SELECT 1 / 0;", "hooks/before-up.sql": "SELECT 1;" });
    assert.equal((await psql(byScript, await scriptOf(byScript))).status, 3);
  });
});
