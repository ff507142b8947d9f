import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { matchingPattern, patternProblem } from "../../../src/core/drift/patterns.ts";

const INDEX = { kind: "index", name: "audit.log.log_at", within: "audit.log", kindOfWithin: "table" };
const matches = (pattern: string, object = INDEX) => matchingPattern([pattern], object) !== undefined;

describe("a pattern for objects", () => {
  test("matches a name, or a kind and a name, as a whole", () => {
    for (const pattern of ["audit.log.log_at", "index audit.log.log_at", "*.log_at", "index *", "audit.*", "a*l*g*t"]) {
      assert.ok(matches(pattern), pattern);
    }
    for (const pattern of [
      "log_at",
      "table audit.log.log_at",
      "audit.log.log",
      "audit.log.*z",
      "Audit.*",
      "audit.log.log_at*at",
    ]) {
      assert.ok(!matches(pattern), pattern);
    }
  });

  test("matches everything in an object that it matches", () => {
    for (const pattern of ["audit.log", "table audit.l*", "schema audit", "audit"])
      assert.ok(matches(pattern), pattern);
    for (const pattern of ["view audit.log", "schema aud", "schema log"]) assert.ok(!matches(pattern), pattern);
    const privileges = {
      kind: "privileges",
      name: "of app on table audit.log",
      within: "audit.log",
      kindOfWithin: "table",
    };
    assert.ok(matches("table audit.log", privileges));
    assert.ok(matches("privileges of app on *", privileges));
    const quoted = { kind: "table", name: '"My.App".t', within: null as never, kindOfWithin: undefined as never };
    assert.ok(matches('schema "My.App"', quoted));
  });

  test("is refused if it is empty or matches everything", () => {
    assert.equal(patternProblem("table *"), undefined);
    assert.match(patternProblem(" ") ?? "", /empty/);
    assert.match(patternProblem("**") ?? "", /every object/);
  });
});
