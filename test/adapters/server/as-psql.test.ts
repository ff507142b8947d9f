import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { makeCertificate } from "../../support/certificates.ts";
import { makeTlsWorld, openUrl, type TlsWorld } from "../../support/tls-world.ts";

const AUTHENTICATION = [
  "local all all trust",
  "hostnossl plainless all all reject",
  "hostssl tlsless all all reject",
  "hostssl certified all all cert",
  "host all scram all scram-sha-256",
  "host all hashed all md5",
  "host all all all trust",
].join("\n");

const hasPsql = spawnSync("psql", ["--version"]).status === 0;

describe("whether and how a connection comes about, as psql has it", {
  skip: !hasPsql && "psql is not installed",
}, () => {
  let world: TlsWorld;
  let roots: string[];
  let certificates: string[];

  before(async () => {
    world = await makeTlsWorld(AUTHENTICATION);
    for (const name of ["plainless", "tlsless", "certified"]) {
      await world.server.query("postgres", `CREATE DATABASE ${name}`);
    }
    await world.server.query("postgres", "CREATE ROLE scram LOGIN PASSWORD 'it''s 100% ok'");
    await world.server.query("postgres", "CREATE ROLE hashed LOGIN");
    await world.server.query("postgres", "SET password_encryption = 'md5'; ALTER ROLE hashed PASSWORD 'it''s 100% ok'");
    const right = world.file("right.crt", world.authority.certificate);
    const wrong = world.file("wrong.crt", makeCertificate({ name: "wrong" }).certificate);
    roots = ["", right, wrong, "/no/such/file"];
    const own = makeCertificate({ name: "postgres", issuer: world.authority });
    const pair = `sslcert=${world.file("own.crt", own.certificate)} sslkey=${world.file("own.key", own.key)}`;
    const open = `sslcert=${world.file("own.crt", own.certificate)} sslkey=${world.file("open.key", own.key, 0o644)}`;
    certificates = ["", pair, open, "sslcert=/no/such/file"];
  });
  after(() => world?.end());

  const QUERY = "SELECT CASE WHEN ssl THEN 'TLS' ELSE 'plain' END AS how FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

  /** Of both programs: "TLS", "plain" or "refused". */
  async function compare(text: string): Promise<void> {
    const connection = `port=${world.server.port} hostaddr=127.0.0.1 connect_timeout=10 ${text}`;
    const theirs = new Promise<string>((resolve) => {
      const environment = { PATH: process.env.PATH, HOME: "/nonexistent", LC_ALL: "C.UTF-8" };
      execFile("psql", ["-w", "-X", "-A", "-t", "-c", QUERY, connection], { env: environment }, (error, stdout) =>
        resolve(error ? "refused" : stdout.trim()),
      );
    });
    const ours = openUrl(connection).then(
      async (session) => {
        const [row] = await session.query(QUERY);
        await session.close();
        return String(row?.how);
      },
      () => "refused",
    );
    assert.equal(await ours, await theirs, text);
  }

  test("every sslmode with every kind of root, host and rule", async () => {
    for (const mode of ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]) {
      for (const root of roots) {
        for (const host of ["localhost", "elsewhere"]) {
          for (const database of ["postgres", "plainless", "tlsless"]) {
            const trusted = root === "" ? "" : `sslrootcert=${root}`;
            await compare(`host=${host} user=postgres dbname=${database} sslmode=${mode} ${trusted}`);
          }
        }
      }
    }
  });

  test("client certificates", async () => {
    for (const certificate of certificates) {
      for (const mode of ["disable", "allow", "prefer", "require"]) {
        for (const database of ["postgres", "certified"]) {
          await compare(`host=localhost user=postgres dbname=${database} sslmode=${mode} ${certificate}`);
        }
      }
    }
  });

  test("passwords and channel binding", async () => {
    for (const user of ["scram", "hashed"]) {
      for (const password of ["password='it\\'s 100% ok'", "password=wrong", ""]) {
        for (const mode of ["disable", "require"]) {
          for (const binding of ["disable", "prefer", "require"]) {
            await compare(
              `host=localhost user=${user} dbname=postgres sslmode=${mode} channel_binding=${binding} ${password}`,
            );
          }
        }
      }
    }
  });
});
