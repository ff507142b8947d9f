import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { explainTarget, resolveTarget } from "../../../src/adapters/target/resolve-target.ts";
import type { ServerTarget } from "../../../src/core/connection/target.ts";
import { temporaryPlace } from "../../support/place.ts";

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
    directory = temporaryPlace("target");
  });

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
    const { hosts, user, database, tls } = server("postgres://one", environment);
    assert.deepEqual([hosts[0]?.name, hosts[0]?.port, hosts[0]?.password()], ["one", 7, "p"]);
    assert.deepEqual([user, database, tls.mode], ["u", "e", "require"]);
  });

  test("an empty value, or an empty port for each host, keeps a variable's value out", () => {
    const environment = { PGPORT: "7", PGUSER: "u", PGPASSWORD: "p", PGHOST: "no" };
    const { hosts, user } = server("host=one port='' user='' password=''", environment);
    assert.deepEqual([hosts[0]?.name, hosts[0]?.port, hosts[0]?.password()], ["one", 5432, undefined]);
    assert.notEqual(user, "u");
    assert.deepEqual(
      server("postgres://one,two/d", environment).hosts.map(({ port }) => port),
      [5432, 5432],
    );
    assert.notEqual(server("host='' dbname=d", environment).hosts[0]?.name, "no");
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
      message: /wrong-services:2 \[app\]: the parameter "hots"/,
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

  test("a password's own file wins over what is weaker than the place that names it", () => {
    const secret = file("secret", "from file\n", 0o644);
    const environment = { PGSTEP_PASSWORD_FILE: secret, PGPASSWORD: "from variable" };
    const password = (url: string, given: object = {}) => {
      const target = resolveTarget({ url, environment, ...given });
      assert.ok(target?.kind === "server");
      return target.hosts[0]?.password();
    };
    assert.equal(password("postgres://u@h/d"), "from file");
    assert.equal(password("postgres://u:typed@h/d"), "typed");
    assert.equal(password("postgres://u:named@h/d", { urlOrigin: "DATABASE_URL" }), "from file");
    assert.equal(password("postgres://u:typed@h/d", { passwordFile: file("other", "other\r\n") }), "other");
    assert.equal(password("postgres://u@h/d", { passwordFile: file("odd", " two\nlines\n\n") }), " two\nlines\n");
    assert.throws(() => password("postgres://u@h/d", { passwordFile: "/no/such/file" }), {
      code: "settings",
      message: "Cannot read the password from --password-file: there is no such file",
    });
    assert.throws(() => password("postgres://u@h/d", { passwordFile: file("empty", "\n") }), { message: /is empty/ });
  });

  test("behind the user's service file there is the system's", () => {
    file("pg_service.conf", "[of the system]\nhost=far.example\n");
    const services = file("mine", "[other]\n");
    const environment = { PGSERVICE: "of the system", PGSERVICEFILE: services, PGSYSCONFDIR: directory };
    assert.equal(server(undefined, environment).hosts[0]?.name, "far.example");
  });

  test("a service file that is named must be there", () => {
    assert.throws(() => server(undefined, { PGSERVICE: "app", PGSERVICEFILE: "/no/such/file" }), {
      code: "settings",
      message: /there is no file \/no\/such\/file/,
    });
  });

  test("each value is told with its origin, passwords masked", () => {
    const services = file("named", "[app]\nport=6000\n");
    const passwords = file("passwords", "# one\none:6000:d:me:topsecret\n");
    const environment = {
      PGSERVICE: "app",
      PGSERVICEFILE: services,
      PGPASSFILE: passwords,
      PGSSLMODE: "require",
      PGUSER: "me",
      PGTZ: "UTC",
    };
    const told = explainTarget({ url: "postgres://one/d?sslpassword=topsecret&connect_timeout=3", environment });
    const byName = Object.fromEntries(told.map(({ name, value, origin }) => [name, `${value} | ${origin}`]));
    assert.deepEqual(byName, {
      host: "one | --url",
      port: `6000 | service file ${services}:2 [app]`,
      dbname: "d | --url",
      user: "me | PGUSER",
      password: `******** | ${passwords}:2`,
      sslmode: "require | PGSSLMODE",
      service: "app | PGSERVICE",
      servicefile: `${services} | PGSERVICEFILE`,
      sslpassword: "******** | --url",
      connect_timeout: "3 | --url",
      application_name: "pgstep | default",
      channel_binding: "prefer | default",
      target_session_attrs: "any | default",
      timezone: "UTC | PGTZ",
    });
    const row = (name: string, sources: Parameters<typeof explainTarget>[0]) =>
      explainTarget(sources).find((one) => one.name === name);
    const url = "postgres://u:topsecret@one/d";
    assert.equal(row("password", { environment: { PGSTEP_URL: url }, url })?.origin, "PGSTEP_URL");
    assert.equal(row("password", { environment: { DATABASE_URL: url } })?.origin, "DATABASE_URL");
    assert.deepEqual(row("password", { url: "postgres://u@one/d", environment: { PGPASSFILE: "/none" } }), {
      name: "password",
      value: "(none)",
      origin: "not given",
    });
    const secret = file("own", "topsecret");
    assert.equal(
      row("password", { url: "postgres://u@one/d", environment: {}, passwordFile: secret })?.origin,
      `--password-file ${secret}`,
    );
    assert.deepEqual(explainTarget({ url: "pglite:./data", environment: {} }), [
      { name: "url", value: "pglite:./data", origin: "--url" },
    ]);
    assert.deepEqual(explainTarget({ environment: {} }), []);
  });
});
