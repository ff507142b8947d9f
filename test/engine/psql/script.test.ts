import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { world } from "../support.ts";
import { compared, MAJORS, psql, scriptOf, wholeWorld } from "./support.ts";

const FIRST = { "001_a.sql": "CREATE TABLE a (id int PRIMARY KEY, note text);" };

for (const major of MAJORS) {
  describe(`plan --sql on PostgreSQL ${major}`, () => {
    test("does in psql what up does: history, journal and schema are the same", async () => {
      const files = {
        ...FIRST,
        "002_b.sql":
          "-- Description: Ünlaut and 'quotes'\nALTER TABLE a ADD COLUMN b int DEFAULT 7;\nSET search_path = pg_catalog;",
        "002_b.down.sql": "ALTER TABLE a DROP COLUMN b; -- it's \\ back",
        "003_c.sql":
          "INSERT INTO a VALUES (1, 'ä\\b');\nCOPY a (id, note) FROM stdin;\n2\ttwo\\tcolumns\n3\t\\N\n\\.\nCREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END",
        "004_d.sql": "CREATE INDEX CONCURRENTLY a_note ON a (note);",
        "005_e.sql":
          "-- Transaction: none\nCREATE TYPE mood AS ENUM ('sad');\nALTER TYPE mood ADD VALUE 'ok';\nCREATE TABLE moods (m mood DEFAULT 'ok');\nINSERT INTO moods VALUES ('ok')",
      };
      const { byScript, script, stdout, stderr } = await compared({ files, major });
      assert.equal(stderr, "");
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

    test("runs the transactions of a file, one of which rolls back a part", async () => {
      const files = {
        ...FIRST,
        "002_b.sql": `INSERT INTO a VALUES (1, 'alone');
BEGIN;
CREATE TABLE b (id int);
SAVEPOINT s;
INSERT INTO b VALUES (1);
ROLLBACK TO SAVEPOINT s;
COPY b FROM stdin;
2
\\.
COMMIT;
SET lock_timeout = '7s';
BEGIN ISOLATION LEVEL SERIALIZABLE;
INSERT INTO a SELECT 2, current_setting('transaction_isolation') || current_setting('lock_timeout');
COMMIT;
INSERT INTO a SELECT 3, current_setting('lock_timeout');
CREATE INDEX CONCURRENTLY b_id ON b (id);`,
      };
      const { byUp, byScript } = await compared({ files, major });
      for (const one of [byUp, byScript]) {
        assert.deepEqual(await one.rows("SELECT * FROM b"), [{ id: 2 }]);
        assert.deepEqual(await one.rows("SELECT note FROM a ORDER BY id"), [
          { note: "alone" },
          { note: "serializable7s" },
          { note: "7s" },
        ]);
      }
    });

    test("leaves what up leaves if a transaction of a file fails, and up continues", async () => {
      const broken = "BEGIN; CREATE TABLE b (id int); COMMIT; BEGIN; CREATE TABLE c (id int); SELECT 1 / 0; COMMIT;";
      const files = { ...FIRST, "002_b.sql": broken };
      const { byScript, failure } = await compared({ files, major });
      assert.equal(failure?.code, "statement-failed");
      assert.deepEqual(await byScript.tables(), ["a", "b"]);
      await assert.rejects(scriptOf(byScript), { code: "plan-not-scriptable", message: /002_b was applied in part/ });
      byScript.write({ "002_b.sql": broken.replace("/ 0", "/ 1") });
      assert.equal((await byScript.up()).failure, undefined);
      assert.deepEqual(await byScript.tables(), ["a", "b", "c"]);
    });

    test("forgets a statement outside transactions that the server refused", async () => {
      const files = {
        ...FIRST,
        "002_b.sql": "-- Transaction: none\nVACUUM a;\nALTER DATABASE nowhere SET TABLESPACE x;",
      };
      const { byScript, stderr } = await compared({ files, major });
      assert.match(
        stderr,
        /database "nowhere" does not exist[\s\S]*HINT: {2}Fix its cause, then continue with: pgstep up/,
      );
      byScript.write({ "002_b.sql": "-- Transaction: none\nVACUUM a;\nSELECT 1;" });
      assert.equal((await byScript.up()).failure, undefined);
    });

    test("stops at a failure, and leaves what up leaves", async () => {
      const files = { ...FIRST, "002_b.sql": "CREATE TABLE b (id int);", "003_c.sql": "CREATE TABLE b (id int);" };
      const { byScript, stderr } = await compared({ files, major });
      assert.match(stderr, /relation "b" already exists/);
      assert.deepEqual(await byScript.history(), ["001", "002"]);
    });
  });
}

describe("plan --sql", () => {
  test("runs all in one transaction if asked, at the strongest level", async () => {
    const files = {
      ...FIRST,
      "002_b.sql": "CREATE TABLE b (id int);",
      "003_c.sql": "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1; COMMIT;",
      "004_d.sql": "CREATE TABLE d AS SELECT current_setting('transaction_isolation') AS level;",
    };
    const { byUp, byScript } = await compared({ files, major: 18, wishes: { singleTransaction: true } });
    for (const one of [byUp, byScript]) assert.equal(await one.value("SELECT level FROM d"), "serializable");
    const failing = await world({ ...FIRST, ...files, "005_e.sql": "SELECT 1 / (SELECT 0);" });
    await failing.up({ to: "001" });
    const { status, stdout } = await psql(failing, await scriptOf(failing, { singleTransaction: true }));
    assert.deepEqual([status, stdout], [3, ""]);
    assert.deepEqual(await failing.history(), ["001"]);
    const alone = await world({ ...FIRST, "002_b.sql": "VACUUM;" });
    await assert.rejects(scriptOf(alone, { singleTransaction: true }), { code: "files-unsound" });
  });

  test("keeps the rows of a large file", async () => {
    const rows = Array.from({ length: 50_000 }, (_, index) => `${index}\tnote ${index} ä\n`).join("");
    const files = { ...FIRST, "002_b.sql": `COPY a FROM stdin;\n${rows}\\.\n` };
    const { byUp, byScript } = await compared({ files, major: 18 });
    const digest = "SELECT md5(string_agg(id || note, ',' ORDER BY id)) FROM a";
    assert.equal(await byScript.value(digest), await byUp.value(digest));
  });

  test("begins a history", async () => {
    const one = await world(FIRST);
    const { status, stderr, stdout } = await psql(one, await scriptOf(one));
    assert.deepEqual([status, stderr, stdout], [0, "", "applied 001_a\n1 migration is applied\n"]);
    const { steps, alreadyApplied } = await one.up();
    assert.deepEqual([steps, alreadyApplied], [[], 1]);
  });

  test("refuses another database, and while another run holds the lock or a lease, or was interrupted", async () => {
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
    await one.rows("DROP TABLE schema_migrations_lease");
    await one.rows(
      "CREATE TABLE schema_migrations_steps (version text, direction text, statement int, hash text, started_at timestamp, finished_at timestamp); INSERT INTO schema_migrations_steps VALUES ('002', 'up', 1, '', now(), NULL)",
    );
    assert.deepEqual(await refused(), [3, "Cannot run this script: another run was interrupted"]);
    assert.deepEqual(await one.history(), ["001"]);
  });

  test("stops if the lock is lost on the way", async () => {
    const one = await world({ ...FIRST, "002_b.sql": "SELECT pg_advisory_unlock_all();", "003_c.sql": "SELECT 1;" });
    await one.up({ to: "001" });
    const { status, stderr } = await psql(one, await scriptOf(one));
    assert.equal(status, 3);
    assert.match(stderr, /pgstep:lock/);
    assert.deepEqual(await one.history(), ["001", "002"]);
  });

  test("runs nothing that stands in a name, and sends names that psql takes for its variables", async () => {
    const name = "002_it's \\echo `touch hacked` :USER";
    const files = {
      ...FIRST,
      [`${name}.sql`]: "CREATE TABLE b AS SELECT (ARRAY[1, 2])[1:id] AS x FROM (VALUES (2)) v(id);",
    };
    const one = await wholeWorld(files, 18);
    await one.up({ to: "001" });
    const path = await scriptOf(one);
    const { status, stdout, stderr } = await psql(one, `\\set id 1]\n${path}`);
    assert.deepEqual([status, stderr], [0, ""]);
    assert.equal(stdout, `applied ${name}\n1 migration is applied\n`);
    assert.deepEqual(await one.value("SELECT x FROM b"), [1, 2]);
  });

  test("refuses a first run on a database that is in use, unless it is meant", async () => {
    const one = await world(FIRST, { before: "CREATE TABLE a (id int)" });
    await assert.rejects(scriptOf(one), { code: "database-not-empty" });
    assert.match(await scriptOf(one, { target: { firstRun: true } }), /001_a/);
  });

  test("refuses what only pgstep can do", async () => {
    const copied = "CREATE VIEW v AS SELECT 1 AS n;\nCREATE TEMP TABLE t (n int);\nCOPY t FROM stdin;\n1\n\\.\n";
    const cases = [
      [
        await wholeWorld(FIRST, 18, { hooks: { "after-up": "echo done" } }),
        /the hook after-up \(echo .*\) is a command/,
      ],
      [await wholeWorld({ ...FIRST, "repeatable/v.sql": copied }, 18), /migration v has a view, .* and rows of a COPY/],
      [
        await wholeWorld({ ...FIRST, "repeatable/v.sql": "CREATE VIEW v AS SELECT 1 AS n; SAVEPOINT s;" }, 18),
        /migration v has a view, .* and a savepoint/,
      ],
      [
        await wholeWorld({ ...FIRST, "hooks/after-up.sql": copied }, 18, { hookFailure: "warn" }),
        /the hook .*after-up.sql has rows of a COPY/,
      ],
      [await world(FIRST, { placeholders: { token: "s3cret" } }), /the value of the placeholder token is secret/],
    ] as const;
    for (const [one, message] of cases) {
      await assert.rejects(scriptOf(one), { code: "plan-not-scriptable", message });
    }
    const down = await wholeWorld(FIRST, 18, { hooks: { "before-down": "echo done" } });
    assert.match(await scriptOf(down), /001_a/);
  });
});
