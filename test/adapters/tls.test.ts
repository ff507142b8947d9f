import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openDatabase } from "../../src/adapters/open-database.ts";
import { resolveTarget } from "../../src/adapters/resolve-target.ts";
import { Failure } from "../../src/core/error.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";

function hasOpenssl(): boolean {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("TLS", { skip: !hasOpenssl() && "openssl is not installed, and nothing else here makes certificates" }, () => {
  let directory = "";
  let encrypted: PostgresServer;
  let plain: PostgresServer;
  const file = (name: string) => join(directory, name);

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "pgstep-tls-"));
    const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: directory, stdio: "ignore" });
    for (const name of ["ca", "other"]) {
      const subject = `/CN=pgstep test ${name}`;
      openssl(
        ..."req -x509 -newkey rsa:2048 -nodes -days 2".split(" "),
        ...["-subj", subject, "-keyout", `${name}.key`, "-out", `${name}.crt`],
      );
    }
    openssl(..."req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr".split(" "));
    writeFileSync(file("names"), "subjectAltName=DNS:localhost");
    openssl(
      ..."x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.crt".split(
        " ",
      ),
    );
    encrypted = await startPostgres({
      settings: { ssl: "on" },
      files: {
        "server.crt": readFileSync(file("server.crt"), "utf8"),
        "server.key": readFileSync(file("server.key"), "utf8"),
      },
      authentication: "hostnossl plainless all all reject\nhost all all 127.0.0.1/32 trust\nlocal all all trust",
    });
    plain = await startPostgres();
    await encrypted.query("postgres", "CREATE DATABASE plainless");
  });
  after(async () => {
    await encrypted?.stop();
    await plain?.stop();
    rmSync(directory, { recursive: true });
  });

  /** "TLS", "plain", or the message of the failure; checks that a cancel request takes the same way. */
  async function attempt(
    server: PostgresServer,
    query: string,
    host = "localhost",
    database = "postgres",
  ): Promise<string> {
    const url = `postgres://postgres@${host}:${server.port}/${database}?hostaddr=127.0.0.1&${query}`;
    const target = resolveTarget({ url, environment: {} });
    assert.ok(target);
    try {
      const session = await openDatabase(target).open();
      const [row] = await session.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
      const [size] = await session.query(`SELECT length('${"x".repeat(3_000_000)}') AS n`);
      assert.equal(size?.n, 3_000_000);
      const running = session.execute("SELECT pg_sleep(30)").then(String, String);
      while (
        (await server.query("postgres", "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")).length === 0
      );
      await session.cancel();
      assert.match(await running, /canceling statement/);
      await session.close();
      return row?.ssl === true ? "TLS" : "plain";
    } catch (error) {
      assert.ok(error instanceof Failure, String(error));
      return error.message;
    }
  }

  test("without verification", async () => {
    assert.equal(await attempt(encrypted, "sslmode=disable"), "plain");
    assert.equal(await attempt(encrypted, "sslmode=allow"), "plain");
    assert.equal(await attempt(encrypted, "sslmode=allow", "localhost", "plainless"), "TLS");
    assert.equal(await attempt(encrypted, "sslmode=prefer"), "TLS");
    assert.equal(await attempt(encrypted, "sslmode=require"), "TLS");
    assert.equal(await attempt(encrypted, "sslmode=require&sslnegotiation=direct"), "TLS");
  });

  test("with verification", async () => {
    const ca = `sslrootcert=${file("ca.crt")}`;
    const other = `sslrootcert=${file("other.crt")}`;
    assert.equal(await attempt(encrypted, `sslmode=verify-full&${ca}`), "TLS");
    assert.match(await attempt(encrypted, `sslmode=verify-full&${ca}`, "127.0.0.1"), /not for "127\.0\.0\.1"/);
    assert.match(await attempt(encrypted, `sslmode=verify-full&${ca}`, "db.example"), /not for "db\.example"/);
    assert.equal(await attempt(encrypted, `sslmode=verify-ca&${ca}`, "db.example"), "TLS");
    for (const mode of ["require", "verify-ca", "verify-full"]) {
      assert.match(await attempt(encrypted, `sslmode=${mode}&${other}`), /certificate is not trusted/);
    }
    assert.match(await attempt(encrypted, "sslrootcert=system"), /certificate is not trusted/);
    assert.match(
      await attempt(encrypted, "sslmode=verify-ca&sslrootcert=/no/such/file"),
      /Cannot read the root certificate/,
    );
  });

  test("against a server without TLS", async () => {
    assert.equal(await attempt(plain, "sslmode=prefer"), "plain");
    assert.match(await attempt(plain, "sslmode=require"), /the server does not offer it/);
    assert.match(await attempt(plain, `sslmode=verify-full&sslrootcert=${file("ca.crt")}`), /does not offer it/);
  });
});
