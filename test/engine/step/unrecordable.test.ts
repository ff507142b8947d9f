import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sharedServer } from "../../support/postgres-server.ts";
import { embeddedWorld, type Files, failureOf, outcomes, succeeded, type World, world } from "../support.ts";

/*
 * Rules, triggers and policies on the history may keep it from being written. What runs statement by statement could not
 * be taken back when that is found out at its end.
 */

const FILES: Files = {
  "001_one.sql": "CREATE TABLE one (id integer);",
  "002_two.sql": "-- Transaction: none\nCREATE TABLE two (id integer);\nINSERT INTO two VALUES (1);",
  "002_two.down.sql": "-- Transaction: none\nDROP TABLE two;",
};

const SWALLOW =
  "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; CREATE TRIGGER swallow BEFORE INSERT OR DELETE ON schema_migrations FOR EACH ROW EXECUTE FUNCTION swallow()";

/** What keeps a row out of the history, and how it is removed. */
const KEEPING_OUT: Readonly<Record<string, readonly [make: string, remove: string]>> = {
  "a rule": [
    "CREATE RULE keep_out AS ON INSERT TO schema_migrations DO INSTEAD NOTHING",
    "DROP RULE keep_out ON schema_migrations",
  ],
  "a trigger that swallows it": [SWALLOW, "DROP TRIGGER swallow ON schema_migrations; DROP FUNCTION swallow()"],
  "a trigger that fails": [
    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the history is frozen'; END $$; CREATE TRIGGER refuse BEFORE INSERT ON schema_migrations FOR EACH ROW EXECUTE FUNCTION refuse()",
    "DROP TRIGGER refuse ON schema_migrations; DROP FUNCTION refuse()",
  ],
  "a trigger at the end of the transaction": [
    "CREATE FUNCTION take_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM schema_migrations WHERE version = NEW.version; RETURN NULL; END $$; CREATE CONSTRAINT TRIGGER take_out AFTER INSERT ON schema_migrations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION take_out()",
    "DROP TRIGGER take_out ON schema_migrations; DROP FUNCTION take_out()",
  ],
  "a constraint": [
    "ALTER TABLE schema_migrations ADD CONSTRAINT keep_out CHECK (version = '001')",
    "ALTER TABLE schema_migrations DROP CONSTRAINT keep_out",
  ],
};

const KEEPING_IN: typeof KEEPING_OUT = {
  "a rule": [
    "CREATE RULE keep AS ON DELETE TO schema_migrations DO INSTEAD NOTHING",
    "DROP RULE keep ON schema_migrations",
  ],
  "a trigger": [SWALLOW, "DROP TRIGGER swallow ON schema_migrations; DROP FUNCTION swallow()"],
};

const subjects: Record<string, (files: Files) => Promise<World>> = {
  "PostgreSQL 18": (files) => world(files),
  "PostgreSQL 15": (files) => world(files, { major: 15 }),
  PGlite: (files) => embeddedWorld(files),
};

