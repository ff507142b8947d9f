import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { validate } from "../../../src/engine/check/validate.ts";
import { startProxy } from "../../support/network-proxy.ts";
import { findPgbouncer, startPgbouncer } from "../../support/pgbouncer.ts";
import {
  embeddedWorld,
  failureOf,
  holding,
  outcomes,
  refusal,
  type ServerWorld,
  succeeded,
  type World,
  within,
  world,
} from "../support.ts";

const FILES = {
  "001_users.sql": "CREATE TABLE IF NOT EXISTS users (n int);\nINSERT INTO users VALUES (1);",
  "002_posts.sql": "CREATE TABLE posts (n int);",
};

const HISTORY =
  "(version varchar(255) PRIMARY KEY, applied_at timestamp without time zone NOT NULL DEFAULT CURRENT_TIMESTAMP, description text)";

/** What is said against a first run. */
async function refused(here: World, target = {}): Promise<string[]> {
  const { findings } = await refusal(here.up(target), "database-not-empty");
  return findings.map(({ message }) => message);
}

function warnings({ events }: World): string[] {
  return events.flatMap((event) => (event.type === "warning" ? [event.finding.message] : []));
}

test("a mistyped table does not run everything again", async () => {
  const here = await world(FILES);
  succeeded(await here.up());
  for (const wrong of [{ table: "schema_migration" }, { schema: "nosuch" }]) {
    const failure = await refusal(here.beside(wrong).up(), "database-not-empty");
    assert.deepEqual(
      failure.findings.map(({ message }) => message),
      [
        "public.schema_migrations is a history and has entries",
        "the table public.users exists already",
        "the table public.posts exists already",
      ],
    );
    assert.equal(failure.exitStatus, 3);
    assert.match(failure.findings[0]?.hint ?? "", /--schema public --table schema_migrations/);
    assert.match(failure.hint ?? "", /^[^;]*pgstep baseline <version>; .*pgstep up --first-run/);
  }
  assert.equal(await here.value("SELECT count(*)::int FROM users"), 1);
  assert.equal(await here.value("SELECT to_regnamespace('nosuch') IS NULL"), true);
  assert.equal(await here.value("SELECT to_regclass('schema_migration') IS NULL"), true);
});

