import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { concurrentIndex } from "../../../src/core/statements/concurrent-index.ts";
import { concurrentReindex } from "../../../src/core/statements/reindex.ts";

const reading = (text: string) => ({ text, standardConformingStrings: true });

describe("CREATE INDEX CONCURRENTLY", () => {
  const cases: Readonly<Record<string, { index?: string; table: string; named: string; on: string }>> = {
    "CREATE INDEX CONCURRENTLY ON t (id);": {
      table: '"t"',
      named: 'CREATE INDEX CONCURRENTLY "n" ON t (id);',
      on: "CREATE INDEX ON c (id)",
    },
    'create unique index concurrently /* a */ i on only "S" . "a b"using gin (x) -- end': {
      index: "i",
      table: '"S"."a b"',
      named: 'create unique index concurrently "n" /* a */ i on only "S" . "a b"using gin (x) -- end',
      on: "create unique index ON ONLY c using gin (x) -- end",
    },
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS ÄI ON STRAßE (id)": {
      index: "Äi",
      table: '"straße"',
      named: 'CREATE INDEX CONCURRENTLY "n" IF NOT EXISTS ÄI ON STRAßE (id)',
      on: "CREATE INDEX ON c (id)",
    },
  };
  for (const [text, expected] of Object.entries(cases)) {
    test(text, () => {
      const about = concurrentIndex(reading(text));
      assert.ok(about?.action === "create");
      assert.equal(about.index, expected.index);
      assert.equal(about.table, expected.table);
      assert.equal(about.named("n"), expected.named);
      assert.equal(about.on("c"), expected.on);
      assert.equal(about.ifNotExists, text.includes("EXISTS"));
    });
  }

  test("is nothing else", () => {
    for (const text of [
      "CREATE INDEX ON t (id)",
      "CREATE INDEX concurrently_built ON t (id)",
      "DROP INDEX a",
      "SELECT 1",
    ])
      assert.equal(concurrentIndex(reading(text)), undefined);
    assert.deepEqual(concurrentIndex(reading("DROP INDEX CONCURRENTLY IF EXISTS s.i")), {
      action: "drop",
      index: '"s"."i"',
    });
  });
});

test("REINDEX CONCURRENTLY is read in both spellings", () => {
  const read = (text: string) => concurrentReindex(reading(text));
  assert.deepEqual(read('REINDEX TABLE CONCURRENTLY s."T";'), { kind: "TABLE", name: '"s"."T"' });
  assert.deepEqual(read("REINDEX (VERBOSE, CONCURRENTLY) INDEX i"), { kind: "INDEX", name: '"i"' });
  assert.deepEqual(read("reindex schema concurrently S"), { kind: "SCHEMA", name: "s" });
  assert.deepEqual(read("REINDEX DATABASE CONCURRENTLY app"), { kind: "DATABASE", name: undefined });
  assert.deepEqual(read("REINDEX (CONCURRENTLY) SYSTEM"), { kind: "SYSTEM", name: undefined });
  assert.equal(read("REINDEX (CONCURRENTLY off) TABLE t"), undefined);
  assert.equal(read("REINDEX TABLE t"), undefined);
});
