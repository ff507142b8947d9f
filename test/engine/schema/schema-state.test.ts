import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readCatalogWrites } from "../../../src/engine/schema/read-schema-state.ts";
import { SchemaState } from "../../../src/engine/schema/schema-state.ts";
import { ownObjects } from "../../../src/engine/shadow/prove-downs.ts";
import { type ServerWorld, world } from "../support.ts";
import { RICH } from "./rich-schema.ts";
import { CHANGES as CHANGES_OF_RICH, NO_CHANGES } from "./schema-changes.ts";

const T = "CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 1);";

/** Changes of a schema, each with its opposite, and the words for a down script that does nothing. */
const CHANGES: readonly (readonly [before: string, up: string, down: string, words: RegExp])[] = [
  ["", T, "DROP TABLE t;", /leaves table public\.t$/],
  [
    "",
    'CREATE SCHEMA "S"; CREATE TABLE "S"."a b" (c int);',
    'DROP SCHEMA "S" CASCADE;',
    /leaves schema "S", table "S"\."a b"$/,
  ],
  [T, "DROP TABLE t;", T, /does not restore table public\.t$/],
  [T, "ALTER TABLE t ADD x int;", "ALTER TABLE t DROP x;", /leaves column public\.t\.x$/],
  [
    T,
    "ALTER TABLE t ALTER n TYPE bigint;",
    "ALTER TABLE t ALTER n TYPE int;",
    /changes column public\.t\.n \(type bigint instead of integer\)$/,
  ],
  [
    T,
    "ALTER TABLE t ALTER n SET NOT NULL;",
    "ALTER TABLE t ALTER n DROP NOT NULL;",
    /changes column public\.t\.n \(not null yes instead of no\)$/,
  ],
  [
    T,
    "ALTER TABLE t ALTER n SET DEFAULT 2;",
    "ALTER TABLE t ALTER n SET DEFAULT 1;",
    /changes column public\.t\.n \(default 2 instead of 1\)$/,
  ],
  [
    T,
    "ALTER TABLE t ADD UNIQUE (n);",
    "ALTER TABLE t DROP CONSTRAINT t_n_key;",
    /leaves constraint public\.t\.t_n_key$/,
  ],
  [T, "CREATE INDEX i ON t (n) WHERE n > 1;", "DROP INDEX i;", /leaves index public\.t\.i$/],
  [T, "CREATE VIEW v AS SELECT 1 AS a;", "DROP VIEW v;", /leaves view public\.v$/],
  [
    "CREATE VIEW v AS SELECT 1 AS a;",
    "CREATE OR REPLACE VIEW v AS SELECT 2 AS a;",
    "CREATE OR REPLACE VIEW v AS SELECT 1 AS a;",
    /changes view public\.v \(query SELECT 2 AS a instead of SELECT 1 AS a\)$/,
  ],
  [T, "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a;", "DROP MATERIALIZED VIEW m;", /leaves materialized view/],
  ["", "CREATE SEQUENCE s;", "DROP SEQUENCE s;", /leaves sequence public\.s$/],
  [
    "CREATE SEQUENCE s;",
    "ALTER SEQUENCE s INCREMENT 5;",
    "ALTER SEQUENCE s INCREMENT 1;",
    /changes sequence public\.s \(increment 5 instead of 1\)$/,
  ],
  ["", "CREATE TYPE e AS ENUM ('a');", "DROP TYPE e;", /leaves enum public\.e$/],
  ["", "CREATE TYPE c AS (a int);", "DROP TYPE c;", /leaves composite type public\.c$/],
  ["", "CREATE DOMAIN d AS int CHECK (VALUE > 0);", "DROP DOMAIN d;", /leaves domain public\.d$/],
  [
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2';",
    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
    /changes function public\.f\(\) \(another definition\)$/,
  ],
  [
    "",
    "CREATE AGGREGATE g(int) (SFUNC = int4pl, STYPE = int);",
    "DROP AGGREGATE g(int);",
    /leaves aggregate public\.g\(integer\)$/,
  ],
  [
    `${T} CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';`,
    "CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f();",
    "DROP TRIGGER g ON t;",
    /leaves trigger public\.t\.g$/,
  ],
  [T, "CREATE RULE r AS ON INSERT TO t DO INSTEAD NOTHING;", "DROP RULE r ON t;", /leaves rule public\.t\.r$/],
  [T, "CREATE POLICY p ON t USING (n > 1);", "DROP POLICY p ON t;", /leaves policy public\.t\.p$/],
  [
    T,
    "ALTER TABLE t ENABLE ROW LEVEL SECURITY;",
    "ALTER TABLE t DISABLE ROW LEVEL SECURITY;",
    /changes table public\.t \(row security yes instead of no\)$/,
  ],
  [
    T,
    "GRANT SELECT ON t TO PUBLIC;",
    "REVOKE SELECT ON t FROM PUBLIC;",
    /leaves privileges of PUBLIC on table public\.t$/,
  ],
  [
    T,
    "GRANT SELECT (n) ON t TO PUBLIC;",
    "REVOKE SELECT (n) ON t FROM PUBLIC;",
    /leaves privileges of PUBLIC on column public\.t\.n$/,
  ],
  [T, "COMMENT ON TABLE t IS 'x';", "COMMENT ON TABLE t IS NULL;", /leaves comment on table public\.t$/],
  [T, "CREATE STATISTICS s ON id, n FROM t;", "DROP STATISTICS s;", /leaves statistics object public\.s$/],
  ["", "CREATE EXTENSION pg_trgm;", "DROP EXTENSION pg_trgm;", /leaves extension pg_trgm$/],
  [T, "CREATE PUBLICATION p FOR TABLE t;", "DROP PUBLICATION p;", /leaves publication p$/],
  ["", "CREATE CAST (int AS inet) WITH INOUT;", "DROP CAST (int AS inet);", /leaves cast \(integer AS inet\)$/],
];

