import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { openDatabase } from "../../src/adapters/open-database.ts";
import { resolveTarget } from "../../src/adapters/resolve-target.ts";
import { Failure } from "../../src/core/error.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";

async function connect(url: string, environment: Record<string, string> = {}) {
  const target = resolveTarget({ url, environment });
  assert.ok(target);
  return await openDatabase(target).open();
}

async function failure(url: string, environment?: Record<string, string>): Promise<Failure> {
  const error = await connect(url, environment).then(
    (session) => session.close(),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Failure, `${url}: ${error}`);
  assert.ok(error.hint);
  assert.ok(!/topsecret/.test(`${error.message} ${error.hint} ${String(error.cause)}`));
  return error;
}

describe("connecting", () => {
  let server: PostgresServer;
  let database: string;
  const strangers: Server[] = [];
  const sockets: Socket[] = [];

  /** A listener that is no PostgreSQL server; returns its port. */
  async function stranger(greet: (socket: Socket) => void): Promise<number> {
    const listener = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => {});
      greet(socket);
    });
    strangers.push(listener);
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const address = listener.address();
    assert.ok(address && typeof address === "object");
    return address.port;
  }

  before(async () => {
    server = await startPostgres({
      authentication: [
        "local all all trust",
        "host all postgres 127.0.0.1/32 trust",
        "host all rejected 127.0.0.1/32 reject",
        "host all all 127.0.0.1/32 scram-sha-256",
      ].join("\n"),
    });
    database = (await server.createDatabase("CREATE ROLE locked LOGIN PASSWORD 'topsecret'")).name;
    await server.query(database, "CREATE ROLE rejected LOGIN");
    await server.query(database, "CREATE ROLE outside LOGIN PASSWORD 'topsecret'");
    await server.query(database, `REVOKE CONNECT ON DATABASE "${database}" FROM PUBLIC`);
    await server.query(database, `GRANT CONNECT ON DATABASE "${database}" TO locked`);
    await server.query(database, "CREATE ROLE crowded LOGIN PASSWORD 'topsecret' CONNECTION LIMIT 0");
    await server.query(database, `GRANT CONNECT ON DATABASE "${database}" TO crowded`);
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    for (const listener of strangers) listener.close();
    await server.stop();
  });

  test("through the network with a password, and through a socket's directory three ways", async () => {
    const socket = server.socketDirectory;
    const urls: [string, Record<string, string>?][] = [
      [server.url(database, "locked", "topsecret")],
      [`postgres:///${database}?host=${socket}&port=${server.port}&user=postgres`],
      [`postgres://postgres@${encodeURIComponent(socket)}:${server.port}/${database}`],
      [`postgres://postgres@/${database}`, { PGHOST: socket, PGPORT: String(server.port) }],
    ];
    for (const [url, environment] of urls) {
      const session = await connect(url, environment);
      const [row] = await session.query("SELECT current_database() AS name, current_setting('application_name') AS me");
      assert.deepEqual(row, { name: database, me: "pgstep" });
      await session.close();
    }
  });

  test("a variable for several servers does not disturb", async () => {
    const before = process.env.PGTARGETSESSIONATTRS;
    process.env.PGTARGETSESSIONATTRS = "any";
    try {
      await (await connect(server.url(database))).close();
    } finally {
      if (before === undefined) delete process.env.PGTARGETSESSIONATTRS;
      else process.env.PGTARGETSESSIONATTRS = before;
    }
  });

  test("a wrong password, none, an unknown role and an unknown database", async () => {
    const wrong = await failure(server.url(database, "locked", "wrong"));
    assert.equal(wrong.code, "authentication-failed");
    assert.equal(wrong.server?.code, "28P01");
    const none = await failure(server.url(database, "locked"));
    assert.match(none.message, /a password is asked for user "locked" and none was given/);
    assert.match(none.hint ?? "", /PGPASSWORD/);
    const socket = { PGHOST: server.socketDirectory, PGPORT: String(server.port) };
    const role = await failure(`postgres://nobody_here@/${database}`, socket);
    assert.deepEqual([role.code, role.server?.code], ["authentication-failed", "28000"]);
    assert.match(role.hint ?? "", /createuser nobody_here/);
    const missing = await failure(server.url("missing", "locked", "topsecret"));
    assert.deepEqual([missing.code, missing.server?.code], ["authentication-failed", "3D000"]);
    assert.match(missing.hint ?? "", /CREATE DATABASE/);
  });

  test("what the server does not allow", async () => {
    const rejected = await failure(server.url(database, "rejected"));
    assert.equal(rejected.code, "authentication-failed");
    assert.match(rejected.hint ?? "", /pg_hba\.conf/);
    const outside = await failure(server.url(database, "outside", "topsecret"));
    assert.equal(outside.code, "privilege-missing");
    assert.match(outside.hint ?? "", /GRANT CONNECT/);
    const crowded = await failure(server.url(database, "crowded", "topsecret"));
    assert.deepEqual([crowded.code, crowded.server?.code], ["connection-failed", "53300"]);
    const options = await failure(`${server.url(database)}?options=-c%20no_such_setting%3D1`);
    assert.match(options.message, /no_such_setting/);
  });

  test("an unknown host, a closed port, a socket that is not there", async () => {
    assert.match((await failure("postgres://u:topsecret@no-such-host.invalid/d")).message, /host name is not known/);
    assert.match((await failure("postgres://u:topsecret@127.0.0.1:1/d")).message, /refused/);
    assert.match((await failure(`postgres:///d?host=/nowhere-at-all`)).message, /no server socket/);
  });

  test("a host that does not answer is given up in time, before and after the TLS question", async () => {
    const silent = await stranger(() => {});
    const half = await stranger((socket) => socket.once("data", () => socket.write("N")));
    for (const port of [silent, half]) {
      const start = performance.now();
      const { code, message } = await failure(`postgres://u:topsecret@127.0.0.1:${port}/d?connect_timeout=1`);
      assert.equal(code, "connection-failed");
      assert.match(message, /did not answer within 1 s/);
      assert.ok(performance.now() - start < 3_000);
    }
  });

  test("something else than PostgreSQL is told so", async () => {
    const web = await stranger((socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
    const rude = await stranger((socket) => socket.destroy());
    for (const query of ["sslmode=disable", "sslmode=prefer"]) {
      assert.match((await failure(`postgres://127.0.0.1:${web}/d?${query}`)).message, /not a PostgreSQL server/);
      assert.equal((await failure(`postgres://127.0.0.1:${rude}/d?${query}`)).code, "connection-failed");
    }
  });

  test("a server that hangs up is asked once and not again", async () => {
    let calls = 0;
    const port = await stranger((socket) => {
      calls++;
      socket.once("data", () => socket.destroy());
    });
    assert.match((await failure(`postgres://127.0.0.1:${port}/d?sslmode=disable`)).message, /closed the connection/);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(calls, 1);
  });

  test("plain text slipped in before the encryption is refused", async () => {
    const port = await stranger((socket) => socket.once("data", () => socket.write("SEvil")));
    assert.match((await failure(`postgres://127.0.0.1:${port}/d?sslmode=require`)).message, /not a PostgreSQL server/);
  });

  test("several hosts are tried in order, but not past a refusal", async () => {
    const url = (hosts: string, user = "postgres") => `postgres://${user}:wrong@${hosts}/${database}`;
    const session = await connect(url(`127.0.0.1:1,127.0.0.1:${server.port}`));
    await session.close();
    const refused = await failure(url(`127.0.0.1:${server.port},127.0.0.1:1`, "locked"));
    assert.equal(refused.code, "authentication-failed");
  });

  test("target_session_attrs asks for a server that takes writes", async () => {
    const readOnly = "options=-c%20default_transaction_read_only%3Don";
    await (await connect(`${server.url(database)}?target_session_attrs=read-write`)).close();
    await (await connect(`${server.url(database)}?target_session_attrs=primary&${readOnly}`)).close();
    const { message } = await failure(`${server.url(database)}?target_session_attrs=read-write&${readOnly}`);
    assert.match(message, /read-only/);
  });
});
