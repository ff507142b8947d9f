import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compared, MAJORS, psql, scriptOf, wholeWorld } from "./support.ts";

const PEOPLE = { "001_people.sql": "CREATE TABLE people (id int PRIMARY KEY, name text, age int);" };
const ADULTS = "CREATE OR REPLACE VIEW adults AS SELECT id, name FROM people WHERE age >= 18;";
const NAMED = "CREATE OR REPLACE VIEW named AS SELECT * FROM adults WHERE name IS NOT NULL;";
const VIEWS = { "repeatable/adults.sql": ADULTS, "repeatable/named.sql": NAMED };
const OTHER_ADULTS = `CREATE OR REPLACE VIEW adults AS SELECT name, age, id FROM people WHERE age >= 21;
COMMENT ON COLUMN adults.age IS 'in years';`;

/** Objects without files, which depend on the view `adults`. */
const BESIDE = `
CREATE ROLE reader_OID; GRANT SELECT ON adults TO PUBLIC; GRANT SELECT (name) ON adults TO reader_OID;
COMMENT ON VIEW adults IS 'of age'; COMMENT ON COLUMN adults.name IS 'the name';
CREATE MATERIALIZED VIEW kept AS SELECT id, name FROM adults;
CREATE UNIQUE INDEX kept_id ON kept (id); COMMENT ON INDEX kept_id IS 'one each'; ALTER MATERIALIZED VIEW kept CLUSTER ON kept_id;
ALTER MATERIALIZED VIEW kept OWNER TO reader_OID;
CREATE VIEW over AS SELECT k.id FROM kept k JOIN named n ON n.id = k.id;
CREATE FUNCTION rows_of() RETURNS SETOF adults LANGUAGE sql AS 'SELECT * FROM adults';
INSERT INTO people VALUES (1, 'a', 30), (2, NULL, 20)`;

