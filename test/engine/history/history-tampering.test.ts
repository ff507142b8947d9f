import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { embeddedWorld, failureOf, holding, outcomes, states, succeeded, within, world } from "../support.ts";

const BEFORE = { "001_one.sql": "CREATE TABLE one ();" };
const BEHIND = { "003_three.sql": "CREATE TABLE three ();" };

describe("a migration that touches the history is refused, and nothing of it or behind it is applied", () => {
  const cases: Record<string, string> = {
    "it deletes its own row": "DELETE FROM schema_migrations WHERE version = '002';",
    "it deletes every row": "DELETE FROM schema_migrations;",
    "it truncates the table": "TRUNCATE schema_migrations;",
    "it deletes its own row inside a block with an exception handler":
      "DO $$ BEGIN DELETE FROM schema_migrations WHERE version = '002'; BEGIN PERFORM 1/0; EXCEPTION WHEN OTHERS THEN NULL; END; END $$;",
    "it records another version": "INSERT INTO schema_migrations (version) VALUES ('099');",
    "it records another spelling of its own version": "INSERT INTO schema_migrations (version) VALUES ('2');",
    "it records another version in a subtransaction":
      "DO $$ BEGIN BEGIN INSERT INTO schema_migrations (version) VALUES ('099'); EXCEPTION WHEN OTHERS THEN NULL; END; END $$;",
    "it records another version behind a savepoint":
      "SAVEPOINT a; INSERT INTO schema_migrations (version) VALUES ('099'); RELEASE SAVEPOINT a;",
    "it records another version in a deferred trigger":
      "CREATE TABLE two (id int); CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.schema_migrations (version) VALUES ('099'); RETURN NULL; END $$; CREATE CONSTRAINT TRIGGER later AFTER INSERT ON two DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION later(); INSERT INTO two VALUES (1);",
    "it changes the row of another version": "UPDATE schema_migrations SET description = 'x' WHERE version = '001';",
    "it changes its own version": "UPDATE schema_migrations SET version = '2' WHERE version = '002';",
    "it drops the table": "DROP TABLE schema_migrations;",
    "it renames the table": "ALTER TABLE schema_migrations RENAME TO old_migrations;",
    "it moves the table": "CREATE SCHEMA elsewhere; ALTER TABLE schema_migrations SET SCHEMA elsewhere;",
    "it puts another table in its place":
      "ALTER TABLE schema_migrations RENAME TO old; CREATE TABLE schema_migrations (LIKE old);",
    "it puts another table in its place, with rows for all so far":
      "DROP TABLE schema_migrations; CREATE TABLE schema_migrations (version varchar(255) PRIMARY KEY, applied_at timestamp NOT NULL DEFAULT now(), description text); INSERT INTO schema_migrations (version) VALUES ('001'), ('002');",
    "it records itself without ON CONFLICT": "INSERT INTO schema_migrations (version) VALUES ('002');",
  };
  for (const [what, text] of Object.entries(cases)) {
    test(what, async () => {
      const here = await world({ ...BEFORE, "002_two.sql": `CREATE TABLE mark ();\n${text}`, ...BEHIND });
      const report = await here.up();
      assert.deepEqual(outcomes(report), ["001 applied", "002 failed", "003 not-run"]);
      const failure = failureOf(report, "statement-failed");
      assert.ok(failure.hint, failure.message);
      assert.deepEqual(await here.tables(), ["one"]);
      assert.deepEqual(await here.history(), ["001"]);
    });
  }
});

describe("a statement of a file without a transaction that touches the history is refused and rolled back", () => {
  const cases: Record<string, string> = {
    "it records another version": "INSERT INTO schema_migrations (version) VALUES ('099');",
    "it changes the row of another version": "UPDATE schema_migrations SET description = 'x' WHERE version = '001';",
    "it renames the table": "ALTER TABLE schema_migrations RENAME TO old_migrations;",
    "it drops the schema": "DROP SCHEMA public CASCADE;",
  };
  for (const [what, text] of Object.entries(cases)) {
    test(what, async () => {
      const here = await world({
        ...BEFORE,
        "002_two.sql": `-- Transaction: none\nCREATE TABLE two ();\n  ${text}\nCREATE TABLE mark ();`,
        ...BEHIND,
      });
      const report = await here.up();
      assert.deepEqual(outcomes(report), ["001 applied", "002 failed", "003 not-run"]);
      const failure = failureOf(report, "statement-failed");
      assert.ok(failure.hint, failure.message);
      assert.deepEqual([failure.place?.line, failure.place?.column], [3, 3]);
      assert.deepEqual(await here.tables(), ["one", "two"]);
      assert.deepEqual(await here.rows("SELECT version, description FROM schema_migrations"), [
        { version: "001", description: "one" },
      ]);
      here.write({ "002_two.sql": "-- Transaction: none\nCREATE TABLE two ();\nCREATE TABLE mark ();" });
      succeeded(await here.up());
      assert.deepEqual(await here.tables(), ["mark", "one", "three", "two"]);
    });
  }
});