describe("the history of another tool", () => {
  const tables: Record<string, string> = {
    goose_db_version: "(id int, version_id bigint, is_applied boolean, tstamp timestamp)",
    flyway_schema_history: "(installed_rank int, version text, description text, script text)",
    _prisma_migrations: "(id text, checksum text, migration_name text, applied_steps_count int)",
    __diesel_schema_migrations: "(version text, run_on timestamp)",
    _sqlx_migrations: "(version bigint, description text, installed_on timestamptz, execution_time bigint)",
    pgmigrations: "(id int, name text, run_on timestamp)",
    "graphile_migrate.migrations": "(hash text, previous_hash text, filename text, date timestamptz)",
    "drizzle.__drizzle_migrations": "(id int, hash text, created_at bigint)",
    knex_migrations: "(id int, name text, batch int, migration_time timestamptz)",
    '"SequelizeMeta"': "(name text)",
    databasechangelog: "(id text, author text, orderexecuted int, md5sum text)",
    alembic_version: "(version_num text)",
    django_migrations: "(id int, app text, name text, applied timestamptz)",
    "sqitch.changes": "(change_id text, script_hash text, change text)",
    "elsewhere.schema_migrations": "(version text)",
    "elsewhere.schema_version": "(version int)",
    "elsewhere.anything": HISTORY,
  };
  for (const [name, columns] of Object.entries(tables)) {
    const [schema] = name.includes(".") ? name.split(".") : ["public"];
    const make = `CREATE SCHEMA IF NOT EXISTS ${schema}; CREATE TABLE ${name} ${columns};`;
    const first = columns.slice(1).split(" ")[0];
    const fill = `INSERT INTO ${name} (${first}) VALUES ('1');`;

    test(`${name} stops the first run when it has rows, and only then`, async () => {
      const here = await world(FILES, { before: make });
      await here.rows(`${fill} DELETE FROM ${name}`);
      await here.rows(fill);
      const [said, ...more] = await refused(here);
      assert.match(said ?? "", /^\S+ is (?:the history of [\w -]+(?:, dbmate or Sequel)?|a history) and has entries$/);
      assert.deepEqual(more, []);
      assert.ok(!(await here.tables()).includes("users"));
      await here.rows(`DELETE FROM ${name}`);
      succeeded(await here.up());
      assert.deepEqual(await here.history(), ["001", "002"]);
    });
  }

  test("is not looked for in tables of other columns", async () => {
    const here = await world(FILES, {
      before:
        "CREATE TABLE changes (n int); CREATE TABLE migrations (n int); CREATE TABLE schema_migrations_log (version text); INSERT INTO changes VALUES (1); INSERT INTO migrations VALUES (1); INSERT INTO schema_migrations_log VALUES ('1');",
    });
    succeeded(await here.up());
  });

  test("does not count where the role cannot read it", async () => {
    const here = await world(FILES);
    const role = `reader_${here.databaseName}`;
    await here.rows(
      `CREATE ROLE ${role} LOGIN PASSWORD 'x'; GRANT ALL ON SCHEMA public TO ${role}; CREATE SCHEMA closed; CREATE TABLE closed.goose_db_version (version_id bigint, is_applied boolean); INSERT INTO closed.goose_db_version VALUES (1, true)`,
    );
    const url = new URL(here.url);
    url.username = role;
    url.password = "x";
    const reader = here.beside({}, { url: url.href });
    succeeded(await reader.up());
  });

  test("that a service of a hosted database keeps for itself does not count", async () => {
    const here = await world(FILES);
    const role = `supabase_auth_admin_${here.databaseName}`;
    await here.rows(
      `CREATE ROLE ${role}; CREATE SCHEMA auth; CREATE TABLE auth.schema_migrations (version text); INSERT INTO auth.schema_migrations VALUES ('1'); ALTER TABLE auth.schema_migrations OWNER TO ${role}`,
    );
    succeeded(await here.up());
    assert.deepEqual(warnings(here), []);
  });
});

describe("a relation that a pending file creates", () => {
  test("stops the first run, with its place", async () => {
    const here = await world(
      { ...FILES, "003_more.sql": "SELECT 1;\n  CREATE INDEX by_n ON posts (n);" },
      { before: "CREATE TABLE users (n int); CREATE TABLE other (n int); CREATE INDEX by_n ON other (n);" },
    );
    const { findings } = await refusal(here.up(), "database-not-empty");
    assert.deepEqual(
      findings.map(({ message, place }) => [message, place?.line, place?.column]),
      [
        ["the table public.users exists already", 1, 1],
        ["the index public.by_n exists already", 2, 3],
      ],
    );
    assert.deepEqual(await here.tables(), ["other", "users"]);
    assert.equal(await here.value("SELECT to_regclass('schema_migrations') IS NULL"), true);
  });

  test("does not when it is not in this plan", async () => {
    const here = await world(FILES, { before: "CREATE TABLE posts (n int)" });
    succeeded(await here.up({ to: "001" }));
    failureOf(await here.up(), "statement-failed");
  });

  test("follows the search path of the session and of the file", async () => {
    const files = {
      "001_a.sql": "CREATE TABLE a ();",
      "002_b.sql": "SET search_path TO two; CREATE TABLE b ();",
      "003_c.sql": "CREATE TABLE two.c ();",
    };
    const here = await world(files, {
      before:
        "CREATE SCHEMA one; CREATE SCHEMA two; CREATE TABLE public.a (); CREATE TABLE one.b (); CREATE TABLE one.c (); DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path TO one, public', current_database()); END $$",
    });
    succeeded(await here.up({}, { dryRun: true }));
    assert.deepEqual(warnings(here), ["the database has no history yet, but 3 other tables: one.b, one.c, public.a"]);
    await here.rows("CREATE TABLE one.a (); CREATE TABLE two.b (); CREATE TABLE two.c ()");
    assert.deepEqual(await refused(here), [
      "the table one.a exists already",
      "the table two.b exists already",
      "the table two.c exists already",
    ]);
  });

  test("does not count when it, or what it belonged to, is dropped before", async () => {
    const here = await world(
      {
        "001_drop.sql": "DROP TABLE IF EXISTS users CASCADE;",
        "002_users.sql":
          "CREATE TABLE users (id serial, n int); CREATE INDEX by_n ON users (n); CREATE VIEW all_users AS SELECT * FROM users;",
      },
      {
        before:
          "CREATE TABLE users (id serial, n int); CREATE INDEX by_n ON users (n); CREATE VIEW all_users AS SELECT * FROM users;",
      },
    );
    succeeded(await here.up());
  });

  test("does not count when an extension has it", async () => {
    const here = await world(FILES, {
      before: "CREATE EXTENSION hstore; CREATE TABLE users (n int); ALTER EXTENSION hstore ADD TABLE users;",
    });
    succeeded(await here.up());
    assert.deepEqual(warnings(here), []);
  });

  test("is counted only beyond ten", async () => {
    const create = Array.from({ length: 14 }, (_, index) => `CREATE TABLE t${index} ();`).join("\n");
    const here = await world({ "001_all.sql": create }, { before: create });
    const said = await refused(here);
    assert.equal(said.length, 11);
    assert.equal(said.at(-1), "4 more relations that the migrations create exist already");
  });

  test("stops the first run of an embedded database as well", async () => {
    const here = await embeddedWorld(FILES);
    await here.rows("CREATE TABLE users (n int)");
    assert.deepEqual(await refused(here), ["the table public.users exists already"]);
    succeeded(await here.up({ firstRun: true }));
  });
});