for (const major of MAJORS) {
  describe(`plan --sql with repeatable migrations on PostgreSQL ${major}`, () => {
    test("applies new and changed files after the migrations, and records them", async () => {
      const files = {
        ...PEOPLE,
        ...VIEWS,
        "repeatable/known.sql":
          "CREATE OR REPLACE FUNCTION known(int) RETURNS bool LANGUAGE sql AS $$ SELECT count(*) > 0 FROM named WHERE id = $1 $$;",
        "repeatable/gone.sql": "CREATE OR REPLACE VIEW gone AS SELECT 1 AS n;",
      };
      const { byScript, stdout } = await compared({
        files,
        major,
        change: { "002_b.sql": "CREATE TABLE b (id int);" },
      });
      assert.match(stdout, /^applied 002_b\n1 migration is applied\n$/);
      byScript.remove("repeatable/gone.sql");
      byScript.write({ "repeatable/known.sql": "SELECT 'it''s \\';", "repeatable/new.sql": "SELECT ':x';" });
      const again = await psql(byScript, await scriptOf(byScript));
      assert.deepEqual([again.status, again.stderr], [0, ""]);
      assert.match(again.stdout, /applied known \(repeatable\)\napplied new \(repeatable\)\nThe run is complete\n/);
      assert.deepEqual(
        (await byScript.status()).repeatable?.map(({ name, state }) => `${name} ${state}`),
        ["adults unchanged", "known unchanged", "named unchanged", "new unchanged"],
      );
    });

    test("applies an unchanged file again if a migration has dropped its view, and no other", async () => {
      const files = { ...PEOPLE, ...VIEWS, "repeatable/other.sql": "CREATE OR REPLACE VIEW other AS SELECT 1 AS n;" };
      const change = { "002_b.sql": "DROP VIEW named; ALTER TABLE people ADD COLUMN size int;" };
      const { byScript, stdout } = await compared({ files, major, change });
      assert.equal(stdout, "applied 002_b\napplied named (repeatable)\n1 migration is applied\n");
      assert.deepEqual((await byScript.up()).repeatable ?? [], []);
    });

    test("drops a view that cannot be replaced, and re-creates everything that depends on it", async () => {
      const change = { "002_b.sql": "CREATE TABLE b (id int);", "repeatable/adults.sql": OTHER_ADULTS };
      const between = BESIDE.replaceAll("reader_OID", `reader_${major}`).replace(
        /CREATE ROLE \w+;/,
        (create) => `DO $$ BEGIN ${create} EXCEPTION WHEN duplicate_object THEN NULL; END $$;`,
      );
      const { byUp, byScript, stdout, stderr } = await compared({
        files: { ...PEOPLE, ...VIEWS },
        major,
        change,
        between,
      });
      assert.equal(stderr, "");
      assert.match(stdout, /applied adults \(repeatable\)\napplied named \(repeatable\)/);
      for (const one of [byUp, byScript]) {
        assert.deepEqual(await one.rows("SELECT * FROM kept"), [{ id: 1, name: "a" }]);
        assert.match(
          String(await one.value("SELECT pg_get_viewdef('named')")),
          /adults.name,\s+adults.age,|name,\s+age,/,
        );
      }
    });

    test("refuses a dependent that cannot be re-created, and changes nothing", async () => {
      const change = { "repeatable/adults.sql": OTHER_ADULTS };
      const between = "CREATE TABLE log (who adults)";
      const { stderr, failure } = await compared({ files: { ...PEOPLE, ...VIEWS }, major, change, between });
      assert.match(String(failure?.message), /pgstep cannot re-create table public.log/);
      assert.match(stderr, /Cannot replace a view: pgstep cannot re-create table public.log, which depends on it/);
    });

    test("refuses a dependent that needs a removed column, and changes nothing", async () => {
      const change = { "repeatable/adults.sql": "CREATE OR REPLACE VIEW adults AS SELECT id FROM people;" };
      const between = "DROP VIEW named; CREATE VIEW over AS SELECT name FROM adults";
      const files = { ...PEOPLE, "repeatable/adults.sql": ADULTS };
      const { stderr } = await compared({
        files: { ...files, ...VIEWS },
        major,
        change: { ...change, "repeatable/named.sql": "SELECT 1;" },
        between,
      });
      assert.match(
        stderr,
        /view public.over depends on a replaced view and cannot be re-created: column .*name.* does not/,
      );
    });

    test("one that fails leaves the migrations, and none of the others", async () => {
      const change = {
        "002_b.sql": "CREATE TABLE b (id int);",
        "repeatable/x.sql": "SELECT 1;\nSELECT nothing FROM people;",
      };
      const { byScript, failure, stderr } = await compared({
        files: { ...PEOPLE },
        major,
        change: { ...VIEWS, ...change },
      });
      assert.equal(failure?.code, "statement-failed");
      assert.match(stderr, /column "nothing" does not exist/);
      assert.deepEqual(await byScript.history(), ["001", "002"]);
      byScript.write({ "repeatable/x.sql": "SELECT 1;" });
      assert.equal((await byScript.up()).failure, undefined);
    });
  });
}