describe("a migration may record itself", () => {
  const cases: Record<string, string> = {
    "with ON CONFLICT DO NOTHING":
      "INSERT INTO public.schema_migrations (version, description) VALUES ('002', 'in its own words') ON CONFLICT (version) DO NOTHING;",
    "with ON CONFLICT DO UPDATE":
      "INSERT INTO public.schema_migrations (version, description) VALUES ('002', 'Two') ON CONFLICT (version) DO UPDATE SET description = EXCLUDED.description;",
    "in a block that swallows the conflict":
      "DO $$ BEGIN INSERT INTO schema_migrations (version) VALUES ('002'); EXCEPTION WHEN unique_violation THEN NULL; END $$;",
    "after deleting its row":
      "DELETE FROM schema_migrations WHERE version = '002'; INSERT INTO schema_migrations (version, description) VALUES ('002', 'Two');",
  };
  for (const [what, text] of Object.entries(cases)) {
    test(what, async () => {
      const here = await world({ ...BEFORE, "002_two.sql": `CREATE TABLE two ();\n${text}`, ...BEHIND });
      succeeded(await here.up());
      assert.deepEqual(await here.tables(), ["one", "three", "two"]);
      assert.deepEqual(await states(here), ["001 applied", "002 applied", "003 applied"]);
      assert.deepEqual(await here.history(), ["001", "002", "003"]);
    });
  }

  test("in a single transaction, each of them", async () => {
    const own = (version: string) =>
      `INSERT INTO schema_migrations (version) VALUES ('${version}') ON CONFLICT (version) DO NOTHING;`;
    const here = await world({ "001_one.sql": own("001"), "002_two.sql": own("002"), "003_three.sql": own("003") });
    succeeded(await here.up({}, { singleTransaction: true }));
    assert.deepEqual(await here.history(), ["001", "002", "003"]);
  });

  test("and delete itself in its down file", async () => {
    const here = await world({
      ...BEFORE,
      "001_one.down.sql": "DROP TABLE one; DELETE FROM public.schema_migrations WHERE version = '001';",
    });
    succeeded(await here.up());
    assert.deepEqual(outcomes(succeeded(await here.down({ all: true }))), ["001 undone"]);
    assert.deepEqual(await here.history(), []);
  });
});

describe("its own row may be written again, another's may not", () => {
  const subjects = {
    "PostgreSQL 15": (files: Record<string, string>) => world(files, { major: 15 }),
    PGlite: (files: Record<string, string>) => embeddedWorld(files),
    "a table whose name needs quotes": (files: Record<string, string>) => world(files, { table: 'it\'s $pgstep$ "ü"' }),
  };
  for (const [name, make] of Object.entries(subjects)) {
    test(`on ${name}`, async () => {
      const table = name.startsWith("a table") ? `"it's $pgstep$ ""ü"""` : "schema_migrations";
      const here = await make({
        ...BEFORE,
        "002_two.sql": `UPDATE ${table} SET description = 'Two' WHERE version = '002';`,
        "003_three.sql": `CREATE TABLE three (); INSERT INTO ${table} (version) VALUES ('099');`,
      });
      const report = await here.up();
      assert.deepEqual(outcomes(report), ["001 applied", "002 applied", "003 failed"]);
      assert.match(failureOf(report, "statement-failed").message, /rows of other versions/);
      assert.equal(await here.value("SELECT to_regclass('three')::text"), null);
    });
  }
});

test("a migration that deletes the row of another version is applied, and the other is then shown as it is", async () => {
  const here = await world({ ...BEFORE, "002_two.sql": "DELETE FROM schema_migrations WHERE version = '001';" });
  succeeded(await here.up());
  assert.deepEqual(await states(here), ["001 out-of-order", "002 applied"]);
});

test("a column that a migration takes from the history fails the next one, and is back on the run after", async () => {
  const here = await world({
    ...BEFORE,
    "002_two.sql": "ALTER TABLE schema_migrations DROP COLUMN checksum;",
    ...BEHIND,
  });
  const report = await here.up();
  assert.deepEqual(outcomes(report), ["001 applied", "002 applied", "003 failed"]);
  assert.match(failureOf(report, "statement-failed").hint ?? "", /run the command again/);
  succeeded(await here.up());
  assert.deepEqual(await states(here), ["001 applied", "002 applied", "003 applied"]);
});