/** New names, which show in the definitions of other objects. */
const RENAMES: readonly (readonly [what: string, sql: string])[] = [
  ["a type", "ALTER TYPE rich.mood RENAME TO feeling"],
  ["a domain", "ALTER DOMAIN rich.email RENAME TO address"],
  ["an attribute", "ALTER TYPE rich.addr RENAME ATTRIBUTE zip TO code"],
  ["a function", "ALTER FUNCTION rich.touch() RENAME TO tap"],
  ["a schema", "ALTER SCHEMA rich RENAME TO poor"],
  ["a table that others refer to", "ALTER TABLE rich.accounts RENAME TO users"],
  ["a table's schema", "ALTER TABLE rich.orders SET SCHEMA public"],
  ["a column that others refer to", "ALTER TABLE rich.orders RENAME id TO number"],
  ["a sequence", "ALTER SEQUENCE rich.numbers RENAME TO digits"],
  ["a view's column", "ALTER VIEW rich.single RENAME n TO m; CREATE VIEW rich.second AS SELECT * FROM rich.single"],
  ["a collation", "ALTER COLLATION rich.german RENAME TO french"],
  ["a constraint", "ALTER TABLE rich.orders RENAME CONSTRAINT qty_ok TO qty_good"],
  ["statistics", "ALTER STATISTICS rich.st RENAME TO st2"],
  ["a trigger", "ALTER TRIGGER touch ON rich.accounts RENAME TO tap"],
  ["a partition", "ALTER TABLE rich.log_2026 RENAME TO log_old"],
];

/** The schema of a world now. */
async function stateOf({ context }: ServerWorld): Promise<SchemaState> {
  const session = await context.database.open();
  const state = await SchemaState.read(session, ownObjects(context));
  await session.close();
  return state;
}

/** The words for what has changed since then. */
async function changesSince(state: SchemaState, { context }: ServerWorld): Promise<string> {
  const session = await context.database.open();
  const now = await state.later(session);
  await session.close();
  return state.differencesTo(now).join("; ");
}

/** The words for what SQL does within a transaction, which is rolled back. */
async function changesBy(sql: string, state: SchemaState, { context }: ServerWorld): Promise<string> {
  const session = await context.database.open();
  await session.execute("BEGIN");
  const writesBefore = await readCatalogWrites(session);
  await session.execute(sql);
  const now = await state.inTransaction(session, writesBefore);
  assert.deepEqual(now.differencesTo(await state.later(session)), [], sql);
  await session.execute("ROLLBACK");
  await session.close();
  return state.differencesTo(now).join("; ");
}

