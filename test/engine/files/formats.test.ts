import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { validate } from "../../../src/engine/check/validate.ts";
import { baseline } from "../../../src/engine/verbs/baseline.ts";
import { type Files, outcomes, type ServerWorld, succeeded, world } from "../support.ts";

/*
 * Directories of other tools on a real server: applied, undone and applied again, with their history in pgstep's table.
 */

const A = "CREATE TABLE a (id int);";
const I = "CREATE INDEX CONCURRENTLY i ON a (id);";
const BODY = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN 1;\nEND\n$$;";

interface Directory {
  readonly layout: string;
  readonly files: Files;
  readonly versions: readonly [string, string, string];
}

const DIRECTORIES: readonly Directory[] = [
  {
    layout: "golang-migrate",
    files: {
      ...{ "1_a.up.sql": A, "1_a.down.sql": "DROP TABLE a;" },
      ...{ "2_i.up.sql": I, "2_i.down.sql": "DROP INDEX CONCURRENTLY i;" },
      ...{ "10_f.up.sql": BODY, "10_f.down.sql": "DROP FUNCTION f();" },
    },
    versions: ["1", "2", "10"],
  },
  {
    layout: "goose",
    files: {
      "00001_a.sql": `-- +goose Up\n${A}\n\n-- +goose Down\nDROP TABLE a;\n`,
      "00002_i.sql": `-- +goose NO TRANSACTION\n-- +goose Up\n${I}\n-- +goose Down\nDROP INDEX CONCURRENTLY i;\n`,
      "00010_f.sql": `-- +goose Up\n-- +goose StatementBegin\n${BODY}\n-- +goose StatementEnd\n-- +goose Down\nDROP FUNCTION f();\n`,
    },
    versions: ["00001", "00002", "00010"],
  },
  {
    layout: "dbmate",
    files: {
      "20250101000000_a.sql": `-- migrate:up\n${A}\n\n-- migrate:down\nDROP TABLE a;\n`,
      "20250102000000_i.sql": `-- migrate:up transaction:false\n${I}\n-- migrate:down transaction:false\nDROP INDEX CONCURRENTLY i;\n`,
      "20250103000000_f.sql": `-- migrate:up\n${BODY}\n-- migrate:down\nDROP FUNCTION f();\n`,
    },
    versions: ["20250101000000", "20250102000000", "20250103000000"],
  },
  {
    layout: "flyway",
    files: {
      ...{ "V1__a.sql": A, "U1__a.sql": "DROP TABLE a;" },
      ...{ "later/V1.2__i.sql": I, "later/U1.2__i.sql": "DROP INDEX CONCURRENTLY i;" },
      ...{ "V1_10__f.sql": BODY, "U1.10__f.sql": "DROP FUNCTION f();" },
    },
    versions: ["1", "1.2", "1.10"],
  },
  {
    layout: "sqlx",
    files: {
      ...{ "1_a.up.sql": A, "1_a.down.sql": "DROP TABLE a;" },
      ...{ "2_i.up.sql": `-- no-transaction\n${I}`, "2_i.down.sql": "-- no-transaction\nDROP INDEX CONCURRENTLY i;" },
      ...{ "10_f.up.sql": BODY, "10_f.down.sql": "DROP FUNCTION f();" },
    },
    versions: ["1", "2", "10"],
  },
  {
    layout: "prisma",
    files: {
      "migration_lock.toml": 'provider = "postgresql"',
      ...{ "20250101000000_a/migration.sql": A, "20250101000000_a/down.sql": "DROP TABLE a;" },
      ...{ "20250102000000_f/migration.sql": BODY, "20250102000000_f/down.sql": "DROP FUNCTION f();" },
      ...{ "20250102000000_i/migration.sql": I, "20250102000000_i/down.sql": "DROP INDEX CONCURRENTLY i;" },
    },
    versions: ["20250101000000_a", "20250102000000_f", "20250102000000_i"],
  },
  {
    layout: "diesel",
    files: {
      ...{ "2025-01-01-000000_a/up.sql": A, "2025-01-01-000000_a/down.sql": "DROP TABLE a;" },
      ...{ "2025-01-02-000000_i/up.sql": I, "2025-01-02-000000_i/down.sql": "DROP INDEX CONCURRENTLY i;" },
      "2025-01-02-000000_i/metadata.toml": "run_in_transaction = false\n",
      ...{ "2025-01-02-000000-0000_f/up.sql": BODY, "2025-01-02-000000-0000_f/down.sql": "DROP FUNCTION f();" },
    },
    versions: ["20250101000000", "20250102000000", "20250102000000-0000"],
  },
];

const EVERYTHING =
  "SELECT (SELECT count(*) FROM pg_class WHERE relname IN ('a', 'i')) + (SELECT count(*) FROM pg_proc WHERE proname = 'f')";

/** Writes nothing but the files; folders too. */
async function worldOf({ files, layout }: Directory, isNamed: boolean): Promise<ServerWorld> {
  return await world(files, isNamed ? { layout: layout as "goose" } : {});
}