test("a trigger of the history that keeps rows out fails the next migration, and the hint names it", async () => {
  const here = await world({
    ...BEFORE,
    "002_two.sql":
      "CREATE FUNCTION keep_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; CREATE TRIGGER keep_out BEFORE INSERT ON schema_migrations FOR EACH ROW EXECUTE FUNCTION keep_out();",
    ...BEHIND,
  });
  const report = await here.up();
  assert.deepEqual(outcomes(report), ["001 applied", "002 applied", "003 failed"]);
  assert.match(failureOf(report, "statement-failed").hint ?? "", /trigger/);
  assert.deepEqual(await here.tables(), ["one"]);
});

test("a down file that puts its own row back is refused and rolled back", async () => {
  const here = await world({
    ...BEFORE,
    "001_one.down.sql": "DROP TABLE one; INSERT INTO schema_migrations (version) VALUES ('001');",
  });
  succeeded(await here.up());
  const report = await here.down({ all: true });
  assert.deepEqual(outcomes(report), ["001 failed"]);
  failureOf(report, "statement-failed");
  assert.deepEqual(await here.tables(), ["one"]);
});

test("rows that another session writes meanwhile are not held against a migration", async () => {
  const here = await world({ "001_one.sql": "CREATE TABLE one ();\nSELECT pg_sleep(0.5);" });
  here.onEvent = (event) => {
    if (event.type === "step-started") {
      void here.rows("SELECT pg_current_xact_id(); INSERT INTO schema_migrations (version) VALUES ('000')");
    }
  };
  const report = succeeded(await here.up());
  assert.deepEqual(outcomes(report), ["001 applied"]);
  assert.deepEqual(await here.history(), ["000", "001"]);
});

test("a row that is there but cannot be seen stops the run instead of keeping it going for ever", async () => {
  const here = await world(
    { ...BEFORE, "002_two.sql": "CREATE TABLE two ();" },
    {
      before:
        "CREATE TABLE schema_migrations (version char(14) PRIMARY KEY, applied_at timestamp NOT NULL DEFAULT now(), description text); INSERT INTO schema_migrations (version) VALUES ('001'); CREATE TABLE one ();",
      retryMs: 500,
    },
  );
  setTimeout(() => here.abort.abort("interrupt"), 20_000).unref();
  await within(
    30_000,
    here.up().catch(() => undefined),
  );
  assert.equal(here.abort.signal.aborted, false, "it went on until it was interrupted");
});

test("a unique constraint of the table's own that refuses the row is an error, not a race", async () => {
  const here = await world(
    { "001_same.sql": "CREATE TABLE one ();", "002_same.sql": "CREATE TABLE two ();" },
    {
      before:
        "CREATE TABLE schema_migrations (version varchar(255) PRIMARY KEY, applied_at timestamp NOT NULL DEFAULT now(), description text UNIQUE)",
    },
  );
  setTimeout(() => here.abort.abort("interrupt"), 20_000).unref();
  const report = await within(30_000, here.up());
  assert.equal(here.abort.signal.aborted, false, "it went on until it was interrupted");
  assert.deepEqual(outcomes(report), ["001 applied", "002 failed"]);
  assert.match(failureOf(report, "statement-failed").hint ?? "", /constraints/);
});

test("a second runner that the lock did not stop finds the row taken, waits, and goes on behind it", async () => {
  const here = await world({
    "001_one.sql": "CREATE TABLE one ();",
    "002_two.sql": "CREATE TABLE two ();\nSELECT pg_sleep(0.3);",
    "003_three.sql": "CREATE TABLE three ();",
  });
  succeeded(await here.up({ count: 1 }));
  await holding(
    here,
    "BEGIN; INSERT INTO schema_migrations (version, description) VALUES ('002', 'by another tool'); CREATE TABLE two ()",
    async (release) => {
      const running = here.up();
      await here.until(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      await release();
      const report = succeeded(await running);
      assert.deepEqual(outcomes(report), ["002 applied", "003 applied"]);
    },
  );
  const other = await world({ "001_one.sql": "CREATE TABLE one ();", "002_two.sql": "CREATE TABLE two ();" });
  succeeded(await other.up({ count: 1 }));
  const session = await other.database.open();
  await session.execute("BEGIN; INSERT INTO schema_migrations (version) VALUES ('002'); CREATE TABLE two ()");
  const running = other.up();
  await other.until(
    "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
  );
  await session.execute("COMMIT");
  await session.close();
  const report = succeeded(await running);
  assert.deepEqual(report.steps, []);
  assert.equal(report.alreadyApplied, 2);
});
