import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { diffSchemas } from "../../../src/engine/diff/diff.ts";
import type { Source } from "../../../src/engine/diff/sources.ts";
import { readIgnored } from "../../../src/engine/drift/surroundings.ts";
import type { InShadow } from "../../../src/engine/shadow/shadow.ts";
import { inNewDatabase, trialPlaces } from "../../diff/trial.ts";
import { type PostgresServer, sharedServer, startPostgres } from "../../support/postgres-server.ts";
import { refusal, type ServerWorld, succeeded, world } from "../support.ts";

async function shadows(): Promise<InShadow> {
  const server = await sharedServer(18);
  return inNewDatabase((await trialPlaces(server, server)).shadow);
}

function migrationsOf({ directory, context }: ServerWorld): Source {
  return { kind: "migrations", name: "the migrations", directory, fileSystem: context.fileSystem };
}

async function databaseOf({ database, context }: ServerWorld, patterns: readonly string[]): Promise<Source> {
  return { kind: "database", name: "live", database, ignored: await readIgnored(context, patterns) };
}

/** The migrations lead to the database of this world. */
async function difference(one: ServerWorld, patterns: readonly string[]) {
  const [from, to] = [migrationsOf(one), await databaseOf(one, patterns)];
  return await diffSchemas(await shadows(), { from, to, renames: [], wants: "files" });
}

/** As diff --sql prints it. */
async function statements(from: Source, to: Source, inShadow?: InShadow) {
  const { changes, files } = await diffSchemas(inShadow ?? (await shadows()), {
    ...{ from, to, renames: [], wants: "statements" },
  });
  const words = changes.map(({ change, object }) => `${change} ${object}`);
  return { words, sql: files.map(({ up }) => up).join("\n") };
}

async function migrated(sql: string, later: string): Promise<ServerWorld> {
  const one = await world({ "001_start.sql": sql });
  succeeded(await one.up());
  await one.rows(later);
  return one;
}

const START = `CREATE TABLE orders (id int PRIMARY KEY, note varchar(40), tmp_old int, CONSTRAINT tmp_check CHECK (id > 0));
CREATE TABLE log_kept (id serial PRIMARY KEY, at date); COMMENT ON TABLE log_kept IS 'kept';
CREATE TABLE events (at date NOT NULL PRIMARY KEY) PARTITION BY RANGE (at);
CREATE VIEW recent AS SELECT id FROM orders; CREATE FUNCTION old() RETURNS int LANGUAGE sql AS 'SELECT 1';
GRANT SELECT ON orders TO pg_monitor;`;

const HOTFIX = `CREATE INDEX by_note ON orders (note);
CREATE FUNCTION added() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE VIEW latest AS SELECT max(id) FROM recent;`;

const BESIDE = `CREATE TABLE log_new (id serial PRIMARY KEY, a int GENERATED ALWAYS AS IDENTITY); CREATE INDEX ON log_new (a);
COMMENT ON TABLE log_new IS 'new'; COMMENT ON COLUMN log_new.a IS 'a'; GRANT SELECT ON log_new TO pg_monitor;
CREATE FUNCTION log_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; COMMENT ON FUNCTION log_it() IS 'it';
CREATE TRIGGER log_it AFTER INSERT ON orders EXECUTE FUNCTION log_it(); DROP TABLE log_kept; DROP FUNCTION old();
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
ALTER TABLE orders DROP tmp_old, ADD tmp_new text DEFAULT 'x', DROP CONSTRAINT tmp_check; COMMENT ON COLUMN orders.tmp_new IS 'new';
CREATE SCHEMA audit; CREATE TABLE audit.log (id int REFERENCES orders); CREATE TYPE audit.kind AS ENUM ('a');
GRANT USAGE ON SCHEMA audit TO pg_monitor; ALTER DEFAULT PRIVILEGES IN SCHEMA audit GRANT SELECT ON TABLES TO pg_monitor;
GRANT SELECT, INSERT ON orders TO pg_read_all_data; REVOKE SELECT ON orders FROM pg_monitor;
CREATE OR REPLACE VIEW recent AS SELECT id FROM orders WHERE id > 7;`;

