import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { git } from "../../../src/adapters/programs/git.ts";
import type { Settings } from "../../../src/core/configuration/settings.ts";
import type { Finding } from "../../../src/core/failure/failure.ts";
import { CHECK_RULES } from "../../../src/core/findings/check-rules.ts";
import type { CheckReport } from "../../../src/core/reports/check-report.ts";
import { check } from "../../../src/engine/check/check.ts";
import { migrate } from "../../../src/engine/run/migrate.ts";
import type { Context } from "../../../src/engine/session/context.ts";
import { type InShadow, inShadow } from "../../../src/engine/shadow/shadow.ts";
import type { Database } from "../../../src/ports/session.ts";
import { temporaryPlace } from "../../support/place.ts";
import { embeddedWorld, type Files, open, refusal, type World, world } from "../support.ts";

/** In the world's own database, or in an embedded database for each pass, as the program does it. */
async function rehearsed({ context }: World) {
  const { findings, replay } = await all(context, undefined, {
    inShadow: async (work) => {
      if (!context.database.embedded) return await inShadow(context, work);
      const database = open("pglite:memory");
      return await inShadow({ ...context, database }, work).finally(() => database.close());
    },
  });
  // What the migrations themselves would do to production, and to rows, is tested elsewhere.
  const ofRows = new Set<string>([...CHECK_RULES.map(({ id }) => id), "down-loses-data"]);
  const ofDowns = findings.filter(({ rule }) => !ofRows.has(rule));
  return { findings: ofDowns, rehearsal: replay };
}

async function all(context: Context, database: Database | undefined, options: { inShadow: InShadow }) {
  const { report } = await check(context, database, {
    ...{ choice: { kind: "all" }, versionControl: git, limitMs: 0 },
    ...options,
  });
  return report;
}

/** What became of the down scripts. */
function downs({ rehearsal }: { readonly rehearsal: CheckReport["replay"] }): string {
  const { proved, different, failed, untested } = rehearsal?.downs ?? {};
  return `${proved} proved, ${different} different, ${failed} failed, ${untested} untested`;
}

function told(findings: readonly Finding[]): string[] {
  return findings.map(({ rule, message, place }) => {
    const where = place?.line === undefined ? "" : `:${place.line}:${place.column}`;
    return `${place?.path.split("/").at(-1)}${where} ${rule}: ${message}`;
  });
}

const FILES: Files = {
  "001_t.sql": "CREATE TABLE t (id int);",
  "001_t.down.sql": "DROP TABLE t;",
  "002_plain.sql": "INSERT INTO t VALUES (1);",
  "003_view.sql": "CREATE VIEW v AS SELECT * FROM t;",
  "003_view.down.sql": "DROP VIEW v;",
};

const ALIKE: readonly [string, (files: Files, settings?: Partial<Settings>) => Promise<World>][] = [
  ["a server", world],
  ["a server of version 15", (files, settings) => world(files, { ...settings, major: 15 })],
  ["the embedded database", embeddedWorld],
];

