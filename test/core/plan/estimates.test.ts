import assert from "node:assert/strict";
import { test } from "node:test";
import { estimatedWork, type WorkToEstimate } from "../../../src/core/plan/estimates.ts";
import type { Relation } from "../../../src/core/trace/trace.ts";

const MB = 1024 ** 2;
const TOTAL = { rows: 1_000_000, bytes: 400 * MB, indexBytes: 40 * MB, writesPerSecond: null };
const column = (number: number, type: string) => ({
  ...{
    number,
    name: `c${number}`,
    type,
    valueType: type,
    typeOid: 0,
    required: false,
    filled: false,
    generated: false,
    writable: true,
  },
});
const TABLE: Relation = {
  ...{ oid: 1, kind: "r", schema: "public", name: "t", isPartition: false, isChild: false, hidesRows: false },
  refusesUpdates: false,
  refusesReads: false,
  policies: undefined,
  ...{ grants: [], constraints: [], indexes: [], columns: [column(1, "bigint"), column(2, "text")] },
};

const estimated = (one: Partial<WorkToEstimate>) =>
  estimatedWork({
    kind: "reads",
    names: ["t"],
    total: TOTAL,
    changedRows: undefined,
    searchesAll: false,
    indexes: [],
    ...one,
  });

test("reading takes no disk, a rewrite a second copy with its indexes", () => {
  const { bytes, diskBytes, durationMs } = estimated({});
  assert.deepEqual([bytes, diskBytes, durationMs], [400 * MB, 0, 2_000]);
  const rewrite = estimated({ kind: "rewrites" });
  assert.deepEqual([rewrite.bytes, rewrite.diskBytes, rewrite.durationMs], [440 * MB, 440 * MB, 11_000]);
});

test("a change counts with its share of the rows", () => {
  const { rows, bytes, diskBytes, durationMs } = estimated({ kind: "changes", changedRows: 250_000 });
  assert.deepEqual([rows, bytes, diskBytes, durationMs], [250_000, 110 * MB, 110 * MB, 11_000]);
  assert.equal(estimated({ kind: "changes", changedRows: 9_000_000 }).bytes, 440 * MB);
  assert.equal(estimated({ kind: "changes", changedRows: 250_000, searchesAll: true }).durationMs, 13_000);
  const unknown = estimated({ kind: "changes", total: { ...TOTAL, rows: null }, changedRows: 5 });
  assert.deepEqual([unknown.rows, unknown.bytes], [5, 440 * MB]);
});

test("an index takes what its keys take", () => {
  const index = (...columns: number[]) =>
    estimated({ kind: "indexes", indexes: [[TABLE, { columns, method: "btree" }]] });
  // As PostgreSQL builds it: 21 MB for a million bigints.
  assert.equal(Math.round((index(1).diskBytes ?? 0) / MB), 21);
  assert.ok((index(1, 2).diskBytes ?? 0) > (index(1).diskBytes ?? 0) * 1.5);
  const all = estimated({ kind: "indexes" });
  assert.equal(all.diskBytes, 40 * MB);
  const brin = estimated({ kind: "indexes", indexes: [[TABLE, { columns: [1], method: "brin" }]] });
  assert.ok((brin.diskBytes ?? 0) < MB);
});

test("without sizes only the names are known", () => {
  const { relations, rows, bytes, diskBytes, durationMs } = estimated({ total: undefined });
  assert.deepEqual(
    [relations, rows, bytes, diskBytes, durationMs],
    [["t"], undefined, undefined, undefined, undefined],
  );
});
