import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { validate } from "../../../src/engine/check/validate.ts";
import { baseline } from "../../../src/engine/verbs/baseline.ts";
import { outcomes, refusal, type ServerWorld, states, succeeded, world } from "../support.ts";

const FILES = {
  "001_one.sql": "CREATE TABLE one ();",
  "001_one.down.sql": "DROP TABLE one;",
  "002_two.sql": "CREATE TABLE two ();",
};

const BY_HAND =
  "CREATE TABLE schema_migrations (version varchar(255) PRIMARY KEY, applied_at timestamp without time zone NOT NULL DEFAULT CURRENT_TIMESTAMP, description text);";

/** Everything the catalog knows of the user's objects, as one text. */
async function catalog(here: ServerWorld): Promise<string> {
  const rows =
    await here.rows(`SELECT n.nspname, c.relname, c.relkind::text, a.attname, a.attnum::int, format_type(a.atttypid, a.atttypmod) AS type,
    c.relfilenode::text, c.xmin::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1, 2, 5`);
  return JSON.stringify([rows, await here.rows("SELECT nspname FROM pg_namespace ORDER BY 1")]);
}

test("a history that cannot be completed for another reason than a privilege is not told to be one", async () => {
  const refuse =
    "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not on Fridays'; END $$; CREATE EVENT TRIGGER refuse ON ddl_command_start EXECUTE FUNCTION refuse();";
  const here = await world(FILES, { before: BY_HAND + refuse });
  const { message } = await refusal(here.up(), "statement-failed");
  assert.match(message, /Cannot write the history public\.schema_migrations: not on Fridays/);
});

describe("commands that look write nothing", () => {
  const databases: Record<string, string> = {
    "an empty database": "SELECT 1",
    "a table made by hand": `${BY_HAND} INSERT INTO schema_migrations (version) VALUES ('001');`,
  };
  for (const [what, before] of Object.entries(databases)) {
    for (const settings of [{}, { schema: "not_there" }]) {
      test(`on ${what}${settings.schema ? ", with a schema that does not exist" : ""}`, async () => {
        const here = await world(FILES, { before, ...settings });
        const found = await catalog(here);
        await here.status();
        await validate(here.context, here.database);
        succeeded(await here.up({}, { dryRun: true }));
        succeeded(await here.up({}, { dryRun: true, singleTransaction: true }));
        if (before !== "SELECT 1" && !settings.schema) {
          succeeded(await here.down({ all: true }, { dryRun: true }));
          succeeded(await here.redo(1, { dryRun: true }));
        }
        succeeded(await here.up({ count: 0 }));
        assert.equal(await catalog(here), found);
      });
    }
  }

  test("nothing pending writes nothing either", async () => {
    const here = await world(FILES, {
      before: `${BY_HAND} INSERT INTO schema_migrations (version) VALUES ('1'), ('002');`,
    });
    const found = await catalog(here);
    const report = succeeded(await here.up());
    assert.deepEqual(report.steps, []);
    assert.equal(report.alreadyApplied, 2);
    assert.equal(await catalog(here), found);
  });
});

