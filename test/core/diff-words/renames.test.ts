import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ObjectFacts } from "../../../src/core/catalog/schema-object.ts";
import { schemaSide } from "../../../src/core/diff-sides/side.ts";
import { renameAction, renameCandidates, renamesIn, undoneRenames } from "../../../src/core/diff-words/renames.ts";

const side = (...objects: ObjectFacts[]) => schemaSide([], () => undefined, objects, "postgres");
const table = (name: string, ...columns: string[]): ObjectFacts[] => [
  { kind: "table", name, facts: {} },
  ...columns.map((column) => ({ kind: "column", name: `${name}.${column}`, facts: { type: "text" } })),
];
const action = (from: ObjectFacts[], to: ObjectFacts[], old: string, now: string) => {
  const found = renameAction(side(...from), side(...to), { old, now, line: 1 });
  return typeof found === "object" ? found.sql : found;
};

describe("the lines -- Renamed: old -> new", () => {
  test("have the names and the line", () => {
    const text = "CREATE TABLE a ();\r\n-- Renamed: b -> a\n--Renamed:  x.c->x.d\n";
    assert.deepEqual(renamesIn(text), [
      { old: "b", now: "a", line: 2 },
      { old: "x.c", now: "x.d", line: 3 },
    ]);
  });

  test("count only with both names, at the start of a line", () => {
    assert.deepEqual(renamesIn("-- Renamed: b ->\n-- Renamed: -> a\n x -- Renamed: b -> a\n-- Renamed b -> a"), []);
  });
});

describe("a rename as a statement", () => {
  test("is that of a table, a column or a type, with or without schema public", () => {
    const [old, now] = [table("public.b", "c"), table("public.a", "d")];
    assert.equal(action(old, now, "b", "a"), "ALTER TABLE public.b RENAME TO a");
    assert.equal(action(old, table("public.b", "d"), "b.c", "b.d"), "ALTER TABLE public.b RENAME COLUMN c TO d");
    const type = (name: string): ObjectFacts[] => [{ kind: "enum", name, facts: {} }];
    assert.equal(action(type("s.e"), type("s.f"), "s.e", "s.f"), "ALTER TYPE s.e RENAME TO f");
  });

  test("is none if the first schema does not have the old name", () => {
    assert.equal(action(table("public.a", "d"), table("public.a", "d"), "b", "a"), undefined);
    assert.equal(action(table("public.a", "d"), table("public.a", "d"), "a.c", "a.d"), undefined);
  });

  test("is refused if the second schema lacks the new name, or has it in another schema", () => {
    assert.equal(action(table("public.b"), table("public.b"), "b", "a"), "the file has nothing named a");
    assert.equal(action(table("public.b"), table("s.a"), "b", "s.a"), "b and s.a are in different schemas");
  });
});

test("renames are undone in reverse order", () => {
  const rename = (sql: string) => ({ sql, phase: 17, order: 0, isRename: true as const });
  const actions = [
    rename("ALTER TABLE public.b RENAME TO a"),
    { sql: "ALTER TABLE public.a RENAME COLUMN x TO y", phase: 17, order: 0 },
    rename('ALTER TABLE public.a RENAME COLUMN c TO "D"'),
  ];
  assert.deepEqual(
    undoneRenames(actions).map(({ sql }) => sql),
    ['ALTER TABLE public.a RENAME COLUMN "D" TO c', "ALTER TABLE public.a RENAME TO b"],
  );
});

describe("objects that may only have another name", () => {
  const names = (from: ObjectFacts[], to: ObjectFacts[]) =>
    renameCandidates(side(...from), side(...to)).map(({ kind, old, now }) => `${kind} ${old} -> ${now}`);

  test("are columns of one type in a table of both schemas", () => {
    const [number]: ObjectFacts[] = [{ kind: "column", name: "public.t.n", facts: { type: "integer" } }];
    assert.deepEqual(
      names(table("public.t", "a", "b"), [...table("public.t", "c", "b"), ...(number ? [number] : [])]),
      ["column public.t.a -> public.t.c"],
    );
  });

  test("are tables with the same columns in one schema", () => {
    assert.deepEqual(names(table("public.t", "a"), [...table("public.u", "a"), ...table("public.v", "b")]), [
      "table public.t -> public.u",
    ]);
    assert.deepEqual(names(table("public.t", "a"), table("other.t", "a")), []);
  });
});
