import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { schemaDifferences } from "../../../src/core/catalog/schema-comparison.ts";
import type { Settings } from "../../../src/core/configuration/settings.ts";
import type { Finding } from "../../../src/core/failure/failure.ts";
import type { ValidationReport } from "../../../src/core/reports/report.ts";
import { readSchema } from "../../../src/engine/check/replay.ts";
import { inShadow } from "../../../src/engine/check/shadow.ts";
import { validate } from "../../../src/engine/check/validate.ts";
import { migrate } from "../../../src/engine/run/migrate.ts";
import { embeddedWorld, type Files, refusal, type World, world } from "../support.ts";

function rehearsed({ context }: World): Promise<ValidationReport> {
  return validate(context, undefined, (work) => inShadow(context, work));
}

function told(findings: readonly Finding[]): string[] {
  return findings.map(({ rule, message, place }) => {
    const where = place?.line === undefined ? "" : `:${place.line}:${place.column}`;
    return `${place?.path.split("/").at(-1)}${where} ${rule}: ${message}`;
  });
}

const T = "CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 1);";

/** Each change of a schema, the way back from it, and what is said when nothing goes it. */
const CHANGES: readonly (readonly [before: string, up: string, down: string, without: RegExp])[] = [
  ["", T, "DROP TABLE t;", /leaves table public\.t$/],
  [
    "",
    'CREATE SCHEMA "S"; CREATE TABLE "S"."a b" (c int);',
    'DROP SCHEMA "S" CASCADE;',
    /leaves schema "S", table "S"\."a b"$/,
  ],
  [T, "DROP TABLE t;", T, /does not restore table public\.t$/],
  [T, "ALTER TABLE t ADD x int;", "ALTER TABLE t DROP x;", /leaves column public\.t\.x$/],
  [T, "ALTER TABLE t ALTER n TYPE bigint;", "ALTER TABLE t ALTER n TYPE int;", /changes column public\.t\.n$/],
  [T, "ALTER TABLE t ALTER n SET NOT NULL;", "ALTER TABLE t ALTER n DROP NOT NULL;", /changes column/],
  [T, "ALTER TABLE t ALTER n SET DEFAULT 2;", "ALTER TABLE t ALTER n SET DEFAULT 1;", /changes column/],
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
    /changes view public\.v$/,
  ],
  [T, "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a;", "DROP MATERIALIZED VIEW m;", /leaves materialized view/],
  ["", "CREATE SEQUENCE s;", "DROP SEQUENCE s;", /leaves sequence public\.s$/],
  ["CREATE SEQUENCE s;", "ALTER SEQUENCE s INCREMENT 5;", "ALTER SEQUENCE s INCREMENT 1;", /changes sequence/],
  ["", "CREATE TYPE e AS ENUM ('a');", "DROP TYPE e;", /leaves enum public\.e$/],
  ["", "CREATE TYPE c AS (a int);", "DROP TYPE c;", /leaves composite type public\.c$/],
  ["", "CREATE DOMAIN d AS int CHECK (VALUE > 0);", "DROP DOMAIN d;", /leaves domain public\.d$/],
  [
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2';",
    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
    /changes function f\(\)$/,
  ],
  [
    "",
    "CREATE AGGREGATE g(int) (SFUNC = int4pl, STYPE = int);",
    "DROP AGGREGATE g(int);",
    /leaves aggregate g\(integer\)$/,
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
    /changes table public\.t$/,
  ],
  [T, "GRANT SELECT ON t TO PUBLIC;", "REVOKE SELECT ON t FROM PUBLIC;", /changes table public\.t$/],
  [T, "GRANT SELECT (n) ON t TO PUBLIC;", "REVOKE SELECT (n) ON t FROM PUBLIC;", /changes column public\.t\.n$/],
  [T, "COMMENT ON TABLE t IS 'x';", "COMMENT ON TABLE t IS NULL;", /leaves comment on table public\.t$/],
  [T, "CREATE STATISTICS s ON id, n FROM t;", "DROP STATISTICS s;", /leaves statistics object public\.s$/],
  ["", "CREATE EXTENSION pg_trgm;", "DROP EXTENSION pg_trgm;", /leaves extension pg_trgm$/],
  [T, "CREATE PUBLICATION p FOR TABLE t;", "DROP PUBLICATION p;", /leaves publication p$/],
  [
    "",
    "CREATE CAST (int AS inet) WITH INOUT;",
    "DROP CAST (int AS inet);",
    /leaves cast \(integer AS pg_catalog\.inet\)$/,
  ],
];

describe("the comparison of schemas", () => {
  for (const major of [15, 18] as const) {
    test(`tells every change, and none where it is taken back, on ${major}`, { timeout: 120_000 }, async () => {
      const place = await world({}, { major });
      for (const [before, up, down, expected] of CHANGES) {
        await place.rows(
          `DROP SCHEMA public CASCADE; DROP SCHEMA IF EXISTS "S" CASCADE; CREATE SCHEMA public; ${before}`,
        );
        const former = await readSchema(place.context);
        await place.rows(up);
        const differences = schemaDifferences(former, await readSchema(place.context));
        assert.match(differences.join("; "), expected, up);
        await place.rows(down);
        assert.deepEqual(schemaDifferences(former, await readSchema(place.context)), [], down);
      }
    });
  }

  test("leaves out what is pgstep's own, wherever it is", async () => {
    const place = await world({ "001_a.sql": "-- Transaction: none\nSELECT 1;" }, { schema: "deep", table: "h" });
    const former = await readSchema(place.context);
    await place.up();
    assert.deepEqual(await place.rows("SELECT to_regclass('deep.h_steps')::text AS t"), [{ t: "deep.h_steps" }]);
    assert.deepEqual(schemaDifferences(former, await readSchema(place.context)), []);
  });
});

