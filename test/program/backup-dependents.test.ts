import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { temporaryPlace } from "../support/place.ts";
import { type PostgresServer, sharedServer } from "../support/postgres-server.ts";
import { programCommand, run } from "../support/program.ts";

/** What stands on the tables, what they stand on, and what else it reads. */
const SCHEMA = `
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('sad', 'glad');
CREATE DOMAIN app.short AS varchar(10) CHECK (VALUE <> '-');
CREATE TYPE app.address AS (street app.short, "No" int, moods app.mood[]);
CREATE SEQUENCE app.numbers INCREMENT 5;
CREATE SEQUENCE unused INCREMENT -1;
CREATE FUNCTION app.slug(t text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(t)';
CREATE TABLE other (id int PRIMARY KEY);
CREATE TABLE app.users (id int PRIMARY KEY DEFAULT nextval('app.numbers'), name text NOT NULL, other int REFERENCES other, addresses app.address[],
  slug text GENERATED ALWAYS AS (app.slug(name)) STORED, CHECK (app.slug(name) <> 'nobody'));
CREATE INDEX ON app.users (app.slug(name));
CREATE FUNCTION shown(app.users) RETURNS text LANGUAGE sql AS 'SELECT $1.name';
CREATE FUNCTION everyone() RETURNS SETOF app.users LANGUAGE sql AS 'SELECT * FROM app.users';
CREATE VIEW both_of_them AS SELECT u.id, o.id AS other, shown(u) FROM app.users u LEFT JOIN other o ON o.id = u.other;
CREATE VIEW through_function AS SELECT id FROM everyone();
CREATE FUNCTION of_view() RETURNS SETOF through_function LANGUAGE sql AS 'SELECT * FROM through_function';
CREATE RULE ignored AS ON INSERT TO both_of_them DO INSTEAD NOTHING;
ALTER VIEW both_of_them ALTER COLUMN id SET DEFAULT 7;
REVOKE EXECUTE ON FUNCTION everyone() FROM PUBLIC;
COMMENT ON FUNCTION everyone() IS 'all';
ALTER TABLE app.users REPLICA IDENTITY FULL, CLUSTER ON users_pkey, ALTER COLUMN name SET STORAGE EXTERNAL,
  ALTER COLUMN name SET STATISTICS 500, ALTER COLUMN other SET (n_distinct = 5), SET (fillfactor = 70, toast.autovacuum_enabled = false);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER touched BEFORE UPDATE ON app.users FOR EACH ROW EXECUTE FUNCTION touch();
CREATE POLICY own ON app.users USING (name = current_user);
COMMENT ON CONSTRAINT users_pkey ON app.users IS 'key';
COMMENT ON INDEX app.users_slug_idx IS 'index';
COMMENT ON TRIGGER touched ON app.users IS 'trigger';
COMMENT ON POLICY own ON app.users IS 'policy';
INSERT INTO other VALUES (1);
INSERT INTO app.users (name, other, addresses) VALUES ('Ada', 1, ARRAY[ROW('a,b', 1, '{glad}')::app.address]), ('Bo', NULL, NULL);
`;

const STATE = `SELECT string_agg(x, E'\\n' ORDER BY x COLLATE "C") AS state FROM (
 SELECT pg_get_functiondef(oid) || COALESCE(proacl::text, '') || COALESCE(obj_description(oid, 'pg_proc'), '') AS x FROM pg_proc WHERE pronamespace IN ('public'::regnamespace, 'app'::regnamespace)
 UNION ALL SELECT pg_get_ruledef(oid) FROM pg_rewrite WHERE ev_class >= 16384
 UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'app.users'::regclass AND contype <> 'n'
 UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'app'
 UNION ALL SELECT adrelid::regclass || pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid::regclass::text <> 'schema_migrations'
 UNION ALL SELECT row_to_json(u)::text FROM app.users u
 UNION ALL SELECT concat_ws(' ', c.relreplident, c.reloptions, x.reloptions) FROM pg_class c JOIN pg_class x ON x.oid = c.reltoastrelid WHERE c.oid = 'app.users'::regclass
 UNION ALL SELECT concat_ws(' ', attname, attstorage, attstattarget, attoptions) FROM pg_attribute WHERE attrelid = 'app.users'::regclass
 UNION ALL SELECT 'clustered ' || indexrelid::regclass FROM pg_index WHERE indisclustered
 UNION ALL SELECT classoid::regclass || ' ' || description FROM pg_description WHERE objoid >= 16384
 UNION ALL SELECT v::text FROM both_of_them v
 UNION ALL SELECT 'app.numbers ' || last_value || is_called FROM app.numbers) AS all_of_it(x)`;

