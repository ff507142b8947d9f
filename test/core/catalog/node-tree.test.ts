import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNodeTree } from "../../../src/core/catalog/node-tree.ts";

test("a parsed query that is nested without end is none", () => {
  for (const text of ["(".repeat(300_000), `${"(".repeat(300_000)}${")".repeat(300_000)}`, "{A :b ".repeat(100_000)]) {
    assert.equal(parseNodeTree(text), undefined);
  }
  let value = parseNodeTree(`${"(".repeat(1_500)}a${")".repeat(1_500)}`);
  for (let depth = 0; depth < 1_500; depth++) value = Array.isArray(value) ? value[0] : undefined;
  assert.equal(value, "a");
});
