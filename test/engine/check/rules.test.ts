import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CheckRule, Example } from "../../../src/core/check/rule.ts";
import { SAFETY_RULES, STYLE_RULES } from "../../../src/core/findings/check-rules.ts";
import { embeddedWorld } from "../support.ts";
import { isOneTransaction, notes, traced, trial, trialRolledBack } from "./traced.ts";

type Found = (example: Example, rule: CheckRule) => Promise<string[]>;

/** Applies an example to an empty database, the file of `given` first, and returns the notes of one rule. */
const found: Found = async ({ given, sql }, rule) => {
  const files = { ...(given && { "001_given.sql": given }), "002_example.sql": sql };
  const { files: applied, failed } = await trial(await embeddedWorld(files));
  return failed ? [failed].filter((id) => id === rule.id) : notes(applied, [rule]);
};

function tests(rules: readonly CheckRule[], run: Found): void {
  for (const rule of rules) {
    describe(rule.id, () => {
      for (const example of rule.examples.bad) {
        test(`finds ${example.sql}`, async () => {
          assert.notDeepEqual(await run(example, rule), []);
        });
      }
      for (const example of rule.examples.good) {
        test(`accepts ${example.sql}`, async () => {
          assert.deepEqual(await run(example, rule), []);
        });
      }
    });
  }
}

describe("rules of safety", () => tests(SAFETY_RULES, found));

// Locks that are still held do not matter to rules of style.
const foundFast: Found = async (example, rule) => {
  const { given, sql } = example;
  if (!isOneTransaction(sql) || !isOneTransaction(given ?? "")) return found(example, rule);
  const session = await (await embeddedWorld({})).database.open();
  try {
    const { files, failed } = await trialRolledBack(session, sql, given);
    assert.equal(failed, undefined);
    return notes(files, [rule]);
  } finally {
    await session.close();
  }
};

describe("rules of style", () => tests(STYLE_RULES, foundFast));

