import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findPassword, parseServiceFile } from "../../../src/core/connection/libpq-files.ts";

describe("password file", () => {
  const wanted = { host: "db", port: 5432, database: "app", user: "me" };
  const cases: [string, string | undefined][] = [
    ["db:5432:app:me:secret", "secret"],
    ["db:5432:app:me:with:colons", "with:colons"],
    ["*:*:*:*:any", "any"],
    ["db:5433:app:me:other\n*:*:app:me:second", "second"],
    ["# db:5432:app:me:no\r\ndb:5432:app:me:windows\r\n", "windows"],
    ["db:5432:app:me:a\\:b\\\\c", "a:b\\c"],
    ["\\*:*:*:*:literal star", undefined],
    ["db:5432:app", undefined],
    ["", undefined],
  ];
  for (const [text, expected] of cases) {
    test(JSON.stringify(text), () => assert.equal(findPassword(text, wanted)?.password, expected));
  }

  test("a backslash takes the next character as it is in names too", () => {
    assert.equal(findPassword("\\:\\:1:5432:app:me:x", { ...wanted, host: "::1" })?.password, "x");
  });
});

describe("service file", () => {
  const text = "# comment\n[one]\nhost=a\nport=1\n\n[two]\nhost=b\nuser=x=y\n[one]\nhost=late\n";
  const read = (service: string) => {
    const found = parseServiceFile(text, service, "f");
    return found && Object.fromEntries([...found].map(([name, { value }]) => [name, value]));
  };

  test("gives the first section of the name", () => {
    assert.deepEqual(read("one"), { host: "a", port: "1" });
    assert.deepEqual(read("two"), { host: "b", user: "x=y" });
    assert.equal(read("three"), undefined);
  });

  test("each value knows its line", () => {
    assert.equal(parseServiceFile(text, "two", "f")?.get("host")?.source, "f:7");
  });

  test("the line of the password is told", () => {
    assert.equal(findPassword("# one\n\n*:*:*:*:x\n", { host: "h", port: 1, database: "d", user: "u" })?.line, 3);
  });

  test("a service within a service is refused, and of two lines the first counts", () => {
    assert.throws(() => parseServiceFile("[a]\nservice=b\n", "a", "f"), { code: "settings", message: /f:2/ });
    assert.equal(parseServiceFile("[a]\nport=1\nport=2\n", "a", "f")?.get("port")?.value, "1");
  });

  test("a line that is neither is an error with its place", () => {
    assert.throws(() => parseServiceFile("[a]\nldap://ldap.example.com/dc=b?c\n", "a", "f"), {
      message: /f:2: .*LDAP/,
    });
    assert.throws(() => parseServiceFile("[a]\nhost\n", "a", "f"), { code: "settings", message: /f:2/ });
  });
});
