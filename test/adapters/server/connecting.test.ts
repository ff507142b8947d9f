import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { after, before, describe, test } from "node:test";
import { openDatabase } from "../../../src/adapters/target/open-database.ts";
import { resolveTarget } from "../../../src/adapters/target/resolve-target.ts";
import { Failure } from "../../../src/core/failure/failure.ts";
import { type PostgresServer, startPostgres } from "../../support/postgres-server.ts";

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

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));

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
    await server.query(database, `CREATE ROLE "Group" NOLOGIN; GRANT CONNECT ON DATABASE "${database}" TO "Group"`);
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

  test("by an IPv6 address in brackets, and without in hostaddr", { skip: !hasIpv6 && "there is no ::1" }, async () => {
    const both = await startPostgres({ settings: { listen_addresses: "127.0.0.1,::1" } });
    try {
      for (const url of [
        `postgres://postgres@[::1]:${both.port}/postgres`,
        `postgres://postgres@[::1]:1,[::1]:${both.port}/postgres`,
        `host=anything hostaddr=::1 port=${both.port} user=postgres dbname=postgres`,
      ]) {
        const session = await connect(url);
        assert.equal((await session.query("SELECT host(inet_server_addr()) AS host"))[0]?.host, "::1", url);
        await session.close();
      }
    } finally {
      await both.stop();
    }
  });

  test("through a socket in Linux's abstract space", {
    skip: process.platform !== "linux" && "only Linux has one",
  }, async () => {
    const name = `@pgstep-test-${process.pid}`;
    const abstract = await startPostgres({ settings: { unix_socket_directories: name } });
    const url = `host=${name} port=${abstract.port} user=postgres dbname=postgres`;
    try {
      // Bun and Deno call themselves a later Node.
      if (Number.parseInt(process.versions.node, 10) < 22) {
        await assert.rejects(connect(url), { hint: /abstract sockets do not work on Node 20/ });
      } else {
        const session = await connect(url);
        assert.equal((await session.query("SELECT inet_server_addr() AS host"))[0]?.host, null);
        await session.close();
      }
    } finally {
      await abstract.stop();
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
    assert.match(none.message, /the server asks for the password of user "locked", and none was given/);
    assert.match(none.hint ?? "", /PGPASSWORD/);
    const socket = { PGHOST: server.socketDirectory, PGPORT: String(server.port) };
    const role = await failure(`postgres://nobody_here@/${database}`, socket);
    assert.deepEqual([role.code, role.server?.code], ["authentication-failed", "28000"]);
    assert.match(role.hint ?? "", /createuser -h \S+ -p \d+ nobody_here/);
    const group = await failure(`postgres://Group@/${database}`, socket);
    assert.deepEqual([group.code, group.server?.code], ["authentication-failed", "28000"]);
    assert.equal(group.hint, 'Connect as a role that may log in, or run: ALTER ROLE "Group" LOGIN;');
    const missing = await failure(server.url("missing", "locked", "topsecret"));
    assert.deepEqual([missing.code, missing.server?.code], ["authentication-failed", "3D000"]);
    assert.match(missing.hint ?? "", /pgstep up --create-database$/);
  });

  test("what the server does not allow", async () => {
    const rejected = await failure(server.url(database, "rejected"));
    assert.equal(rejected.code, "authentication-failed");
    assert.match(rejected.hint ?? "", /pg_hba\.conf/);
    const outside = await failure(server.url(database, "outside", "topsecret"));
    assert.equal(outside.code, "privilege-missing");
    assert.match(outside.hint ?? "", /GRANT CONNECT ON DATABASE \w+ TO outside;/);
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
      const { code, message } = await failure(`postgres://u:topsecret@127.0.0.1:${port}/d?connect_timeout=1`);
      assert.equal(code, "connection-failed");
      assert.match(message, /did not answer within 1 s/);
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

  test("target_session_attrs chooses among a primary and its standby", async () => {
    const standby = await startPostgres({ files: { "standby.signal": "" }, settings: { hot_standby: "on" } });
    try {
      const [primary, replica] = [`127.0.0.1:${server.port}`, `127.0.0.1:${standby.port}`];
      const reached = async (hosts: string, attributes: string) => {
        const session = await connect(`postgres://postgres@${hosts}/postgres?target_session_attrs=${attributes}`);
        const [row] = await session.query("SELECT pg_is_in_recovery() AS standby");
        await session.close();
        return row?.standby === true ? "standby" : "primary";
      };
      for (const hosts of [`${primary},${replica}`, `${replica},${primary}`]) {
        assert.equal(await reached(hosts, "any"), hosts.startsWith(primary) ? "primary" : "standby");
        for (const attributes of ["read-write", "primary"]) assert.equal(await reached(hosts, attributes), "primary");
        for (const attributes of ["read-only", "standby", "prefer-standby"]) {
          assert.equal(await reached(hosts, attributes), "standby", attributes);
        }
      }
      assert.equal(await reached(primary, "prefer-standby"), "primary");
      const refusal = async (host: string, attributes: string) =>
        (await failure(`postgres://postgres@${host}/postgres?target_session_attrs=${attributes}`)).message;
      assert.match(await refusal(primary, "standby"), /the server is not a standby/);
      assert.match(await refusal(primary, "read-only"), /the server accepts writes/);
      assert.match(await refusal(replica, "read-write"), /the server is a standby/);
      assert.match(await refusal(replica, "primary"), /the server is a standby/);
    } finally {
      await standby.stop("immediate");
    }
  });

  test("a read-only session is no read-write one, also on a primary", async () => {
    const readOnly = "options=-c%20default_transaction_read_only%3Don";
    const url = (attributes: string) => `${server.url(database)}?target_session_attrs=${attributes}`;
    await (await connect(url("read-write"))).close();
    for (const attributes of ["primary", "read-only"]) await (await connect(`${url(attributes)}&${readOnly}`)).close();
    assert.match((await failure(`${url("read-write")}&${readOnly}`)).message, /read-only/);
  });

  test("load_balance_hosts=random leaves the order to chance", async () => {
    const other = await startPostgres();
    try {
      const hosts = `127.0.0.1:${server.port},127.0.0.1:${other.port}`;
      const reached = new Set<number>();
      for (let attempts = 0; reached.size < 2 && attempts < 100; attempts++) {
        const session = await connect(`postgres://postgres@${hosts}/postgres?load_balance_hosts=random`);
        const [row] = await session.query("SELECT inet_server_port() AS port");
        reached.add(Number(row?.port));
        await session.close();
      }
      assert.deepEqual(reached, new Set([server.port, other.port]));
    } finally {
      await other.stop();
    }
  });

  test("variables of the session arrive at the server", async () => {
    const session = await connect(server.url(database), {
      PGTZ: "Asia/Tokyo",
      PGDATESTYLE: "German",
      PGGEQO: "off",
      PGOPTIONS: "-c work_mem=5MB",
    });
    const [row] = await session.query(
      "SELECT current_setting('timezone') AS tz, current_setting('datestyle') AS style, current_setting('geqo') AS geqo, current_setting('work_mem') AS memory",
    );
    await session.close();
    assert.deepEqual(row, { tz: "Asia/Tokyo", style: "German, DMY", geqo: "off", memory: "5MB" });
  });

  test("a person is asked when the server wants a password and none is known, once for all sessions", async () => {
    const asked: string[] = [];
    const target = resolveTarget({ url: server.url(database, "locked"), environment: {} });
    assert.ok(target);
    const answering = (answer: string | undefined) =>
      openDatabase(target, {
        async askPassword(user) {
          asked.push(user);
          return answer;
        },
      });
    const opened = answering("topsecret");
    for (let count = 0; count < 2; count++) await (await opened.open()).close();
    assert.deepEqual(asked, ["locked"]);
    await assert.rejects(answering(undefined).open(), { code: "authentication-failed", message: /none was given/ });
    await assert.rejects(answering("wrong").open(), { code: "authentication-failed", message: /"locked"/ });
    const known = resolveTarget({ url: server.url(database, "locked", "wrong"), environment: {} });
    assert.ok(known);
    await assert.rejects(openDatabase(known, { askPassword: async () => "topsecret" }).open(), {
      code: "authentication-failed",
    });
  });
});
