import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { createServer, type Server } from "node:net";
import { after, before, describe, test } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import type { PostgresSession } from "../../../src/adapters/session/postgres-session.ts";
import { makeCertificate, makeRevocationList } from "../../support/certificates.ts";
import { type PostgresServer, startPostgres } from "../../support/postgres-server.ts";
import { makeTlsWorld, outcome, type TlsWorld } from "../../support/tls-world.ts";

const AUTHENTICATION = [
  "hostnossl plainless all all reject",
  "hostssl tlsless all all reject",
  "hostssl certified all all cert",
  "hostssl all proven all trust clientcert=verify-full",
  "host all all all trust",
  "local all all trust",
].join("\n");

describe("TLS", () => {
  let world: TlsWorld;
  let plain: PostgresServer;
  let trusting: string;
  let strange: string;

  before(async () => {
    world = await makeTlsWorld(AUTHENTICATION, (issuer) => ({
      expired: makeCertificate({ name: "localhost", issuer, hosts: ["localhost"], days: -1 }),
      address: makeCertificate({ name: "somewhere", issuer, hosts: ["127.0.0.1", "*.db.example"] }),
    }));
    plain = await startPostgres();
    for (const name of ["plainless", "tlsless", "certified"]) {
      await world.server.query("postgres", `CREATE DATABASE ${name}`);
    }
    for (const name of ["proven", "somebody"]) await world.server.query("postgres", `CREATE ROLE ${name} LOGIN`);
    trusting = `sslrootcert=${world.file("root.crt", world.authority.certificate)}`;
    strange = `sslrootcert=${world.file("strange.crt", makeCertificate({ name: "strange" }).certificate)}`;
  });
  after(async () => {
    await world?.end();
    await plain?.stop();
  });

  interface Where {
    readonly server?: PostgresServer;
    readonly host?: string;
    readonly database?: string;
    readonly user?: string;
    readonly environment?: Record<string, string>;
  }

  /** "TLS", "plain", or the message of the failure; checks that a cancel request takes the same way. */
  async function attempt(query: string, where: Where = {}): Promise<string> {
    const { server = world.server, host = "localhost", database = "postgres", user = "postgres" } = where;
    const look = async (session: PostgresSession) => {
      const [row] = await session.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
      const [size] = await session.query(`SELECT length('${"x".repeat(3_000_000)}') AS n`);
      assert.equal(size?.n, 3_000_000);
      const running = session.execute("SELECT pg_sleep(30)").then(String, String);
      while (
        (await server.query("postgres", "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")).length === 0
      );
      await session.cancel();
      assert.match(await running, /canceling statement/);
      return row?.ssl === true ? "TLS" : "plain";
    };
    const url = `postgres://${user}@${host}:${server.port}/${database}?hostaddr=127.0.0.1&${query}`;
    return await outcome(url, look, where.environment);
  }

  test("without verification", async () => {
    assert.equal(await attempt("sslmode=disable"), "plain");
    assert.equal(await attempt("sslmode=allow"), "plain");
    assert.equal(await attempt("sslmode=allow", { database: "plainless" }), "TLS");
    assert.equal(await attempt("sslmode=prefer"), "TLS");
    assert.equal(await attempt("sslmode=prefer", { database: "tlsless" }), "plain");
    assert.equal(await attempt("sslmode=require"), "TLS");
    assert.match(await attempt("sslmode=require", { database: "tlsless" }), /pg_hba\.conf rejects/);
    assert.equal(await attempt("requiressl=1"), "TLS");
    assert.equal(await attempt("sslmode=require&sslnegotiation=direct"), "TLS");
    assert.equal(await attempt("sslmode=require&sslrootcert=/no/such/file"), "TLS");
  });

  test("with verification", async () => {
    assert.equal(await attempt(`sslmode=verify-full&${trusting}`), "TLS");
    assert.match(await attempt(`sslmode=verify-full&${trusting}`, { host: "127.0.0.1" }), /not for "127\.0\.0\.1"/);
    assert.match(await attempt(`sslmode=verify-full&${trusting}`, { host: "db.example" }), /not for "db\.example"/);
    assert.equal(await attempt(`sslmode=verify-ca&${trusting}`, { host: "db.example" }), "TLS");
    for (const mode of ["require", "verify-ca", "verify-full"]) {
      assert.match(await attempt(`sslmode=${mode}&${strange}`), /certificate is not trusted/);
    }
    assert.equal(await attempt(`sslmode=prefer&${strange}`), "plain");
    assert.match(await attempt("sslmode=verify-ca&sslrootcert=/no/such/file"), /no root certificate in/);
  });

  test("the system's roots are those that SSL_CERT_FILE names", async () => {
    assert.match(await attempt("sslrootcert=system"), /certificate is not trusted/);
    const before = process.env.SSL_CERT_FILE;
    process.env.SSL_CERT_FILE = world.file("system.crt", world.authority.certificate);
    try {
      assert.equal(await attempt("sslrootcert=system"), "TLS");
      assert.match(await attempt("sslrootcert=system", { host: "db.example" }), /not for "db\.example"/);
    } finally {
      if (before === undefined) delete process.env.SSL_CERT_FILE;
      else process.env.SSL_CERT_FILE = before;
    }
  });

  test("against a server without TLS", async () => {
    assert.equal(await attempt("sslmode=prefer", { server: plain }), "plain");
    assert.match(await attempt("sslmode=require", { server: plain }), /the server does not support it/);
    assert.match(await attempt(`sslmode=verify-full&${trusting}`, { server: plain }), /does not support it/);
  });

  test("a client certificate", async () => {
    const wanted = { database: "certified", user: "somebody" };
    const own = makeCertificate({ name: "somebody", issuer: world.authority });
    const cert = `sslmode=require&sslcert=${world.file("somebody.crt", own.certificate)}`;
    const named = (name: string, key: string | Buffer, mode?: number) => `&sslkey=${world.file(name, key, mode)}`;
    const key = named("somebody.key", own.key);
    assert.equal(await attempt(`${cert}${key}`, wanted), "TLS");
    const variables = { PGSSLMODE: "require", PGSSLCERT: world.file("c", own.certificate), PGSSLKEY: key.slice(8) };
    assert.equal(await attempt("", { ...wanted, environment: variables }), "TLS");
    assert.match(await attempt("sslmode=require", wanted), /requires a valid client certificate/);
    assert.match(await attempt(`${cert}${key}&sslcertmode=disable`, wanted), /requires a valid client certificate/);
    assert.match(await attempt("sslmode=require&sslcert=/no/such/file", wanted), /requires a valid client certificate/);
    assert.match(await attempt(`${cert}${key}`, { user: "proven" }), /authentication failed for user "proven"/);
    assert.match(await attempt(`${cert}&sslkey=/no/such/file`, wanted), /there is no key file \/no\/such\/file/);
    assert.match(await attempt(`${cert}${named("open.key", own.key, 0o644)}`, wanted), /open\.key: others may read it/);
    const other = makeCertificate({ name: "somebody" });
    assert.match(await attempt(`${cert}${named("other.key", other.key)}`, wanted), /other\.key is not its key/);
    assert.match(await attempt(`${cert}${named("junk.key", "junk")}`, wanted), /neither PEM nor DER/);
    assert.equal(await attempt(`sslmode=prefer&${cert.slice(16)}&sslkey=/no/such/file`), "plain");
    const foreign = `sslmode=require&sslcert=${world.file("other.crt", other.certificate)}`;
    assert.match(await attempt(`${foreign}${named("other.key", other.key)}`, wanted), /TLS|closed the connection/);
  });

  test("its key in DER and encrypted", async () => {
    const wanted = { database: "certified", user: "somebody" };
    const own = makeCertificate({ name: "somebody", issuer: world.authority });
    const cert = `sslmode=require&sslcert=${world.file("forms.crt", own.certificate)}`;
    const key = createPrivateKey(own.key);
    const forms = {
      pkcs8: key.export({ format: "der", type: "pkcs8" }),
      sec1: key.export({ format: "der", type: "sec1" }),
    };
    for (const [name, bytes] of Object.entries(forms)) {
      assert.equal(await attempt(`${cert}&sslkey=${world.file(`${name}.key`, bytes)}`, wanted), "TLS", name);
    }
    const cipher = { cipher: "aes-256-cbc", passphrase: "key secret" };
    const encrypted = key.export({ format: "pem", type: "pkcs8", ...cipher });
    const secret = `${cert}&sslkey=${world.file("encrypted.key", encrypted)}`;
    assert.equal(await attempt(`${secret}&sslpassword=key%20secret`, wanted), "TLS");
    assert.match(await attempt(`${secret}&sslpassword=wrong`, wanted), /encrypted\.key: the password is wrong/);
    assert.match(await attempt(secret, wanted), /it is encrypted and no password is given/);
  });

  test("least and greatest version", async () => {
    const version = async (query: string) =>
      outcome(`postgres://postgres@127.0.0.1:${world.server.port}/postgres?sslmode=require&${query}`, async (session) =>
        String((await session.query("SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))[0]?.version),
      );
    assert.equal(await version(""), "TLSv1.3");
    assert.equal(await version("ssl_max_protocol_version=TLSv1.2"), "TLSv1.2");
    assert.equal(await version("ssl_min_protocol_version=tlsv1.3"), "TLSv1.3");
    assert.match(
      await version("ssl_min_protocol_version=TLSv1.1&ssl_max_protocol_version=TLSv1.1"),
      /TLS handshake failed/,
    );
    const limit = async (greatest: string) => {
      await world.server.query("postgres", `ALTER SYSTEM SET ssl_max_protocol_version = '${greatest}'`);
      await world.server.query("postgres", "SELECT pg_reload_conf()");
      const shown = async () =>
        Object.values((await world.server.query("postgres", "SHOW ssl_max_protocol_version"))[0] ?? {});
      while ((await shown())[0] !== greatest);
    };
    await limit("TLSv1.2");
    assert.equal(await version(""), "TLSv1.2");
    assert.match(await version("ssl_min_protocol_version=TLSv1.3"), /TLS handshake failed/);
    await limit("");
  });

  test("certificates that the authority has taken back", async () => {
    const list = (...revoked: Parameters<typeof makeRevocationList>[1]) => makeRevocationList(world.authority, revoked);
    const verifying = `sslmode=verify-ca&${trusting}`;
    const good = `sslcrl=${world.file("good.crl", list())}`;
    const bad = `sslcrl=${world.file("bad.crl", list(world.certificate))}`;
    if (process.versions.deno !== undefined) {
      for (const query of [good, bad]) assert.match(await attempt(`${verifying}&${query}`), /Deno does not support/);
      return;
    }
    assert.equal(await attempt(`${verifying}&${good}`), "TLS");
    assert.match(await attempt(`${verifying}&${bad}`), /certificate has been revoked/);
    assert.equal(await attempt(`sslmode=require&${bad}`), "TLS");
    assert.match(await attempt(`${verifying}&sslcrl=/no/such/file`), /Cannot read the revocation list/);
    const path = world.file("0a1b2c3d.r0", list(world.certificate));
    const directory = path.slice(0, path.lastIndexOf("/"));
    assert.match(await attempt(`${verifying}&sslcrldir=${directory}`), /certificate has been revoked/);
  });

  test("an expired certificate, and one for an address and a wildcard", async () => {
    await world.show("expired");
    // Deno refuses it without telling why.
    const refused = process.versions.deno === undefined ? /has expired/ : /has expired|is not trusted/;
    assert.match(await attempt(`sslmode=verify-ca&${trusting}`), refused);
    assert.equal(await attempt("sslmode=require"), "TLS");
    await world.show("address");
    assert.equal(await attempt(`sslmode=verify-full&${trusting}`, { host: "127.0.0.1" }), "TLS");
    assert.equal(await attempt(`sslmode=verify-full&sslsni=0&${trusting}`, { host: "127.0.0.1" }), "TLS");
    assert.equal(await attempt(`sslmode=verify-full&sslsni=0&${trusting}`, { host: "a.db.example" }), "TLS");
    assert.match(await attempt(`sslmode=verify-full&sslsni=0&${trusting}`, { host: "b.a.db.example" }), /not for/);
    assert.match(await attempt(`sslmode=verify-full&${trusting}`), /not for "localhost"/);
  });

  test("sslsni=0 keeps the host's name from who listens in", async () => {
    const greeting = async (query: string, host = "localhost") => {
      let seen = "";
      const listener = createServer((socket) => {
        socket.on("error", () => {});
        socket.on("data", (bytes) => {
          seen += bytes.toString("latin1");
          socket.destroy();
        });
      });
      const port = await listening(listener);
      const url = `postgres://me@${host}:${port}/d?hostaddr=127.0.0.1&sslmode=require&sslnegotiation=direct&${query}`;
      await outcome(url, async () => "connected");
      listener.close();
      assert.equal(seen.charCodeAt(0), 0x16, "a TLS handshake");
      return seen;
    };
    assert.ok((await greeting("")).includes("localhost"));
    assert.ok(!(await greeting("sslsni=0")).includes("localhost"));
    assert.ok(!(await greeting("", "127.0.0.9")).includes("127.0.0.9"));
    assert.ok((await greeting("")).includes("postgresql"), "the protocol's name");
  });

  test("a direct TLS server that does not agree to the protocol is left", async () => {
    const own = makeCertificate({ name: "localhost" });
    const listener = createTlsServer({ cert: own.certificate, key: own.key }, (socket) => {
      socket.on("error", () => {});
    });
    listener.on("tlsClientError", () => {});
    const port = await listening(listener);
    const url = `postgres://me@localhost:${port}/d?hostaddr=127.0.0.1&sslmode=require&sslnegotiation=direct`;
    assert.match(await outcome(`${url}&connect_timeout=5`, async () => "connected"), /did not agree to speak/);
    listener.close();
  });
});

async function listening(listener: Server): Promise<number> {
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  assert.ok(address && typeof address === "object");
  return address.port;
}