for (const [where, make] of ALIKE) {
  describe(`a rehearsal on ${where}`, () => {
    test("tests sound files, and leaves the server's database empty", async () => {
      const place = await make(FILES);
      const report = await rehearsed(place);
      assert.deepEqual(told(report.findings), []);
      assert.deepEqual([report.rehearsal?.applied, downs(report)], [3, "2 proved, 0 different, 0 failed, 0 untested"]);
      if (where !== "the embedded database") assert.deepEqual([await place.tables(), await place.history()], [[], []]);
    });

    test("runs only the files of the environment", async () => {
      const place = await make({ ...FILES, "003_view.sql": `-- Environment: a\n${FILES["003_view.sql"]}` });
      assert.equal((await rehearsed(place)).rehearsal?.applied, 2);
    });

    test("ends at a migration that cannot be applied, and reports its place", async () => {
      const place = await make({ ...FILES, "002_plain.sql": "SELECT 1;\nSELECT *\n  FROM nothing;" });
      const report = await rehearsed(place);
      assert.deepEqual(told(report.findings), [
        '002_plain.sql:3:8 replay: Cannot apply 002_plain: relation "nothing" does not exist (42P01)',
      ]);
      assert.deepEqual([report.rehearsal?.applied, downs(report)], [1, "1 proved, 0 different, 0 failed, 0 untested"]);
    });

    test("continues after each kind of bad down script", async () => {
      const place = await make({
        ...FILES,
        "001_t.down.sql": "DROP TABLE t;\nDROP TABLE u;",
        "003_view.down.sql": "DROP VIEW v; CREATE TABLE u (id int);",
        "004_w.sql": "CREATE TABLE w (id int);",
        "004_w.down.sql": "-- Nothing is dropped.\nSELECT 1;",
        "005_x.sql": "ALTER TABLE w ALTER id TYPE bigint; INSERT INTO w VALUES (1);",
        "005_x.down.sql": "SELECT 1;",
        "006_row.sql": "CREATE TABLE once (id int PRIMARY KEY); INSERT INTO w VALUES (2);",
        "006_row.down.sql":
          "DROP TABLE once; ALTER TABLE t ADD CHECK (id < 5); ALTER TABLE t DROP CONSTRAINT t_id_check;",
        "007_key.sql": "INSERT INTO once VALUES (1);",
        "007_key.down.sql": "SELECT 1;",
      });
      const report = await rehearsed(place);
      assert.deepEqual(told(report.findings), [
        '001_t.down.sql:2:1 replay: Cannot undo 001_t: table "u" does not exist (42P01)',
        '004_w.down.sql not-reversible: 004_w is not undone by its down script: it leaves table public.w; so it cannot be applied again: Cannot apply 004_w: relation "w" already exists (42P07)',
        '007_key.down.sql not-reversible: 007_key is undone by its down script, but it cannot be applied again: Cannot apply 007_key: duplicate key value violates unique constraint "once_pkey" (23505); DETAIL: Key (id)=(1) already exists.',
        "003_view.down.sql not-reversible: 003_view is not undone by its down script: it leaves table public.u",
        "005_x.down.sql not-reversible: 005_x is not undone by its down script: it changes column public.w.id (type bigint instead of integer)",
      ]);
      assert.deepEqual(report.findings.map(({ severity }) => severity).join(), "error,error,error,warning,warning");
      assert.deepEqual([report.rehearsal?.applied, downs(report)], [7, "1 proved, 4 different, 1 failed, 0 untested"]);
    });

    test("reports a migration that makes another schema when it is applied again", async () => {
      const place = await make({
        "001_t.sql": "CREATE TABLE t (id int); CREATE TABLE rounds (n int);",
        "002_a.sql": `INSERT INTO rounds VALUES (1);
DO $$ BEGIN EXECUTE format('ALTER TABLE t ADD c%s int', (SELECT count(*) FROM rounds)); END $$;`,
        "002_a.down.sql":
          "DO $$ BEGIN EXECUTE format('ALTER TABLE t DROP c%s', (SELECT count(*) FROM rounds)); END $$;",
      });
      assert.deepEqual(told((await rehearsed(place)).findings), [
        "002_a.down.sql not-reversible: 002_a is undone by its down script, but applied again it leaves column public.t.c2; does not restore column public.t.c1",
      ]);
    });

    test("tests the last of them without the repeatable migrations, which use what it creates", async () => {
      const repeatableDirectory = temporaryPlace("repeatable", {
        "v.sql": "CREATE OR REPLACE VIEW v AS SELECT id FROM t;",
      });
      const files = { ...FILES, "004_index.sql": "CREATE INDEX CONCURRENTLY i ON t (id);" };
      const place = await make(
        {
          ...files,
          "003_view.sql": "SELECT 1;",
          "003_view.down.sql": "SELECT 1;",
          "004_index.down.sql": "DROP INDEX i;",
        },
        { repeatableDirectory },
      );
      const report = await rehearsed(place);
      assert.deepEqual(told(report.findings), []);
      assert.equal(downs(report), "3 proved, 0 different, 0 failed, 0 untested");
    });

    test("tests down scripts that need a database of their own", { timeout: 120_000 }, async () => {
      const place = await make({
        "001_t.sql": "CREATE TABLE t (id int, n int);",
        "001_t.down.sql": "DROP TABLE t;",
        // CONCURRENTLY cannot run in a transaction.
        "002_index.sql": "CREATE INDEX CONCURRENTLY i ON t (id);",
        "002_index.down.sql": "DROP INDEX CONCURRENTLY i;",
        "003_bad.sql": "CREATE INDEX CONCURRENTLY j ON t (id);",
        "003_bad.down.sql": "-- Transaction: none\nSELECT 1;",
        // A value that a down script adds can be used only after its COMMIT.
        "004_enum.sql": "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE u (e e); ALTER TABLE t ADD z int;",
        "005_enum.sql": "ALTER TYPE e RENAME VALUE 'b' TO 'c'; ALTER TABLE u ADD f e DEFAULT 'a';",
        "005_enum.down.sql": "ALTER TYPE e RENAME VALUE 'c' TO 'b'; ALTER TABLE u DROP f;",
        "006_value.sql": "ALTER TYPE e ADD VALUE IF NOT EXISTS 'd';",
        "007_use.sql": "UPDATE u SET e = 'd'; ALTER TABLE u ADD g e DEFAULT 'd';",
        "007_use.down.sql": "ALTER TABLE u DROP g;",
        "008_new.sql": "ALTER TABLE t DROP z; INSERT INTO u (e) SELECT max(v) FROM unnest(enum_range(NULL::e)) AS v;",
        "008_new.down.sql": "ALTER TABLE t ADD z int; ALTER TYPE e ADD VALUE 'y';",
        "009_last.sql": "CREATE VIEW v AS SELECT n FROM t;",
        "009_last.down.sql": "DROP VIEW v;",
      });
      const report = await rehearsed(place);
      assert.deepEqual(told(report.findings), [
        '003_bad.down.sql not-reversible: 003_bad is not undone by its down script: it leaves index public.t.j; so it cannot be applied again: Cannot apply 003_bad: relation "j" already exists (42P07)',
        "008_new.down.sql not-reversible: 008_new is not undone by its down script: it changes enum public.e (labels a, c, d, y instead of a, c, d)",
      ]);
      assert.deepEqual([report.rehearsal?.applied, downs(report)], [9, "5 proved, 2 different, 0 failed, 0 untested"]);
    });

    test("changes nothing for the next migrations: sequences, temporary tables, settings", async () => {
      const place = await make({
        "001_t.sql": "CREATE TABLE t (id serial, s text); CREATE TABLE k (id int GENERATED ALWAYS AS IDENTITY);",
        "002_row.sql":
          "CREATE TEMP TABLE copy AS SELECT 1; SET search_path = pg_catalog; INSERT INTO public.t (s) VALUES ('a'); INSERT INTO public.k DEFAULT VALUES;",
        "002_row.down.sql":
          "CREATE TEMP TABLE copy AS SELECT 1; DELETE FROM t; DELETE FROM k; SET search_path = pg_catalog;",
        "003_check.sql": `INSERT INTO t (s) VALUES ('b'); INSERT INTO k DEFAULT VALUES;
DO $$ BEGIN ASSERT (SELECT array_agg(id ORDER BY id) FROM t) = ARRAY[1, 2]; ASSERT (SELECT max(id) FROM k) = 2; END $$;`,
        "003_check.down.sql": "DELETE FROM t WHERE s = 'b';",
        "004_check.sql": "DO $$ BEGIN ASSERT nextval('t_id_seq') = 3; END $$;",
      });
      const report = await rehearsed(place);
      const refused = told(report.findings).map((line) => line.replace(/: Cannot apply .*/s, ""));
      assert.deepEqual(refused, [
        "003_check.down.sql not-reversible: 003_check is undone by its down script, but it cannot be applied again",
      ]);
      assert.equal(report.rehearsal?.applied, 4);
    });
  });
}

