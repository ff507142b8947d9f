import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { embeddedWorld, failureOf, outcomes, succeeded, type World, world } from "../support.ts";

const VERSIONS = ["001", "002", "003", "004"];
const KINDS = ["first", "second", "third"];

/** Four migrations of three statements, each of which leaves a table; one statement fails. */
function plan(failing?: { migration: number; statement: number }): Record<string, string> {
  return Object.fromEntries(
    VERSIONS.map((version, migration) => [
      `${version}_step.sql`,
      KINDS.map((kind, statement) =>
        failing?.migration === migration && failing.statement === statement
          ? "INSERT INTO no_such_table\n  VALUES (1);"
          : `CREATE TABLE t${version}_${kind} ();`,
      ).join("\n"),
    ]),
  );
}

function tablesOf(versions: readonly string[]): string[] {
  return versions.flatMap((version) => KINDS.map((kind) => `t${version}_${kind}`)).sort();
}

const places = VERSIONS.flatMap((_, migration) => KINDS.map((_, statement) => ({ migration, statement })));

const subjects: Record<string, (files: Record<string, string>) => Promise<World>> = {
  "PostgreSQL 18": (files) => world(files),
  "PostgreSQL 15": (files) => world(files, { major: 15 }),
  PGlite: (files) => embeddedWorld(files),
};

for (const [name, make] of Object.entries(subjects)) {
  describe(`a failing statement on ${name}`, () => {
    for (const place of name !== "PostgreSQL 18"
      ? places.filter((one) => one.migration % 3 === one.statement)
      : places) {
      const { migration, statement } = place;
      test(`at ${migration + 1}.${statement + 1}: exactly the earlier migrations are applied, and nothing later ran`, async () => {
        const here = await make(plan(place));
        const report = await here.up();
        assert.deepEqual(outcomes(report), [
          ...VERSIONS.slice(0, migration).map((version) => `${version} applied`),
          `${VERSIONS[migration]} failed`,
          ...VERSIONS.slice(migration + 1).map((version) => `${version} not-run`),
        ]);
        const failure = failureOf(report, "statement-failed");
        assert.equal(failure.server?.code, "42P01");
        assert.equal(failure.place?.line, statement + 1);
        assert.equal(failure.place?.column, 13);
        assert.equal(failure.place?.sourceLine, "INSERT INTO no_such_table");
        assert.deepEqual(await here.tables(), tablesOf(VERSIONS.slice(0, migration)));
        assert.deepEqual(await here.history(), VERSIONS.slice(0, migration));
        here.write(plan());
        assert.deepEqual(
          outcomes(succeeded(await here.up())),
          VERSIONS.slice(migration).map((version) => `${version} applied`),
        );
        assert.deepEqual(await here.tables(), tablesOf(VERSIONS));
      });

      test(`at ${migration + 1}.${statement + 1} of a single transaction: nothing is applied`, async () => {
        const here = await make(plan(place));
        const report = await here.up({}, { singleTransaction: true });
        assert.deepEqual(outcomes(report), [
          ...VERSIONS.slice(0, migration).map((version) => `${version} rolled-back`),
          `${VERSIONS[migration]} failed`,
          ...VERSIONS.slice(migration + 1).map((version) => `${version} not-run`),
        ]);
        failureOf(report, "statement-failed");
        assert.deepEqual(await here.tables(), []);
        assert.deepEqual(await here.history(), []);
        here.write(plan());
        succeeded(await here.up({}, { singleTransaction: true }));
        assert.deepEqual(await here.tables(), tablesOf(VERSIONS));
        assert.deepEqual(await here.history(), VERSIONS);
      });
    }

    test("behind which the file rolls back to a savepoint: the migration fails all the same", async () => {
      const here = await make({
        "001_one.sql": "CREATE TABLE one ();",
        "002_two.sql":
          "CREATE TABLE two ();\nSAVEPOINT here;\nINSERT INTO no_such_table VALUES (1);\nROLLBACK TO SAVEPOINT here;\nCREATE TABLE three ();",
        "003_three.sql": "CREATE TABLE four ();",
      });
      for (const options of [{}, { singleTransaction: true }]) {
        const report = await here.up({}, options);
        failureOf(report, "statement-failed");
        assert.equal(outcomes(report).at(-2), "002 failed");
        assert.equal(outcomes(report).at(-1), "003 not-run");
        assert.deepEqual(await here.tables(), ["one"]);
        assert.deepEqual(await here.history(), ["001"]);
      }
    });

    test("in a down file: exactly the later migrations are undone", async () => {
      const here = await make({
        ...plan(),
        ...Object.fromEntries(
          VERSIONS.map((version) => [
            `${version}_step.down.sql`,
            KINDS.map((kind) => `DROP TABLE t${version}_${kind};`).join("\n"),
          ]),
        ),
        "002_step.down.sql": "DROP TABLE t002_first; DROP TABLE t002_first;",
      });
      succeeded(await here.up());
      const report = await here.down({ all: true });
      assert.deepEqual(outcomes(report), ["004 undone", "003 undone", "002 failed", "001 not-run"]);
      assert.deepEqual(await here.history(), ["001", "002"]);
      assert.deepEqual(await here.tables(), tablesOf(["001", "002"]));
    });
  });
}

test("migrations larger than the window in flight are applied whole, or not at all", async () => {
  const text = `SELECT '${"x".repeat(1_000_000)}';\n`;
  const here = await world({
    "001_large.sql": `CREATE TABLE one ();\n${text.repeat(12)}`,
    "002_fails.sql": `CREATE TABLE two ();\n${text.repeat(6)}SELECT 1/0;\n${text.repeat(6)}`,
    "003_behind.sql": "CREATE TABLE three ();",
  });
  const report = await here.up();
  assert.deepEqual(outcomes(report), ["001 applied", "002 failed", "003 not-run"]);
  assert.equal(failureOf(report, "statement-failed").place?.line, 8);
  assert.deepEqual(await here.tables(), ["one"]);
});

test("a thousand messages of a migration are sent in bounded gulps and all answered", async () => {
  const lines = Array.from({ length: 21_000 }, (_, index) => `INSERT INTO t VALUES (${index});`);
  const here = await world({ "001_many.sql": `CREATE TABLE t (n int);\n${lines.join("\n")}` });
  succeeded(await here.up());
  assert.equal(await here.value("SELECT count(*)::int FROM t"), 21_000);
});

test("a SELECT of a million rows costs no memory", async () => {
  const here = await world({
    "001_warm.sql": "SELECT n FROM generate_series(1, 200000) n;",
    "002_rows.sql": "SELECT n, repeat('x', 200) FROM generate_series(1, 1000000) n;",
  });
  succeeded(await here.up({ count: 1 }));
  const before = process.memoryUsage().rss;
  succeeded(await here.up());
  const grown = process.memoryUsage().rss - before;
  assert.ok(grown < 100_000_000, `grown by ${Math.round(grown / 1e6)} MB`);
});