describe("a history that is there already is adopted", () => {
  const tables: Record<string, string> = {
    "with exactly the three columns": BY_HAND,
    "with a text version": BY_HAND.replace("varchar(255)", "text"),
    "with a shorter version and a description of limited length": BY_HAND.replace(
      "varchar(255)",
      "varchar(14)",
    ).replace("description text", "description varchar(100)"),
    "with a unique constraint in place of the primary key": BY_HAND.replace("PRIMARY KEY", "NOT NULL UNIQUE"),
    "with an identity column of its own": BY_HAND.replace(
      "description text",
      "description text, id int GENERATED ALWAYS AS IDENTITY",
    ),
    "with a serial primary key of its own": BY_HAND.replace("PRIMARY KEY", "NOT NULL UNIQUE").replace(
      "description text",
      "description text, id serial PRIMARY KEY",
    ),
    "with further columns that need nothing": BY_HAND.replace(
      "description text",
      "description text, note text, at timestamptz NOT NULL DEFAULT now()",
    ),
    "in another order":
      "CREATE TABLE schema_migrations (description text, applied_at timestamp NOT NULL DEFAULT now(), version varchar(255) PRIMARY KEY);",
  };
  for (const [what, table] of Object.entries(tables)) {
    test(what, async () => {
      const here = await world(FILES, {
        before: `${table} INSERT INTO schema_migrations (version, description) VALUES ('001', 'by hand'); CREATE TABLE one ();`,
      });
      assert.deepEqual(await states(here), ["001 applied", "002 pending"]);
      assert.deepEqual(outcomes(succeeded(await here.up())), ["002 applied"]);
      assert.deepEqual(await states(here), ["001 applied", "002 applied"]);
      assert.equal(await here.value("SELECT description FROM schema_migrations WHERE version = '001'"), "by hand");
      assert.equal(await here.value("SELECT checksum IS NULL FROM schema_migrations WHERE version = '001'"), true);
    });
  }

  test("a version recorded as 1 is that of 001, and goes by its own spelling", async () => {
    const here = await world(FILES, {
      before: `${BY_HAND} INSERT INTO schema_migrations (version) VALUES ('1'); CREATE TABLE one ();`,
    });
    assert.deepEqual(await states(here), ["001 applied", "002 pending"]);
    succeeded(await here.up());
    assert.deepEqual(await here.history(), ["002", "1"]);
    here.write({ "002_two.down.sql": "DROP TABLE two;" });
    assert.deepEqual(outcomes(succeeded(await here.down({ all: true }))), ["002 undone", "1 undone"]);
    assert.deepEqual(await here.history(), []);
  });

  test("the columns are added with the first write, in the order they are described", async () => {
    const here = await world(FILES, { before: BY_HAND });
    succeeded(await here.up());
    const columns = await here.rows(
      "SELECT column_name FROM information_schema.columns WHERE table_name = 'schema_migrations' ORDER BY ordinal_position",
    );
    assert.deepEqual(
      columns.map((row) => row.column_name),
      ["version", "applied_at", "description", "checksum", "duration_ms", "applied_by", "tool_version", "down_script"],
    );
  });

  test("one made by pgstep is exactly the table of the specification, with more columns behind", async () => {
    const here = await world(FILES);
    succeeded(await here.up());
    const columns = await here.rows(
      "SELECT column_name, data_type, character_maximum_length, is_nullable, column_default FROM information_schema.columns WHERE table_name = 'schema_migrations' ORDER BY ordinal_position LIMIT 3",
    );
    assert.deepEqual(columns, [
      {
        column_name: "version",
        data_type: "character varying",
        character_maximum_length: 255,
        is_nullable: "NO",
        column_default: null,
      },
      {
        column_name: "applied_at",
        data_type: "timestamp without time zone",
        character_maximum_length: null,
        is_nullable: "NO",
        column_default: "CURRENT_TIMESTAMP",
      },
      {
        column_name: "description",
        data_type: "text",
        character_maximum_length: null,
        is_nullable: "YES",
        column_default: null,
      },
    ]);
    assert.deepEqual(
      await here.value(
        "SELECT array_agg(tablename::text ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'",
      ),
      ["one", "schema_migrations", "two"],
    );
  });
});