for (const major of [15, 18] as const) {
  describe(`backups of what others stand on, on PostgreSQL ${major}`, () => {
    let server: PostgresServer;
    let url: string;
    let name: string;
    let place: string;
    before(async () => {
      server = await sharedServer(major);
      ({ name, url } = await server.createDatabase(SCHEMA));
      place = temporaryPlace("backup");
      mkdirSync(join(place, "database", "migrations"), { recursive: true });
      writeFileSync(
        join(place, "database", "migrations", "001_drop_name.sql"),
        "ALTER TABLE app.users DROP COLUMN other CASCADE;",
      );
      writeFileSync(join(place, "database", "migrations", "002_drop_all.sql"), "DROP SCHEMA app CASCADE;");
    });

    const pgstep = async (...words: string[]) =>
      run([...(await programCommand("node")), ...words], {
        directory: place,
        environment: { DATABASE_URL: url },
      });
    const state = async () => (await server.query(name, STATE))[0]?.state;
    const newest = (directory: string) => join(directory, readdirSync(join(place, directory)).sort().at(-1) ?? "");

    test("lets functions and views make way, and brings them back", async () => {
      const before = await state();
      // Alone in the shadow, the tables lack what they refer to, and the views what they read besides.
      const up = await pgstep("up", "001", "--verify", "full", "--backup-dir", "one");
      assert.equal(up.status, 0, up.stderr);
      assert.match(up.stderr, /Backed up 1 table with 2 rows of .* verified with a test restore/);
      const restored = await pgstep("restore", newest("one"), "--confirm", name);
      assert.equal(restored.status, 0, restored.stderr);
      assert.equal(await state(), before);
    });

    test("brings back what went with a schema", async () => {
      const before = await state();
      const up = await pgstep("up", "--backup-dir", "two");
      assert.equal(up.status, 0, up.stderr);
      const restored = await pgstep("restore", newest("two"), "--confirm", name);
      assert.equal(restored.status, 0, restored.stderr);
      assert.equal(await state(), before);
    });

    test("tells of a view that reads what is gone, and leaves it out", async () => {
      const { name: another, url: there } = await server.createDatabase(SCHEMA);
      const up = await pgstep("up", "001", "--url", there, "--backup-dir", "gone");
      assert.equal(up.status, 0, up.stderr);
      await server.query(another, "DROP TABLE other");
      const restored = await pgstep("restore", newest("gone"), "--url", there, "--confirm", another);
      assert.equal(restored.status, 0, restored.stderr);
      assert.match(
        restored.stderr,
        /WARNING: public.both_of_them was not made again: relation "public.other" does not exist/,
      );
      const [row] = await server.query(
        another,
        "SELECT count(other)::int AS n, to_regclass('both_of_them') AS v FROM app.users",
      );
      assert.deepEqual({ ...row }, { n: 1, v: null });
    });

    test("brings sequences that belong to no column forward, never back", async () => {
      const made = await pgstep("up", "001", "--backup-dir", "three");
      assert.equal(made.status, 0, made.stderr);
      await server.query(name, "SELECT setval('unused', -2), setval('app.numbers', 500)");
      const restored = await pgstep("restore", newest("three"), "--confirm", name);
      assert.equal(restored.status, 0, restored.stderr);
      const [row] = await server.query(
        name,
        "SELECT nextval('unused')::int AS down, nextval('app.numbers')::int AS up",
      );
      assert.deepEqual({ ...row }, { down: -3, up: 505 });
    });
  });
}