const PATTERNS = [
  ...["table public.log_*", "function public.log_*", "public.old()", "trigger *.log_it", "table public.events_*"],
  ...[
    "column public.orders.tmp_*",
    "constraint public.orders.tmp_*",
    "schema audit",
    "privileges *",
    "view public.recent",
  ],
];

describe("a difference without ignored objects", () => {
  test("leaves the objects as the migrations make them", async () => {
    const one = await migrated(START, `${HOTFIX} ${BESIDE}`);
    const { changes, files } = await difference(one, PATTERNS);
    assert.deepEqual(
      changes.map(({ change, object }) => `${change} ${object}`),
      ["added function public.added()", "added index public.orders.by_note", "added view public.latest"],
    );
    const [file] = files;
    assert.match(
      String(file?.up),
      /^CREATE FUNCTION added\(\)[^;]*;\s+CREATE INDEX by_note[^;]*;\s+CREATE VIEW latest[^;]*;\s*$/,
    );
    assert.match(String(file?.down), /^DROP VIEW latest;\s+DROP INDEX by_note;\s+DROP FUNCTION added\(\);\s*$/);
  });

  test("leads from the database to the migrations as well", async () => {
    const one = await migrated(START, `${HOTFIX} ${BESIDE}`);
    const { words, sql } = await statements(await databaseOf(one, PATTERNS), migrationsOf(one));
    assert.deepEqual(words, [
      "removed function public.added()",
      "removed index public.orders.by_note",
      "removed view public.latest",
    ]);
    assert.match(sql, /^DROP VIEW latest;\s+DROP INDEX by_note;\s+DROP FUNCTION added\(\);\s*$/);
  });

  test("leads from one database to another one as well", async () => {
    const [one, other] = [await migrated(START, BESIDE), await migrated(START, HOTFIX)];
    const [first, second] = [await databaseOf(one, PATTERNS), await databaseOf(other, PATTERNS)];
    const there = await statements(first, second);
    assert.deepEqual(there.words, [
      "added function public.added()",
      "added index public.orders.by_note",
      "added view public.latest",
    ]);
    assert.match(
      there.sql,
      /^CREATE FUNCTION added\(\)[^;]*;\s+CREATE INDEX by_note[^;]*;\s+CREATE VIEW latest[^;]*;\s*$/,
    );
    const back = await statements(second, first);
    assert.match(back.sql, /^DROP VIEW latest;\s+DROP INDEX by_note;\s+DROP FUNCTION added\(\);\s*$/);
  });

  test("drops what a pattern ignores with its table", async () => {
    const start =
      "CREATE TABLE t (a int, tmp_b int CHECK (tmp_b > 0)); CREATE INDEX tmp_a ON t (a); GRANT SELECT ON t TO pg_monitor;";
    const one = await migrated(`${start} COMMENT ON COLUMN t.tmp_b IS 'b';`, "DROP TABLE t");
    const { files } = await difference(one, ["*.tmp_*", "privileges *", "comment *"]);
    assert.equal(files[0]?.up, "DROP TABLE t;\n");
    assert.match(String(files[0]?.down), /^CREATE TABLE t \([\s\S]*GRANT SELECT ON t TO pg_monitor;/);
  });

  test("has all objects without patterns", async () => {
    const one = await migrated("CREATE TABLE t (a int);", "CREATE SCHEMA audit; CREATE TABLE audit.log (id int)");
    const { files } = await difference(one, []);
    assert.match(String(files[0]?.up), /^CREATE SCHEMA audit;\s+CREATE TABLE audit\.log/);
  });

  test("has privileges of other roles where those of one role are ignored", async () => {
    const one = await migrated("CREATE TABLE t (a int);", "GRANT SELECT ON t TO pg_monitor, pg_read_all_data");
    const { files } = await difference(one, ["privileges of pg_monitor on *"]);
    assert.deepEqual(files[0]?.up, "GRANT SELECT ON t TO pg_read_all_data;\n");
  });

  test("has privileges that only pg_dump shows, unless they are ignored", async () => {
    const grants = `GRANT SELECT ON t TO CURRENT_USER WITH GRANT OPTION; REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
 GRANT SELECT ON t TO pg_monitor WITH GRANT OPTION; SET ROLE pg_monitor; GRANT SELECT ON t TO pg_read_all_data; RESET ROLE;`;
    const [one, other] = [
      await migrated("CREATE TABLE t (a int);", ""),
      await migrated("CREATE TABLE t (a int);", grants),
    ];
    const between = async (patterns: readonly string[]) => {
      const [first, second] = [await databaseOf(one, patterns), await databaseOf(other, patterns)];
      return [await statements(first, second), await statements(second, first)] as const;
    };
    const [there, back] = await between([]);
    assert.deepEqual(there.words, [
      "added privileges of its owner on table public.t",
      "added privileges of pg_monitor on table public.t",
      "added privileges of pg_read_all_data on table public.t",
      "changed privileges on language plpgsql",
    ]);
    assert.match(there.sql, /REVOKE ALL ON LANGUAGE plpgsql FROM PUBLIC;/);
    assert.match(there.sql, /GRANT SELECT ON t TO CURRENT_USER WITH GRANT OPTION;/);
    assert.match(there.sql, /SET ROLE pg_monitor;\nGRANT SELECT ON TABLE t TO pg_read_all_data;\nRESET ROLE;/);
    assert.equal(there.sql.match(/pg_read_all_data/g)?.length, 1);
    assert.match(back.sql, /GRANT ALL ON LANGUAGE plpgsql TO PUBLIC;/);
    assert.equal(back.sql.match(/REVOKE .* FROM pg_monitor;/g)?.length, 1);
    const [some] = await between(["privileges of * on language *", "privileges of pg_* on table *"]);
    assert.deepEqual(some.words, ["added privileges of its owner on table public.t"]);
    assert.equal(some.sql, "GRANT SELECT ON t TO CURRENT_USER WITH GRANT OPTION;\n");
    for (const { words, sql } of await between(["privileges *"])) assert.deepEqual([words, sql], [[], ""]);
  });

  test("has nothing that only another owner explains", async () => {
    const [owner, reader] = ["diff_owner", "pg_monitor"];
    const one = await world(
      {
        "001_t.sql": `CREATE TABLE t (a int); GRANT ALL ON t TO ${owner};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ${reader}; CREATE TABLE u (a int);`,
      },
      {
        before: `DO $$ BEGIN CREATE ROLE ${owner} LOGIN; EXCEPTION WHEN OTHERS THEN NULL; END $$; GRANT CREATE ON SCHEMA public TO ${owner}`,
      },
    );
    succeeded(await one.beside({}, { url: one.url.replace("postgres@", `${owner}@`) }).up());
    await one.rows(`REVOKE CREATE ON SCHEMA public FROM ${owner}; CREATE INDEX by_a ON t (a)`);
    const { files } = await difference(one, []);
    assert.equal(files[0]?.up, "CREATE INDEX by_a ON t (a);\n");
    const back = await statements(await databaseOf(one, []), migrationsOf(one));
    assert.equal(back.sql, "DROP INDEX by_a;\n");
  });
});

const PLATFORM = `CREATE SCHEMA auth; CREATE FUNCTION auth.uid() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TABLE auth.users (id int PRIMARY KEY);`;

/** As a user of the platform writes it. */
const ON_USERS = `CREATE FUNCTION joined() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER joined AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION joined();
CREATE POLICY own ON auth.users USING (id = auth.uid());`;

describe("a platform's objects", () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
    await server.query("postgres", "CREATE ROLE supabase_admin");
  });
  after(() => server.stop());

  /** A database of the platform, and its migrations. */
  const started = async (files: string, later: string) => {
    const one = await world({ "001_start.sql": files }, { before: PLATFORM, server });
    await one.rows(later);
    return one;
  };
  const onPlatform = (one: ServerWorld) => databaseOf(one, []);
  /** With the platform's objects, as database/stand-ins/server.sql creates them. */
  const prepared = async (): Promise<InShadow> => {
    const inNew = inNewDatabase((await trialPlaces(server, server)).shadow);
    return (work) =>
      inNew(async (context) => {
        const session = await context.database.open();
        await session.execute(PLATFORM).finally(() => session.close());
        return await work(context);
      });
  };

  test("are those that the shadow database has", async () => {
    const one = await started(
      "CREATE TABLE t (a int);",
      "CREATE TABLE t (a int); CREATE POLICY mine ON t USING (a = auth.uid())",
    );
    const there = await statements(migrationsOf(one), await onPlatform(one), await prepared());
    assert.equal(there.sql, "CREATE POLICY mine ON t USING (a = auth.uid());\n");
    const back = await statements(await onPlatform(one), migrationsOf(one), await prepared());
    assert.equal(back.sql, "DROP POLICY mine ON t;\n");
  });

  test("are named with the object that needs them, and the remedy", async () => {
    const one = await started(
      "CREATE TABLE t (a int);",
      "CREATE TABLE t (a int); CREATE POLICY mine ON t USING (a = auth.uid())",
    );
    for (const sides of [
      [migrationsOf(one), await onPlatform(one)] as const,
      [await onPlatform(one), migrationsOf(one)] as const,
    ]) {
      const failure = await refusal(statements(...sides), "statement-failed");
      assert.match(
        failure.message,
        /^Cannot create policy public\.t\.mine of live in an empty database: schema "auth" does/,
      );
      assert.match(failure.hint ?? "", /--drift-ignore "policy public\.t\.mine"/);
    }
  });

  test("have the triggers and policies of the migrations", async () => {
    const one = await started(ON_USERS, ON_USERS);
    const inShadow = await prepared();
    assert.deepEqual((await statements(migrationsOf(one), await onPlatform(one), inShadow)).words, []);
    assert.deepEqual((await statements(await onPlatform(one), migrationsOf(one), inShadow)).words, []);
    await one.rows("DROP TRIGGER joined ON auth.users; DROP POLICY own ON auth.users");
    const there = await statements(migrationsOf(one), await onPlatform(one), inShadow);
    assert.deepEqual(there.words, ["removed policy auth.users.own", "removed trigger auth.users.joined"]);
    const back = await statements(await onPlatform(one), migrationsOf(one), inShadow);
    assert.deepEqual(back.words, ["added policy auth.users.own", "added trigger auth.users.joined"]);
    assert.match(back.sql, /^CREATE TRIGGER joined [^;]*;\s+CREATE POLICY own [^;]*;\s*$/);
  });

  test("have triggers that only the database has, which drift ignores", async () => {
    const one = await started(
      "CREATE TABLE t (a int);",
      `${ON_USERS} DROP POLICY own ON auth.users; CREATE TABLE t (a int)`,
    );
    const there = await statements(migrationsOf(one), await onPlatform(one), await prepared());
    assert.deepEqual(there.words, ["added function public.joined()"]);
  });

  test("have triggers that only one of two databases has", async () => {
    const [one, other] = [await started("", ON_USERS), await started("", "SELECT 1")];
    const there = await statements(await onPlatform(one), await onPlatform(other), await prepared());
    assert.deepEqual(there.words, [
      "removed function public.joined()",
      "removed policy auth.users.own",
      "removed trigger auth.users.joined",
    ]);
    const back = await statements(await onPlatform(other), await onPlatform(one), await prepared());
    assert.match(back.sql, /^CREATE FUNCTION joined[\s\S]*CREATE TRIGGER joined [\s\S]*CREATE POLICY own /);
  });

  test("include the privileges on PostgreSQL's own objects", async () => {
    const one = await started(
      "CREATE TABLE t (a int);",
      "CREATE TABLE t (a int); GRANT EXECUTE ON FUNCTION pg_ls_dir(text) TO pg_monitor; REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;",
    );
    const there = await statements(migrationsOf(one), await onPlatform(one), await prepared());
    assert.equal(there.sql, "REVOKE ALL ON LANGUAGE plpgsql FROM PUBLIC;\n");
  });

  test("include the privileges that follow from its default privileges", async () => {
    await server.query("postgres", "CREATE ROLE anon");
    const one = await started(
      "CREATE TABLE t (a int);",
      `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon;
CREATE TABLE t (a int); GRANT SELECT ON t TO pg_read_all_data; CREATE TABLE u (a int);`,
    );
    const inShadow = await prepared();
    const there = await statements(migrationsOf(one), await onPlatform(one), inShadow);
    assert.equal(there.sql, "CREATE TABLE u (\n    a integer\n);\n\nGRANT SELECT ON t TO pg_read_all_data;\n");
    const back = await statements(await onPlatform(one), migrationsOf(one), inShadow);
    assert.equal(back.sql, "REVOKE SELECT ON t FROM pg_read_all_data;\n\nDROP TABLE u;\n");
  });
});
