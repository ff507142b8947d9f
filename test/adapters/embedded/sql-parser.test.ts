import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { ROOT } from "../../../build/runtimes.ts";
import { loadSqlParser } from "../../../src/adapters/embedded/sql-parser.ts";
import { walk } from "../../../src/core/parse-tree/node.ts";
import { temporaryPlace } from "../../support/place.ts";
import { builtParser } from "../../support/sql-parser.ts";

const parser = await builtParser();

/** What the parser says of a text: "parsed", "unread", or the error with its offset. */
async function verdict(text: string): Promise<string> {
  const parsed = await parser.parse(text);
  return parsed.kind === "error" ? `${parsed.message} at ${parsed.offset}` : parsed.kind;
}

describe("PostgreSQL's parser", () => {
  test("is of the release that its package names", () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, "node_modules/libpg-query/package.json"), "utf8"));
    assert.equal(parser.major, Number(manifest["x-publish"].pgVersion));
  });

  for (const [text, expected] of [
    ["SELECT 1;", "parsed"],
    ["slect 1;", 'syntax error at or near "slect" at 0'],
    ["CREATE TABLE t (a int,)", 'syntax error at or near ")" at 22'],
    ["SELECT 1 +", "syntax error at end of input at 10"],
    // In UTF-16 units, where PostgreSQL counts code points.
    ["SELECT 'ä🙂', b FROM t x y", 'syntax error at or near "y" at 25'],
    ["SELECT 1abc", 'trailing junk after numeric literal at or near "1abc" at 7'],
    ["SELECT U&'\\D83D'", "invalid Unicode surrogate pair at 15"],
    ["COPY t FROM stdin;", "parsed"],
    ["CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;", "parsed"],
    // Valid where the database has another encoding than UTF-8.
    ["SELECT E'\\xff'", "unread"],
    ["SELECT 1 \0 nonsense", "unread"],
  ] as const) {
    test(`${JSON.stringify(text)}: ${expected}`, async () => assert.equal(await verdict(text), expected));
  }

  test("does not refuse a string with comments between its parts, as libpg_query does", async () => {
    assert.equal(await verdict("SELECT 'a'\n'b'"), "parsed");
    assert.equal(await verdict("SELECT 'a' -- it's\n 'b'"), "unread");
    assert.equal(await verdict("SELECT E'a' -- first\n\t-- second\n 'b'"), "unread");
    assert.equal(await verdict("SELECT 'a' 'b'"), `syntax error at or near "'b'" at 11`);
    assert.equal(await verdict("SELECT 'a' /* c */\n'b'"), `syntax error at or near "'b'" at 19`);
    assert.equal(await verdict("SELECT 'a' x -- c\n'b'"), `syntax error at or near "'b'" at 18`);
    assert.equal(await verdict("SELECT 'a', 'b' -- c\n, 1 'c'"), `syntax error at or near "'c'" at 25`);
  });

  test("has no verdict about a text that is too deep, and stays usable", async () => {
    // One instance of the parser hangs after about thirty.
    for (let time = 0; time < 40; time++) {
      assert.equal(await verdict(`SELECT 1${"+1".repeat(40_000)}`), "unread");
      assert.equal(await verdict("SELECT 1"), "parsed");
      assert.equal(await verdict("slect"), 'syntax error at or near "slect" at 0');
    }
  });

  test("gives trees whose places are UTF-16 indexes", async () => {
    const text = "SELECT 'ä🙂', b, 'ö' FROM ü;";
    const parsed = await parser.parse(text);
    assert.equal(parsed.kind, "parsed");
    const [tree] = parsed.trees();
    const places = [...walk(tree)].flatMap(([kind, { location }]) =>
      kind !== "ResTarget" && typeof location === "number" ? [text.slice(location, location + 3)] : [],
    );
    assert.deepEqual(places, ["'ä🙂".slice(0, 3), "b, ", "'ö'", "ü;"]);
  });

  test("leaves the process as it is", async () => {
    const state = () => [process.exitCode, ...process.eventNames().map((name) => [name, process.listenerCount(name)])];
    const before = state();
    const other = await builtParser();
    await other.parse("slect");
    await other.parse(`SELECT 1${"+1".repeat(100_000)}`);
    assert.deepEqual(state(), before);
  });

  test("is undefined without its files", async () => {
    const place = temporaryPlace("parser", { "parser.wasm": "nothing", "parser.js": "export default 1;" });
    assert.equal(await loadSqlParser(pathToFileURL(`${place}/`)), undefined);
    assert.equal(await loadSqlParser(pathToFileURL(`${place}/missing/`)), undefined);
  });
});
