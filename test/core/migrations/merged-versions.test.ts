import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { mergeFindings, versionsOf } from "../../../src/core/migrations/merged-versions.ts";

const at = (...paths: string[]) => versionsOf(paths);

/** "rule path: hint" of each finding. */
function found(own: string[], known: string[], newer: string[]): string[] {
  const base = { commit: "origin/main at a1b2c3d", known: at(...known), newer: at(...newer) };
  return mergeFindings(at(...own), base).map(
    ({ rule, severity, place, hint }) => `${severity} ${rule} ${place?.path}: ${hint}`,
  );
}

describe("after a merge", () => {
  test("a version that the base has got meanwhile is taken, and the next free one is named", () => {
    assert.deepEqual(
      found(["012_mine.sql", "013_more.sql"], ["011_a.sql"], ["012_theirs.sql", "012_theirs.down.sql"]),
      ["error version-taken 012_mine.sql: Move your file: pgstep new --renumber 012=014"],
    );
    assert.deepEqual(found(["12_mine.sql"], ["011_a.sql"], ["production/0012_theirs.sql"]), [
      "error version-taken 12_mine.sql: Move your file: pgstep new --renumber 12=13",
    ]);
  });

  test("a version below the newest of the base is out of order", () => {
    assert.deepEqual(found(["012_mine.sql", "015_more.sql"], ["011_a.sql"], ["013_theirs.sql"]), [
      "warning below-base 012_mine.sql: Move the file: pgstep new --renumber 012=016",
    ]);
    assert.deepEqual(found(["010_mine.sql", "009_mine.sql"], ["011_a.sql"], []), [
      "warning below-base 010_mine.sql: Move the file: pgstep new --renumber 010=012",
      "warning below-base 009_mine.sql: Move the file: pgstep new --renumber 009=013",
    ]);
  });

  test("other versions are right, and a base without migrations has none", () => {
    assert.deepEqual(found(["014_mine.sql"], ["011_a.sql"], ["013_theirs.sql", "README.md"]), []);
    assert.deepEqual(found(["001_mine.sql"], [], []), []);
  });
});