describe("a table that is not ours is refused untouched, and its owner named", () => {
  const tables: Record<string, { sql: string; owner: RegExp }> = {
    "golang-migrate": {
      sql: "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)",
      owner: /golang-migrate/,
    },
    Flyway: {
      sql: "CREATE TABLE schema_migrations (installed_rank int PRIMARY KEY, version varchar(50), description varchar(200) NOT NULL, type varchar(20) NOT NULL, script varchar(1000) NOT NULL, checksum int, installed_by varchar(100) NOT NULL, installed_on timestamp NOT NULL DEFAULT now(), execution_time int NOT NULL, success boolean NOT NULL)",
      owner: /Flyway/,
    },
    Liquibase: {
      sql: "CREATE TABLE schema_migrations (id varchar(255) NOT NULL, author varchar(255) NOT NULL, filename varchar(255) NOT NULL, dateexecuted timestamp NOT NULL, orderexecuted int NOT NULL, exectype varchar(10) NOT NULL, md5sum varchar(35), description varchar(255))",
      owner: /Liquibase/,
    },
    goose: {
      sql: "CREATE TABLE schema_migrations (id serial PRIMARY KEY, version_id bigint NOT NULL, is_applied boolean NOT NULL, tstamp timestamp DEFAULT now())",
      owner: /goose/,
    },
    sqlx: {
      sql: "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, description text NOT NULL, installed_on timestamptz NOT NULL DEFAULT now(), success boolean NOT NULL, checksum bytea NOT NULL, execution_time bigint NOT NULL)",
      owner: /sqlx/,
    },
    Prisma: {
      sql: "CREATE TABLE schema_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count int NOT NULL DEFAULT 0)",
      owner: /Prisma/,
    },
    Diesel: {
      sql: "CREATE TABLE schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp NOT NULL DEFAULT now())",
      owner: /Diesel/,
    },
    Ecto: {
      sql: "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, inserted_at timestamp(0))",
      owner: /Ecto/,
    },
    Supabase: {
      sql: "CREATE TABLE schema_migrations (version text PRIMARY KEY, statements text[], name text)",
      owner: /Supabase/,
    },
    "node-pg-migrate": {
      sql: "CREATE TABLE schema_migrations (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)",
      owner: /node-pg-migrate/,
    },
    Drizzle: {
      sql: "CREATE TABLE schema_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)",
      owner: /Drizzle/,
    },
    Knex: {
      sql: "CREATE TABLE schema_migrations (id serial PRIMARY KEY, name varchar(255), batch int, migration_time timestamptz)",
      owner: /Knex/,
    },
    Django: {
      sql: "CREATE TABLE schema_migrations (id bigint PRIMARY KEY, app varchar(255), name varchar(255), applied timestamptz)",
      owner: /Django/,
    },
    "Rails, dbmate": { sql: "CREATE TABLE schema_migrations (version varchar PRIMARY KEY)", owner: /Rails, dbmate/ },
    "another tool": {
      sql: "CREATE TABLE schema_migrations (id int PRIMARY KEY, what text)",
      owner: /another tool.*id, what/,
    },
    "a view": {
      sql: "CREATE TABLE real (version varchar(255) PRIMARY KEY, applied_at timestamp NOT NULL DEFAULT now(), description text); CREATE VIEW schema_migrations AS SELECT * FROM real",
      owner: /not an ordinary table/,
    },
    "a table without a key": { sql: BY_HAND.replace(" PRIMARY KEY", ""), owner: /primary key or unique/ },
    "a table whose key is checked only at the commit": {
      sql: BY_HAND.replace("PRIMARY KEY", "PRIMARY KEY DEFERRABLE INITIALLY DEFERRED"),
      owner: /primary key or unique/,
    },
    "a table with a key of two columns": {
      sql: BY_HAND.replace(" PRIMARY KEY", "").replace(
        "description text",
        "description text, PRIMARY KEY (version, description)",
      ),
      owner: /primary key or unique/,
    },
    "a table with numbers as versions": { sql: BY_HAND.replace("varchar(255)", "bigint"), owner: /version is bigint/ },
    "a table whose time has a zone": {
      sql: BY_HAND.replace("without time zone", "with time zone"),
      owner: /applied_at is timestamp with time zone/,
    },
    "a table that demands more": {
      sql: BY_HAND.replace("description text", "description text, owner text NOT NULL"),
      owner: /owner needs a value/,
    },
    "a table with a column of ours in another type": {
      sql: BY_HAND.replace("description text", "description text, checksum bytea"),
      owner: /checksum is bytea/,
    },
  };
  for (const [what, { sql, owner }] of Object.entries(tables)) {
    test(what, async () => {
      const here = await world(FILES, { before: sql });
      const found = await catalog(here);
      for (const act of [
        () => here.up(),
        () => here.status(),
        () => here.down({ all: true }),
        () => baseline(here.context, "001"),
      ]) {
        const failure = await refusal(act(), "history-foreign");
        assert.match(failure.message, owner);
        assert.match(failure.hint ?? "", /--table/);
      }
      assert.equal(await catalog(here), found);
      succeeded(await here.beside({ table: "pgstep_history" }).up());
    });
  }
});

describe("places of the history that need care", () => {
  const places = [
    { schema: "My Schema", table: "History Table" },
    { schema: 'quo"te', table: "it's; -- \\ 😀" },
    { schema: "Ünïcode", table: "UPPER" },
    { schema: "public", table: "select" },
    { schema: "public", table: "t".repeat(63) },
  ];
  for (const { schema, table } of places) {
    test(`"${schema}"."${table}"`, async () => {
      const here = await world(
        {
          ...FILES,
          "003_three.sql": "CREATE INDEX CONCURRENTLY i ON three_base (id);",
          "000_base.sql": "CREATE TABLE three_base (id int);",
        },
        { schema, table },
      );
      assert.deepEqual(
        await states(here),
        ["000", "001", "002", "003"].map((version) => `${version} pending`),
      );
      succeeded(await here.up());
      assert.deepEqual(
        await states(here),
        ["000", "001", "002", "003"].map((version) => `${version} applied`),
      );
      assert.deepEqual(succeeded(await here.up()).steps, []);
    });
  }

  test("two histories in one database know nothing of each other", async () => {
    const here = await world({ "001_one.sql": "SELECT 1;" });
    succeeded(await here.up());
    const other = here.beside({ schema: "other" });
    assert.deepEqual(await states(other), ["001 pending"]);
    succeeded(await other.up({ firstRun: true }));
    assert.deepEqual(await states(other), ["001 applied"]);
  });
});
