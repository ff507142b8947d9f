import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseConnectionKeywords } from "../../../src/core/connection/keywords.ts";
import type { ConnectionParameters } from "../../../src/core/connection/parameters.ts";
import { serverTarget } from "../../../src/core/connection/server-target.ts";
import { describeTarget } from "../../../src/core/connection/target.ts";
import { parseConnectionUrl } from "../../../src/core/connection/url.ts";
import { Failure } from "../../../src/core/failure/failure.ts";

const MACHINE = { host: "localhost", user: "me", ignoredPasswordFile: undefined, password: () => undefined };

const values = (parameters: ConnectionParameters) =>
  Object.fromEntries([...parameters].map(([name, { value }]) => [name, value]));
const url = (text: string) => values(parseConnectionUrl(text, "--url"));
const keywords = (text: string) => values(parseConnectionKeywords(text, "--url"));

describe("connection URL", () => {
  const cases: Record<string, Record<string, string>> = {
    "postgresql://": {},
    "postgres://localhost": { host: "localhost" },
    "POSTGRESQL://localhost:5433": { host: "localhost", port: "5433" },
    "postgres://localhost/app": { host: "localhost", dbname: "app" },
    "postgres://user@localhost": { user: "user", host: "localhost" },
    "postgres://user:secret@localhost/": { user: "user", password: "secret", host: "localhost" },
    "postgres://user:@localhost": { user: "user", host: "localhost" },
    "postgres://u%40x:p%2Fq%3A%25@h/a%20b": { user: "u@x", password: "p/q:%", host: "h", dbname: "a b" },
    "postgres://u:p@ss@h/d": { user: "u", password: "p@ss", host: "h", dbname: "d" },
    "postgres://u:p?w#x@h/d": { user: "u", password: "p?w#x", host: "h", dbname: "d" },
    "postgres://u:1?x=2@h/d": { user: "u", password: "1?x=2", host: "h", dbname: "d" },
    "postgres://u:p@h?user=a@b": { user: "a@b", password: "p", host: "h" },
    "postgres://h/d#1?password=a#b": { host: "h", dbname: "d#1", password: "a#b" },
    "postgres://h1,h2/d": { host: "h1,h2", port: ",", dbname: "d" },
    "postgres://h/d\n": { host: "h", dbname: "d" },
    "postgres://h1:1,h2:2,h3/app": { host: "h1,h2,h3", port: "1,2,", dbname: "app" },
    "postgres://[2001:db8::1]:1234/app": { host: "2001:db8::1", port: "1234", dbname: "app" },
    "postgres://%2Frun%2Fpg:5433/app": { host: "/run/pg", port: "5433", dbname: "app" },
    "postgres:///app?host=/run/pg&port=5433": { dbname: "app", host: "/run/pg", port: "5433" },
    "postgres://h?sslmode=require&options=-c%20a%3Db&": { host: "h", sslmode: "require", options: "-c a=b" },
    "postgres://h/d?ssl=true": { host: "h", dbname: "d", sslmode: "require" },
    "postgres://h:1/d?user=a@b": { host: "h", port: "1", dbname: "d", user: "a@b" },
    "postgres:///d?user=a@b": { dbname: "d", user: "a@b" },
  };
  for (const [text, expected] of Object.entries(cases)) {
    test(text, () => assert.deepEqual(url(text), expected));
  }

  // The cases that libpq's own tests and documentation have of what a URI can look like.
  const ofLibpq: Record<string, Record<string, string>> = {
    "postgresql://": {},
    "postgres:///": {},
    "postgresql://localhost": { host: "localhost" },
    "postgresql://localhost:5433": { host: "localhost", port: "5433" },
    "postgresql://localhost/mydb": { host: "localhost", dbname: "mydb" },
    "postgresql://user@localhost": { user: "user", host: "localhost" },
    "postgresql://user:secret@localhost": { user: "user", password: "secret", host: "localhost" },
    "postgresql://other@localhost/otherdb?connect_timeout=10&application_name=myapp": {
      user: "other",
      host: "localhost",
      dbname: "otherdb",
      connect_timeout: "10",
      application_name: "myapp",
    },
    "postgresql://host1:123,host2:456/somedb?target_session_attrs=any&application_name=myapp": {
      host: "host1,host2",
      port: "123,456",
      dbname: "somedb",
      target_session_attrs: "any",
      application_name: "myapp",
    },
    "postgresql:///mydb?host=localhost&port=5433": { dbname: "mydb", host: "localhost", port: "5433" },
    "postgresql://user@localhost:5433/mydb?options=-c%20synchronous_commit%3Doff": {
      user: "user",
      host: "localhost",
      port: "5433",
      dbname: "mydb",
      options: "-c synchronous_commit=off",
    },
    "postgresql://[2001:db8::1234]/database": { host: "2001:db8::1234", dbname: "database" },
    "postgresql:///dbname?host=/var/lib/postgresql": { dbname: "dbname", host: "/var/lib/postgresql" },
    "postgresql://%2Fvar%2Flib%2Fpostgresql/dbname": { host: "/var/lib/postgresql", dbname: "dbname" },
    "postgresql://uri-user:secret@host:12345/db": {
      user: "uri-user",
      password: "secret",
      host: "host",
      port: "12345",
      dbname: "db",
    },
    "postgresql://uri-user@host:12345/": { user: "uri-user", host: "host", port: "12345" },
    "postgresql://uri-user@": { user: "uri-user" },
    "postgresql://?hostaddr=127.0.0.1": { hostaddr: "127.0.0.1" },
    "postgresql://example.com?hostaddr=63.1.2.4": { host: "example.com", hostaddr: "63.1.2.4" },
    "postgresql://%68ost/": { host: "host" },
    "postgresql://host/db?u%73er=someotheruser&port=12345": {
      user: "someotheruser",
      host: "host",
      port: "12345",
      dbname: "db",
    },
    "postgresql://host:12345?user=uri-user": { user: "uri-user", host: "host", port: "12345" },
    "postgresql://host?": { host: "host" },
    "postgresql://[200z:db8::1234]/": { host: "200z:db8::1234" },
    "postgres://?host=/path/to/socket/dir": { host: "/path/to/socket/dir" },
    "postgres://@host": { host: "host" },
    "postgres://host:/": { host: "host" },
    "postgres://:12345/": { port: "12345" },
    "postgres://otheruser@?host=/no/such/directory": { user: "otheruser", host: "/no/such/directory" },
    "postgres://otheruser@:12345/db?host=/path/to/socket": {
      user: "otheruser",
      port: "12345",
      dbname: "db",
      host: "/path/to/socket",
    },
    "postgres://:12345?host=/path/to/socket": { port: "12345", host: "/path/to/socket" },
  };
  for (const [text, expected] of Object.entries(ofLibpq)) {
    test(`as libpq: ${text}`, () => assert.deepEqual(url(text), expected));
  }

  const refusedByLibpq = [
    "postgresql://host/db?u%7aer=someotheruser&port=12345",
    "postgresql://host?uzer=",
    "postgres://[::1",
    "postgres://[]",
    "postgres://[::1]z",
    "postgresql://host?zzz",
    "postgresql://host?value1&value2",
    "postgresql://host?key=key=value",
    "postgres://host?dbname=%XXfoo",
    "postgresql://a%00b",
    "postgresql://%zz",
    "postgresql://%1",
    "postgresql://%",
  ];
  for (const text of refusedByLibpq) {
    test(`as libpq, refused: ${text}`, () => {
      assert.throws(() => serverTarget(parseConnectionUrl(text, "--url"), MACHINE), { code: "settings" });
    });
  }

  const faulty: Record<string, RegExp> = {
    "postgres://h:port/d": /host or its port/,
    "postgres://u:p@h:12x/d": /host or its port/,
    "postgres://::1/d": /host or its port/,
    "postgres://[::1/d": /host or its port/,
    "postgres://u%zz:p@h/d": /percent-encoding of the user/,
    "postgres://u:secret%@h/d": /percent-encoding of the password/,
    "postgres://u:p@h/d%00": /percent-encoding of the database/,
    "postgres://h/d?sslmode": /a parameter after the \?/,
    "postgres://u:12/34@h/d": /comes before an @/,
    "postgres://h:5432/my@db": /comes before an @/,
  };
  for (const [text, expected] of Object.entries(faulty)) {
    test(`${text} is refused`, () => {
      assert.throws(() => url(text), { name: "Failure", code: "settings", message: expected });
    });
  }

  test("no message shows a piece of a password, however badly it is written", () => {
    const secret = fc.string({ unit: fc.constantFrom(..."Zq7/?#@:%&=[] ".split("")), minLength: 6, maxLength: 20 });
    fc.assert(
      fc.property(secret, (password) => {
        const pieces = password.match(/[Zq7]{2,}/g) ?? [];
        try {
          const parameters = parseConnectionUrl(
            `postgres://u:${password}@localhost:5432/d?application_name=x`,
            "--url",
          );
          const target = serverTarget(parameters, MACHINE);
          for (const piece of pieces) assert.ok(!describeTarget(target).includes(piece), describeTarget(target));
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          for (const piece of pieces) assert.ok(!`${error.message} ${error.hint}`.includes(piece), error.message);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  test("whatever is percent-encoded comes back", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1 }).filter((value) => !value.includes("\0"));
    fc.assert(
      fc.property(text, text, text, (user, password, dbname) => {
        const [u, p, d] = [user, password, dbname].map(encodeURIComponent);
        assert.deepEqual(url(`postgres://${u}:${p}@h/${d}`), { user, password, host: "h", dbname });
      }),
    );
  });
});

describe("connection keywords", () => {
  const cases: Record<string, Record<string, string>> = {
    "": {},
    "host=localhost dbname=app": { host: "localhost", dbname: "app" },
    "  host = localhost\n port= 5433 ": { host: "localhost", port: "5433" },
    "password='a b\\'c\\\\d' user=u": { password: "a b'c\\d", user: "u" },
    "password=a\\ b": { password: "a b" },
    "user='' dbname=d": { user: "", dbname: "d" },
  };
  for (const [text, expected] of Object.entries(cases)) {
    test(JSON.stringify(text), () => assert.deepEqual(keywords(text), expected));
  }

  test("what is no name=value is refused, unquoted", () => {
    assert.throws(() => keywords("localhost"), { code: "settings", message: /neither a URL nor name=value/ });
    assert.throws(
      () => keywords("password=my secret"),
      (error: Failure) => !error.message.includes("secret"),
    );
    assert.throws(() => keywords("user=a password='secret"), { message: /the quote of password is not closed/ });
  });
});
