import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { createSecureContext, TLSSocket } from "node:tls";
import type { PostgresSession } from "../../../src/adapters/session/postgres-session.ts";
import { openDatabase } from "../../../src/adapters/target/open-database.ts";
import { resolveTarget } from "../../../src/adapters/target/resolve-target.ts";
import { type Certificate, makeCertificate } from "../../support/certificates.ts";
import { makeTlsWorld, outcome, type TlsWorld } from "../../support/tls-world.ts";

const AUTHENTICATION = [
  "local all postgres trust",
  "local all clear password",
  "local all hashed md5",
  "host all clear all password",
  "host all hashed all md5",
  "host all all all scram-sha-256",
].join("\n");

const PASSWORDS = [
  "plain",
  "with space ",
  "ü€😀",
  "I\u00adX",
  "\u2168 \u00a0x",
  "\u0627\u0031",
  "'\"\\%",
  "a".repeat(900),
];

describe("logging in", () => {
  let world: TlsWorld;
  let strange: Certificate;

  before(async () => {
    world = await makeTlsWorld(AUTHENTICATION, (issuer) => ({
      sha384: makeCertificate({ name: "localhost", issuer, hosts: ["localhost"], signature: "ecdsa-sha384" }),
      sha512: makeCertificate({ name: "localhost", signature: "rsa-sha512" }),
      unhashed: makeCertificate({ name: "localhost", signature: "ed25519" }),
    }));
    strange = makeCertificate({ name: "localhost", hosts: ["localhost"] });
    const { server } = world;
    await server.query("postgres", "CREATE ROLE clear LOGIN PASSWORD 'topsecret'");
    await server.query("postgres", "CREATE ROLE scram LOGIN PASSWORD 'topsecret'");
    await server.query("postgres", "CREATE ROLE hashed LOGIN");
    await server.query("postgres", "SET password_encryption = 'md5'; ALTER ROLE hashed PASSWORD 'topsecret'");
    for (const [index, password] of PASSWORDS.entries()) {
      await server.query("postgres", `CREATE ROLE "odd${index}" LOGIN PASSWORD '${password.replaceAll("'", "''")}'`);
    }
  });
  after(() => world?.end());

  /** The user that is logged in, or the message of the failure. */
  async function login(user: string, query: string, where: { password?: string; port?: number } = {}): Promise<string> {
    const { password = "topsecret", port = world.server.port } = where;
    const secret = encodeURIComponent(password);
    const look = async (session: PostgresSession) =>
      String((await session.query("SELECT current_user AS name"))[0]?.name);
    const message = await outcome(`postgres://${user}:${secret}@127.0.0.1:${port}/postgres?${query}`, look);
    assert.ok(!message.includes("topsecret"), message);
    return message;
  }

  test("with SCRAM, whatever the password consists of", async () => {
    for (const [index, password] of PASSWORDS.entries()) {
      for (const sslmode of ["disable", "require"]) {
        assert.equal(await login(`odd${index}`, `sslmode=${sslmode}`, { password }), `odd${index}`, password);
      }
      assert.match(await login(`odd${index}`, "", { password: `${password}x` }), /password authentication failed/);
    }
  });

  test("with md5 where others may listen, which is warned of once, and not over TLS or a socket", async () => {
    const { server } = world;
    const warnings = async (host: string, sslmode: string) => {
      const { port } = server;
      const url = `postgres://hashed:topsecret@/postgres?host=${host}&port=${port}&sslmode=${sslmode}`;
      const target = resolveTarget({ url, environment: {} });
      assert.ok(target);
      const rules: string[] = [];
      const database = openDatabase(target, {
        emit: (event) => void (event.type === "warning" && rules.push(event.finding.rule)),
      });
      for (let count = 0; count < 2; count++) await (await database.open()).close();
      return rules;
    };
    assert.deepEqual(await warnings("127.0.0.1", "disable"), ["md5-login"]);
    assert.deepEqual(await warnings("127.0.0.1", "require"), []);
    assert.deepEqual(await warnings(encodeURIComponent(server.socketDirectory), "disable"), []);
  });

  test("with md5 and a wrong password", async () => {
    assert.equal(await login("hashed", "sslmode=disable"), "hashed");
    assert.equal(await login("hashed", "sslmode=require"), "hashed");
    assert.match(await login("hashed", "", { password: "wrong" }), /password authentication failed/);
    assert.match(
      await login("hashed", "", { password: "" }),
      /the server asks for the password of user "hashed", and none was given/,
    );
  });

  test("a password in clear text needs TLS, a socket, or consent", async () => {
    assert.equal(await login("clear", "sslmode=require"), "clear");
    assert.match(await login("clear", "sslmode=disable"), /in clear text, and the connection is not encrypted/);
    assert.match(await login("clear", "sslmode=disable&require_auth=!md5"), /in clear text/);
    assert.equal(await login("clear", "sslmode=disable&require_auth=password"), "clear");
    const { port, socketDirectory } = world.server;
    const socket = `host=${socketDirectory} port=${port} dbname=postgres user=clear password=topsecret`;
    assert.equal(await outcome(socket, async () => "through the socket"), "through the socket");
  });

  test("require_auth is what the server has to ask for", async () => {
    assert.equal(await login("scram", "require_auth=scram-sha-256"), "scram");
    assert.equal(await login("scram", "require_auth=md5,scram-sha-256"), "scram");
    assert.equal(await login("scram", "require_auth=!none,!password"), "scram");
    assert.match(await login("scram", "require_auth=md5"), /the server wants scram-sha-256, which require_auth/);
    assert.match(await login("hashed", "require_auth=scram-sha-256"), /the server wants md5, which require_auth/);
    assert.match(await login("clear", "sslmode=require&require_auth=!password"), /wants the password in clear text/);
    const { port, socketDirectory } = world.server;
    const trusted = `host=${socketDirectory} port=${port} dbname=postgres user=postgres`;
    assert.match(await outcome(`${trusted} require_auth=!none`, async () => "in"), /no authentication at all/);
    assert.equal(await outcome(`${trusted} require_auth=none`, async () => "in"), "in");
  });

  test("channel_binding=require ties the log-in to the server's certificate", async () => {
    const bound = "sslmode=require&channel_binding=require";
    for (const certificate of ["server", "sha384", "sha512"]) {
      await world.show(certificate);
      assert.equal(await login("scram", bound), "scram", certificate);
    }
    await world.show("unhashed");
    assert.match(await login("scram", bound), /not defined for the kind of certificate/);
    assert.equal(await login("scram", "sslmode=require"), "scram");
    await world.show("server");
    assert.match(await login("scram", "sslmode=disable&channel_binding=require"), /needs TLS/);
    assert.match(await login("hashed", bound), /the server accepts the login without it/);
    assert.match(await login("clear", bound), /the server accepts the login without it/);
    const { port, socketDirectory } = world.server;
    const trusted = `host=${socketDirectory} port=${port} dbname=postgres user=postgres channel_binding=require`;
    assert.match(await outcome(trusted, async () => "in"), /the server accepts the login without it/);
  });

  test("somebody in between is noticed by the certificate, and also when the offer is taken away", async () => {
    const between = await standBetween(world.server.port, strange, (bytes) => bytes);
    const hiding = await standBetween(world.server.port, strange, withoutPlus);
    try {
      const query = (binding: string) => `sslmode=require&channel_binding=${binding}`;
      for (const binding of ["prefer", "require"]) {
        assert.match(
          await login("scram", query(binding), between),
          /channel binding check failed|authentication failed/,
        );
      }
      assert.equal(await login("scram", query("disable"), between), "scram");
      assert.match(await login("scram", query("require"), hiding), /not offered by the server/);
      assert.match(await login("scram", query("prefer"), hiding), /channel binding/);
    } finally {
      between.close();
      hiding.close();
    }
  });
});

