import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { resolveTarget } from "../../src/adapters/resolve-target.ts";
import type { ServerTarget } from "../../src/core/connection/target.ts";

type Environment = Record<string, string>;

function server(url: string | undefined, environment: Environment = {}): ServerTarget {
  const target = resolveTarget({ url, environment });
  assert.ok(target?.kind === "server");
  return target;
}

describe("resolving a target", () => {
  let directory = "";
  const file = (name: string, text: string, mode = 0o600) => {
    const path = join(directory, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "pgstep-target-"));
  });
  after(() => rmSync(directory, { recursive: true }));

  test("nothing named is nothing found", () => {
    assert.equal(resolveTarget({ environment: {} }), undefined);
    assert.equal(resolveTarget({ environment: { DATABASE_URL: "", PGUSER: "u", PGSSLMODE: "require" } }), undefined);
  });

  test("the url wins over DATABASE_URL, which wins over the PG variables", () => {
    const environment = { DATABASE_URL: "postgres://two/d", PGHOST: "three", PGPORT: "7", PGDATABASE: "e" };
    assert.equal(server("postgres://one/d", environment).hosts[0]?.name, "one");
    assert.equal(server(undefined, environment).hosts[0]?.name, "two");
    assert.equal(server(undefined, { PGHOST: "three" }).hosts[0]?.name, "three");
    assert.equal(server(undefined, { PGDATABASE: "e" }).database, "e");
  });

  test("what the url leaves open comes from the PG variables", () => {
    const environment = {
      PGHOST: "no",
      PGPORT: "7",
      PGUSER: "u",
      PGPASSWORD: "p",
      PGSSLMODE: "require",
      PGDATABASE: "e",
    };
    const { hosts, user, database, sslMode } = server("postgres://one", environment);
    assert.deepEqual([hosts[0]?.name, hosts[0]?.port, hosts[0]?.password()], ["one", 7, "p"]);
    assert.deepEqual([user, database, sslMode], ["u", "e", "require"]);
  });

  test("keywords with values are understood too", () => {
    assert.equal(server("host=one dbname=d").hosts[0]?.name, "one");
  });

  test("pglite names the embedded database", () => {
    const embedded = (url: string) => resolveTarget({ url, environment: {} });
    assert.deepEqual(embedded("pglite:memory"), { kind: "embedded", directory: undefined });
    assert.deepEqual(embedded("pglite:./data"), { kind: "embedded", directory: "./data" });
    assert.deepEqual(embedded("pglite:///srv/data"), { kind: "embedded", directory: "/srv/data" });
    assert.throws(() => embedded("pglite:"), { code: "settings" });
  });

  test("another database's url is refused by its scheme, without the rest", () => {
    assert.throws(
      () => server("mysql://root:topsecret@h/d"),
      (error: Error) => /mysql: is not/.test(error.message) && !error.message.includes("topsecret"),
    );
  });

  test("a service stands between the url and the PG variables", () => {
    const services = file("services", "[app]\nhost=service.example\nport=6000\nuser=from_service\n");
    const environment = { PGSERVICEFILE: services, PGSERVICE: "app", PGUSER: "from_variable", PGDATABASE: "e" };
    const found = server(undefined, environment);
    assert.deepEqual([found.hosts[0]?.name, found.user, found.database], ["service.example", "from_service", "e"]);
    assert.equal(server("postgres://u@/d?service=app", { PGSERVICEFILE: services }).user, "u");
    assert.throws(() => server("postgres:///?service=none", { PGSERVICEFILE: services }), {
      code: "settings",
      message: /"none"/,
    });
    const wrong = file("wrong-services", "[app]\nhots=x\n");
    assert.throws(() => server(undefined, { PGSERVICEFILE: wrong, PGSERVICE: "app" }), {
      message: /wrong-services:2: the parameter "hots"/,
    });
  });

  test("the password file is used unless others may read it", () => {
    const text = "one:5432:d:u:secret\n";
    const closed = file("closed", text);
    const open = file("open", text, 0o644);
    assert.equal(server("postgres://u@one/d", { PGPASSFILE: closed }).hosts[0]?.password(), "secret");
    assert.equal(server("postgres://u@two/d", { PGPASSFILE: closed }).hosts[0]?.password(), undefined);
    assert.equal(server("postgres://u:p@one/d", { PGPASSFILE: closed }).hosts[0]?.password(), "p");
    if (process.platform === "win32") return;
    const ignored = server("postgres://u@one/d", { PGPASSFILE: open });
    assert.equal(ignored.hosts[0]?.password(), undefined);
    assert.equal(ignored.ignoredPasswordFile, open);
  });
});