for (const [name, make] of Object.entries(subjects)) {
  describe(`a history that cannot be written, ${name}`, () => {
    for (const [what, [keepOut, remove]] of Object.entries(KEEPING_OUT)) {
      test(`because of ${what}: no statement of the file has run`, async () => {
        const here = await make(FILES);
        succeeded(await here.up({ count: 1 }));
        await here.rows(keepOut);
        const report = await here.up();
        assert.deepEqual(outcomes(report), ["002 failed"]);
        const { message, hint = "" } = failureOf(report, "statement-failed");
        assert.match(message, /^Cannot apply 002_two: /);
        assert.doesNotMatch(`${message} ${hint}`, /pgstep:/);
        assert.match(hint, /\\d public\.schema_migrations/);
        assert.deepEqual(await here.tables(), ["one"]);
        assert.deepEqual(await here.rows("SELECT * FROM schema_migrations_steps"), []);
        await here.rows(remove);
        assert.deepEqual(outcomes(succeeded(await here.up())), ["002 applied"]);
        assert.equal(await here.value("SELECT count(*)::int FROM two"), 1);
      });
    }

    for (const [how, header] of [
      ["statement by statement", "-- Transaction: none\n"],
      ["in a transaction", ""],
    ]) {
      for (const [what, [keep, remove]] of Object.entries(KEEPING_IN)) {
        test(`because ${what} keeps its rows: a down script ${how} does nothing`, async () => {
          const here = await make({ ...FILES, "002_two.down.sql": `${header}DROP TABLE two;` });
          succeeded(await here.up());
          await here.rows(keep);
          const report = await here.down({ count: 1 });
          assert.deepEqual(outcomes(report), ["002 failed"]);
          const { message, hint = "" } = failureOf(report, "statement-failed");
          assert.match(message, /^Cannot undo 002_two: /);
          assert.doesNotMatch(`${message} ${hint}`, /pgstep:|22P02/);
          assert.match(hint, /\\d public\.schema_migrations/);
          assert.deepEqual(await here.tables(), ["one", "two"]);
          await here.rows(remove);
          assert.deepEqual(outcomes(succeeded(await here.down({ count: 1 }))), ["002 undone"]);
        });
      }
    }

    test("a trigger that only takes notes is none of that, and takes them once", async () => {
      const here = await make(FILES);
      succeeded(await here.up({ count: 1 }));
      await here.rows(`CREATE TABLE notes (version text);
 CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO notes VALUES (NEW.version); RETURN NULL; END $$;
 CREATE TRIGGER note AFTER INSERT ON schema_migrations FOR EACH ROW EXECUTE FUNCTION note()`);
      assert.deepEqual(outcomes(succeeded(await here.up())), ["002 applied"]);
      assert.deepEqual(await here.rows("SELECT version FROM notes"), [{ version: "002" }]);
    });

    test("a trigger that takes the row out only after the statements is told as such", async () => {
      const here = await make({ ...FILES, "003_three.sql": "CREATE TABLE three ();" });
      succeeded(await here.up({ count: 1 }));
      await here.rows(
        `CREATE FUNCTION take_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF to_regclass('two') IS NOT NULL THEN DELETE FROM schema_migrations WHERE version = NEW.version; END IF; RETURN NULL; END $$;
 CREATE CONSTRAINT TRIGGER take_out AFTER INSERT ON schema_migrations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION take_out()`,
      );
      const report = await here.up();
      assert.deepEqual(outcomes(report), ["002 failed", "003 not-run"]);
      assert.match(failureOf(report, "statement-failed").message, /removes its own row/);
      await here.rows("DROP TRIGGER take_out ON schema_migrations; DROP FUNCTION take_out()");
      assert.deepEqual(outcomes(succeeded(await here.up())), ["002 applied", "003 applied"]);
      assert.equal(await here.value("SELECT count(*)::int FROM two"), 1);
    });
  });
}

for (const major of [18, 15] as const) {
  test(`a policy that refuses the row is found before the first statement, PostgreSQL ${major}`, async () => {
    const role = `unrecordable_${process.pid}_${major}`;
    await (await sharedServer(major)).query("postgres", `CREATE ROLE ${role} LOGIN`);
    const here = await world(FILES, { major });
    succeeded(await here.up({ count: 1 }));
    await here.rows(`GRANT ALL ON SCHEMA public TO ${role}; GRANT ALL ON schema_migrations TO ${role};
 ALTER TABLE schema_migrations ENABLE ROW LEVEL SECURITY; CREATE POLICY reading ON schema_migrations FOR SELECT USING (true)`);
    const report = await here.beside({}, { url: here.url.replace("postgres@", `${role}@`) }).up();
    assert.deepEqual(outcomes(report), ["002 failed"]);
    assert.match(failureOf(report, "statement-failed").message, /row-level security policy/);
    assert.deepEqual(await here.tables(), ["one"]);
  });

  test(`a row that another session deletes between two steps is told in words, PostgreSQL ${major}`, async () => {
    const here = await world(
      { "001_one.sql": "CREATE TABLE one ();\nSELECT pg_sleep(1);", "002_two.sql": "CREATE TABLE two ();" },
      { major },
    );
    const running = here.up();
    await here.until(
      "SELECT count(*) = 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep(1)%'",
    );
    // Waits for the first step, and stands in the queue before the second.
    await here.server.query(
      here.databaseName,
      "BEGIN; LOCK TABLE schema_migrations; DELETE FROM schema_migrations WHERE version = '001'; COMMIT",
    );
    const report = await running;
    assert.deepEqual(outcomes(report), ["001 applied", "002 failed"]);
    const { message, hint = "" } = failureOf(report, "statement-failed");
    assert.match(message, /^Cannot apply 002_two: .*public\.schema_migrations/);
    assert.doesNotMatch(`${message} ${hint}`, /pgstep:|22P02/);
    assert.match(hint, /pgstep status/);
    assert.deepEqual(await here.tables(), ["one"]);
  });
}