describe("the comparison of schemas", () => {
  for (const major of [15, 18] as const) {
    test(`names each change, and none after its opposite, on ${major}`, { timeout: 120_000 }, async () => {
      const place = await world({}, { major });
      for (const [before, up, down, words] of CHANGES) {
        await place.rows(
          `DROP SCHEMA public CASCADE; DROP SCHEMA IF EXISTS "S" CASCADE; CREATE SCHEMA public; ${before}`,
        );
        const former = await stateOf(place);
        assert.match(await changesBy(up, former, place), words, up);
        assert.equal(await changesBy(`${up} ${down}`, former, place), "", down);
        await place.rows(up);
        assert.match(await changesSince(former, place), words, up);
        await place.rows(down);
        assert.equal(await changesSince(former, place), "", down);
      }
    });
  }

  for (const major of [15, 18] as const) {
    test(`finds the same in a transaction as in the whole schema, on ${major}`, { timeout: 120_000 }, async () => {
      const place = await world({}, { major, before: RICH });
      const state = await stateOf(place);
      for (const [what, sql] of [...CHANGES_OF_RICH, ...NO_CHANGES, ...RENAMES]) {
        // No statement that PostgreSQL offers changes the catalog in this way.
        if (/UPDATE pg_/.test(sql)) continue;
        await changesBy(sql, state, place).catch((error: Error) => assert.fail(`${what}: ${error.message}`));
      }
    });
  }

  test("finds in a transaction what the server shows in one place only", async () => {
    const place = await world({}, { major: 18, before: RICH });
    await place.rows(
      `CREATE TABLE rich.plain (n int); ALTER TABLE rich.plain ADD CONSTRAINT filled NOT NULL n NOT VALID;
 CREATE DOMAIN rich.unused AS int`,
    );
    const state = await stateOf(place);
    for (const [sql, words] of [
      ["ALTER TABLE rich.plain VALIDATE CONSTRAINT filled", /changes column rich\.plain\.n/],
      ["DROP DOMAIN rich.unused", /does not restore domain rich\.unused/],
      ["ALTER DOMAIN rich.email RENAME CONSTRAINT email_check TO email_good", /changes domain rich\.email/],
      ["ALTER EXTENSION plpgsql ADD FUNCTION rich.touch()", /does not restore function rich\.touch\(\)/],
    ] as const) {
      assert.match(await changesBy(sql, state, place), words, sql);
      assert.match(await changesBy(sql, SchemaState.ofText(ownObjects(place.context), state.text), place), words, sql);
    }
  });

  test("follows a schema through changes", async () => {
    const place = await world({}, { before: T });
    let state = await stateOf(place);
    const session = await place.database.open();
    for (const [sql, words] of [
      ["ALTER TABLE t ALTER n TYPE bigint", "changes column public.t.n (type bigint instead of integer)"],
      ["ALTER TABLE t ALTER n TYPE text", "changes column public.t.n (type text instead of bigint)"],
      ["ALTER TABLE t DROP n", "does not restore column public.t.n"],
      ["ALTER TABLE t ADD n int", "leaves column public.t.n"],
      ["ALTER TABLE t ALTER n SET DEFAULT 5", "changes column public.t.n (default 5 instead of none)"],
    ] as const) {
      await place.rows(sql);
      const now = await state.later(session);
      assert.deepEqual(state.differencesTo(now), [words]);
      assert.deepEqual(now.differencesTo(now), []);
      state = now;
    }
    await session.close();
  });

  test("leaves out pgstep's own objects, wherever they are", async () => {
    const place = await world({ "001_a.sql": "-- Transaction: none\nSELECT 1;" }, { schema: "deep", table: "h" });
    const former = await stateOf(place);
    await place.up();
    assert.deepEqual(await place.rows("SELECT to_regclass('deep.h_steps')::text AS t"), [{ t: "deep.h_steps" }]);
    assert.equal(await changesSince(former, place), "");
  });
});
