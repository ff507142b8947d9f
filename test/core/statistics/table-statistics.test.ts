import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { aboutTime, largeCount } from "../../../src/core/statistics/number-words.ts";
import {
  daysBetween,
  parseStatistics,
  type TableStatistics,
  writeStatistics,
} from "../../../src/core/statistics/table-statistics.ts";

function table(name: string, more: Partial<TableStatistics> = {}): TableStatistics {
  return { schema: "public", name, rows: 1234, bytes: 99_999, indexBytes: 16_384, writesPerSecond: 0.01234, ...more };
}

describe("the file of statistics", () => {
  test("has the tables by name, one a line, with two significant digits", () => {
    const text = writeStatistics({ takenOn: "2026-01-31", tables: [table("b", { rows: null }), table("a")] });
    assert.equal(
      text,
      `{
  "version": 1,
  "takenOn": "2026-01-31",
  "tables": [
    {"schema":"public","name":"a","rows":1200,"bytes":100000,"indexBytes":16000,"writesPerSecond":0.012},
    {"schema":"public","name":"b","rows":null,"bytes":100000,"indexBytes":16000,"writesPerSecond":0.012}
  ]
}
`,
    );
    const parsed = parseStatistics(text);
    assert.ok("statistics" in parsed);
    assert.equal(writeStatistics(parsed.statistics), text);
    assert.ok("statistics" in parseStatistics(writeStatistics({ takenOn: "2026-01-31", tables: [] })));
  });

  test("is refused with the reason if anything is wrong", () => {
    const problem = (text: string) => {
      const parsed = parseStatistics(text);
      return "problem" in parsed ? parsed.problem : parsed;
    };
    const file = (takenOn: unknown, tables: unknown) => JSON.stringify({ version: 1, takenOn, tables });
    assert.equal(problem("{"), "it is not JSON");
    assert.equal(problem("null"), 'it has no "version": 1');
    assert.equal(problem(file("2026-13-01", [])), 'its "takenOn" is not a day such as "2026-01-31"');
    assert.equal(problem(file(5, [])), 'its "takenOn" is not a day such as "2026-01-31"');
    assert.equal(problem(file("2026-01-31", {})), 'its "tables" are not a list');
    const wrong = 'number 2 of its "tables" is not as pgstep stats writes it';
    for (const bad of [null, 5, { ...table("b"), bytes: -1 }, { ...table("b"), rows: "many" }, { name: "b" }]) {
      assert.equal(problem(file("2026-01-31", [table("a"), bad])), wrong);
    }
  });
});

test("numbers and times are rounded for people", () => {
  assert.deepEqual([0, 1, 99, 1234, 123_456, 1_234_567, 412_000_000, 2_000_000_000].map(largeCount), [
    ...["0", "1", "99", "1,200", "120,000", "1.2 million", "410 million", "2 billion"],
  ]);
  assert.deepEqual([0.2, 1, 89, 90, 600, 5_400, 40_000].map(aboutTime), [
    ...["less than a second", "about 1 s", "about 89 s", "about 2 min", "about 10 min", "about 1.5 h", "about 11 h"],
  ]);
  assert.deepEqual([daysBetween("2026-01-31", "2026-02-02"), daysBetween("2026-02-02", "2026-01-31")], [2, 0]);
});
