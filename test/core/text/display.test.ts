import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { displayWidth, wrapped } from "../../../src/core/text/display.ts";

describe("wrapping", () => {
  test("breaks at spaces and keeps what fits as it is", () => {
    assert.deepEqual(wrapped("a  b\nc", 10), ["a  b", "c"]);
    assert.deepEqual(wrapped("one two three four", 9), ["one two", "three", "four"]);
    assert.deepEqual(wrapped("one two three", 9, 4), ["one", "two three"]);
    assert.deepEqual(wrapped("a-word-that-is-too-long yes", 6), ["a-word-that-is-too-long", "yes"]);
    assert.deepEqual(wrapped("漢字 漢字 漢字", 9), ["漢字 漢字", "漢字"]);
    assert.deepEqual(wrapped("   a-long-word b", 6), ["   a-long-word", "b"]);
    assert.deepEqual(wrapped("", 9), [""]);
  });

  test("loses nothing", () => {
    const text = "Run pgstep resolve 012 --done; if not: pgstep resolve 012 --not-done. Then run pgstep up again.";
    for (let columns = 1; columns < 100; columns++) {
      const lines = wrapped(text, columns);
      assert.equal(lines.join(" "), text);
      for (const line of lines) assert.ok(displayWidth(line) <= columns || !line.includes(" "));
    }
  });
});
