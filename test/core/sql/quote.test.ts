import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { quoteIdentifier, quoteText } from "../../../src/core/sql/quote.ts";
import type { Session } from "../../../src/ports/session.ts";
import { open } from "../../engine/support.ts";
import { sharedServer } from "../../support/postgres-server.ts";

let session: Session;

before(async () => {
  session = await open((await (await sharedServer()).createDatabase()).url).open();
});
after(() => session.close());

const SAMPLES = [
  "",
  "it's",
  "\\",
  "\\'",
  "'; DROP TABLE x; --",
  "😀",
  "\u0001\n\r\t",
  "$$ $1 %s",
  "a\\u0041",
  "日本語",
  '"',
  "/* */",
];

for (const setting of [
  "standard_conforming_strings = on",
  "standard_conforming_strings = off",
  "client_encoding = 'SQL_ASCII'",
  "client_encoding = 'LATIN1'",
  "backslash_quote = off",
]) {
  test(`a quoted text arrives as it is with ${setting}`, async () => {
    await session.execute(`SET ${setting}`);
    const same = async (value: string) => {
      assert.match(quoteText(value), /^[ -~]*$/);
      assert.doesNotMatch(quoteText(value), /\\/);
      const hex = Buffer.from(value, "utf8").toString("hex");
      const [row] = await session.query(`SELECT encode(convert_to(${quoteText(value)}, 'UTF8'), 'hex') AS hex`);
      assert.equal(row?.hex, hex, value);
    };
    for (const value of SAMPLES) await same(value);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 20 }), (value) => same(value.replaceAll("\0", ""))),
      { numRuns: 30 },
    );
    await session.execute("RESET ALL");
  });
}

test("null is NULL, and a NUL character, which no text can hold, is left out", () => {
  assert.equal(quoteText(null), "NULL");
  assert.equal(quoteText("a\0b"), quoteText("ab").replace("'ab'", quoteText("a\0b")));
  assert.doesNotMatch(quoteText("a\0b"), /'[0-9a-f]*00[0-9a-f]*'/);
});

test("a quoted identifier names what it says", async () => {
  for (const name of ["plain", "Mixed Case", 'quo"te', "it's", "select", "😀", "a.b", "\\", "U&"]) {
    const [row] = await session.query(`SELECT 1 AS ${quoteIdentifier(name)}`);
    assert.deepEqual(row, { [name]: 1 });
  }
});