describe("the safe way fits the case:", () => {
  const tables =
    "CREATE TABLE w (n int) PARTITION BY LIST (n); CREATE TABLE w0 PARTITION OF w DEFAULT; CREATE TABLE t (id int, note text); CREATE INDEX ON t (note); CREATE DOMAIN d AS int; CREATE TABLE u (n d); CREATE VIEW v AS SELECT id FROM t; ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID; CREATE TABLE k (n int PRIMARY KEY); ALTER TABLE k ENABLE ROW LEVEL SECURITY; CREATE POLICY k ON k USING (true); CREATE TYPE e AS ENUM ('a'); CREATE TABLE f (e e); CREATE TABLE q (s varchar UNIQUE); CREATE TABLE a (n int) PARTITION BY LIST (n); CREATE INDEX ON a (n); CREATE TABLE a1 (n int NOT NULL CHECK (n = 1))";
  const cases: readonly (readonly [sql: string, rule: string, way: RegExp])[] = [
    ["ALTER TABLE t RENAME TO s", "breaks-running-clients", /CREATE VIEW <old>/],
    ["ALTER TABLE t RENAME note TO memo", "breaks-running-clients", /ADD COLUMN <new>/],
    ["ALTER TABLE t DROP COLUMN note", "breaks-running-clients", /^-- Drop it in a later migration/],
    ["DROP VIEW v", "breaks-running-clients", /^-- Drop it in a later migration/],
    ["DROP TABLE t CASCADE", "destroys-data", /RENAME TO <table_unused>/],
    ["ALTER TABLE t DROP COLUMN note", "destroys-data", /DROP NOT NULL/],
    ["DELETE FROM t", "destroys-data", /AS SELECT \* FROM <table>/],
    ["TRUNCATE t", "destroys-data", /AS SELECT \* FROM <table>/],
    ["ALTER TABLE t ALTER note TYPE char(1) USING 'x'", "destroys-data", /ADD COLUMN <new>/],
    ["ALTER TABLE t ALTER note SET NOT NULL", "fails-on-existing-rows", /SET NOT NULL;\nALTER TABLE <table> DROP/],
    ["ALTER TABLE t ALTER note SET NOT NULL", "scans-under-lock", /SET NOT NULL;\nALTER TABLE <table> DROP/],
    ['ALTER TABLE t ALTER note TYPE text COLLATE "C"', "scans-under-lock", /ADD COLUMN <new>/],
    ["ALTER TABLE u ADD COLUMN m int, ALTER n TYPE bigint", "rewrites-table", /RENAME COLUMN <new> TO <old>/],
    ["ALTER TABLE t ADD PRIMARY KEY (id)", "scans-under-lock", /PRIMARY KEY USING INDEX <index>;$/],
    [
      "ALTER TABLE t ALTER note SET NOT NULL",
      "breaks-running-clients",
      /^ALTER TABLE <table> ALTER COLUMN <column> SET DEFAULT/,
    ],
    ["ALTER TABLE t ADD COLUMN n int NOT NULL", "breaks-running-clients", /^ALTER TABLE <table> ADD COLUMN/],
    ["ALTER TABLE t ADD EXCLUDE (id WITH =)", "fails-on-existing-rows", /exclusion constraint/],
    [
      "CREATE TABLE w1 (LIKE w); ALTER TABLE w ATTACH PARTITION w1 FOR VALUES IN (1)",
      "scans-under-lock",
      /ALTER TABLE <default partition>/,
    ],
    ["ALTER DOMAIN d VALIDATE CONSTRAINT c", "scans-under-lock", /Leave the constraint NOT VALID/],
    ["REINDEX INDEX t_note_idx", "blocks-writes", /^REINDEX INDEX CONCURRENTLY <index>;/],
    ["REINDEX TABLE t", "blocks-writes", /^REINDEX TABLE CONCURRENTLY <table>;/],
    ["REINDEX SCHEMA public", "blocks-writes", /^REINDEX SCHEMA CONCURRENTLY <schema>;/],
    ["UPDATE t SET note = ''", "blocks-writes", /^UPDATE <table>/m],
    ["DELETE FROM t", "blocks-writes", /^DELETE FROM <table> WHERE <key> IN/m],
    ["SELECT id FROM t FOR UPDATE", "blocks-writes", /LIMIT 1000 FOR UPDATE;$/],
    ["MERGE INTO t USING u ON t.id = u.n WHEN MATCHED THEN UPDATE SET note = ''", "blocks-writes", /^MERGE INTO/m],
    ["INSERT INTO k SELECT id FROM t ON CONFLICT (n) DO UPDATE SET n = 0", "blocks-writes", /^ {2}ON CONFLICT/m],
    ["ALTER TYPE e RENAME VALUE 'a' TO 'b'", "breaks-running-clients", /^ALTER TYPE <type> ADD VALUE/],
    ["DROP POLICY k ON k", "breaks-running-clients", /^CREATE POLICY [^;]*;[^;]*$/],
    ["ALTER TABLE t ENABLE ROW LEVEL SECURITY", "breaks-running-clients", /ENABLE ROW LEVEL SECURITY;$/],
    ['ALTER TABLE q ALTER s TYPE varchar COLLATE "C"', "scans-under-lock", /ADD COLUMN <new>/],
    ['ALTER TABLE q ALTER s TYPE varchar COLLATE "C"', "blocks-reads-and-writes", /ADD COLUMN <new>/],
    [
      "ALTER TABLE a ATTACH PARTITION a1 FOR VALUES IN (1)",
      "blocks-reads-and-writes",
      /^CREATE INDEX CONCURRENTLY <index> ON <partition>/,
    ],
  ];
  for (const [sql, id, way] of cases) {
    test(`${id}, ${sql}`, async () => {
      const [, file] = await traced(await embeddedWorld({ "001_given.sql": tables, "002_example.sql": sql }));
      const rule = SAFETY_RULES.find((one) => one.id === id);
      const [match] = file && rule ? [...rule.find(file)] : [];
      assert.match(match?.recipe ?? "", way);
    });
  }
});

describe("the message names", () => {
  const tables =
    "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, n int); CREATE VIEW v AS SELECT * FROM t";
  const cases: readonly (readonly [what: string, sql: string, message: RegExp])[] = [
    ["the reads that wait for an index", "REINDEX TABLE t", /^Blocks writes: .*writes and most reads wait/],
    ["the table of a view", "UPDATE v SET n = 0", /^Blocks writes: locks every row of t;/],
    [
      "the table without a matching row",
      "ALTER TABLE t ADD FOREIGN KEY (n) REFERENCES p",
      /^Fails on existing rows: a row of t may have no matching row in p \(t_n_fkey\)/,
    ],
    [
      "NULL",
      "ALTER TABLE t ALTER n SET NOT NULL",
      /^Breaks running clients: .* must now give n a value other than NULL$/,
    ],
  ];
  for (const [what, sql, message] of cases) {
    test(what, async () => {
      const [, file] = await traced(await embeddedWorld({ "001_given.sql": tables, "002_example.sql": sql }));
      const found = notes(file ? [file] : [], SAFETY_RULES).map((note) => note.replace(/^\d+ /, ""));
      assert.ok(
        found.some((note) => message.test(note)),
        found.join("\n"),
      );
    });
  }
});
