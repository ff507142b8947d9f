import assert from "node:assert/strict";
import { before, test } from "node:test";
import { loadModule } from "libpg-query";
import { fuzzScanner } from "../../fuzz/fuzz-scanner.ts";
import { compareScanner } from "../../fuzz/scanner-comparison.ts";
import { readSources } from "../../fuzz/scanner-texts.ts";
import { shrink } from "../../fuzz/shrink.ts";

/** About a second of what `npm run fuzz` does; always the same texts. */
const SEED = 1;
const TEXTS = 2_500;

before(loadModule);

test("texts that are made up have the statements that PostgreSQL's parser finds", () => {
  const { texts, same, discrepancies } = fuzzScanner(SEED, readSources(), (count) => count < TEXTS);
  assert.deepEqual(discrepancies, []);
  assert.equal(texts, TEXTS);
  // Most must really be compared (0.79 to 0.80, by the seed); the others hold something on which the parser alone is no judge.
  assert.ok(same > 0.78 * TEXTS, `${same} of ${TEXTS}`);
});

test("a comment between two parts of a string does not end it, as PostgreSQL reads it", () => {
  // libpg-query alone would find an open quote; see the comparison.
  assert.deepEqual(compareScanner("SELECT E'' -- c\n'\\'' AS x; SELECT 2", 3), { kind: "same" });
});

test("a failing text is shrunk to what makes it fail", () => {
  assert.equal(
    shrink("SELECT 1; DO $$ BEGIN END $$; SELECT 2", (text) => text.includes("$$")),
    "$$",
  );
});
