import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import postgres from "postgres";
import { type GivenConnection, MigrationRunner } from "../../src/index.ts";
import { temporaryPlace } from "../support/place.ts";
import { sharedServer } from "../support/postgres-server.ts";
import { makeTlsWorld, type TlsWorld } from "../support/tls-world.ts";

const server = await sharedServer();
const directory = temporaryPlace("connections", {
  "001_a.sql": "CREATE TABLE a (id integer); SELECT set_config('search_path', 'nowhere', false);",
  "002_b.sql": "CREATE TEMPORARY TABLE b (id integer);",
});

/** Applies the migrations over the connection, and returns the database that got them. */
async function migrated(connection: GivenConnection): Promise<string> {
  const { steps, database } = await new MigrationRunner({ connection, directory }).runMigrations();
  assert.deepEqual(
    steps.map(({ outcome }) => outcome),
    ["applied", "applied"],
  );
  return database;
}

describe("a runner on a connection of", () => {
  test("pg uses the settings of a Client or Pool, whatever gave them, and leaves it as it is", async () => {
    for (const make of [
      (url: string) => new pg.Pool({ connectionString: url }),
      (_: string, database: string) =>
        new pg.Pool({ host: "127.0.0.1", port: server.port, user: "postgres", database }),
      (_: string, database: string) =>
        new pg.Pool({ host: server.socketDirectory, port: server.port, user: "postgres", database }),
      (url: string) => new pg.Client(url),
    ]) {
      const { url, name } = await server.createDatabase();
      const connection = make(url, name);
      assert.match(await migrated(connection), new RegExp(`^${name} on `));
      if (connection instanceof pg.Pool) {
        assert.equal(connection.totalCount, 0);
        assert.deepEqual((await connection.query("SELECT to_regclass('a')::text AS a")).rows, [{ a: "a" }]);
      }
      await connection.end();
    }
  });

  test("pg with a native or a foreign part is refused by name", async () => {
    const { url } = await server.createDatabase();
    const stream = () => {
      throw new Error("never called");
    };
    for (const [connection, message] of [
      [new pg.Pool({ connectionString: url, stream }), /a stream of its own/],
      [
        new pg.Client({ connectionString: url, ssl: { sslmode: "require" } as object }),
        /sslmode, which only the native/,
      ],
    ] as const) {
      await assert.rejects(migrated(connection), { code: "settings", message });
    }
  });

  test("anything else is refused, and so is a url beside it", async () => {
    const { url } = await server.createDatabase();
    for (const connection of [{ options: {} }, { options: { adapter: "mysql" } }, { options: null }]) {
      await assert.rejects(migrated(connection as GivenConnection), {
        code: "settings",
        message: /^Cannot use the given connection: it is (?:none|one to mysql)/,
      });
    }
    await assert.rejects(new MigrationRunner({ connection: postgres(url), url, directory }).getStatus(), {
      message: "Cannot use the option connection: url names a database as well",
    });
  });

  describe("a server that asks for passwords and shows a certificate", () => {
    let world: TlsWorld;
    let ca = "";
    before(async () => {
      world = await makeTlsWorld("local all all trust\nhostssl all all all scram-sha-256");
      await world.server.query("postgres", "CREATE ROLE app LOGIN SUPERUSER PASSWORD 'secret'");
      ca = world.authority.certificate;
    });
    after(() => world.end());

    const settings = async () => ({
      host: "localhost",
      port: world.server.port,
      user: "app",
      database: (await world.server.createDatabase()).name,
    });

    test("pg and postgres: passwords from functions, and their TLS options", async () => {
      let asked = 0;
      const password = async () => {
        asked++;
        return "secret";
      };
      await migrated(new pg.Pool({ ...(await settings()), password, ssl: { ca } }));
      await migrated(postgres({ ...(await settings()), password, ssl: { ca } }));
      assert.ok(asked >= 2);
      await migrated(new pg.Client({ ...(await settings()), password: "secret", ssl: { rejectUnauthorized: false } }));
    });

    test("pg: verification that the options leave on, or TLS that they leave off, fails as with the driver", async () => {
      for (const [ssl, message] of [
        [true, /certificate is not trusted/],
        [{ ca: [] }, /certificate is not trusted/],
        [false, /no encryption|no pg_hba.conf entry/],
      ] as const) {
        const given = { ...(await settings()), password: "secret", ssl } as pg.PoolConfig;
        await assert.rejects(migrated(new pg.Pool(given)), { message });
        await assert.rejects(new pg.Client(given).connect());
      }
    });
  });

  describe("PGlite", () => {
    let pglite: PGlite;
    before(async () => {
      pglite = await PGlite.create();
    });
    after(() => pglite.close());

    test("restores role, settings and LISTENs of its session, and never closes it", async () => {
      await pglite.exec("CREATE ROLE app; CREATE SCHEMA app AUTHORIZATION app; GRANT ALL ON SCHEMA public TO app");
      await pglite.exec("SET search_path TO app, public; SET statement_timeout TO 4711; SET ROLE app");
      const heard: string[] = [];
      await pglite.listen("news", (payload) => heard.push(payload));
      const state = `SELECT session_user::text, current_user::text, current_setting('search_path') AS path,
        current_setting('statement_timeout') AS timeout`;
      const stateBefore = await pglite.query(state);
      assert.equal(await migrated(pglite), "the given PGlite");
      assert.deepEqual((await pglite.query(state)).rows, stateBefore.rows);
      await pglite.query("SELECT pg_notify('news', 'still heard')");
      assert.deepEqual(heard, ["still heard"]);
      // Migrations run as the role of the session, as on a server.
      assert.deepEqual((await pglite.query("SELECT tableowner FROM pg_tables WHERE tablename = 'a'")).rows, [
        { tableowner: "app" },
      ]);
      await new MigrationRunner({ connection: pglite, directory }).getStatus();
    });

    test("lets transactions of the program finish first, and keeps its queries waiting", async () => {
      const own = await PGlite.create();
      let finish = () => {};
      const finished = new Promise<void>((resolve) => {
        finish = resolve;
      });
      const order: string[] = [];
      const transaction = own.transaction(async (tx) => {
        await tx.query("CREATE TABLE mine (id integer)");
        await finished;
        order.push("transaction");
      });
      const run = migrated(own).then(() => order.push("run"));
      const query = own.query("SELECT 1 FROM mine").then(() => order.push("query"));
      // Long enough for a run that does not wait to be refused.
      await Promise.race([run, sleep(1_000)]);
      finish();
      await Promise.all([transaction, run, query]);
      assert.deepEqual(order.slice(0, 1), ["transaction"]);
      assert.deepEqual((await own.query("SELECT to_regclass('mine') IS NOT NULL AS kept")).rows, [{ kept: true }]);
      // Two runners share the instance.
      const statuses = await Promise.all(
        [1, 2].map(() => new MigrationRunner({ connection: own, directory }).getStatus()),
      );
      assert.deepEqual(
        statuses.map(({ applied }) => applied),
        [2, 2],
      );
      await own.close();
      await assert.rejects(migrated(own), { code: "database-in-use", message: /it is closed/ });
    });

    test("is refused while a run would disturb it", async () => {
      const own = await PGlite.create();
      for (const [begin, end, message] of [
        ["BEGIN; CREATE TABLE kept (id integer)", "COMMIT", /a transaction is open/],
        ["CREATE TEMPORARY TABLE t (id integer)", "DROP TABLE t", /temporary tables/],
        ["PREPARE p AS SELECT 1", "DEALLOCATE p", /prepared statements/],
      ] as const) {
        await own.exec(begin);
        await assert.rejects(migrated(own), { code: "database-in-use", message });
        await own.exec(end);
      }
      assert.deepEqual((await own.query("SELECT to_regclass('kept')::text AS kept")).rows, [{ kept: "kept" }]);
      await migrated(own);
      await own.close();
    });

    test("is usable after a migration that failed", async () => {
      const own = await PGlite.create();
      const failing = temporaryPlace("failing");
      writeFileSync(
        join(failing, "001_a.sql"),
        "SET search_path = nowhere; CREATE TEMPORARY TABLE t (); SELECT 1 / 0;",
      );
      await assert.rejects(new MigrationRunner({ connection: own, directory: failing }).runMigrations(), {
        code: "statement-failed",
      });
      assert.deepEqual((await own.query("SELECT current_setting('search_path') AS path")).rows, [{ path: "public" }]);
      await migrated(own);
      await own.close();
    });
  });
});
