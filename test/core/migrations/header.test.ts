import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseHeader, runsIn } from "../../../src/core/migrations/header.ts";

describe("a header", () => {
  test("is the comment block a file starts with", () => {
    const { header, problems } = parseHeader(
      "-- Migration: 001_x\n--Description:  Makes  it \n\n-- a note\n-- CREATED: 2026-01-02\n\nCREATE TABLE t ();\n-- Transaction: none\n",
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(header.migration, { text: "001_x", position: { line: 1, column: 4 } });
    assert.deepEqual(header.description, { text: "Makes  it", position: { line: 2, column: 3 } });
    assert.equal(header.created?.text, "2026-01-02");
    assert.equal(header.transaction, "one");
    assert.deepEqual(header.environments, []);
  });

  test("ends where a block comment or SQL begins", () => {
    for (const first of ["/* c */", "SELECT 1;", "\\restrict x"]) {
      assert.equal(parseHeader(`${first}\n-- Transaction: none`).header.transaction, "one");
    }
  });

  test("knows Transaction: none and nothing else of it", () => {
    assert.equal(parseHeader("-- transaction: NONE").header.transaction, "none");
    for (const value of ["single", "", "none;"]) {
      const { problems } = parseHeader(`-- Transaction: ${value}`);
      assert.equal(problems.length, 1, value);
      assert.deepEqual(problems[0]?.position, { line: 1, column: 4 });
    }
  });

  test("names environments, split by commas or blanks", () => {
    const { header } = parseHeader("-- Environment: development,test  staging\r\n");
    assert.deepEqual(header.environments, ["development", "test", "staging"]);
    assert.ok(runsIn(header, "test"));
    assert.ok(!runsIn(header, "Test"));
    assert.ok(!runsIn(header, "production"));
    assert.ok(!runsIn(header, undefined));
    assert.ok(runsIn(parseHeader("SELECT 1;").header, undefined));
    assert.equal(parseHeader("-- Environment: ,").problems.length, 1);
  });

  test("refuses a misspelled key and says which was meant, and ignores notes", () => {
    const { problems } = parseHeader("-- Transacton: none\n-- Note: this\n-- see https://example.org\n-- Author: me\n");
    assert.equal(problems.length, 1);
    assert.match(problems[0]?.hint ?? "", /"Transaction"/);
    assert.deepEqual(problems[0]?.position, { line: 1, column: 4 });
  });

  test("refuses a key that stands twice", () => {
    const { problems, header } = parseHeader("-- Environment: a\n-- environment: b");
    assert.equal(problems.length, 1);
    assert.equal(problems[0]?.position.line, 2);
    assert.deepEqual(header.environments, ["a"]);
  });

  test("may be empty, and may end without a line end", () => {
    for (const text of ["", "\n\n", "--", "-- ", "--\r\n--"]) assert.deepEqual(parseHeader(text).problems, []);
    assert.equal(parseHeader("-- Description:").header.description?.text, "");
  });
});
