import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseHookName } from "../../../src/core/hooks/hook.ts";
import { directoryBeside } from "../../../src/core/migrations/sibling-directory.ts";
import { inOrderOfDependence } from "../../../src/core/repeatable/order.ts";
import { outlineOf } from "../../../src/core/repeatable/outline.ts";
import { hookCommands } from "../../../src/core/settings/hook-commands-kind.ts";

function outline(...texts: string[]) {
  return outlineOf(texts.map((text) => ({ text, standardConformingStrings: true })));
}

describe("the outline of a file", () => {
  test("names what is made, views with their schemas", () => {
    const { made, views } = outline(
      'CREATE OR REPLACE VIEW app."My View" AS SELECT 1',
      "CREATE MATERIALIZED VIEW IF NOT EXISTS M AS SELECT 1",
      "CREATE OR REPLACE TEMP RECURSIVE VIEW r (a) AS SELECT 1",
      "CREATE FUNCTION app.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
      "DROP VIEW other",
    );
    assert.deepEqual([...made], ["My View", "m", "r", "f"]);
    assert.deepEqual(views, ['"app"."My View"', '"m"', '"r"']);
  });

  test("gives views the schema that the file's search path begins with", () => {
    const { views } = outline(
      'SET LOCAL search_path = "App", public',
      "CREATE VIEW a AS SELECT 1",
      "CREATE VIEW other.b AS SELECT 1",
      "SELECT pg_catalog.set_config('search_path', 'Sales, public', false)",
      "CREATE VIEW c AS SELECT 1",
      "SET search_path TO ''",
      "CREATE VIEW d AS SELECT 1",
      "SET search_path TO sales; ",
      "RESET search_path",
      "CREATE VIEW e AS SELECT 1",
    );
    assert.deepEqual(views, ['"App"."a"', '"other"."b"', '"sales"."c"', '"d"', '"e"']);
  });

  test("mentions names in bodies, and none in strings and comments", () => {
    const { mentioned } = outline("CREATE FUNCTION f() AS $$ SELECT a, 'b' FROM \"C\" -- d\n$$ /* e */ LANGUAGE sql");
    assert.deepEqual(
      ["a", "b", "C", "d", "e"].map((name) => mentioned.has(name)),
      [true, false, true, false, false],
    );
  });
});

describe("the order of dependence", () => {
  const order = (files: Record<string, string>) =>
    inOrderOfDependence(Object.keys(files), (name) => outline(files[name] ?? ""));

  test("puts each behind what it mentions", () => {
    const files = { a: "CREATE VIEW a AS TABLE b", b: "CREATE VIEW b AS TABLE c", c: "CREATE VIEW c AS SELECT 1" };
    assert.deepEqual(order(files), ["c", "b", "a"]);
  });

  test("keeps the given order otherwise, and in circles", () => {
    assert.deepEqual(order({ a: "CREATE VIEW a AS SELECT 1", b: "CREATE VIEW b AS SELECT 1" }), ["a", "b"]);
    assert.deepEqual(order({ a: "CREATE VIEW a AS TABLE b", b: "CREATE VIEW b AS TABLE a" }).length, 2);
  });
});

test("the directory beside another", () => {
  const beside = (directory: string) => directoryBeside(directory, "repeatable");
  assert.equal(beside("database/migrations"), "database/repeatable");
  assert.equal(beside("database/migrations/"), "database/repeatable");
  assert.equal(beside("migrations"), "repeatable");
  assert.equal(beside("/migrations"), "/repeatable");
  assert.equal(beside("C:\\app\\migrations"), "C:\\app\\repeatable");
  assert.equal(beside("."), "./../repeatable");
  assert.equal(beside("../.."), "../../../repeatable");
});

test("names of hooks", () => {
  assert.deepEqual(parseHookName("before-up"), { moment: "before-up", environment: undefined });
  assert.deepEqual(parseHookName("after-step.us-east.1"), { moment: "after-step", environment: "us-east.1" });
  for (const name of ["before", "before-redo", "after-up-x", "Before-up"]) assert.equal(parseHookName(name), undefined);
});

test("commands of hooks", () => {
  const text = '{"afterUp":["npm","run"],"beforeUp":"x"}';
  const read = hookCommands.read(text);
  assert.ok("value" in read);
  assert.deepEqual(read.value, { "before-up": "x", "after-up": ["npm", "run"] });
  // As a project file has it, which may be read anyway; of what comes from elsewhere only the program is shown.
  const shown = hookCommands.show({ ...read.value, written: read.value });
  assert.deepEqual(hookCommands.read(shown), read);
  assert.equal(hookCommands.show(read.value), '{"beforeUp":"x","afterUp":["npm","..."]}');
  for (const wrong of ["{", "[]", '{"up":"x"}', '{"afterUp":""}', '{"afterUp":[]}', '{"afterUp":[1]}']) {
    assert.ok("problem" in hookCommands.read(wrong), wrong);
  }
});
