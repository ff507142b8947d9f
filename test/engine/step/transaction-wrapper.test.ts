import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { failureOf, outcomes, refusal, succeeded, world } from "../support.ts";

describe("a file wrapped whole in its own transaction runs in pgstep's", () => {
  const cases: Record<string, string> = {
    "BEGIN ... COMMIT": "-- a comment\nBEGIN;\nCREATE TABLE one ();\nCREATE TABLE two ();\nCOMMIT;\n-- the end",
    "BEGIN TRANSACTION ... END": "BEGIN TRANSACTION; CREATE TABLE one (); CREATE TABLE two (); END;",
    "START TRANSACTION ... COMMIT WORK": "START TRANSACTION; CREATE TABLE one (); CREATE TABLE two (); COMMIT WORK;",
    "lower case, without a last semicolon": "begin;create table one ();create table two ();commit",
    "with savepoints inside":
      "BEGIN; CREATE TABLE one (); SAVEPOINT a; CREATE TABLE gone (); ROLLBACK TO SAVEPOINT a; RELEASE a; CREATE TABLE two (); COMMIT;",
    "with an isolation level":
      "BEGIN ISOLATION LEVEL REPEATABLE READ, READ WRITE; CREATE TABLE one (); CREATE TABLE two (); COMMIT;",
    "savepoints without a wrapper":
      "CREATE TABLE one (); SAVEPOINT a; CREATE TABLE gone (); ROLLBACK TO a; CREATE TABLE two ();",
    "nothing between": "BEGIN; COMMIT;",
  };
  for (const [what, text] of Object.entries(cases)) {
    test(what, async () => {
      const here = await world({ "001_wrapped.sql": text, "002_behind.sql": "CREATE TABLE zero ();" });
      succeeded(await here.up());
      assert.deepEqual(await here.tables(), what === "nothing between" ? ["zero"] : ["one", "two", "zero"]);
      assert.deepEqual(await here.history(), ["001", "002"]);
    });
  }

  test("a failure inside rolls all of it back, with its own line", async () => {
    const here = await world({ "001_wrapped.sql": "BEGIN;\nCREATE TABLE one ();\nSELECT 1/0;\nCOMMIT;" });
    const report = await here.up();
    assert.deepEqual(outcomes(report), ["001 failed"]);
    assert.equal(failureOf(report, "statement-failed").place?.line, 3);
    assert.deepEqual(await here.tables(), []);
  });
});

test("the level of a SET TRANSACTION before all others holds, within BEGIN and COMMIT and without", async () => {
  const level = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;";
  const probe = (name: string) => `CREATE TABLE ${name} AS SELECT current_setting('transaction_isolation') AS level;`;
  const here = await world({
    "001_wrapped.sql": `BEGIN;\n${level}\n${probe("wrapped")}\nCOMMIT;`,
    "002_bare.sql": `${level}\n${probe("bare")}`,
    "003_none.sql": probe("neither"),
  });
  succeeded(await here.up());
  const found = await here.rows("SELECT * FROM wrapped UNION ALL SELECT * FROM bare UNION ALL SELECT * FROM neither");
  assert.deepEqual(
    found.map((row) => row.level),
    ["serializable", "serializable", "read committed"],
  );
});

test("a later SET TRANSACTION comes too late, and the hint names what works instead", async () => {
  const level = "SELECT 1; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;";
  const probe = "CREATE TABLE found AS SELECT current_setting('transaction_isolation') AS level;";
  const here = await world({ "001_level.sql": `${level}\n${probe}` });
  const { hint = "" } = failureOf(await here.up(), "statement-failed");
  assert.deepEqual(await here.tables(), []);
  const [begin] = /BEGIN [A-Z ]+;/.exec(hint) ?? [];
  here.write({ "001_level.sql": `${begin}\n${probe}\nCOMMIT;` });
  succeeded(await here.up());
  assert.equal(await here.value("SELECT level FROM found"), "serializable");
});

test("a value of an enum cannot be used where it was added, and the hint says where it can", async () => {
  const here = await world({
    "001_type.sql": "CREATE TYPE mood AS ENUM ('sad');",
    "002_glad.sql": "ALTER TYPE mood ADD VALUE 'glad';\nCREATE TABLE moods AS SELECT 'glad'::mood AS mood;",
  });
  const failure = failureOf(await here.up(), "statement-failed");
  assert.equal(failure.place?.line, 2);
  assert.match(failure.hint ?? "", /ADD VALUE into a migration of its own/);
  here.write({
    "002_glad.sql": "ALTER TYPE mood ADD VALUE 'glad';",
    "003_moods.sql": "CREATE TABLE moods AS SELECT 'glad'::mood AS mood;",
  });
  succeeded(await here.up());
});

describe("any other transaction control is refused with its line, and nothing is sent", () => {
  const cases: Record<string, { text: string; lines: number[] }> = {
    "COMMIT in the middle": { text: "CREATE TABLE one ();\nCOMMIT;\nCREATE TABLE two ();", lines: [2] },
    "no COMMIT": { text: "BEGIN;\nSELECT 1;", lines: [1] },
    "ROLLBACK at the end": { text: "BEGIN;\nSELECT 1;\nROLLBACK;", lines: [1, 3] },
    "COMMIT AND CHAIN": { text: "BEGIN;\nSELECT 1;\nCOMMIT AND CHAIN;", lines: [1, 3] },
    "READ ONLY": { text: "BEGIN READ ONLY;\nSELECT 1;\nCOMMIT;", lines: [1, 3] },
    "READ UNCOMMITTED": { text: "BEGIN ISOLATION LEVEL READ UNCOMMITTED;\nSELECT 1;\nCOMMIT;", lines: [1, 3] },
    ABORT: { text: "SELECT 1;\nABORT;", lines: [2] },
    "PREPARE TRANSACTION": { text: "SELECT 1;\nPREPARE TRANSACTION 'x';", lines: [2] },
    "COMMIT PREPARED": { text: "COMMIT PREPARED 'x';", lines: [1] },
    "a wrapper around what cannot be in one": { text: "BEGIN;\nVACUUM;\nCOMMIT;", lines: [1] },
    "a savepoint beside what cannot be in a transaction": { text: "SAVEPOINT a;\nVACUUM;", lines: [1] },
    "DISCARD ALL": { text: "SELECT 1;\nDISCARD ALL;", lines: [2] },
    "another client encoding": { text: "SET client_encoding = 'latin1';", lines: [1] },
  };
  for (const [what, { text, lines }] of Object.entries(cases)) {
    test(what, async () => {
      const here = await world({ "001_good.sql": "CREATE TABLE one ();", "002_bad.sql": text });
      const { findings } = await refusal(here.up(), "files-unsound");
      assert.deepEqual(
        findings.map((finding) => finding.place?.line),
        lines,
      );
      for (const finding of findings) {
        assert.match(finding.place?.path ?? "", /002_bad\.sql$/);
        assert.ok(finding.hint);
      }
      assert.deepEqual(await here.tables(), []);
      assert.deepEqual(await here.history(), []);
    });
  }

  test("the problems of all files come together", async () => {
    const here = await world({ "001_a.sql": "COMMIT;", "002_b.sql": "SELECT 'open;", "003_c.sql": "ROLLBACK;" });
    const { findings } = await refusal(here.up(), "files-unsound");
    assert.deepEqual(
      findings.map((finding) => finding.rule),
      ["transaction-control", "unterminated-quote", "transaction-control"],
    );
  });
});