describe("a first run", () => {
  test("names other tables in one line, and goes on", async () => {
    const before = Array.from({ length: 7 }, (_, index) => `CREATE TABLE other${index} ();`).join(" ");
    const here = await world(FILES, { before });
    succeeded(await here.up());
    assert.deepEqual(warnings(here), [
      "the database has no history yet, but 7 other tables: public.other0, public.other1, public.other2, public.other3, public.other4 and 2 more",
    ]);
    here.events.length = 0;
    here.write({ "003_more.sql": "SELECT 1;" });
    succeeded(await here.up());
    assert.deepEqual(warnings(here), []);
  });

  for (const kind of ["empty", "emptied"]) {
    test(`with a history that is ${kind} is one`, async () => {
      const here = await world(FILES, { before: `CREATE TABLE schema_migrations ${HISTORY}` });
      if (kind === "emptied")
        await here.rows("INSERT INTO schema_migrations (version) VALUES ('1'); DELETE FROM schema_migrations");
      await here.rows("CREATE TABLE users (n int)");
      assert.deepEqual(await refused(here), ["the table public.users exists already"]);
      await here.rows("DROP TABLE users");
      succeeded(await here.up());
    });
  }

  test("that is asked for runs on a database in use", async () => {
    const here = await world(FILES, {
      before: `CREATE TABLE users (n int); CREATE TABLE old ${HISTORY}; INSERT INTO old (version) VALUES ('001')`,
    });
    succeeded(await here.up({ firstRun: true }));
    assert.deepEqual(warnings(here), []);
    succeeded(await here.up());
  });

  test("is only warned of by commands that look", async () => {
    const here = await world(FILES, { before: "CREATE TABLE users (n int)" });
    succeeded(await here.up({}, { dryRun: true }));
    assert.deepEqual(warnings(here), ["the table public.users exists already"]);
    const { findings } = await validate(here.context, here.database);
    assert.deepEqual(
      findings.map(({ message, severity }) => [message, severity]),
      [["the table public.users exists already", "warning"]],
    );
    succeeded(await here.up({ firstRun: true }));
    assert.deepEqual((await validate(here.context, here.database)).findings, []);
  });

  test("that stopped in a file without a transaction is continued", async () => {
    const here = await world({
      "001_users.sql": "-- Transaction: none\nCREATE TABLE users (n int);\nSELECT 1/0;",
    });
    failureOf(await here.up(), "statement-failed");
    here.write({ "001_users.sql": "-- Transaction: none\nCREATE TABLE users (n int);\nSELECT 1;" });
    succeeded(await here.up());
  });

  test("of many at once is nobody else's database in use", async () => {
    const files = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`${100 + index}_t.sql`, `CREATE TABLE t${index} ();`]),
    );
    for (const options of [{}, { before: `CREATE TABLE schema_migrations ${HISTORY}` }]) {
      const here = await world(files, options);
      const users = [here, ...Array.from({ length: 7 }, () => here.beside())];
      for (const report of await Promise.all(users.map((user) => user.up()))) succeeded(report);
    }
  });

  test("does not wait for tables that another session has locked", async () => {
    const here = await world(FILES, { before: "CREATE TABLE other (n int)" });
    await holding(here, "BEGIN; LOCK TABLE other", async () => {
      succeeded(await within(20_000, here.up()));
    });
  });

  test("takes one round trip more", async () => {
    const turns = async (before: string, target: object) => {
      const here = await world(FILES, { before });
      const proxy = await startProxy({ port: Number(new URL(here.url).port) });
      try {
        const url = new URL(here.url);
        url.port = String(proxy.port);
        succeeded(await here.beside({}, { url: url.href }).up(target));
        return proxy.traffic.turns;
      } finally {
        await proxy.close();
      }
    };
    const without = await turns("CREATE TABLE other ()", { firstRun: true });
    for (const before of ["", "CREATE TABLE other ()"]) assert.equal(await turns(before, {}), without + 1);
    assert.ok(without <= 7, `${without} turns`);
  });
});

