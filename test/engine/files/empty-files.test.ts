import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { replay } from "../../../src/engine/shadow/shadow.ts";
import { recordMigration } from "../../../src/engine/verbs/record-migration.ts";
import { readStatus } from "../../../src/engine/verbs/status.ts";
import { failureOf, outcomes, refusal, succeeded, within, world } from "../support.ts";

const COMMENT = "-- Nothing to do here, see 002.\n";
const FILES = { "001_a.sql": COMMENT, "002_b.sql": "CREATE TABLE b (n int); INSERT INTO b VALUES (1);" };
const FILLED = "CREATE TABLE a (n int); INSERT INTO a VALUES (1);";

describe("a migration that was recorded without statements", () => {
  test("runs when its file has some, once, although a higher version is applied", async () => {
    for (const filled of [FILLED, `-- Transaction: none\n${FILLED}`]) {
      const here = await world(FILES);
      succeeded(await here.up());
      here.write({ "001_a.sql": filled });
      const users = [here, ...Array.from({ length: 7 }, () => here.beside())];
      const reports = await within(30_000, Promise.all(users.map((user) => user.up())));
      assert.deepEqual(
        reports.flatMap((report) => outcomes(succeeded(report))),
        ["001 applied"],
      );
      assert.equal(await here.value("SELECT count(*)::int FROM a"), 1);
      assert.deepEqual(await here.history(), ["001", "002"]);
      assert.deepEqual(outcomes(await here.up()), []);
      here.write({ "001_a.sql": `${filled} SELECT 1;` });
      await refusal(here.up(), "history-conflict");
    }
  });

  test("keeps its entry when what was written fails, and runs when that is corrected", async () => {
    for (const header of ["", "-- Transaction: none\n"]) {
      for (const failing of [`${FILLED} SELECT 1 / 0;`, `SELECT 1 / 0; ${FILLED}`]) {
        const here = await world(FILES);
        succeeded(await here.up());
        here.write({ "001_a.sql": header + failing });
        failureOf(await here.up(), "statement-failed");
        assert.deepEqual(await here.history(), ["001", "002"]);
        here.write({ "001_a.sql": header + FILLED });
        assert.deepEqual(outcomes(succeeded(await here.up())), ["001 applied"]);
        assert.deepEqual(await here.history(), ["001", "002"]);
        assert.equal(await here.value("SELECT count(*)::int FROM a"), 1);
      }
    }
  });

  test("keeps the spelling that the history has of its version", async () => {
    const here = await world(FILES);
    succeeded(await here.up());
    await here.rows("UPDATE schema_migrations SET version = '1' WHERE version = '001'");
    here.write({ "001_a.sql": FILLED });
    assert.deepEqual(outcomes(succeeded(await here.up())), ["1 applied"]);
    assert.deepEqual(await here.history(), ["002", "1"]);
  });

  test("is not what down undoes, and can be recorded as applied", async () => {
    const here = await world({ ...FILES, "001_a.down.sql": "DROP TABLE a;", "002_b.down.sql": "DROP TABLE b;" });
    succeeded(await here.up());
    here.write({ "001_a.sql": FILLED });
    assert.deepEqual(outcomes(succeeded(await here.down({ all: true }))), ["002 undone"]);
    await here.rows(FILLED);
    await recordMigration(here.context, "001", "applied", { mayRecord: async () => {} });
    const { entries } = await readStatus(here.context);
    assert.deepEqual(
      entries.map(({ state }) => state),
      ["applied", "pending"],
    );
  });

  test("may have other comments", async () => {
    const here = await world(FILES);
    succeeded(await here.up());
    here.write({ "001_a.sql": "/* another /* nested */ */ ;\r\n-- and one without an end of line" });
    assert.deepEqual(outcomes(succeeded(await here.up())), []);
  });
});

describe("a file that somebody forgot to fill", () => {
  test("is refused while it is pending, before anything runs", async () => {
    for (const text of ["", " \t\r\n", "\uFEFF\n", "-- Migration: 002_b\n\n-- SQL statements here...\r\n"]) {
      const here = await world({ "001_a.sql": FILLED, "002_b.sql": text, "003_c.sql": COMMENT });
      const { findings } = await refusal(here.up(), "files-unsound");
      assert.deepEqual(
        findings.map(({ rule, place }) => `${rule} ${place?.path.slice(-9)}`),
        ["empty 002_b.sql"],
      );
      assert.deepEqual(await here.tables(), []);
      assert.deepEqual(outcomes(succeeded(await here.up({ to: "001" }))), ["001 applied"]);
    }
  });

  test("is a version with nothing to do when its down file is blank as well", async () => {
    const here = await world({ "001_a.sql": "", "001_a.down.sql": "\n" });
    assert.deepEqual(outcomes(succeeded(await here.up())), ["001 applied"]);
    assert.deepEqual(outcomes(succeeded(await here.down({ count: 1 }))), ["001 undone"]);
  });

  test("does not stop a rehearsal, which runs what was applied long ago as well", async () => {
    const here = await world({ "001_a.sql": "" });
    assert.equal(await replay(here.context, (shadow) => readStatus(shadow).then(({ applied }) => applied)), 1);
  });
});
