import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { byKey } from "../../../src/core/catalog/schema-comparison.ts";
import { readSchema } from "../../../src/engine/schema/read-schema.ts";
import { ownObjects } from "../../../src/engine/shadow/prove-downs.ts";
import { type ServerWorld, world } from "../support.ts";
import { planOf } from "./support.ts";

const FIRST = { "001_a.sql": "CREATE TABLE a (id int PRIMARY KEY, note text);" };

/** The plan of a world as a script. */
async function scriptOf(one: ServerWorld, wishes: Parameters<typeof planOf>[1] = {}): Promise<string> {
  let script = "";
  await planOf(one, {
    ...wishes,
    script: (sql) => {
      script = sql;
    },
  });
  return script;
}

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script by PostgreSQL's own psql. */
async function psql(one: ServerWorld, script: string, url = one.url): Promise<Outcome> {
  const path = join(one.directory, "..", `script-${Math.random().toString(36).slice(2)}.sql`);
  writeFileSync(path, script);
  return await new Promise((resolve) => {
    execFile("psql", ["-X", "-f", path, url], (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

/** The state that a run leaves in the database: the history without times, the journal, and the schema. */
async function stateOf(one: ServerWorld) {
  const session = await one.database.open();
  try {
    const history =
      "SELECT version, description, checksum, applied_by, tool_version, down_script FROM schema_migrations";
    const journal = "SELECT count(*)::int AS entries FROM schema_migrations_steps";
    const hasJournal = await one.value("SELECT to_regclass('schema_migrations_steps') IS NOT NULL");
    return {
      history: await one.rows(`${history} ORDER BY version`),
      timed: await one.value(
        "SELECT bool_and(duration_ms >= 0 AND applied_at > now() AT TIME ZONE 'UTC' - '1h'::interval) FROM schema_migrations",
      ),
      journal: hasJournal ? await one.rows(journal) : [],
      // The server gives the objects in any order.
      schema: byKey(await readSchema(session, ownObjects(one.context))),
    };
  } finally {
    await session.close();
  }
}

/** Applies the same files by `up` and by psql, and compares what is left. */
async function compared(files: Readonly<Record<string, string>>, wishes: Parameters<typeof planOf>[1] = {}) {
  const [byUp, byScript] = [await world({ ...FIRST, ...files }), await world({ ...FIRST, ...files })];
  for (const one of [byUp, byScript]) await one.up({ to: "001" });
  const { failure } = await byUp.up({}, { singleTransaction: wishes?.singleTransaction ?? false });
  assert.equal(failure, undefined);
  const script = await scriptOf(byScript, wishes);
  const { status, stderr, stdout } = await psql(byScript, script);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" }, script);
  assert.deepEqual(await stateOf(byScript), await stateOf(byUp));
  return { byScript, script, stdout };
}

describe("plan --sql", () => {
  test("does in psql what up does: history, journal and schema are the same", async () => {
    const { byScript, script, stdout } = await compared({
      "002_b.sql":
        "-- Description: Ünlaut and 'quotes'\nALTER TABLE a ADD COLUMN b int DEFAULT 7;\nSET search_path = pg_catalog;",
      "002_b.down.sql": "ALTER TABLE a DROP COLUMN b; -- it's \\ back",
      "003_c.sql":
        "INSERT INTO a VALUES (1, 'ä\\b');\nCOPY a (id, note) FROM stdin;\n2\ttwo\\tcolumns\n3\t\\N\n\\.\nCREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END",
      "004_d.sql": "CREATE INDEX CONCURRENTLY a_note ON a (note);",
      "005_e.sql":
        "-- Transaction: none\nCREATE TYPE mood AS ENUM ('sad');\nALTER TYPE mood ADD VALUE 'ok';\nCREATE TABLE moods (m mood DEFAULT 'ok');\nINSERT INTO moods VALUES ('ok')",
    });
    assert.deepEqual(await byScript.rows("SELECT * FROM a ORDER BY id"), [
      { id: 1, note: "ä\\b", b: 7 },
      { id: 2, note: "two\tcolumns", b: 7 },
      { id: 3, note: null, b: 7 },
    ]);
    assert.match(stdout, /applied 002_b\napplied 003_c\napplied 004_d\napplied 005_e\n4 migrations are applied\n/);
    const again = await psql(byScript, script);
    assert.equal(again.status, 3);
    assert.match(
      again.stderr,
      /Cannot run this script: the history is not as it was planned\nHINT: {2}Make a new script/,
    );
  });

  test("runs all in one transaction if asked", async () => {
    const files = { "002_b.sql": "CREATE TABLE b (id int);", "003_c.sql": "CREATE TABLE c (id int);" };
    await compared(files, { singleTransaction: true });
    const failing = await world({ ...FIRST, ...files, "004_d.sql": "SELECT 1 / (SELECT 0);" });
    await failing.up({ to: "001" });
    const { status } = await psql(failing, await scriptOf(failing, { singleTransaction: true, limitMs: 0 }));
    assert.equal(status, 3);
    assert.deepEqual(await failing.history(), ["001"]);
  });

  test("stops at a failure, and leaves what up leaves", async () => {
    const one = await world({
      ...FIRST,
      "002_b.sql": "CREATE TABLE b (id int);",
      "003_c.sql": "CREATE TABLE b (id int);",
    });
    await one.up({ to: "001" });
    const { status, stderr } = await psql(one, await scriptOf(one));
    assert.equal(status, 3);
    assert.match(stderr, /relation "b" already exists/);
    assert.deepEqual(await one.history(), ["001", "002"]);
    const { failure } = await one.up();
    assert.equal(failure?.code, "statement-failed");
  });

  test("begins a history", async () => {
    const one = await world(FIRST);
    const { status, stderr } = await psql(one, await scriptOf(one));
    assert.deepEqual([status, stderr], [0, ""]);
    const { steps, alreadyApplied } = await one.up();
    assert.deepEqual([steps, alreadyApplied], [[], 1]);
  });

  test("refuses another database, and while another run holds the lock or a lease", async () => {
    const one = await world({ ...FIRST, "002_b.sql": "CREATE TABLE b (id int);" });
    await one.up({ to: "001" });
    const script = await scriptOf(one);
    const { url } = await one.server.createDatabase();
    const refused = async (elsewhere?: string) => {
      const { status, stderr } = await psql(one, script, elsewhere);
      return [status, /ERROR: {2}(.*)\n/.exec(stderr)?.[1]];
    };
    assert.deepEqual(await refused(url), [3, "Cannot run this script: this script is for another database"]);
    const keys = /pg_try_advisory_lock\(([^)]*)\)/.exec(script)?.[1] ?? "";
    const session = await one.database.open();
    await session.execute(`SELECT pg_advisory_lock(${keys})`);
    assert.deepEqual(await refused(), [3, "Cannot run this script: another run holds the lock"]);
    await session.close();
    await one.rows(
      "CREATE TABLE schema_migrations_lease (name text, owner text, fencing bigint, expires_at timestamp, holder text); INSERT INTO schema_migrations_lease VALUES ('run', 'x', 1, 'infinity', NULL)",
    );
    assert.deepEqual(await refused(), [3, "Cannot run this script: another run has a lease"]);
    assert.deepEqual(await one.history(), ["001"]);
  });

  test("refuses what only pgstep can do", async () => {
    const hooked = await world({ ...FIRST, "hooks/before-up.sql": "SELECT 1;" });
    const repeated = await world({ ...FIRST, "repeatable/v.sql": "CREATE VIEW v AS SELECT 1 AS n;" });
    const blocked = await world({ ...FIRST, "002_b.sql": "BEGIN; SELECT 1; COMMIT; BEGIN; SELECT 2; COMMIT;" });
    const secret = await world(FIRST, { placeholders: { token: "s3cret" } });
    const cases = [
      [hooked.beside({ hooksDirectory: `${hooked.directory}/hooks` }), /the hook .*before-up.sql would run/],
      [
        repeated.beside({ repeatableDirectory: `${repeated.directory}/repeatable` }),
        /the repeatable migration v needs/,
      ],
      [blocked, /002_b has its own BEGIN and COMMIT/],
      [secret, /the value of the placeholder token is secret/],
    ] as const;
    for (const [one, message] of cases) {
      await assert.rejects(scriptOf(one), { code: "plan-not-scriptable", message });
    }
  });
});
