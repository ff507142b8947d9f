import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { dialsTo } from "../../src/adapters/network/dial.ts";
import { tlsAttempts } from "../../src/adapters/network/tls-settings.ts";
import { PostgresDatabase, type Reach } from "../../src/adapters/server/postgres-database.ts";
import { resolveTarget } from "../../src/adapters/target/resolve-target.ts";
import { databaseSources, shadowSources } from "../../src/core/configuration/database-sources.ts";
import { resolveSettings } from "../../src/core/configuration/resolve-settings.ts";
import { type Host, isSystemSocket } from "../../src/core/connection/target.ts";
import { Failure } from "../../src/core/failure/failure.ts";
import { readProjectFile } from "../../src/core/setting-files/project-file.ts";
import { catchPasswords, type PasswordCatcher } from "../support/password-catcher.ts";
import { makeTlsWorld, type TlsWorld } from "../support/tls-world.ts";

/*
 * Servers that nobody names but the project file of a checkout, and the passwords that the user has for others.
 */

const SECRET = "topsecret";

interface Given {
  readonly environment?: Record<string, string>;
  readonly flags?: Record<string, string>;
  readonly shadow?: true;
  readonly reach?: Reach;
}

/** "connected", or what the failure says and what it advises, for a project file that says this. */
async function connecting(file: Record<string, unknown>, { environment = {}, flags = {}, shadow, reach }: Given = {}) {
  const found = readProjectFile({ path: "pgstep.json", text: JSON.stringify(file), isPackage: false });
  assert.ok(found);
  const resolved = resolveSettings({
    environment,
    flags: new Map(Object.entries(flags)),
    projectFile: { ...found, resolve: (path) => path },
  });
  try {
    const [problem] = resolved.problems;
    if (problem) throw problem;
    const target = resolveTarget(shadow ? shadowSources(resolved) : databaseSources(resolved));
    assert.ok(target?.kind === "server");
    await (await new PostgresDatabase(target, {}, reach).open()).close();
    return "connected";
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    assert.ok(!`${error.message}${error.hint}`.includes(SECRET), error.message);
    return `${error.message.replace(/^Cannot connect to .*?:\d+: /, "")} | ${error.hint}`;
  }
}

const ADVICE =
  "If you trust the server, name it with --url or DATABASE_URL, or set PGSSLMODE=verify-full and PGSSLROOTCERT=<file>.";

