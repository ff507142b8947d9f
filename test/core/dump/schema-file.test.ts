import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { firstDifferences } from "../../../src/core/dump/difference.ts";
import { headText, MARK, readHead, type SchemaHead } from "../../../src/core/dump/schema-file.ts";

const HEAD: SchemaHead = {
  source: "database",
  major: 18,
  owners: true,
  privileges: false,
  rows: ["public.country", '"a; b"."c,\td"'],
  applied: [
    { version: "001", checksum: "ab".repeat(32), description: "create users" },
    { version: "2", checksum: null, description: "" },
    { version: "10", checksum: "odd %- one", description: "ü: x" },
    { version: "by hand", checksum: "-x", description: "-- Applied: 11" },
  ],
};

describe("the first lines of a schema file", () => {
  test("are read as they were written, lowest version first", () => {
    const shuffled = { ...HEAD, applied: [...HEAD.applied].reverse() };
    assert.equal(headText(shuffled), headText(HEAD));
    assert.deepEqual(readHead(`${headText(HEAD)}CREATE TABLE t ();\n\n-- Applied: 99 - no\n`), HEAD);
    assert.deepEqual(readHead(headText(HEAD).replaceAll("\n", "\r\n")), undefined);
  });

  test("stay one line each whatever a name holds", () => {
    const applied = [{ version: "1", checksum: null, description: "a\n\nDROP TABLE t;\r\0" }];
    const text = headText({ ...HEAD, applied, rows: ["a\nb"] });
    assert.ok(text.split("\n").every((line) => line === "" || line.startsWith("-- ")));
    assert.equal(readHead(text)?.applied.length, 1);
  });

  test("of other files and other formats are not read", () => {
    for (const text of [
      "",
      "CREATE TABLE t ();",
      MARK,
      `${MARK}\n\n`,
      headText(HEAD).replace("Format: 1", "Format: 2"),
      headText(HEAD).replace("Source: database", "Source: elsewhere"),
      headText(HEAD).replace("PostgreSQL: 18", "PostgreSQL: x"),
      headText(HEAD).replace("Applied: 2 -", "Applied: 2"),
      headText(HEAD).replace("Applied: 2 -", "Applied: %zz -"),
      headText(HEAD).replace("-- Source", "DROP TABLE t; -- Source"),
    ]) {
      assert.equal(readHead(text), undefined, text);
    }
  });
});

describe("the first differences of two schemas", () => {
  const object = (name: string, ...lines: string[]) =>
    ["--", `-- Name: ${name}; Type: TABLE; Schema: public; Owner: -`, "--", "", ...lines, "", ""].join("\n");
  const a = object("a", "CREATE TABLE public.a (", "    id integer", ");");
  const b = object("b", "CREATE TABLE public.b (", "    id integer", ");");
  const c = object("c", "CREATE TABLE public.c (", "    id integer", ");");

  test("name the object that a changed line belongs to", () => {
    assert.deepEqual(firstDifferences(a + b, a + b.replace("integer", "bigint")), [
      "@ TABLE public.b",
      "-     id integer",
      "+     id bigint",
    ]);
  });

  test("are the lines of a new or removed object, and no line of another", () => {
    const lines = b.split("\n").filter((line) => line !== "" && line !== "--");
    assert.deepEqual(
      firstDifferences(a + c, a + b + c),
      lines.map((line) => `+ ${line}`),
    );
    assert.deepEqual(
      firstDifferences(a + b + c, a + c),
      lines.map((line) => `- ${line}`),
    );
    assert.deepEqual(
      firstDifferences(a, a + b),
      lines.map((line) => `+ ${line}`),
    );
    assert.deepEqual(firstDifferences(a + b, a + b), []);
  });

  test("are few", () => {
    const many = Array.from({ length: 5_000 }, (_, index) => `line ${index}`).join("\n");
    const other = many.replaceAll("line", "row");
    assert.equal(firstDifferences(many, other).length, 21);
    assert.equal(firstDifferences(many, other).at(-1), "...");
  });
});
