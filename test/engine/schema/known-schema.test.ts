import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { KnownSchema } from "../../../src/engine/schema/known-schema.ts";
import { ownObjects } from "../../../src/engine/shadow/prove-downs.ts";
import { type ServerWorld, world } from "../support.ts";

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

/** The schema of a world now. */
async function known({ context }: ServerWorld): Promise<KnownSchema> {
  const schema = new KnownSchema(ownObjects(context));
  const session = await context.database.open();
  await schema.follow(session, await schema.read(session));
  await session.close();
  return schema;
}

/** The words for what has changed since then. */
async function changesSince(schema: KnownSchema, { context }: ServerWorld): Promise<string> {
  const session = await context.database.open();
  const differences = await schema.differencesTo(session, await schema.read(session));
  await session.close();
  return differences.join("; ");
}

describe("the comparison of schemas", () => {
  for (const major of [15, 18] as const) {
    test(`names each change, and none after its opposite, on ${major}`, { timeout: 120_000 }, async () => {
      const place = await world({}, { major });
      for (const [before, up, down, words] of CHANGES) {
        await place.rows(
          `DROP SCHEMA public CASCADE; DROP SCHEMA IF EXISTS "S" CASCADE; CREATE SCHEMA public; ${before}`,
        );
        const former = await known(place);
        await place.rows(up);
        assert.match(await changesSince(former, place), words, up);
        await place.rows(down);
        assert.equal(await changesSince(former, place), "", down);
      }
    });
  }

  test("follows a schema through changes", async () => {
    const place = await world({}, { before: T });
    const schema = await known(place);
    const session = await place.database.open();
    for (const [sql, words] of [
      ["ALTER TABLE t ALTER n TYPE bigint", "changes column public.t.n (type bigint instead of integer)"],
      ["ALTER TABLE t ALTER n TYPE text", "changes column public.t.n (type text instead of bigint)"],
      ["ALTER TABLE t DROP n", "does not restore column public.t.n"],
      ["ALTER TABLE t ADD n int", "leaves column public.t.n"],
      ["ALTER TABLE t ALTER n SET DEFAULT 5", "changes column public.t.n (default 5 instead of none)"],
    ] as const) {
      await place.rows(sql);
      const now = await schema.read(session);
      assert.deepEqual(await schema.differencesTo(session, now), [words]);
      await schema.follow(session, now);
      assert.deepEqual(await schema.differencesTo(session, now), []);
    }
    await session.close();
  });

  test("leaves out pgstep's own objects, wherever they are", async () => {
    const place = await world({ "001_a.sql": "-- Transaction: none\nSELECT 1;" }, { schema: "deep", table: "h" });
    const former = await known(place);
    await place.up();
    assert.deepEqual(await place.rows("SELECT to_regclass('deep.h_steps')::text AS t"), [{ t: "deep.h_steps" }]);
    assert.equal(await changesSince(former, place), "");
  });
});
