import assert from "node:assert/strict";
import { test } from "node:test";
import { isConflict, LOCK_MODES } from "../../../src/core/trace/lock-modes.ts";

test("locks conflict as PostgreSQL's documentation says", () => {
  const free = (mode: (typeof LOCK_MODES)[number]) => LOCK_MODES.filter((other) => !isConflict(mode, other));
  assert.deepEqual(free("AccessExclusive"), []);
  assert.deepEqual(free("AccessShare"), LOCK_MODES.slice(0, -1));
  assert.deepEqual(free("RowExclusive"), ["AccessShare", "RowShare", "RowExclusive", "ShareUpdateExclusive"]);
  assert.deepEqual(free("Share"), ["AccessShare", "RowShare", "Share"]);
  for (const one of LOCK_MODES) {
    for (const other of LOCK_MODES) assert.equal(isConflict(one, other), isConflict(other, one), `${one}, ${other}`);
  }
});
