import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { urlOf, urlWithDatabase } from "../../../src/core/connection/database-url.ts";
import { serverTarget } from "../../../src/core/connection/server-target.ts";
import { parseConnectionUrl } from "../../../src/core/connection/url.ts";

describe("the URL of another database on the same server", () => {
  test("keeps everything but the database", () => {
    for (const [url, other] of [
      ["postgres://me:pw@host:5433/app?sslmode=require", "postgres://me:pw@host:5433/b%20c?sslmode=require"],
      ["postgresql://host", "postgresql://host/b%20c"],
      ["postgres:///app?host=/tmp&dbname=x&port=1", "postgres:///b%20c?host=/tmp&port=1"],
      ["postgres://host?dbname=app", "postgres://host/b%20c"],
      ["postgres://me:p?w@a:1,b:2/app", "postgres://me:p?w@a:1,b:2/b%20c"],
    ] as const) {
      assert.equal(urlWithDatabase(url, "b c"), other);
    }
    assert.equal(urlWithDatabase("host=localhost dbname=app", "b"), undefined);
  });

  test("is built from a target, and names the same server", () => {
    for (const url of [
      "postgres://me:p%40%2Fw@host:5433/app?sslmode=verify-full",
      "postgres://me@[::1]:5432,b:1/app",
      "postgres://me@/app?host=%2Ftmp%2Fa%20b&port=5433",
    ]) {
      const read = (text: string) => {
        const target = serverTarget(parseConnectionUrl(text, "test"), {
          ...{ host: "default", user: "nobody", ignoredPasswordFile: undefined, password: () => undefined },
        });
        const { hosts, user, database, tls } = target;
        const all = hosts.map(({ name, port, password }) => [name, port, password()]);
        return { target, facts: [all, user, database, tls.mode] };
      };
      const { target, facts } = read(url);
      const password = target.hosts[0]?.password();
      assert.ok(typeof password !== "object");
      assert.deepEqual(read(urlOf(target, "app", password)).facts, facts);
    }
  });
});
