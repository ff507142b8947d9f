import assert from "node:assert/strict";
import { test } from "node:test";
import { Sizes } from "../../../src/core/statistics/sizes.ts";
import type { Relation, TracedFile } from "../../../src/core/trace/trace.ts";

const relation = (name: string) => ({ oid: 1, schema: "public", name }) as Relation;
const holding = (name: string) => new Map([[1, relation(name)]]);

test("the size of a renamed table is found by any of its names", () => {
  const files = [{ before: holding("old"), after: holding("new") } as unknown as TracedFile];
  for (const name of ["old", "new"]) {
    const table = { schema: "public", name, rows: 1, bytes: 8192, indexBytes: 0, writesPerSecond: null };
    const sizes = new Sizes([table], files);
    assert.deepEqual([sizes.of(relation("old")), sizes.of(relation("new"))], [table, table]);
    assert.deepEqual(sizes.missing, []);
  }
});
