import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Catalog, RelationConflicts } from "../../../src/core/migrations/relation-conflicts.ts";
import { scan } from "../../../src/core/scanner/scan.ts";
import { relationChange } from "../../../src/core/statements/relation-change.ts";

const relations: [string, string, string][] = [
  ["public", "users", "r"],
  ["public", "users_name", "i"],
  ["public", "users_id_seq", "S"],
  ["public", "names", "v"],
  ["app", "orders", "r"],
  ["app", "Mixed", "r"],
  ["joe", "own", "r"],
];

const CATALOG: Catalog = {
  relations: relations.map(([schema, name, kind], index) => ({ oid: index + 1, schema, name, kind })),
  dependencies: [
    [2, 1],
    [3, 1],
    [4, 1],
  ],
  schemas: ["pg_catalog", "public", "app", "joe"],
  searchPath: '"$user", public',
  role: "ann",
};

/** What these files create although the catalog has it, in order. */
function conflicts(files: readonly string[], catalog: Catalog = CATALOG): string[] {
  const known = new RelationConflicts(catalog);
  return files.flatMap((file) => {
    known.beginFile();
    return [...scan([file], { standardConformingStrings: true })].flatMap((piece) => {
      const change = piece.kind === "statement" ? relationChange(piece) : undefined;
      const found = change && known.follow(change);
      return found ? [`${found.schema}.${found.name}`] : [];
    });
  });
}

describe("a relation that a file creates is found when the database has it", () => {
  const found: Record<string, string> = {
    "CREATE TABLE users (id int);": "public.users",
    "create table if not exists Users (id int);": "public.users",
    'CREATE UNLOGGED TABLE "users" ();': "public.users",
    "CREATE TABLE public.users AS SELECT 1;": "public.users",
    "CREATE TABLE postgres.public.users ();": "public.users",
    "CREATE FOREIGN TABLE IF NOT EXISTS users () SERVER s;": "public.users",
    "CREATE TABLE users PARTITION OF all_users DEFAULT;": "public.users",
    "CREATE OR REPLACE VIEW names AS SELECT 1;": "public.names",
    "CREATE RECURSIVE VIEW names (n) AS SELECT 1;": "public.names",
    "CREATE MATERIALIZED VIEW IF NOT EXISTS names AS SELECT 1;": "public.names",
    "CREATE SEQUENCE IF NOT EXISTS users_id_seq;": "public.users_id_seq",
    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS users_name ON ONLY users (name);": "public.users_name",
    'CREATE TABLE app."Mixed" ();': "app.Mixed",
    "SET search_path TO app, public; CREATE TABLE orders ();": "app.orders",
    "SET LOCAL search_path = 'app'; CREATE TABLE orders ();": "app.orders",
    "SET search_path TO nowhere, app; CREATE TABLE orders ();": "app.orders",
    "SET SCHEMA 'app'; CREATE TABLE orders ();": "app.orders",
    "SELECT pg_catalog.set_config('search_path', 'app, public', false); CREATE TABLE orders ();": "app.orders",
    "SET search_path TO app; RESET search_path; CREATE TABLE users ();": "public.users",
    "SET search_path TO app; SET search_path TO DEFAULT; CREATE TABLE users ();": "public.users",
    "SET search_path TO app; CREATE INDEX users_name ON public.users (name);": "public.users_name",
    "SET search_path TO app, public; CREATE INDEX users_name ON users (name);": "public.users_name",
    "DROP TABLE other; CREATE TABLE users ();": "public.users",
    "DROP TABLE app.users; CREATE TABLE users ();": "public.users",
    "CREATE TEMP TABLE t (); DROP TABLE t; CREATE TABLE users ();": "public.users",
    "ALTER TABLE users RENAME COLUMN a TO b; CREATE TABLE users ();": "public.users",
    "DROP SCHEMA app CASCADE; CREATE TABLE users ();": "public.users",
  };
  for (const [sql, relation] of Object.entries(found)) {
    test(sql, () => assert.deepEqual(conflicts([sql]), [relation]));
  }
  test("in the schema of the role, where there is one", () => {
    assert.deepEqual(conflicts(["CREATE TABLE own ();"], { ...CATALOG, role: "joe" }), ["joe.own"]);
  });
});

describe("nothing is found of", () => {
  const fine: string[] = [
    "CREATE TABLE orders ();",
    "CREATE TABLE app.users ();",
    "CREATE TABLE mixed ();",
    'CREATE TABLE "Users" ();',
    "CREATE TEMPORARY TABLE users ();",
    "CREATE LOCAL TEMP VIEW names AS SELECT 1;",
    "CREATE TABLE pg_temp.users ();",
    "SET search_path TO pg_temp; CREATE TABLE users ();",
    "CREATE TEMP TABLE t (name text); CREATE INDEX users_name ON t (name);",
    "CREATE INDEX ON users (name);",
    "CREATE FUNCTION users() RETURNS int LANGUAGE sql AS 'SELECT 1';",
    "SELECT pg_catalog.set_config('search_path', '', false); CREATE TABLE users ();",
    "SET search_path TO app; CREATE TABLE users ();",
    "CREATE SCHEMA ann; CREATE TABLE users ();",
    "CREATE SCHEMA IF NOT EXISTS AUTHORIZATION ann; CREATE TABLE users ();",
    "DROP TABLE IF EXISTS users; CREATE TABLE users ();",
    "DROP TABLE a, public.users CASCADE; CREATE TABLE users (); CREATE INDEX users_name ON users (id);",
    "DROP TABLE users CASCADE; CREATE VIEW names AS SELECT 1; CREATE SEQUENCE users_id_seq;",
    "DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE users ();",
    "ALTER TABLE IF EXISTS ONLY users RENAME TO old_users; CREATE TABLE users ();",
    "ALTER TABLE users SET SCHEMA app; CREATE TABLE users ();",
    "ALTER SCHEMA app RENAME TO old_app; CREATE SCHEMA app; CREATE TABLE app.orders ();",
    "ALTER INDEX users_name RENAME TO old; CREATE INDEX users_name ON users (id);",
    "COMMENT ON TABLE users IS 'CREATE TABLE users ()';",
    "ALTER TABLE users ADD COLUMN n int;",
  ];
  for (const sql of fine) test(sql, () => assert.deepEqual(conflicts([sql]), []));

  test("what an earlier file creates, and a later one again", () => {
    assert.deepEqual(conflicts(["CREATE TABLE t ();", "CREATE TABLE IF NOT EXISTS t ();"]), []);
  });
  test("a file behind one that drops it", () => {
    assert.deepEqual(conflicts(["DROP TABLE users;", "CREATE TABLE users ();"]), []);
  });
});

test("the search path of a file, and its temporary tables, end with it", () => {
  assert.deepEqual(conflicts(["SET search_path TO app; CREATE TEMP TABLE t (n int);", "CREATE TABLE users ();"]), [
    "public.users",
  ]);
  assert.deepEqual(conflicts(["CREATE TEMP TABLE users (n int);", "CREATE INDEX users_name ON users (n);"]), [
    "public.users_name",
  ]);
});

test("each relation is found once", () => {
  assert.deepEqual(conflicts(["CREATE TABLE users ();", "CREATE TABLE IF NOT EXISTS users ();"]), ["public.users"]);
});