test("only ten databases are made for down scripts that damage theirs", { timeout: 300_000 }, async () => {
  const numbers = Array.from({ length: 11 }, (_, index) => `${index + 10}`);
  const files = numbers.flatMap((number) => [
    [`${number}_t.sql`, `-- Transaction: none\nCREATE TABLE t${number} (id int);`],
    [`${number}_t.down.sql`, "-- Transaction: none\nSELECT 1;"],
  ]);
  const report = await rehearsed(await world(Object.fromEntries(files)));
  assert.equal(downs(report), "0 proved, 10 different, 0 failed, 1 untested");
  assert.deepEqual(told(report.findings.filter(({ rule }) => rule === "down-untested")), [
    "20_t.down.sql down-untested: Cannot test the down script of 20_t: pgstep tests only 10 down scripts that cannot run in one transaction with their migration and do not restore the schema",
  ]);
});

test("files with problems are not rehearsed, those that only disagree with the history are", async () => {
  const place = await world({ ...FILES, "004_x.sql": "SELECT 'x;" });
  assert.equal((await rehearsed(place)).rehearsal, undefined);
  place.write({ "004_x.sql": "SELECT 1;" });
  await place.up();
  place.write({ "004_x.sql": "SELECT 2;" });
  const shadow = await world({});
  const { findings, replay } = await all(place.context, place.database, {
    inShadow: (work) => inShadow({ ...place.context, database: shadow.database }, work),
  });
  assert.deepEqual([findings.map(({ rule }) => rule), replay?.applied], [["changed"], 4]);
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
