import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import postgres from "postgres";
import { createTestDatabase, type Event, Failure, type TestDatabaseOptions } from "../../src/index.ts";
import { findPgbouncer, startPgbouncer } from "../support/pgbouncer.ts";
import { temporaryPlace, writeFiles } from "../support/place.ts";
import { type PostgresServer, sharedServer } from "../support/postgres-server.ts";

const FILES = {
  "migrations/001_a.sql": "CREATE TABLE a (id integer); INSERT INTO a VALUES (1);",
  "migrations/002_b.sql": "CREATE INDEX CONCURRENTLY a_id ON a (id);",
  "repeatable/v.sql": "CREATE VIEW v AS SELECT id FROM a;",
  "seeds/rows.sql": "INSERT INTO a VALUES (2);",
};

/** A project of its own, with a database to name. */
async function world(server: PostgresServer) {
  const place = temporaryPlace("test-database", FILES);
  const { url, name } = await server.createDatabase("CREATE TABLE precious (id integer)");
  const options = { url, directory: join(place, "migrations") };
  const events: Event[] = [];
  const named = async (pattern: string) =>
    (await server.query("postgres", `SELECT datname FROM pg_database WHERE datname ~ '${pattern}' ORDER BY 1`)).map(
      ({ datname }) => String(datname),
    );
  let project = "";
  return {
    name,
    url,
    options,
    events,
    write: (files: Readonly<Record<string, string>>) => writeFiles(place, files),
    /** Creates a database, and returns it with the number of migrations that this applied. */
    async create(more: TestDatabaseOptions = {}) {
      let applied = 0;
      const onEvent = (event: Event) => {
        events.push(event);
        if (event.type === "step-finished") applied++;
      };
      const database = await createTestDatabase({ ...options, onEvent, ...more });
      project = /^pgstep_test_(\w{10})_/.exec(database.name)?.[1] ?? project;
      return { ...database, applied };
    },
    templates: () => named(`^pgstep_template_${project}_`),
    databases: () => named(`^pgstep_\\w+_${project}_`),
    get project() {
      return project;
    },
  };
}

const rows = async (server: PostgresServer, name: string, table = "v") =>
  (await server.query(name, `SELECT count(*)::int AS rows FROM ${table}`))[0]?.rows;

for (const major of [15, 18] as const) {
  describe(`a test database on PostgreSQL ${major}`, () => {
    let server: PostgresServer;
    before(async () => {
      server = await sharedServer(major);
    });

    test("is a copy of a template that is made once, and the named database stays as it is", async () => {
      const here = await world(server);
      const first = await here.create();
      const second = await here.create();
      assert.deepEqual([first.applied, second.applied], [2, 0]);
      assert.notEqual(first.name, second.name);
      await server.query(first.name, "INSERT INTO a VALUES (7)");
      assert.deepEqual([await rows(server, first.name), await rows(server, second.name)], [2, 1]);
      assert.equal(first.isShared, false);
      assert.equal(first.url, here.url.replace(here.name, first.name));
      const tables = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace";
      assert.deepEqual(await server.query(here.name, tables), [{ relname: "precious" }]);
      await first.drop();
      await first.drop();
      await second[Symbol.asyncDispose]();
      assert.deepEqual(await here.databases(), await here.templates());
      assert.equal((await here.templates()).length, 1);
    });

    test("has another template after each change of a file or a setting", async () => {
      const here = await world(server);
      await here.create();
      here.write({ "repeatable/v.sql": "CREATE VIEW v AS SELECT id + 1 AS id FROM a;" });
      assert.equal((await here.create()).applied, 2);
      const seeded = await here.create({ seeds: true });
      assert.equal(await rows(server, seeded.name), 2);
      here.write({ "seeds/rows.sql": "INSERT INTO a VALUES (2), (3);" });
      assert.equal(await rows(server, (await here.create({ seeds: true })).name), 3);
      here.write({ "hooks/after-up.sql": "INSERT INTO a VALUES (9);" });
      assert.equal(await rows(server, (await here.create()).name), 2);
      assert.equal((await here.create({ environment: "test" })).applied, 2);
      assert.equal((await here.templates()).length, 5);
      assert.equal((await here.create({ environment: "test" })).applied, 0);
    });

    test("is made from one template by many at once", async () => {
      const here = await world(server);
      const made = await Promise.all(Array.from({ length: 6 }, () => here.create()));
      assert.equal(here.events.filter(({ type }) => type === "step-finished").length, 2);
      assert.equal(new Set(made.map(({ name }) => name)).size, 6);
      for (const { name } of made) assert.equal(await rows(server, name), 1);
    });

    test("is dropped after the connections that are being closed", async () => {
      const here = await world(server);
      const database = await here.create();
      const client = new pg.Client({ connectionString: database.url });
      const errors: Error[] = [];
      client.on("error", (error) => errors.push(error));
      await client.connect();
      const closed = client.query("SELECT pg_sleep(0.1)").then(() => client.end());
      await Promise.all([closed, database.drop()]);
      assert.deepEqual(errors, []);
      assert.deepEqual(await here.databases(), await here.templates());
    });

    test("is dropped with the connections to it", async () => {
      const here = await world(server);
      const database = await here.create();
      const sql = postgres(database.url, { max: 1, onclose: () => {} });
      await sql`SELECT 1`;
      await database.drop();
      await assert.rejects(sql`SELECT 1`.then(() => sql`SELECT 1`));
      await sql.end({ timeout: 0 });
      assert.deepEqual(await here.databases(), await here.templates());
    });
  });
}

