import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { editDistance, nearest } from "../../../src/core/text/spelling.ts";

test("the distance counts inserted, deleted, replaced and swapped letters", () => {
  assert.equal(editDistance("", ""), 0);
  assert.equal(editDistance("", "abc"), 3);
  assert.equal(editDistance("status", "staus"), 1);
  assert.equal(editDistance("status", "sattus"), 1);
  assert.equal(editDistance("up", "down"), 4);
});

test("the distance is none only for the same word, the same both ways, and no longer than the longer word", () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, (left, right) => {
      const distance = editDistance(left, right);
      assert.equal(distance === 0, left === right);
      assert.equal(distance, editDistance(right, left));
      assert.ok(distance >= Math.abs(left.length - right.length));
      assert.ok(distance <= Math.max(left.length, right.length));
    }),
  );
});

test("the nearest known word is the one meant, and a far one is none", () => {
  const known = ["status", "up", "down", "redo", "reset", "validate"];
  assert.equal(nearest("Staus", known), "status");
  assert.equal(nearest("rest", known), "reset");
  assert.equal(nearest("vlaidat", known), "validate");
  assert.equal(nearest("migrate", known), undefined);
  assert.equal(nearest("x", []), undefined);
});
