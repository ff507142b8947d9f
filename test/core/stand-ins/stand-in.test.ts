import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { askedVersions, controlText, parseControl } from "../../../src/core/stand-ins/stand-in.ts";

describe("the control file of a stand-in", () => {
  test("gives the parameters that matter, and ignores others", () => {
    const text = [
      "# comment = 'none'",
      "default_version = '1.4' # the newest",
      "  schema   it's_bare".replace("'", "_"),
      "requires='a, b''c'\r",
      "relocatable = yes",
      "module_pathname = '$libdir/x'",
      "directory = '../../etc'",
      "",
    ].join("\n");
    assert.deepEqual(parseControl(text), {
      ...{ defaultVersion: "1.4", schema: "it_s_bare", requires: "a, b'c", relocatable: true },
    });
  });

  test("names the first line that is no parameter", () => {
    for (const line of ["default_version = '1.4", "a b c", "= 1", "a = ''' b"]) {
      assert.equal(parseControl(`# first\n${line}\n`), 2, line);
    }
  });

  test("is written with everything that PostgreSQL needs", () => {
    const written = (control: object, sql = "") => controlText({ name: "x", sql, control }, "it's a\\comment");
    assert.equal(written({}), "comment = 'it''s a\\\\comment'\ndefault_version = '1'\nrelocatable = true\n");
    assert.match(written({}, "CREATE TABLE @extschema@.t ()"), /relocatable = false/);
    assert.match(written({ schema: "pg_catalog" }), /schema = 'pg_catalog'\nrelocatable = false/);
    assert.match(written({ requires: "a'b", relocatable: false }), /requires = 'a''b'\nrelocatable = false/);
  });
});

describe("the versions that a text asks for", () => {
  const cases: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    ["CREATE EXTENSION pg_cron VERSION '1.4'", [["pg_cron", "1.4"]]],
    ['create extension if not exists "uuid-ossp" with schema "S" version "1.1" cascade', [["uuid-ossp", "1.1"]]],
    ["CREATE EXTENSION A VERSION v2; CREATE EXTENSION b; SELECT 1; -- version '3'", [["a", "v2"]]],
    ["ALTER EXTENSION a UPDATE TO '2.0-beta1'", [["a", "2.0-beta1"]]],
    ["DO $$ BEGIN CREATE EXTENSION a SCHEMA b VERSION '1'; END $$", [["a", "1"]]],
    ["SELECT * FROM pg_extension", []],
    ["CREATE EXTENSION a VERSION '../../x'; CREATE EXTENSION b VERSION '1--2'; CREATE EXTENSION c VERSION ''", []],
    ["CREATE EXTENSION a VERSION '-1'", []],
  ];
  for (const [text, expected] of cases) {
    test(text, () => {
      assert.deepEqual(
        askedVersions(text).map(({ name, version }) => [name, version]),
        expected,
      );
    });
  }

  test("are found in a text of many megabytes in linear time", () => {
    const began = performance.now();
    for (const part of [
      "extension ",
      'extension "',
      "extension a version ",
      "extension a version '1' ",
      "version '1-",
    ]) {
      askedVersions(part.repeat(1_000_000));
    }
    assert.ok(performance.now() - began < 20_000);
  });
});