describe("a server that only a project file names", () => {
  let world: TlsWorld;
  const catchers: PasswordCatcher[] = [];

  before(async () => {
    world = await makeTlsWorld(
      [
        "local all postgres trust",
        "local all all password",
        "host all clear all password",
        "host all hashed all md5",
        "host all all all scram-sha-256",
      ].join("\n"),
    );
    const { server } = world;
    for (const name of ["clear", "proven"]) {
      await server.query("postgres", `CREATE ROLE ${name} LOGIN PASSWORD '${SECRET}'`);
    }
    await server.query("postgres", "CREATE ROLE hashed LOGIN");
    await server.query("postgres", `SET password_encryption = 'md5'; ALTER ROLE hashed PASSWORD '${SECRET}'`);
    catchers.push(await catchPasswords("clear text"), await catchPasswords("md5"));
  });
  after(async () => {
    for (const catcher of catchers) catcher.close();
    await world?.end();
  });

  /** Everything that the user has a password in, for a URL without one. */
  const sources = (port: number, host = "127.0.0.1"): Record<string, Given & { password?: string }> => ({
    "a variable of the file's": { password: `:\${MY_SECRET}`, environment: { MY_SECRET: SECRET } },
    PGPASSWORD: { environment: { PGPASSWORD: SECRET } },
    "the password file": { environment: { PGPASSFILE: world.file("pgpass", `*:${port}:*:*:${SECRET}\n`) } },
    "a file that a flag names": { flags: { "password-file": world.file("secret", `${SECRET}\n`) } },
    "a file that a variable names": { environment: { PGSTEP_PASSWORD_FILE: world.file("secret", `${SECRET}\n`) } },
    [`a service file for ${host}`]: {
      environment: {
        PGSERVICEFILE: world.file("services", `[mine]\nhost=db.internal\npassword=${SECRET}\n`),
      },
    },
  });

  test("gets no password in clear text or by md5, wherever the password comes from and whatever the file says", async () => {
    const queries = ["", "?sslmode=disable&require_auth=password,md5", "?sslmode=prefer&channel_binding=disable"];
    for (const catcher of catchers) {
      for (const [name, { password = "", ...given }] of Object.entries(sources(catcher.port))) {
        for (const query of queries) {
          const service = name.startsWith("a service") ? `${query === "" ? "?" : "&"}service=mine` : "";
          const url = `postgres://app${password}@127.0.0.1:${catcher.port}/app${query}${service}`;
          const told = await connecting({ url }, given);
          assert.match(
            told,
            /^the server wants (the password in clear text|md5), and only pgstep\.json:1:8 names/,
            name,
          );
          assert.ok(told.endsWith(ADVICE), told);
        }
      }
      assert.deepEqual(catcher.passwords, []);
      assert.ok(!catcher.heard.some((text) => text.includes(SECRET)));
    }
  });

  test("is the same under every name, and as the shadow", async () => {
    const [catcher] = catchers;
    assert.ok(catcher);
    const { port } = catcher;
    const environment = { PGPASSWORD: SECRET, MY_SECRET: SECRET };
    const own = world.file("of-the-checkout", `[evil]\nhost=127.0.0.1\nport=${port}\nrequire_auth=password\n`);
    const urls = [
      `postgres://app@localhost:${port}/app?require_auth=password`,
      `host=/var/run/postgresql hostaddr=127.0.0.1 port=${port} user=app require_auth=password`,
      `host=db.internal hostaddr=127.0.0.1 port=${port} user=app password=\${MY_SECRET}`,
      `postgres://app@/app?service=evil&servicefile=${own}`,
      `\${UNSET:-postgres://app@127.0.0.1:${port}/app?require_auth=password}`,
    ];
    for (const url of urls)
      assert.match(await connecting({ url }, { environment }), /only pgstep\.json:1:8 names/, url);
    for (const shadowUrl of urls) {
      assert.match(await connecting({ shadowUrl }, { environment, shadow: true }), /only pgstep\.json:1:14 names/);
    }
    // A file that the project file names is read by whoever runs pgstep, and may be anything.
    const passwordFile = world.file("anything", SECRET);
    assert.match(await connecting({ url: urls[0], passwordFile }), /only pgstep\.json:1:8 names/);
    assert.deepEqual(catcher.passwords, []);
  });

  test("gets the password that is written in the file itself, in clear text only when the user agrees to it", async () => {
    const [catcher] = catchers;
    assert.ok(catcher);
    const url = `postgres://app:written@127.0.0.1:${catcher.port}/app?sslmode=disable&require_auth=password`;
    assert.match(await connecting({ url }), /in clear text, and the connection is not encrypted/);
    assert.deepEqual(catcher.passwords, []);
    assert.match(await connecting({ url }, { environment: { PGREQUIREAUTH: "password" } }), /^no \|/);
    assert.deepEqual(catcher.passwords.splice(0), ["written"]);
  });

  test("that the user names gets what the user has agreed to", async () => {
    const [catcher] = catchers;
    assert.ok(catcher);
    const url = `postgres://app:${SECRET}@127.0.0.1:${catcher.port}/app?require_auth=password`;
    const listed = `postgres://app@\${DB_HOST}:${catcher.port}/app`;
    const environment = { PGREQUIREAUTH: "password", PGSTEP_URL_VARIABLES: "DB_HOST", DB_HOST: "127.0.0.1" };
    const told = [
      await connecting({ url: `\${MY_URL}` }, { environment: { MY_URL: url } }),
      await connecting({ url: "postgres://evil/" }, { flags: { url } }),
      await connecting({ url: listed }, { environment: { ...environment, PGPASSWORD: SECRET } }),
    ];
    for (const one of told) assert.match(one, /^no \|/);
    assert.deepEqual(catcher.passwords.splice(0), [SECRET, SECRET, SECRET]);
  });

  test("gets a proof of the password by SCRAM", async () => {
    const { port } = world.server;
    for (const mode of ["disable", "prefer", "require"]) {
      const url = `postgres://proven:\${APP_DB_PASSWORD}@localhost:${port}/postgres?sslmode=${mode}`;
      assert.equal(await connecting({ url }, { environment: { APP_DB_PASSWORD: SECRET } }), "connected", mode);
      assert.equal(
        await connecting({ shadowUrl: url }, { environment: { APP_DB_PASSWORD: SECRET }, shadow: true }),
        "connected",
      );
    }
    for (const [name, { password = "", ...given }] of Object.entries(sources(port))) {
      if (name.startsWith("a service")) continue;
      const url = `postgres://proven${password}@localhost:${port}/postgres`;
      assert.equal(await connecting({ url }, given), "connected", name);
    }
  });

  test("gets the password as it is over TLS that a root of the user's verifies, and over no other TLS", async () => {
    const { port } = world.server;
    const root = world.file("root.crt", world.authority.certificate);
    for (const user of ["clear", "hashed"]) {
      const url = (query: string) => `postgres://${user}:\${MY_SECRET}@localhost:${port}/postgres?${query}`;
      const mine = { MY_SECRET: SECRET, PGSSLROOTCERT: root };
      const told = (query: string, environment: Record<string, string>) =>
        connecting({ url: url(query) }, { environment: { MY_SECRET: SECRET, ...environment } });
      assert.equal(await told("sslmode=verify-full", mine), "connected");
      assert.equal(await told("", { ...mine, PGSSLMODE: "verify-ca" }), "connected");
      for (const query of [`sslmode=verify-full&sslrootcert=${root}`, `sslmode=verify-ca&sslrootcert=${root}`]) {
        assert.match(await told(query, {}), /only pgstep\.json:1:8 names the server/);
        assert.match(await told(query, mine), /only pgstep\.json:1:8 names the server/);
      }
      for (const query of ["sslmode=require", "sslmode=prefer", "sslmode=disable"]) {
        assert.match(
          await told(query, { ...mine, PGSSLMODE: "verify-full" }),
          /only pgstep\.json:1:8 names the server/,
        );
      }
    }
  });

  test("is no more trusted at a socket in the checkout, but at one of the system's", async () => {
    const { port, socketDirectory } = world.server;
    const given = { environment: { PGPASSWORD: SECRET } };
    const url = (directory: string) => `postgres:///postgres?host=${directory}&port=${port}&user=clear`;
    assert.match(await connecting({ url: url(socketDirectory) }, given), /only pgstep\.json:1:8 names/);
    // In the place of the system's directory, which a test must not touch, there is the one of this server.
    const dials = (host: Host) => dialsTo({ ...host, name: socketDirectory }, undefined);
    const reach = { dials, tlsAttempts };
    assert.equal(await connecting({ url: url("/var/run/postgresql") }, { ...given, reach }), "connected");
    assert.equal(isSystemSocket({ name: "/var/run/postgresql", address: "192.0.2.1" }), false);
    assert.equal(isSystemSocket({ name: "/var/run/postgresql/../../../tmp", address: undefined }), false);
  });

  test("leaves a service of the user's own as it is", async () => {
    const { port } = world.server;
    const PGSERVICEFILE = world.file("own", `[own]\nhost=localhost\nport=${port}\nuser=hashed\npassword=${SECRET}\n`);
    assert.equal(
      await connecting({ url: "postgres:///postgres?service=own" }, { environment: { PGSERVICEFILE } }),
      "connected",
    );
    assert.match(
      await connecting({ url: `postgres://:${port}/postgres?service=own` }, { environment: { PGSERVICEFILE } }),
      /only pgstep\.json:1:8 names/,
    );
  });
});
