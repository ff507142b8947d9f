import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ROOT } from "../../../build/runtimes.ts";
import { chunked, outline, pieces } from "./statement-outline.ts";

/*
 * One directory a rule: input.sql, expected.json with everything it consists of but the blanks, and options.json where
 * the scanner is to start with others than its own. See `outline` for the form.
 */

const CASES = join(ROOT, "test", "statements");

describe("statement cases", () => {
  for (const name of readdirSync(CASES).sort()) {
    test(name, () => {
      const read = (file: string) => readFileSync(join(CASES, name, file), "utf8");
      const input = read("input.sql");
      const expected: unknown = JSON.parse(read("expected.json"));
      const options = existsSync(join(CASES, name, "options.json")) ? JSON.parse(read("options.json")) : {};
      for (const size of [Number.POSITIVE_INFINITY, 1, 2, 3, 5, 17]) {
        const found = pieces(size < input.length ? chunked(input, size) : [input], options);
        assert.deepEqual(outline(found), expected, `in chunks of ${size}`);
        assert.equal(found.map(({ text }) => text).join(""), input, `in chunks of ${size}`);
      }
    });
  }
});
