import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseRequireAuth } from "../../../src/core/authentication/require-auth.ts";
import { environmentParameters } from "../../../src/core/connection/parameters.ts";
import { type ConnectionDefaults, serverTarget } from "../../../src/core/connection/server-target.ts";
import { describeTarget } from "../../../src/core/connection/target.ts";
import { parseConnectionUrl } from "../../../src/core/connection/url.ts";

const defaults: ConnectionDefaults = {
  host: "/run/pg",
  user: "me",
  ignoredPasswordFile: undefined,
  password: ({ host, port, database, user }) => `${host}:${port}:${database}:${user}`,
};
const target = (url: string, given = defaults) => serverTarget(parseConnectionUrl(url, "--url"), given);

describe("server target", () => {
  test("what is left open comes from the machine", () => {
    const { hosts, user, database, tls, connectTimeoutMs, startup } = target("postgres://");
    assert.deepEqual(
      hosts.map(({ name, address, port, password }) => ({ name, address, port, password: password() })),
      [{ name: "/run/pg", address: undefined, port: 5432, password: "localhost:5432:me:me" }],
    );
    assert.deepEqual(
      { user, database, sslMode: tls.mode, connectTimeoutMs, startup },
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
    assert.equal(target("postgres:///d?hostaddr=fe80::1%25eth0").hosts[0]?.address, "fe80::1%eth0");
    assert.throws(() => target("postgres:///d?hostaddr=localhost"), {
      message: /hostaddr=localhost is not an IP address/,
    });
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
    "postgres://h/d?sslmod=": { message: /"sslmod" is not known/ },
    "postgres://h/d?schema=x": { message: /"schema" is another tool's parameter/, hint: /--schema/ },
    "postgres://h/d?sslidentity=x.p12": {
      message: /"sslidentity" is another tool's parameter/,
      hint: /openssl pkcs12/,
    },
    "postgres://h/d?sslaccept=strict": { message: /"sslaccept" is another tool's parameter/, hint: /verify-full/ },
    "postgres://h/d?constructor=x": { message: /"constructor" is not known/ },
    "postgres://h/d?sslmode=on": { message: /sslmode=on is not supported/, hint: /verify-full/ },
    "postgres://h/d?sslcertmode=require": { message: /sslcertmode=require/, hint: /clientcert=verify-full/ },
    "postgres://h/d?sslkeylogfile=k": { message: /"sslkeylogfile" is not supported/ },
    "postgres://h/d?requirepeer=postgres": { message: /"requirepeer" is not supported/, hint: /verify-full/ },
    "postgres://h/d?krbsrvname=postgres": { message: /"krbsrvname" is not supported/, hint: /GSSAPI/ },
    "postgres://h/d?gsslib=gssapi": { message: /"gsslib" is not supported/ },
    "postgres://h/d?gssdelegation=1": { message: /gssdelegation=1/ },
    "postgres://h/d?gssencmode=require": { message: /gssencmode=require/, hint: /sslmode=require/ },
    "postgres://h/d?oauth_issuer=x": { message: /"oauth_issuer" is not supported/ },
    "postgres://h/d?oauth_client_id=x": { message: /"oauth_client_id" is not supported/ },
    "postgres://h/d?oauth_client_secret=x": { message: /"oauth_client_secret" is not supported/ },
    "postgres://h/d?oauth_scope=x": { message: /"oauth_scope" is not supported/ },
    "postgres://h/d?scram_client_key=x": { message: /"scram_client_key" is not supported/ },
    "postgres://h/d?scram_server_key=x": { message: /"scram_server_key" is not supported/ },
    "postgres://h/d?replication=database": { message: /replication=database/ },
    "postgres://h/d?min_protocol_version=3.2": { message: /min_protocol_version=3.2/ },
    "postgres://h/d?max_protocol_version=2.0": { message: /max_protocol_version=2.0/ },
    "postgres://h/d?require_auth=nobody": { message: /require_auth=nobody is not a list/ },
    "postgres://h/d?channel_binding=maybe": { message: /channel_binding=maybe/ },
    "postgres://h/d?client_encoding=LATIN1": { message: /client_encoding=LATIN1/ },
    "postgres://h/d?target_session_attrs=leader": { message: /target_session_attrs=leader/, hint: /prefer-standby/ },
    "postgres://h/d?load_balance_hosts=yes": { message: /load_balance_hosts=yes/ },
    "postgres://h/d?keepalives=2": { message: /keepalives is a whole number/ },
    "postgres://h/d?sslsni=2": { message: /sslsni=2/ },
    "postgres://h/d?ssl_min_protocol_version=SSLv3": { message: /ssl_min_protocol_version=SSLv3/ },
    "postgres://h/d?ssl_max_protocol_version=TLSv1.1": { message: /contradict/ },
    "postgres://h/d?connect_timeout=soon": { message: /connect_timeout is a whole number/ },
    "postgres://h:70000/d": { message: /from 1 to 65535/ },
    "postgres://h/d?sslrootcert=system&sslmode=require": { message: /contradict/ },
    "postgres://h/d?sslnegotiation=direct": { message: /contradict/ },
  };
  for (const [url, expected] of Object.entries(refused)) {
    test(`${url} is refused by name`, () => assert.throws(() => target(url), { code: "settings", ...expected }));
  }

  const harmless = [
    "gssencmode=disable",
    "client_encoding=UTF8",
    "replication=false",
    "gssdelegation=0",
    "sslcompression=1",
    "keepalives_interval=9",
    "keepalives_count=9",
    "tcp_user_timeout=9",
    "min_protocol_version=3.0",
    "max_protocol_version=latest",
    "pgbouncer=true",
    "connection_limit=1",
    "pool_timeout=5",
    "statement_cache_size=0",
    "serverVersion=16&charset=utf8",
    "supa=base-pooler.x&workaround=supabase-pooler.vercel",
  ];
  for (const query of harmless) {
    test(`${query} changes nothing and is let through`, () => {
      const changed = { ...target(`postgres://h/d?${query}`), hosts: [] };
      const { clientKeyPassword: _one, ...tls } = changed.tls;
      const { clientKeyPassword: _other, ...plain } = target("postgres://h/d").tls;
      assert.deepEqual({ ...changed, tls }, { ...target("postgres://h/d"), hosts: [], tls: plain });
    });
  }

  test("what is understood", () => {
    assert.equal(target("postgres://h/d?sslrootcert=system").tls.mode, "verify-full");
    assert.equal(target("postgres://h/d?requiressl=1").tls.mode, "require");
    assert.equal(target("postgres://h/d?requiressl=0").tls.mode, "prefer");
    for (const forEver of ["0", "-1"]) {
      assert.equal(target(`postgres://h/d?connect_timeout=${forEver}`).connectTimeoutMs, 0);
    }
    assert.equal(target("postgres://h/d?keepalives=0").keepAliveMs, undefined);
    assert.equal(target("postgres://h/d?keepalives_idle=7").keepAliveMs, 7_000);
    assert.equal(target("postgres://h/d?channel_binding=require").authentication.channelBinding, "require");
    assert.equal(target("postgres://h/d?fallback_application_name=f").startup.application_name, "f");
    assert.equal(target("postgres://h/d?fallback_application_name=f&application_name=a").startup.application_name, "a");
    assert.ok(!JSON.stringify(target("postgres://h/d?sslpassword=topsecret")).includes("topsecret"));
  });

  test("require_auth lists methods that are wanted, or those that are not", () => {
    const allowed = (list: string) => [...(parseRequireAuth(list)?.allowed ?? ["refused"])];
    assert.deepEqual(allowed("md5, scram-sha-256"), ["md5", "scram-sha-256"]);
    assert.deepEqual(allowed("!none,!password"), ["md5", "gss", "sspi", "scram-sha-256", "oauth"]);
    for (const list of ["md5,!none", "!md5,none", "md5,md5", "md4", "md5,", "!", "!!md5"]) {
      assert.deepEqual(allowed(list), ["refused"], list);
    }
    assert.equal(parseRequireAuth("password")?.clearTextAgreed, true);
    assert.equal(parseRequireAuth("!md5")?.clearTextAgreed, false);
  });
});