describe("plan --sql with repeatable migrations", () => {
  test("takes the order of files that only trying shows from the trial", async () => {
    const change = {
      "repeatable/a.sql": "DO $$ BEGIN EXECUTE 'CREATE OR REPLACE VIEW va AS SELECT * FROM v' || 'z'; END $$;",
      "repeatable/z.sql": "CREATE VIEW vz AS SELECT * FROM people;",
    };
    const { stdout } = await compared({ files: PEOPLE, major: 18, change });
    assert.match(stdout, /applied z \(repeatable\)\napplied a \(repeatable\)/);
  });

  test("re-creates materialized views, and a view that another file's CASCADE took", async () => {
    const files = {
      ...PEOPLE,
      "repeatable/f.sql":
        "DROP FUNCTION IF EXISTS f CASCADE; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
      "repeatable/m.sql": "CREATE MATERIALIZED VIEW m AS SELECT id FROM people;",
      "repeatable/v.sql": "CREATE VIEW v AS SELECT f() AS n;",
    };
    const change = {
      "repeatable/f.sql":
        "DROP FUNCTION IF EXISTS f CASCADE; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2';",
      "repeatable/m.sql": "CREATE MATERIALIZED VIEW m AS SELECT id, name FROM people;",
    };
    const between = "INSERT INTO people VALUES (1, 'a', 3)";
    const { byUp, byScript, stdout } = await compared({ files, major: 18, change, between });
    assert.match(stdout, /applied v \(repeatable\)/);
    for (const one of [byUp, byScript]) {
      assert.deepEqual(await one.rows("SELECT m.id, m.name, v.n FROM m, v"), [{ id: 1, name: "a", n: 2 }]);
    }
  });

  test("refuses files that drop each other's views, which up runs again", async () => {
    const files = {
      ...PEOPLE,
      "repeatable/a.sql": "CREATE OR REPLACE VIEW a AS SELECT id FROM people;",
      "repeatable/b.sql": "SELECT 1;",
    };
    const one = await wholeWorld(files, 18);
    await one.up();
    one.write({
      "repeatable/a.sql": "CREATE OR REPLACE VIEW a AS SELECT id FROM people WHERE id > 0;",
      "repeatable/b.sql": "DO $$ BEGIN EXECUTE 'DROP VIEW IF EXISTS ' || chr(97); END $$;",
    });
    const { status, stderr } = await psql(one, await scriptOf(one));
    assert.equal(status, 3);
    assert.match(stderr, /one of them dropped a view of one that ran before it\nHINT: {2}Apply them with pgstep/);
    assert.equal((await one.up()).failure, undefined);
  });

  test("defers them if a migration stays pending, and forgets the files that are missing", async () => {
    const files = { ...PEOPLE, ...VIEWS, "002_b.sql": "DROP VIEW named;", "003_c.sql": "SELECT 1;" };
    const one = await wholeWorld(files, 18);
    await one.up({ to: "001" });
    const { status, stdout } = await psql(one, await scriptOf(one, { target: { to: "002" } }));
    assert.deepEqual([status, stdout], [3, ""]);
    one.write({ "002_b.sql": "SELECT 1;" });
    const early = await psql(one, await scriptOf(one, { target: { to: "002" } }));
    assert.deepEqual([early.status, early.stdout], [0, "applied 002_b\n1 migration is applied\n"]);
    assert.equal(await one.value("SELECT to_regclass('named') IS NULL"), true);
    await one.up();
    one.remove("repeatable/named.sql");
    const last = await psql(one, await scriptOf(one));
    assert.deepEqual([last.status, last.stdout], [0, "The run is complete\n"]);
    assert.deepEqual(await one.rows("SELECT name FROM schema_migrations_repeatable"), [{ name: "adults" }]);
  });

  test("does not apply an unchanged file again while a migration stays pending", async () => {
    const one = await wholeWorld({ ...PEOPLE, ...VIEWS }, 18);
    await one.up();
    one.write({ "002_b.sql": "DROP VIEW named;", "003_c.sql": "SELECT 1;" });
    const { status, stdout } = await psql(one, await scriptOf(one, { target: { to: "002" } }));
    assert.deepEqual([status, stdout], [0, "applied 002_b\n1 migration is applied\n"]);
  });

  test("refuses if the records are not as they were planned", async () => {
    const one = await wholeWorld({ ...PEOPLE, ...VIEWS }, 18);
    await one.up();
    one.write({ "repeatable/named.sql": `${NAMED} -- changed` });
    const script = await scriptOf(one);
    await one.up();
    const { status, stderr } = await psql(one, script);
    assert.equal(status, 3);
    assert.match(stderr, /Cannot run this script: the records of repeatable migrations are not as they were planned/);
    const begun = await wholeWorld({ ...PEOPLE, "repeatable/f.sql": "SELECT 1;" }, 18);
    await begun.up({ to: "001" }, { withoutRepeatables: true });
    const early = await scriptOf(begun);
    await begun.up();
    assert.match(
      (await psql(begun, early)).stderr,
      /the records of repeatable migrations are not as they were planned/,
    );
  });
});