const FILES: Files = {
  "001_t.sql": "CREATE TABLE t (id int);",
  "001_t.down.sql": "DROP TABLE t;",
  "002_plain.sql": "INSERT INTO t VALUES (1);",
  "003_view.sql": "CREATE VIEW v AS SELECT * FROM t;",
  "003_view.down.sql": "DROP VIEW v;",
};

const ALIKE: readonly [string, (files: Files, settings?: Partial<Settings>) => Promise<World>][] = [
  ["a server", world],
  ["the embedded database", embeddedWorld],
];

for (const [where, make] of ALIKE) {
  describe(`a rehearsal on ${where}`, () => {
    test("runs what is sound, back and again, and leaves the server's database empty", async () => {
      const place = await make(FILES);
      const { findings, rehearsal } = await rehearsed(place);
      assert.deepEqual(told(findings), []);
      assert.deepEqual([rehearsal?.applied, rehearsal?.undone], [3, 2]);
      if (where === "a server") assert.deepEqual([await place.tables(), await place.history()], [[], []]);
    });

    test("runs only what is for the environment", async () => {
      const place = await make({ ...FILES, "003_view.sql": `-- Environment: a\n${FILES["003_view.sql"]}` });
      assert.equal((await rehearsed(place)).rehearsal?.applied, 2);
    });

    test("ends with what cannot be applied, at its place", async () => {
      const place = await make({ ...FILES, "002_plain.sql": "SELECT 1;\nSELECT *\n  FROM nothing;" });
      const { findings, rehearsal } = await rehearsed(place);
      assert.deepEqual(told(findings), [
        '002_plain.sql:3:8 replay: Cannot apply 002_plain: relation "nothing" does not exist (42P01)',
      ]);
      assert.deepEqual([rehearsal?.applied, rehearsal?.undone], [1, 1]);
    });

    test("goes on behind a way back that fails and was rolled back", async () => {
      const place = await make({ ...FILES, "001_t.down.sql": "DROP TABLE t;\nDROP TABLE u;" });
      const { findings, rehearsal } = await rehearsed(place);
      assert.deepEqual(told(findings), [
        '001_t.down.sql:2:1 replay: Cannot undo 001_t: table "u" does not exist (42P01)',
      ]);
      assert.deepEqual([rehearsal?.applied, rehearsal?.undone], [3, 1]);
    });

    test("warns of a way back that does not lead back", async () => {
      const place = await make({ ...FILES, "003_view.down.sql": "DROP VIEW v; CREATE TABLE u (id int);" });
      const { findings } = await rehearsed(place);
      assert.deepEqual(told(findings), [
        "003_view.down.sql not-reversible: 003_view is not undone by its down script: it leaves table public.u",
      ]);
    });

    test("blames the way back for what cannot be applied again behind it", async () => {
      const place = await make({ ...FILES, "001_t.down.sql": "-- Nothing is dropped.\nSELECT 1;" });
      const { findings, rehearsal } = await rehearsed(place);
      assert.deepEqual(told(findings), [
        '001_t.down.sql not-reversible: 001_t is not undone by its down script: it leaves table public.t; so it cannot be applied again: Cannot apply 001_t: relation "t" already exists (42P07)',
      ]);
      assert.equal(findings[0]?.severity, "error");
      assert.deepEqual([rehearsal?.applied, rehearsal?.undone], [1, 1]);
    });
  });
}

test("files with problems are not rehearsed, those that only disagree with the history are", async () => {
  const place = await world({ ...FILES, "004_x.sql": "SELECT 'x;" });
  assert.equal((await rehearsed(place)).rehearsal, undefined);
  place.write({ "004_x.sql": "SELECT 1;" });
  await place.up();
  place.write({ "004_x.sql": "SELECT 2;" });
  const shadow = await world({});
  const { findings, rehearsal } = await validate(place.context, place.database, (work) =>
    inShadow({ ...place.context, database: shadow.database }, work),
  );
  assert.deepEqual([findings.map(({ rule }) => rule), rehearsal?.applied], [["changed"], 4]);
});

test("a shadow that is not empty is refused and left alone; one that was used is emptied though the work fails", async () => {
  const place = await world(FILES, { before: "CREATE TABLE mine (id int)" });
  await refusal(rehearsed(place), "shadow-not-empty");
  assert.deepEqual(await place.tables(), ["mine"]);
  const other = await world(FILES);
  const broken = inShadow(other.context, async (context) => {
    await migrate(context, {}, {});
    throw new Error("broken");
  });
  await assert.rejects(broken, /broken/);
  assert.deepEqual(await other.tables(), []);
});

test("a rehearsal that is interrupted is no finding, and its shadow is emptied", async () => {
  const place = await world({ ...FILES, "004_long.sql": "SELECT pg_sleep(60);" });
  const running = rehearsed(place);
  await place.until(
    "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60)%' AND datname = current_database()",
  );
  place.abort.abort("interrupt");
  await refusal(running, "interrupted");
  assert.deepEqual(await place.tables(), []);
});