/** What a server says, with SCRAM-SHA-256-PLUS renamed to something that nobody knows. */
function withoutPlus(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString("latin1").replace("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256-NONE"), "latin1");
}

/** A proxy that ends TLS with a certificate of its own, and speaks TLS to the server. */
async function standBetween(port: number, certificate: Certificate, change: (bytes: Buffer) => Buffer) {
  const sockets: Socket[] = [];
  const { connect } = await import("node:net");
  const tls = await import("node:tls");
  const listener = createServer((client) => {
    const server = connect(port, "127.0.0.1");
    sockets.push(client, server);
    for (const socket of [client, server]) socket.on("error", () => {});
    client.once("data", (request: Buffer) => server.write(request));
    server.once("data", (answer: Buffer) => {
      const inner = tls.connect({ socket: server, rejectUnauthorized: false });
      const secureContext = createSecureContext({ cert: certificate.certificate, key: certificate.key });
      const outer = new TLSSocket(client, { isServer: true, secureContext });
      for (const socket of [inner, outer]) socket.on("error", () => {});
      outer.on("data", (bytes: Buffer) => inner.write(bytes));
      inner.on("data", (bytes: Buffer) => outer.write(change(bytes)));
      inner.on("close", () => outer.destroy());
      outer.on("close", () => inner.destroy());
      client.write(answer);
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  assert.ok(address && typeof address === "object");
  return {
    port: address.port,
    close() {
      for (const socket of sockets) socket.destroy();
      listener.close();
    },
  };
}
