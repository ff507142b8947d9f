import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { makeCertificate } from "../support/certificates.ts";
import { findPgbouncer, startPgbouncer } from "../support/pgbouncer.ts";
import { temporaryPlace } from "../support/place.ts";
import { type PostgresServer, sharedServer, startPostgres } from "../support/postgres-server.ts";
import { programCommand, RUNTIMES, run, runtimesInTurn, startedWords } from "../support/program.ts";
import { makeTlsWorld, type TlsWorld } from "../support/tls-world.ts";

/*
 * The doctor at real servers with real errors. Each case says which line it must find, and what it advises.
 */

const place = temporaryPlace("doctor");

function directory(name: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(join(place, name), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(place, name, file), text);
  return name;
}

const SOUND = directory("sound", { "001_a.sql": "CREATE TABLE a (id integer);\n" });

interface Line {
  readonly type: string;
  readonly topic?: string;
  readonly state?: string;
  readonly message?: string;
  readonly hint?: string | null;
}

// Deno differs most from the others in its sockets.
for (const runtime of runtimesInTurn(RUNTIMES.indexOf("deno"))) {
  describe(`doctor on ${runtime}`, { concurrency: 2, timeout: 180_000 }, () => {
    async function pgstep(url: string, ...words: string[]) {
      return run([...(await programCommand(runtime)), ...words], {
        directory: place,
        environment: { DATABASE_URL: url, PGSTEP_DIR: SOUND },
        timeoutMs: 60_000,
      });
    }

    /** Its exit status, and of each topic "state: message | hint". */
    async function examined(url: string, ...words: string[]) {
      const { stdout: written, stderr, status } = await pgstep(url, "doctor", "--json", ...words);
      const started = startedWords(await programCommand(runtime));
      const stdout = started.reduce((text, one) => text.replaceAll(`${one} `, "pgstep "), written);
      const lines = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Line);
      const told = (topic: string) =>
        lines
          .filter((line) => line.topic === topic)
          .map(({ state, message, hint }) => `${state}: ${message}${hint ? ` | ${hint}` : ""}`);
      return { status, told, stdout, stderr, last: lines.at(-1) };
    }

    test("a sound database: every line good, exit status 0, and nothing written", async () => {
      const server = await sharedServer();
      const { name, url } = await server.createDatabase();
      const before = await fingerprint(server, name);
      const { stdout, status } = await pgstep(url, "doctor");
      assert.equal(status, 0, stdout);
      assert.doesNotMatch(stdout, /^[!✗]/m);
      assert.match(stdout, /^ {2}host +127\.0\.0\.1 +DATABASE_URL$/m);
      assert.match(stdout, /^ {2}directory +sound +PGSTEP_DIR$/m);
      assert.match(stdout, /^✓ history +public\.schema_migrations does not exist yet: the first run creates it$/m);
      assert.match(stdout, /\nChecked .*: no problems found\.\n$/);
      assert.equal(await fingerprint(server, name), before);
      assert.equal((await pgstep(url, "up")).status, 0);
      const after = await fingerprint(server, name);
      assert.deepEqual((await examined(url)).told("files and history"), ["good: 1 applied, 0 pending"]);
      assert.equal(await fingerprint(server, name), after);
    });

    test("a password is never shown", async () => {
      const url = (await sharedServer()).url("postgres", "postgres", "s3cret-s3cret");
      for (const words of [["doctor"], ["doctor", "--json"]]) {
        const { stdout, stderr } = await pgstep(url, ...words);
        assert.doesNotMatch(stdout + stderr, /s3cret/);
        assert.match(stdout, /\*{8}/);
      }
    });

    test("no server: told once, at the step that fails, with 2", async () => {
      const { status, told, last } = await examined("postgres://localhost:1/app");
      assert.equal(status, 2);
      assert.match(told("host name")[0] ?? "", /^good: localhost is 127\.0\.0\.1|^good: localhost is ::1/);
      assert.match(told("TCP").at(-1) ?? "", /: the connection was refused \| Start the server/);
      assert.deepEqual([last?.type, (await examined("postgres://no-such.invalid/app")).status], ["doctor", 2]);
    });

    test("a log-in that is refused, with 2", async () => {
      const { status, told } = await examined((await sharedServer()).url("no_such_database"));
      assert.equal(status, 2);
      assert.match(
        told("log-in")[0] ?? "",
        /^error: database "no_such_database" does not exist \| .*pgstep up --create-database/,
      );
    });

    test("privileges that are missing, each with its GRANT, which mends it", async () => {
      const server = await sharedServer();
      const { name } = await server.createDatabase();
      const me = `${name}_me`;
      const owner = `${name}_owner`;
      await server.query(
        name,
        `CREATE ROLE ${me} LOGIN; CREATE ROLE ${owner} LOGIN; GRANT CREATE ON SCHEMA public TO ${owner}; REVOKE CREATE ON SCHEMA public FROM PUBLIC`,
      );
      const url = server.url(name, me);
      const first = await examined(url);
      assert.equal(first.status, 3);
      const grant = `GRANT CREATE ON SCHEMA public TO ${me};`;
      assert.deepEqual(first.told("schema"), [
        `error: the role may not create tables in public, so pgstep cannot create the history | ${grant}`,
      ]);
      await server.query(name, grant);
      assert.equal((await examined(url)).status, 0);
      assert.equal((await pgstep(server.url(name, owner), "up")).status, 0);
      const second = await examined(url);
      assert.equal(second.status, 3);
      const [table = ""] = second.told("table");
      assert.match(table, /^error: the role lacks SELECT, INSERT, UPDATE, DELETE on public\.schema_migrations/);
      await server.query(name, table.split(" | ")[1] ?? "");
      const third = await examined(url);
      assert.equal(third.status, 0, third.stdout);
      const [ownership = ""] = third.told("ownership");
      assert.match(ownership, /^warning: the role may not alter or drop 2 tables of .* in public/);
      await server.query(name, ownership.split(" | ")[1] ?? "");
      assert.deepEqual((await examined(url)).told("ownership"), []);
    });

    test("a history of another shape, of another owner, and of another tool", async () => {
      const server = await sharedServer();
      const table =
        "CREATE TABLE schema_migrations (version varchar(255) PRIMARY KEY, applied_at timestamp NOT NULL DEFAULT now(), description text)";
      const { name, url } = await server.createDatabase(table);
      const [own = ""] = (await examined(url)).told("history");
      assert.match(own, /^good: public\.schema_migrations lacks checksum, .*: the next run adds them$/);
      const me = `${name}_me`;
      await server.query(
        name,
        `CREATE ROLE ${me} LOGIN; GRANT ALL ON schema_migrations TO ${me}; GRANT ALL ON SCHEMA public TO ${me}`,
      );
      const other = await examined(server.url(name, me));
      assert.equal(other.status, 3);
      assert.match(
        other.told("history")[0] ?? "",
        new RegExp(`only its owner may add them \\| ALTER TABLE .* OWNER TO ${me};$`),
      );
      const rails = await server.createDatabase("CREATE TABLE schema_migrations (version varchar PRIMARY KEY)");
      const { status, told } = await examined(rails.url);
      assert.equal(status, 3);
      assert.match(told("history")[0] ?? "", /^error: Cannot use public\.schema_migrations as the history.*Rails/);
    });

    test("settings that hurt, INVALID indexes, event triggers, another run", async () => {
      const server = await sharedServer();
      const { name, url } = await server.createDatabase("CREATE TABLE t AS SELECT 1 AS id FROM generate_series(1, 2)");
      await server.query(name, "CREATE UNIQUE INDEX CONCURRENTLY broken ON t (id)").catch(() => {});
      await server.query(
        name,
        `CREATE FUNCTION nothing() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION nothing();
         ALTER DATABASE ${name} SET default_transaction_read_only = on; ALTER DATABASE ${name} SET statement_timeout = '5s'; ALTER DATABASE ${name} SET idle_session_timeout = '1min'`,
      );
      const { status, told } = await examined(url);
      assert.equal(status, 3);
      assert.deepEqual(told("writable"), [
        `error: no: transactions are read-only here (default_transaction_read_only is on for the database) | To allow writes, run: BEGIN READ WRITE; ALTER DATABASE ${name} RESET default_transaction_read_only; COMMIT;`,
      ]);
      assert.deepEqual(told("timeouts"), [
        "good: pgstep turns off statement_timeout and idle_session_timeout for its migrations",
      ]);
      assert.match(told("event triggers")[0] ?? "", /^warning: .*watch/);
      assert.match(
        told("indexes")[0] ?? "",
        /^warning: public\.broken is INVALID.* \| REINDEX INDEX CONCURRENTLY public\.broken;$/,
      );
    });

    test("another run at work, and a migration that was left in part", async () => {
      const server = await sharedServer();
      const slow = directory("slow", {
        "001_slow.sql":
          "-- Transaction: none\nCREATE TABLE s (id int);\nSELECT pg_sleep(3);\nSELECT 1 / (SELECT count(*) FROM s);\n",
      });
      const { name, url } = await server.createDatabase();
      const running = pgstep(url, "up", "--dir", slow);
      for (;;) {
        const found = await server.query(
          name,
          `SELECT 1 FROM pg_stat_activity WHERE datname = '${name}' AND wait_event = 'PgSleep'`,
        );
        if (found.length > 0) break;
      }
      const during = await examined(url, "--dir", slow);
      assert.match(during.told("other runs")[0] ?? "", /^warning: one is running: process \d+, pgstep, user postgres/);
      assert.equal((await running).status, 4);
      const afterwards = await examined(url, "--dir", slow);
      assert.equal(afterwards.status, 3);
      assert.deepEqual(afterwards.told("other runs"), ["good: none"]);
      assert.deepEqual(afterwards.told("unfinished"), ["error: 001 was applied in part | pgstep up --dir slow"]);
    });

    test("a directory that is not there, and files with errors", async () => {
      const { url } = await (await sharedServer()).createDatabase();
      const unsound = directory("unsound", { "001_a.sql": "SELECT 'x;\n", "nonsense.sql": "SELECT 1;\n" });
      const { status, told } = await examined(url, "--dir", unsound);
      assert.equal(status, 3);
      assert.match(
        told("migrations")[0] ?? "",
        /^error: 1 in unsound, 2 errors \| Run pgstep validate --dir unsound to see them/,
      );
      const nowhere = await examined(url, "--dir", "nowhere");
      assert.match(nowhere.told("migrations")[0] ?? "", /^error: .*nowhere/);
      assert.deepEqual(nowhere.told("writable"), ["good: yes"]);
    });

    test("a transaction pooler", { skip: findPgbouncer() ? false : "pgbouncer is not installed" }, async () => {
      const server = await sharedServer();
      const { name } = await server.createDatabase();
      const bouncer = await startPgbouncer(findPgbouncer() ?? "", server);
      try {
        const { status, told, stdout } = await examined(bouncer.url(name));
        assert.equal(status, 0, stdout);
        assert.match(told("pooler")[0] ?? "", /^warning: the connection goes through a transaction pooler/);
        assert.equal((await pgstep(bouncer.url(name), "up")).status, 0);
        assert.deepEqual((await examined(bouncer.url(name))).told("other runs"), ["good: none"]);
      } finally {
        await bouncer.stop();
      }
    });

    test("the embedded database", async () => {
      const { status, told, stdout } = await examined("pglite:memory");
      assert.equal(status, 0, stdout);
      assert.deepEqual(told("writable"), ["good: yes"]);
      assert.deepEqual(told("TCP"), []);
    });

    describe("with TLS", { concurrency: 1 }, () => {
      let world: TlsWorld;
      before(async () => {
        world = await makeTlsWorld("local all all trust\nhost all all all trust", (issuer) => ({
          expired: makeCertificate({ name: "localhost", issuer, hosts: ["localhost"], days: -1 }),
        }));
      });
      after(() => world.end());

      test("its version, the certificate's names and how long it is good", async () => {
        await world.show("server");
        const root = world.file("root.crt", world.authority.certificate);
        const url = `postgres://postgres@localhost:${world.server.port}/postgres`;
        const { status, told, stdout } = await examined(`${url}?sslmode=verify-full&sslrootcert=${root}`);
        assert.equal(status, 0, stdout);
        assert.match(told("TLS")[0] ?? "", /^good: TLSv1\.3, .*the certificate is verified$/);
        assert.match(told("certificate")[0] ?? "", /for .*localhost.*, valid from \d{4}-\d\d-\d\d until \d{4}/);
        const unverified = await examined(`${url}?sslmode=require`);
        assert.match(unverified.told("TLS")[0] ?? "", /the certificate is not verified: sslmode=require$/);
      });

      test("a certificate that has expired", async () => {
        await world.show("expired");
        const root = world.file("root.crt", world.authority.certificate);
        const url = `postgres://postgres@localhost:${world.server.port}/postgres`;
        const verified = await examined(`${url}?sslmode=verify-full&sslrootcert=${root}`);
        assert.equal(verified.status, 2);
        assert.match(verified.told("TLS")[0] ?? "", /^error: .*(has expired|is not trusted)/);
        assert.match(verified.told("certificate")[0] ?? "", /it has expired \| Renew the server's certificate\.$/);
        assert.deepEqual(verified.told("log-in"), []);
        const unverified = await examined(`${url}?sslmode=require`);
        assert.equal(unverified.status, 0);
        assert.match(unverified.told("certificate")[0] ?? "", /^warning: .* it has expired/);
      });
    });
  });
}

describe("doctor at a server in recovery", { timeout: 120_000 }, () => {
  test("says that nothing can be written there", async () => {
    const server = await startPostgres();
    try {
      writeFileSync(join(server.socketDirectory, "..", "data", "standby.signal"), "", { mode: 0o666 });
      await server.restart();
      const { stdout, status } = await run([...(await programCommand("node")), "doctor", "--dir", SOUND], {
        directory: place,
        environment: { DATABASE_URL: server.url("postgres") },
      });
      assert.equal(status, 3);
      assert.match(stdout, /^✗ writable +no: the server is a standby in recovery\n +help: Name the primary/m);
    } finally {
      await server.stop();
    }
  });
});

/** All that is in a database, and the last transaction number that was given out. */
async function fingerprint(server: PostgresServer, database: string): Promise<string> {
  const rows = await server.query(
    database,
    "SELECT (SELECT count(*) FROM pg_class)::int AS classes, (SELECT string_agg(relname || relfilenode, ',' ORDER BY oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace) AS files, (SELECT xact_commit >= 0 FROM pg_stat_database WHERE datname = current_database()) AS there, (SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::int FROM pg_stat_user_tables) AS writes",
  );
  return JSON.stringify(rows);
}
