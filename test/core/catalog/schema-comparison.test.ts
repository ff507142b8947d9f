import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { loadModule, parseSync } from "libpg-query";
import { differenceWords } from "../../../src/core/catalog/difference-words.ts";
import { fingerprint, sameFacts } from "../../../src/core/catalog/fingerprint.ts";
import { byKey, compareSchemas, schemaDifferences } from "../../../src/core/catalog/schema-comparison.ts";
import type { Facts, SchemaObject } from "../../../src/core/catalog/schema-object.ts";

before(() => loadModule());

describe("the words for a change", () => {
  const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "another sunday"];
  const CASES: readonly (readonly [before: Facts, after: Facts, words: string[]])[] = [
    [{ type: "integer" }, { type: "text" }, ["type text instead of integer"]],
    [{ default: "1" }, {}, ["default none instead of 1"]],
    [{}, { "not null": "yes" }, ["not null yes instead of no"]],
    [{ invalid: true }, {}, ["invalid no instead of yes"]],
    [{ labels: ["a"] }, { labels: ["a", "b"] }, ["labels a, b instead of a"]],
    [{ labels: DAYS }, { labels: DAYS.toReversed() }, ["labels in another order"]],
    [{ labels: DAYS }, { labels: [...DAYS, "holiday"] }, ["labels with holiday"]],
    [{ labels: DAYS }, { labels: ["day off", ...DAYS.slice(2)] }, ["labels with day off and without monday, tuesday"]],
    [{ labels: DAYS }, { labels: DAYS.map((day) => `after ${day}`) }, ["other labels"]],
    [{ settings: { min: "1", max: "9" } }, { settings: { min: "1", max: "10" } }, ["max 10 instead of 9"]],
    [{ query: "SELECT 1\nFROM t" }, { query: "SELECT 2\nFROM t" }, ["another query"]],
    [{ check: "x" }, { check: "x".repeat(61) }, ["another check"]],
    [{ b: 1, a: 1 }, { b: 2, a: 2 }, ["a 2 instead of 1", "b 2 instead of 1"]],
    [{ type: "text" }, { type: "text" }, []],
  ];
  for (const [former, after, words] of CASES) {
    test(words.join("; ") || "none", () => assert.deepEqual(differenceWords(former, after), words));
  }
});

const object = (kind: string, name: string, digest = "1", within: string | null = null): SchemaObject => ({
  ...{ kind, name, digest, within },
});

test("names the outermost of added and removed objects, and the details of changed ones", () => {
  const former = byKey([
    object("table", "a"),
    object("column", "a.x", "1", "a"),
    object("view", "v"),
    object("view", "w"),
  ]);
  const after = byKey([
    object("table", "b"),
    object("index", "b.i", "1", "b"),
    object("view", "v", "2"),
    object("view", "w"),
  ]);
  const facts = {
    before: new Map([["view v", { facts: { query: "SELECT 1" } }]]),
    after: new Map([["view v", { facts: { query: "SELECT 2" } }]]),
  };
  assert.deepEqual(schemaDifferences(compareSchemas(former, after), facts), [
    "leaves table b",
    "does not restore table a",
    "changes view v (query SELECT 2 instead of SELECT 1)",
  ]);
});

test("a fingerprint does not depend on the order of objects, and begins with the version of its format", () => {
  const [a, b] = [object("table", "a"), object("table", "b")];
  assert.equal(fingerprint([a, b]), fingerprint([b, a]));
  assert.notEqual(fingerprint([a, b]), fingerprint([a, object("table", "b", "2")]));
  assert.match(fingerprint([]), /^1:[0-9a-f]{64}$/);
});

describe("queries of two servers", () => {
  const same = (left: string, right: string) => {
    const view = (query: string) => ({ kind: "view", name: "v", facts: { query } });
    return sameFacts(view(left), view(right), parseSync);
  };

  test("are equal without the name of their only source", () => {
    for (const [left, right] of [
      ["SELECT t.a, t.b FROM s.t WHERE t.a > 1", "SELECT a, b FROM s.t WHERE a > 1"],
      ["SELECT x.a FROM s.t x", "SELECT a FROM s.t x"],
      ["SELECT q.a FROM (SELECT t.a FROM t) q", "SELECT a FROM (SELECT a FROM t) q"],
      ["SELECT t.a FROM t TABLESAMPLE system (10)", "SELECT a FROM t TABLESAMPLE system (10)"],
      ["SELECT g.g FROM generate_series(1, 3) g(g)", "SELECT g FROM generate_series(1, 3) g(g)"],
      ["SELECT  a\nFROM t", "SELECT a FROM t"],
    ] as const) {
      assert.equal(same(left, right), true, left);
    }
  });

  test("differ where the name means something", () => {
    for (const [left, right] of [
      ["SELECT t.a FROM t, u", "SELECT u.a FROM t, u"],
      ["SELECT t.a FROM t, u", "SELECT a FROM t, u"],
      ["SELECT (SELECT t.a FROM u) FROM t", "SELECT (SELECT u.a FROM u) FROM t"],
      ["SELECT t.* FROM t", "SELECT * FROM t"],
      ["SELECT t.a.b FROM t", "SELECT a.b FROM t"],
      ["SELECT a FROM t", "SELECT b FROM t"],
      ["SELECT a FROM t", "SELECT a FROM ONLY t"],
    ] as const) {
      assert.equal(same(left, right), false, left);
    }
  });

  test("are compared as texts if the parser does not accept them", () => {
    assert.equal(same("SELECT FROM WHERE", "SELECT FROM WHERE"), true);
    assert.equal(same("SELECT FROM WHERE", "SELECT  FROM WHERE"), false);
  });
});