for (const directory of DIRECTORIES) {
  const { layout, versions } = directory;
  const [first, second, third] = versions;
  // sqlx's and golang-migrate's names are alike.
  const isNamed = layout === "sqlx";
  test(`${layout}: up, down, one by one and up again`, async () => {
    const here = await worldOf(directory, isNamed);
    const report = await validate(here.context, here.database);
    assert.deepEqual(report.findings, []);
    assert.deepEqual(outcomes(succeeded(await here.up({ to: second }))), [`${first} applied`, `${second} applied`]);
    succeeded(await here.up());
    assert.equal(Number(await here.value(EVERYTHING)), 3);
    assert.deepEqual(await here.rows("SELECT version FROM schema_migrations ORDER BY applied_at"), [
      { version: first },
      { version: second },
      { version: third },
    ]);
    const { entries } = await here.status();
    assert.deepEqual(
      entries.map(({ version, state }) => `${version} ${state}`),
      versions.map((version) => `${version} applied`),
    );
    succeeded(await here.down({ to: first }));
    assert.deepEqual(await here.history(), [first]);
    succeeded(await here.down({ all: true }));
    assert.equal(Number(await here.value(EVERYTHING)), 0);
    assert.equal(succeeded(await here.up()).steps.length, 3);
    assert.equal(succeeded(await here.up()).steps.length, 0);
    const said = here.events.filter(({ type }) => type === "layout-found");
    assert.deepEqual(new Set(said.map((event) => ("layout" in event ? event.layout : ""))), new Set([layout]));
  });
}

describe("a directory of goose", () => {
  test("places a failure of either part in the file", async () => {
    const here = await world({
      "1_a.sql": "-- +goose Up\nSELECT 1;\n\nSELECT nothing;\n-- +goose Down\n\nSELECT none;\n",
    });
    const up = await here.up();
    assert.deepEqual([up.failure?.place?.line, up.failure?.place?.path.endsWith("1_a.sql")], [4, true]);
    here.write({ "1_a.sql": "-- +goose Up\nSELECT 1;\n\n-- +goose Down\n\n\nSELECT none;\n" });
    succeeded(await here.up());
    const down = await here.down({ count: 1 });
    assert.deepEqual([down.failure?.place?.line, down.failure?.place?.path.endsWith("1_a.sql (down)")], [7, true]);
  });

  test("keeps its checksum when only the down part changes", async () => {
    const here = await world({ "1_a.sql": "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;\n" });
    succeeded(await here.up());
    here.write({ "1_a.sql": "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 3;\nSELECT 4;\n" });
    assert.equal((await here.status()).entries[0]?.state, "applied");
    here.write({ "1_a.sql": "-- +goose Up\nSELECT 5;\n-- +goose Down\nSELECT 3;\n" });
    assert.equal((await here.status()).entries[0]?.state, "changed");
  });

  test("stops before a program, and continues after it is recorded", async () => {
    const here = await world({
      "1_a.sql": "-- +goose Up\nCREATE TABLE a (id int);",
      "2_b.go": "package migrations",
      "3_c.sql": "-- +goose Up\nCREATE TABLE c (id int);",
    });
    const stopped = await here.up();
    assert.deepEqual(outcomes(stopped), ["1 applied"]);
    assert.equal(stopped.failure?.code, "migrations-pending");
    assert.match(stopped.failure?.message ?? "", /^Cannot apply 2_b: it is a Go program of goose$/);
    assert.equal((await here.up()).failure?.code, "migrations-pending");
    await here.rows("INSERT INTO schema_migrations (version, applied_at) VALUES ('2', now())");
    succeeded(await here.up());
    assert.deepEqual(await here.history(), ["1", "2", "3"]);
  });
});

describe("a directory of Flyway", () => {
  test("applies repeatable migrations when their text changes, with placeholders", async () => {
    const files = {
      "V1__a.sql": `CREATE TABLE \${name} (id int);`,
      "R__v.sql": `CREATE OR REPLACE VIEW v AS SELECT id FROM \${name};`,
    };
    const here = await world(files, { placeholders: { name: "a" } });
    const first = succeeded(await here.up());
    assert.deepEqual(
      first.repeatable?.map(({ name, outcome }) => [name, outcome]),
      [["R__v", "applied"]],
    );
    assert.equal(succeeded(await here.up()).repeatable, undefined);
    here.write({ "R__v.sql": `CREATE OR REPLACE VIEW v AS SELECT id, 2 AS two FROM \${name};` });
    assert.equal(succeeded(await here.up()).repeatable?.length, 1);
    assert.deepEqual(await here.rows("SELECT * FROM v"), []);
  });

  test("is read from several directories", async () => {
    const here = await world({ "x/V1__a.sql": "SELECT 1;", "y/V2__b.sql": "SELECT 2;" });
    const { directory } = here;
    const both = here.beside({ directory: `filesystem:${directory}/x, ${directory}/y` });
    assert.deepEqual(outcomes(succeeded(await both.up())), ["1 applied", "2 applied"]);
  });
});

test("versions of Prisma may be given by their numbers", async () => {
  const files = { "20250101000000_a/migration.sql": "SELECT 1;", "20250102000000_b/migration.sql": "SELECT 2;" };
  const here = await world(files);
  await baseline(here.context, "20250101000000");
  assert.deepEqual(await here.history(), ["20250101000000_a"]);
  succeeded(await here.up({ to: "20250102000000" }));
  assert.deepEqual(await here.history(), ["20250101000000_a", "20250102000000_b"]);
});