describe("a test database", () => {
  let server: PostgresServer;
  before(async () => {
    server = await sharedServer();
  });

  test("takes the connections of drivers", async () => {
    const here = await world(server);
    for (const connection of [new pg.Pool({ connectionString: here.url }), postgres(here.url)]) {
      const { directory } = here.options;
      const database = await createTestDatabase({ connection, directory });
      assert.equal(database.url, `postgres://postgres@127.0.0.1:${server.port}/${database.name}`);
      assert.equal(await rows(server, database.name), 1);
      await database.drop();
      await connection.end();
    }
    const pglite = await PGlite.create();
    await assert.rejects(createTestDatabase({ connection: pglite }), { code: "settings" });
    await pglite.close();
  });

  test("comes from no template that a killed process left unfinished", async () => {
    const here = await world(server);
    await here.create();
    const [template = ""] = await here.templates();
    const unfinished = template.replace("template", "unfinished");
    const rename = `ALTER DATABASE ${template} RENAME TO ${unfinished}`;
    await server.query("postgres", rename);
    const another = `pgstep_unfinished_${here.project}_0123456789abcdef`;
    await server.query("postgres", `CREATE DATABASE ${another}`);
    assert.equal((await here.create()).applied, 2);
    assert.ok((await here.databases()).every((name) => !name.startsWith("pgstep_unfinished")));
    // A template without the mark was not made by pgstep.
    await server.query("postgres", `COMMENT ON DATABASE ${template} IS NULL`);
    await assert.rejects(here.create(), { code: "statement-failed", message: /already exists/ });
  });

  test("whose migrations fail leaves nothing, and says what failed", async () => {
    const here = await world(server);
    await here.create();
    const existing = await here.databases();
    here.write({ "migrations/003_c.sql": "SELECT 1 / 0;" });
    await assert.rejects(here.create(), (error) => error instanceof Failure && error.server?.code === "22012");
    assert.deepEqual(await here.databases(), existing);
  });

  test("removes what earlier runs left: old templates, and copies that nobody uses", async () => {
    const here = await world(server);
    await here.create();
    const [first = ""] = await here.templates();
    const old = `pgstep_test_${here.project}_20200101000000_01234567`;
    const used = `pgstep_test_${here.project}_20200101000000_89abcdef`;
    const others = "pgstep_test_0000000000_20200101000000_01234567";
    for (const name of [old, used, others]) await server.query("postgres", `CREATE DATABASE ${name}`);
    const sql = postgres(server.url(used), { max: 1 });
    await sql`SELECT 1`;
    await server.query(
      "postgres",
      `COMMENT ON DATABASE ${first} IS 'pgstep: template of test databases, used on 20200101'`,
    );
    here.write({ "migrations/003_c.sql": "SELECT 1;" });
    await here.create();
    const left = await here.databases();
    assert.ok(!left.includes(first) && !left.includes(old) && left.includes(used), left.join());
    assert.equal((await server.query("postgres", `SELECT 1 FROM pg_database WHERE datname = '${others}'`)).length, 1);
    await sql.end();
    for (let version = 4; version < 10; version++) {
      here.write({ [`migrations/00${version}_c.sql`]: "SELECT 1;" });
      await here.create();
    }
    assert.equal((await here.templates()).length, 5);
  });

  test("keeps a template that is used, and marks the day", async () => {
    const here = await world(server);
    await here.create();
    const [first = ""] = await here.templates();
    await server.query(
      "postgres",
      `COMMENT ON DATABASE ${first} IS 'pgstep: template of test databases, used on 20200101'`,
    );
    assert.equal((await here.create()).applied, 0);
    const [comment] = await server.query(
      "postgres",
      `SELECT shobj_description(oid, 'pg_database') AS is FROM pg_database WHERE datname = '${first}'`,
    );
    assert.match(String(comment?.is), /used on 20(?!200101)\d{6}$/);
  });

  test("needs the right to create databases, unless the named one may be shared", async () => {
    const here = await world(server);
    const role = `modest_${process.pid}`;
    await server.query("postgres", `CREATE ROLE ${role} LOGIN`);
    const { url, name } = await server.createDatabase(`GRANT ALL ON SCHEMA public TO ${role}`);
    const given = { ...here.options, url: server.url(name, role) };
    await assert.rejects(createTestDatabase(given), (error) => {
      assert.ok(error instanceof Failure);
      assert.equal(error.code, "privilege-missing");
      assert.match(error.hint ?? "", /ALTER ROLE .* CREATEDB; .* allowShared: true/);
      return true;
    });
    for (let time = 0; time < 2; time++) {
      const shared = await createTestDatabase({ ...given, allowShared: true });
      assert.deepEqual([shared.isShared, shared.name, shared.url], [true, name, given.url]);
      await shared.drop();
    }
    assert.equal(await rows(server, name), 1);
    await server.query(name, `ALTER DATABASE ${name} SET pgstep.protected = on`);
    await assert.rejects(createTestDatabase({ ...given, allowShared: true }), { code: "protected" });
    assert.ok(url);
  });

  const pgbouncer = findPgbouncer();
  test("is refused behind a transaction pooler", { skip: !pgbouncer && "needs pgbouncer" }, async () => {
    assert.ok(pgbouncer);
    const here = await world(server);
    const pooler = await startPgbouncer(pgbouncer, server);
    try {
      await assert.rejects(createTestDatabase({ ...here.options, url: pooler.url(here.name) }), {
        code: "settings",
        message: /behind a transaction pooler/,
      });
    } finally {
      await pooler.stop();
    }
  });

  test("starts no hook commands, and can be interrupted", async () => {
    const here = await world(server);
    const marker = join(temporaryPlace("hook"), "ran");
    const { drop } = await here.create({ hooks: { "after-up": `touch ${marker}` } });
    await drop();
    assert.throws(() => writeFileSync(marker, "", { flag: "r" }));
    here.write({ "migrations/003_c.sql": "SELECT pg_sleep(60);" });
    const abort = new AbortController();
    const onEvent = ({ type }: Event) => type === "step-started" && abort.abort();
    await assert.rejects(here.create({ signal: abort.signal, onEvent }), { code: "interrupted" });
    assert.ok((await here.databases()).every((name) => !name.startsWith("pgstep_unfinished")));
  });

  test("in PGlite is a copy of an image", async () => {
    const { options, write } = await world(server);
    const { directory } = options;
    let applied = 0;
    const onEvent = ({ type }: Event) => {
      if (type === "step-finished") applied++;
    };
    const given = { pglite: PGlite, directory, onEvent };
    const made = await Promise.all([createTestDatabase(given), createTestDatabase(given)]);
    assert.equal(applied, 2);
    const [one, other] = made.map(({ pglite }) => pglite);
    assert.ok(one && other);
    await one.exec("INSERT INTO a VALUES (7)");
    const count = async (pglite: PGlite) => (await pglite.query("SELECT count(*)::int AS n FROM v")).rows;
    assert.deepEqual([await count(one), await count(other)], [[{ n: 2 }], [{ n: 1 }]]);
    for (const { drop } of made) await drop();
    assert.ok(one.closed);
    write({ "migrations/003_c.sql": "SELECT 1 / 0;" });
    await assert.rejects(createTestDatabase(given), { code: "statement-failed" });
    write({ "migrations/003_c.sql": "CREATE TABLE c ();" });
    const maker = (start: object) => PGlite.create({ ...start, relaxedDurability: true });
    const { pglite, drop } = await createTestDatabase({ pglite: maker, directory, seeds: true });
    assert.deepEqual(await count(pglite), [{ n: 2 }]);
    await drop();
    await assert.rejects(createTestDatabase({ url: "pglite:memory", directory }), { code: "settings" });
  });

  test("rejects options that it would ignore", async () => {
    for (const options of [{ allowShard: true }, { seeds: 1 }, { pglite: 5 }, { pglite: PGlite, url: "x" }]) {
      await assert.rejects(createTestDatabase(options as object), { message: /^Cannot use the option/ });
    }
  });
});