describe("a run that fails", () => {
  const failing = { "001_one.sql": "CREATE TABLE one ();\nSELECT 1/0;" };
  const isGone = async (here: ServerWorld) => await here.value("SELECT to_regnamespace('ours') IS NULL");

  test("leaves no schema of ours behind", async () => {
    const here = await world(failing, { schema: "ours" });
    failureOf(await here.up(), "statement-failed");
    assert.equal(await isGone(here), true);
    failureOf(await here.up({}, { singleTransaction: true }), "statement-failed");
    assert.equal(await isGone(here), true);
    here.write({ "001_one.sql": "CREATE TABLE one ();" });
    succeeded(await here.up());
    assert.deepEqual(await here.history(), ["001"]);
  });

  test("leaves a schema that was there, or that something is in", async () => {
    const here = await world(failing, { schema: "ours", before: "CREATE SCHEMA ours" });
    failureOf(await here.up(), "statement-failed");
    assert.equal(await isGone(here), false);
    const applied = await world({ "000_one.sql": "SELECT 1;", ...failing }, { schema: "ours" });
    failureOf(await applied.up(), "statement-failed");
    assert.deepEqual(outcomes(await applied.up({}, { dryRun: true })), ["001 not-run"]);
    const begun = await world(
      { "001_one.sql": "-- Transaction: none\nCREATE TABLE ours.t ();\nSELECT 1/0;" },
      { schema: "ours" },
    );
    failureOf(await begun.up(), "statement-failed");
    assert.equal(await isGone(begun), false);
    assert.equal(await begun.value("SELECT to_regclass('ours.t') IS NOT NULL"), true);
  });

  const program = findPgbouncer();
  test("behind pgbouncer leaves none either", { skip: program ? false : "pgbouncer is not installed" }, async () => {
    assert.ok(program);
    const here = await world(failing, { schema: "ours" });
    const pooler = await startPgbouncer(program, here.server, 4);
    try {
      const pooled = here.beside({}, { url: pooler.url(here.databaseName) });
      failureOf(await pooled.up(), "statement-failed");
      assert.equal(await isGone(here), true);
      here.write({ "001_one.sql": "CREATE TABLE one ();" });
      succeeded(await pooled.up());
      assert.deepEqual(await here.history(), ["001"]);
    } finally {
      await pooler.stop();
    }
  });
});
