import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { advance, START } from "../../../src/core/text/position.ts";

test("lines and columns are counted from one, an emoji being one column", () => {
  assert.deepEqual(advance(START, ""), { line: 1, column: 1 });
  assert.deepEqual(advance(START, "ab"), { line: 1, column: 3 });
  assert.deepEqual(advance(START, "a\n"), { line: 2, column: 1 });
  assert.deepEqual(advance(START, "a\r\nb"), { line: 2, column: 2 });
  assert.deepEqual(advance(START, "😀é"), { line: 1, column: 3 });
  assert.deepEqual(advance({ line: 7, column: 5 }, "x\n\n😀"), { line: 9, column: 2 });
});

test("the server's positions count code points", () => {
  assert.deepEqual(advance(START, "😀\n😀x", 3), { line: 2, column: 2 });
  assert.deepEqual(advance(START, "ab", 0), START);
  assert.deepEqual(advance(START, "ab", 9), { line: 1, column: 3 });
});

test("walking over two texts is walking over them joined", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "\n", "😀", "é", "\r") });
  fc.assert(
    fc.property(text, text, (left, right) => {
      assert.deepEqual(advance(advance(START, left), right), advance(START, left + right));
      const points = [...(left + right)].length;
      assert.deepEqual(advance(START, left + right, points), advance(START, left + right));
    }),
  );
});
