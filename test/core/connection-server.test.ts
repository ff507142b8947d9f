import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { environmentParameters } from "../../src/core/connection/parameters.ts";
import { type ConnectionDefaults, serverTarget } from "../../src/core/connection/server.ts";
import { describeTarget } from "../../src/core/connection/target.ts";
import { parseConnectionUrl } from "../../src/core/connection/url.ts";

const defaults: ConnectionDefaults = {
  host: "/run/pg",
  user: "me",
  ignoredPasswordFile: undefined,
  password: ({ host, port, database, user }) => `${host}:${port}:${database}:${user}`,
};
const target = (url: string, given = defaults) => serverTarget(parseConnectionUrl(url, "--url"), given);

describe("server target", () => {
  test("what is left open comes from the machine", () => {
    const { hosts, user, database, sslMode, connectTimeoutMs, startup } = target("postgres://");
    assert.deepEqual(
      hosts.map(({ name, address, port, password }) => ({ name, address, port, password: password() })),
      [{ name: "/run/pg", address: undefined, port: 5432, password: "localhost:5432:me:me" }],
    );
    assert.deepEqual(
      { user, database, sslMode, connectTimeoutMs, startup },
      {
        user: "me",
        database: "me",
        sslMode: "prefer",
        connectTimeoutMs: 10_000,
        startup: { application_name: "pgstep" },
      },
    );
  });

  test("several hosts take one port, or one each", () => {
    const places = (url: string) => target(url).hosts.map(({ name, port }) => `${name} ${port}`);
    assert.deepEqual(places("postgres://a,b:1,c/d"), ["a 5432", "b 1", "c 5432"]);
    assert.deepEqual(places("postgres:///d?host=a,b&port=7"), ["a 7", "b 7"]);
    assert.throws(() => places("postgres:///d?host=a,b,c&port=1,2"), { message: /3 hosts and 2 ports/ });
  });

  test("an address spares the look-up and the host keeps its name", () => {
    const [host] = target("postgres://db.example/d?hostaddr=10.0.0.1").hosts;
    assert.equal(host?.name, "db.example");
    assert.equal(host?.address, "10.0.0.1");
    assert.equal(target("postgres:///d?hostaddr=10.0.0.1").hosts[0]?.name, "10.0.0.1");
  });

  test("a password that was given wins over the password file", () => {
    assert.equal(target("postgres://u:p@h/d").hosts[0]?.password(), "p");
    assert.equal(target("postgres://u@h:1/d").hosts[0]?.password(), "h:1:d:u");
  });

  test("neither the description nor a dump shows the password", () => {
    const one = target("postgres://u:topsecret@h1,[::1]:7/d");
    assert.equal(describeTarget(one), "d on h1:5432, [::1]:7");
    assert.ok(!JSON.stringify(one).includes("topsecret"));
  });

  test("environment variables count like parameters, empty ones not at all", () => {
    const parameters = environmentParameters({
      PGHOST: "h",
      PGPORT: "7",
      PGUSER: "",
      PGAPPNAME: "a",
      PGOPTIONS: "-c x=y",
    });
    const { hosts, user, startup } = serverTarget(parameters, defaults);
    assert.equal(hosts[0]?.port, 7);
    assert.equal(user, "me");
    assert.deepEqual(startup, { application_name: "a", options: "-c x=y" });
  });

  const refused: Record<string, { message: RegExp; hint?: RegExp }> = {
    "postgres://h/d?sslmod=require": { message: /"sslmod" is not known/, hint: /"sslmode"/ },
    "postgres://h/d?schema=x": { message: /"schema" is not known/, hint: /--schema/ },
    "postgres://h/d?constructor=x": { message: /"constructor" is not known/ },
    "postgres://h/d?sslmode=on": { message: /sslmode=on is not supported/, hint: /verify-full/ },
    "postgres://h/d?sslcert=a.pem": { message: /"sslcert" is not supported/ },
    "postgres://h/d?require_auth=none": { message: /"require_auth" is not supported/ },
    "postgres://h/d?channel_binding=require": { message: /channel_binding=require/ },
    "postgres://h/d?client_encoding=LATIN1": { message: /client_encoding=LATIN1/ },
    "postgres://h/d?target_session_attrs=standby": { message: /target_session_attrs=standby/ },
    "postgres://h/d?connect_timeout=soon": { message: /connect_timeout is a whole number/ },
    "postgres://h:70000/d": { message: /from 1 to 65535/ },
    "postgres://h/d?sslrootcert=system&sslmode=require": { message: /contradict/ },
    "postgres://h/d?sslnegotiation=direct": { message: /contradict/ },
  };
  for (const [url, expected] of Object.entries(refused)) {
    test(`${url} is refused by name`, () => assert.throws(() => target(url), { code: "settings", ...expected }));
  }

  test("what changes nothing here is let through", () => {
    target(
      "postgres://h/d?channel_binding=prefer&gssencmode=disable&client_encoding=UTF8&keepalives_idle=9&sslcompression=0",
    );
    assert.equal(target("postgres://h/d?sslrootcert=system").sslMode, "verify-full");
    assert.equal(target("postgres://h/d?connect_timeout=0").connectTimeoutMs, 0);
  });
});
