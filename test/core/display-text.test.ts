import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { displayWidth, withMaskedPasswords, withoutPasswords, wrapped } from "../../src/core/display-text.ts";

describe("passwords", () => {
  test("are left out of URLs, SQL and connection strings", () => {
    for (const [text, shown] of [
      ["postgres://u:s3cret@h/d", "postgres://u:***@h/d"],
      [
        "ALTER ROLE app PASSWORD 's3cret' VALID UNTIL 'infinity'",
        "ALTER ROLE app PASSWORD '***' VALID UNTIL 'infinity'",
      ],
      ["CREATE ROLE a ENCRYPTED PASSWORD E'a\\'b''c'", "CREATE ROLE a ENCRYPTED PASSWORD E'***'"],
      ["OPTIONS (user 'u', password 's3cret')", "OPTIONS (user 'u', password '***')"],
      ["dblink_connect('host=h password=s3cret user=u')", "dblink_connect('host=h password=*** user=u')"],
      ["password = 's3 cret'", "password = '***'"],
      ["PASSWORD 's3cret and a line that was cut", "PASSWORD '***"],
    ] as const) {
      assert.equal(withoutPasswords(text), shown);
    }
  });

  test("that are none stay", () => {
    for (const text of [
      'password authentication failed for user "app"',
      "Set the password with --password-file.",
      "https://h:8080/@x and b@c",
      "ALTER ROLE app PASSWORD NULL",
      "SELECT 'password', 'x'",
    ]) {
      assert.equal(withoutPasswords(text), text);
    }
  });

  test("are masked letter by letter where places matter", () => {
    const text = "PASSWORD 's3cret' x postgres://u:pw@h";
    const masked = withMaskedPasswords(text);
    assert.equal(masked, "PASSWORD '******' x postgres://u:**@h");
    assert.equal(masked.length, text.length);
  });
});

describe("wrapping", () => {
  test("breaks at spaces and keeps what fits as it is", () => {
    assert.deepEqual(wrapped("a  b\nc", 10), ["a  b", "c"]);
    assert.deepEqual(wrapped("one two three four", 9), ["one two", "three", "four"]);
    assert.deepEqual(wrapped("one two three", 9, 4), ["one", "two three"]);
    assert.deepEqual(wrapped("a-word-that-is-too-long yes", 6), ["a-word-that-is-too-long", "yes"]);
    assert.deepEqual(wrapped("漢字 漢字 漢字", 9), ["漢字 漢字", "漢字"]);
    assert.deepEqual(wrapped("   a-long-word b", 6), ["   a-long-word", "b"]);
    assert.deepEqual(wrapped("", 9), [""]);
  });

  test("loses nothing", () => {
    const text = "Run pgstep resolve 012 --done; if not: pgstep resolve 012 --not-done. Then run pgstep up again.";
    for (let columns = 1; columns < 100; columns++) {
      const lines = wrapped(text, columns);
      assert.equal(lines.join(" "), text);
      for (const line of lines) assert.ok(displayWidth(line) <= columns || !line.includes(" "));
    }
  });
});
