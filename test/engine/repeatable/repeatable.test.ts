import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import postgres from "postgres";
import type { RunReport } from "../../../src/core/reports/report.ts";
import { findPgbouncer, startPgbouncer } from "../../support/pgbouncer.ts";
import {
  embeddedWorld,
  type Files,
  failureOf,
  refusal,
  type ServerWorld,
  succeeded,
  type World,
  world,
} from "../support.ts";

const directories: string[] = [];
process.on("exit", () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

const TABLE = { "001_people.sql": "CREATE TABLE people (id int PRIMARY KEY, name text, age int);" };

/** A world whose migrations directory has one for repeatable objects inside. */
async function repeatableWorld(
  files: Files,
  migrations: Files = TABLE,
  major: 15 | 18 = 15,
): Promise<ServerWorld & { put(files: Files): void }> {
  const first = await world(migrations, { major });
  return Object.assign(withRepeatables(first.beside({ repeatableDirectory: `${first.directory}-repeatable` }), files));
}

function withRepeatables<Kind extends World>(of: Kind, files: Files): Kind & { put(files: Files): void } {
  const directory = `${of.directory}-repeatable`;
  mkdirSync(directory);
  directories.push(directory);
  const put = (more: Files) => {
    for (const [name, text] of Object.entries(more)) writeFileSync(join(directory, name), text);
  };
  put(files);
  return Object.assign(of, { put });
}

function made(report: RunReport): string[] {
  return (report.repeatable ?? []).map(({ name, outcome }) => `${name} ${outcome}`);
}

const ADULTS = "CREATE OR REPLACE VIEW adults AS SELECT id, name FROM people WHERE age >= 18;";

describe("repeatable objects", () => {
  test("are applied once, and again when their text has changed", async () => {
    const w = await repeatableWorld({ "adults.sql": ADULTS });
    assert.deepEqual(made(succeeded(await w.up())), ["adults applied"]);
    assert.deepEqual(made(succeeded(await w.up())), []);
    w.put({ "adults.sql": ADULTS.replace("18", "21") });
    assert.deepEqual(
      (await w.status()).repeatable?.map(({ name, state }) => `${name} ${state}`),
      ["adults changed"],
    );
    assert.deepEqual(made(succeeded(await w.up({}, { dryRun: true }))), ["adults not-run"]);
    assert.deepEqual(made(succeeded(await w.up())), ["adults applied"]);
    assert.match(String(await w.value("SELECT pg_get_viewdef('adults')")), /21/);
    assert.deepEqual(
      (await w.status()).repeatable?.map(({ state }) => state),
      ["unchanged"],
    );
  });

  test("no table is made where there are none, and an unchanged file is not run", async () => {
    const w = await repeatableWorld({});
    succeeded(await w.up());
    assert.equal(await w.value("SELECT to_regclass('schema_migrations_repeatable') IS NULL"), true);
    w.put({ "a.sql": "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';" });
    succeeded(await w.up());
    const before = await w.value("SELECT xmin::text FROM pg_proc WHERE proname = 'f'");
    w.put({ "b.sql": "CREATE OR REPLACE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT f()';" });
    succeeded(await w.up());
    assert.equal(await w.value("SELECT xmin::text FROM pg_proc WHERE proname = 'f'"), before);
  });

  test("come in the order of dependence, also of what function bodies mention", async () => {
    const w = await repeatableWorld({
      "1_top.sql": "CREATE VIEW top AS SELECT * FROM middle WHERE known(id);",
      "2_middle.sql": "CREATE VIEW middle AS SELECT * FROM zbase;",
      "3_known.sql":
        "CREATE FUNCTION known(int) RETURNS bool LANGUAGE sql AS $$ SELECT count(*) > 0 FROM zbase WHERE id = $1 $$;",
      "9_base.sql": "CREATE VIEW zbase AS SELECT * FROM people;",
    });
    assert.deepEqual(
      made(succeeded(await w.up())).map((one) => one.split(" ")[0]),
      ["9_base", "2_middle", "3_known", "1_top"],
    );
  });

  test("what no text tells of is found out by trying", async () => {
    const w = await repeatableWorld({
      "a.sql": "DO $$ BEGIN EXECUTE 'CREATE VIEW va AS SELECT * FROM v' || 'z'; END $$;",
      "z.sql": "CREATE VIEW vz AS SELECT * FROM people;",
    });
    assert.deepEqual(made(succeeded(await w.up())).sort(), ["a applied", "z applied"]);
  });

  test("all or none: a failing file leaves nothing, and is told with its place", async () => {
    const w = await repeatableWorld({
      "a.sql": ADULTS,
      "b.sql": "SELECT 1;\nCREATE VIEW broken AS\n  SELECT nothing FROM people;",
    });
    const report = await w.up();
    const failure = failureOf(report, "statement-failed");
    assert.deepEqual(made(report), ["a rolled-back", "b failed"]);
    assert.equal(report.steps[0]?.outcome, "applied");
    assert.match(failure.message, /column "nothing" does not exist/);
    assert.deepEqual([failure.place?.line, failure.place?.column], [3, 10]);
    assert.equal(await w.value("SELECT to_regclass('adults') IS NULL"), true);
    w.put({ "b.sql": "SELECT 1;" });
    assert.deepEqual(made(succeeded(await w.up())), ["a applied", "b applied"]);
  });

  for (const major of [15, 18] as const) {
    test(`a view that cannot be replaced in its place is taken down with what depends on it, and all is put back (PostgreSQL ${major})`, async () => {
      const w = await repeatableWorld(
        {
          "adults.sql": ADULTS,
          "named.sql": "CREATE VIEW named AS SELECT * FROM adults WHERE name IS NOT NULL;",
        },
        TABLE,
        major,
      );
      succeeded(await w.up());
      const role = `reader_${w.databaseName}`;
      await w.rows(`CREATE ROLE ${role};
      CREATE VIEW seniors WITH (security_barrier) AS SELECT id, name AS "Full Name" FROM adults;
      COMMENT ON VIEW seniors IS 'it''s said'; COMMENT ON COLUMN seniors."Full Name" IS 'col';
      GRANT SELECT ON seniors TO ${role} WITH GRANT OPTION; GRANT UPDATE ("Full Name") ON seniors TO ${role};
      GRANT SELECT ON adults TO ${role}; COMMENT ON VIEW adults IS 'kept';
      ALTER VIEW seniors OWNER TO ${role};
      CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n, min(name) AS first FROM adults;
      CREATE UNIQUE INDEX counted_n ON counted (n);
      CREATE FUNCTION oldest() RETURNS SETOF adults LANGUAGE sql AS 'SELECT * FROM public.adults'; REVOKE ALL ON FUNCTION oldest() FROM PUBLIC;
      CREATE FUNCTION ins() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER t INSTEAD OF INSERT ON seniors FOR EACH ROW EXECUTE FUNCTION ins();`);
      w.put({ "adults.sql": "CREATE OR REPLACE VIEW adults AS SELECT age, name, id FROM people WHERE age >= 18;" });
      const facts = `SELECT json_build_object('owner', relowner::regrole, 'acl', relacl::text, 'options', reloptions, 'def', pg_get_viewdef('seniors'),
      'comment', obj_description('seniors'::regclass), 'column', col_description('seniors'::regclass, 2), 'attacl', (SELECT attacl::text FROM pg_attribute WHERE attrelid = 'seniors'::regclass AND attnum = 2),
      'trigger', (SELECT count(*) FROM pg_trigger WHERE tgrelid = 'seniors'::regclass), 'index', (SELECT indexdef FROM pg_indexes WHERE indexname = 'counted_n'),
      'matview', (SELECT ispopulated FROM pg_matviews), 'function', (SELECT proacl::text FROM pg_proc WHERE proname = 'oldest'), 'kept', obj_description('adults'::regclass),
      'adults', (SELECT relacl::text FROM pg_class WHERE relname = 'adults'))::text FROM pg_class WHERE relname = 'seniors'`;
      const before = JSON.parse(String(await w.value(facts)));
      assert.deepEqual(made(succeeded(await w.up())), ["adults applied", "named applied"]);
      const after = JSON.parse(String(await w.value(facts)));
      assert.deepEqual(after, before);
      assert.equal(before.trigger, 1);
      assert.match(before.index, /UNIQUE INDEX counted_n/);
      const columns = "SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = ";
      assert.equal(await w.value(`${columns}'adults'::regclass`), "age,name,id");
      assert.equal(await w.value(`${columns}'named'::regclass`), "age,name,id");
      assert.deepEqual(made(succeeded(await w.up())), []);
    });

    test(`what cannot be made again refuses, and everything stays (PostgreSQL ${major})`, async () => {
      const w = await repeatableWorld({ "adults.sql": ADULTS }, TABLE, major);
      succeeded(await w.up());
      await w.rows("CREATE TABLE holder (one adults)");
      w.put({ "adults.sql": "CREATE OR REPLACE VIEW adults AS SELECT id FROM people;" });
      const failure = failureOf(await w.up(), "statement-failed");
      assert.match(failure.message, /holder.* depends on them/);
      await w.rows("DROP TABLE holder; CREATE VIEW names AS SELECT name FROM adults");
      const other = failureOf(await w.up(), "statement-failed");
      assert.match(
        other.message,
        /view public\.names depends on it and cannot be re-created: column .*name"? does not exist/,
      );
      assert.equal(await w.value("SELECT count(*)::int FROM names"), 0);
    });

    test(`a materialized view is made anew when its text has changed (PostgreSQL ${major})`, async () => {
      const text = "CREATE MATERIALIZED VIEW m AS SELECT id FROM people; CREATE INDEX m_id ON m (id);";
      const w = await repeatableWorld({ "m.sql": text }, TABLE, major);
      succeeded(await w.up());
      await w.rows("CREATE INDEX m_twice ON m ((id * 2)); CREATE VIEW on_m AS SELECT id FROM m");
      w.put({ "m.sql": text.replace("SELECT id", "SELECT id, name") });
      assert.deepEqual(made(succeeded(await w.up())), ["m applied"]);
      assert.equal(await w.value("SELECT count(*)::int FROM pg_indexes WHERE tablename = 'm'"), 2);
      assert.equal(await w.value("SELECT count(*)::int FROM on_m"), 0);
    });
  }

  test("a view that a migration dropped is made again", async () => {
    const w = await repeatableWorld({ "adults.sql": ADULTS });
    succeeded(await w.up());
    w.write({ "002_wider.sql": "DROP VIEW adults; ALTER TABLE people ALTER name TYPE varchar(99);" });
    assert.deepEqual(made(succeeded(await w.up())), ["adults applied"]);
    await w.rows("DROP VIEW adults");
    assert.deepEqual(
      (await w.status()).repeatable?.map(({ state }) => state),
      ["dropped"],
    );
    assert.deepEqual(made(succeeded(await w.up())), ["adults applied"]);
  });

  test("a function that views use is made anew behind a migration that drops both, as the hint says", async () => {
    const next = (parameter: string) =>
      `CREATE OR REPLACE FUNCTION next(${parameter} int) RETURNS int LANGUAGE sql AS 'SELECT $1 + 1';`;
    const w = await repeatableWorld({
      "next.sql": next("a"),
      "older.sql": "CREATE OR REPLACE VIEW older AS SELECT next(age) AS age FROM people;",
    });
    succeeded(await w.up());
    for (const text of [next("b"), `DROP FUNCTION IF EXISTS next(int); ${next("b")}`]) {
      w.put({ "next.sql": text });
      const failure = failureOf(await w.up(), "statement-failed");
      assert.match(failure.server?.hint ?? "", /^Drop it and the views that use it in a migration/);
    }
    w.put({ "next.sql": next("b") });
    w.write({ "002_next.sql": "DROP VIEW older; DROP FUNCTION next(int);" });
    assert.deepEqual(made(succeeded(await w.up())), ["next applied", "older applied"]);
  });

  test("a column that a view uses is changed as the hint says, on a new database too", async () => {
    const w = await repeatableWorld({ "adults.sql": ADULTS });
    succeeded(await w.up());
    const wider = "ALTER TABLE people ALTER name TYPE varchar(99);";
    w.write({ "002_wider.sql": wider });
    const { hint = "" } = failureOf(await w.up(), "statement-failed");
    const [drop = ""] = /DROP VIEW IF EXISTS <name>;/.exec(hint) ?? [];
    w.write({ "002_wider.sql": `${drop.replace("<name>", "adults")} ${wider}` });
    assert.deepEqual(made(succeeded(await w.up())), ["adults applied"]);
    await w.rows("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    assert.deepEqual(made(succeeded(await w.up())), ["adults applied"]);
  });

  test("a view that another file's DROP ... CASCADE took is made again in the same run", async () => {
    const f = "CREATE OR REPLACE FUNCTION f(t text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(t)';";
    const w = await repeatableWorld({
      "f.sql": f,
      "v.sql": "CREATE OR REPLACE VIEW v AS SELECT f(name) AS name FROM people;",
    });
    succeeded(await w.up());
    w.put({ "f.sql": `DROP FUNCTION IF EXISTS f(text) CASCADE; ${f.replace("RETURNS text", "RETURNS varchar")}` });
    assert.deepEqual(made(succeeded(await w.up())), ["f applied", "v applied"]);
    assert.equal(
      await w.value(
        "SELECT atttypid::regtype::text FROM pg_attribute WHERE attrelid = 'v'::regclass AND attname = 'name'",
      ),
      "character varying",
    );
    assert.deepEqual(made(succeeded(await w.up())), []);
  });

  test("views in a search path of the file's own, and views that do not stay, are applied once", async () => {
    const view = (columns: string) =>
      `SET search_path TO app, public; CREATE OR REPLACE VIEW v AS SELECT ${columns} FROM people;`;
    const w = await repeatableWorld(
      {
        "v.sql": view("id"),
        "w.sql": "CREATE TEMP VIEW t AS SELECT 1 AS one; CREATE VIEW w AS SELECT 2 AS two; DROP VIEW t;",
      },
      { "001_people.sql": `CREATE SCHEMA app; ${TABLE["001_people.sql"]}` },
    );
    assert.deepEqual(made(succeeded(await w.up())), ["v applied", "w applied"]);
    assert.deepEqual(made(succeeded(await w.up())), []);
    w.put({ "v.sql": view("name, id") });
    assert.deepEqual(made(succeeded(await w.up())), ["v applied"]);
    await w.rows("DROP VIEW app.v");
    assert.deepEqual(made(succeeded(await w.up())), ["v applied"]);
  });

  test("wait until no migration is pending", async () => {
    const w = await repeatableWorld(
      { "v.sql": "CREATE VIEW v AS SELECT * FROM later;" },
      { ...TABLE, "002_later.sql": "CREATE TABLE later ();" },
    );
    const report = succeeded(await w.up({ to: "001" }));
    assert.deepEqual(made(report), []);
    assert.ok(w.events.some((event) => event.type === "warning" && event.finding.rule === "repeatable-waiting"));
    assert.deepEqual(made(succeeded(await w.up())), ["v applied"]);
  });

  test("a file that is gone is told of once, and what it made is left alone", async () => {
    const w = await repeatableWorld({ "adults.sql": ADULTS });
    succeeded(await w.up());
    rmSync(join(`${w.directory}-repeatable`, "adults.sql"));
    assert.deepEqual(
      (await w.status()).repeatable?.map(({ state }) => state),
      ["missing"],
    );
    const told = () =>
      w.events.filter((event) => event.type === "warning" && event.finding.rule === "repeatable-missing");
    succeeded(await w.up());
    assert.equal(told().length, 1);
    succeeded(await w.up());
    assert.equal(told().length, 1);
    assert.equal(await w.value("SELECT count(*)::int FROM adults"), 0);
  });

  test("the header's environments count, and what cannot run in a transaction is refused before anything runs", async () => {
    const w = await repeatableWorld({
      "adults.sql": `-- Environment: production\n${ADULTS}`,
    });
    assert.deepEqual(made(succeeded(await w.up())), []);
    w.put({ "c.sql": "CREATE INDEX CONCURRENTLY i ON people (age);" });
    const failure = await refusal(w.up(), "files-unsound");
    assert.equal(failure.findings[0]?.rule, "not-in-transaction");
    w.put({ "c.sql": "SELECT 1; COMMIT;" });
    assert.equal((await refusal(w.up(), "files-unsound")).findings[0]?.rule, "transaction-control");
  });

  test("what a file sets is not there for the next one", async () => {
    const w = await repeatableWorld({
      "a.sql": "CREATE SCHEMA s; SET search_path = s; CREATE VIEW a AS SELECT 1 AS one;",
      "b.sql": "CREATE VIEW b AS SELECT 2 AS two;",
    });
    succeeded(await w.up());
    assert.equal(await w.value("SELECT to_regclass('public.b') IS NOT NULL AND to_regclass('s.a') IS NOT NULL"), true);
  });

  test("redo applies all of them again, and down makes the next up do so", async () => {
    const w = await repeatableWorld(
      { "adults.sql": ADULTS },
      {
        ...TABLE,
        "002_x.sql": "CREATE TABLE x ();",
        "002_x.down.sql": "DROP TABLE x;",
      },
    );
    succeeded(await w.up());
    assert.deepEqual(made(succeeded(await w.redo(1))), ["adults applied"]);
    succeeded(await w.down({ count: 1 }));
    assert.deepEqual(
      (await w.status()).repeatable?.map(({ state }) => state),
      ["changed"],
    );
    assert.deepEqual(made(succeeded(await w.up())), ["adults applied"]);
  });

  test("with nothing pending it takes no more turns than without them", async () => {
    const w = await repeatableWorld({ "adults.sql": ADULTS });
    succeeded(await w.up());
    let sent = 0;
    let turns = 0;
    let waiting = 0;
    const database = {
      ...w.context.database,
      description: "d",
      embedded: false,
      close: async () => {},
      async open() {
        const session = await w.context.database.open();
        const query = session.query.bind(session);
        session.query = (sql) => {
          sent++;
          if (waiting++ === 0) turns++;
          return query(sql).finally(() => waiting--);
        };
        return session;
      },
    };
    const { migrate } = await import("../../../src/engine/run/migrate.ts");
    succeeded(await migrate({ ...w.context, database }, {}, {}));
    assert.deepEqual({ sent, turns }, { sent: 3, turns: 1 });
  });

  test("a busy view is waited for and tried again, and nothing is done twice", async () => {
    const w = await repeatableWorld({ "adults.sql": ADULTS });
    succeeded(await w.up());
    w.put({ "adults.sql": "CREATE OR REPLACE VIEW adults AS SELECT name FROM people; INSERT INTO people VALUES (7);" });
    const reader = postgres(w.url, { max: 1, onnotice: () => {} });
    await reader.unsafe("BEGIN; SELECT * FROM adults");
    w.onEvent = (event) => {
      if (event.type === "retrying") void reader.end({ timeout: 0 });
    };
    const hasty = w.beside({ lockTimeoutMs: 100, repeatableDirectory: `${w.directory}-repeatable` });
    hasty.onEvent = w.onEvent;
    assert.deepEqual(made(succeeded(await hasty.up())), ["adults applied"]);
    assert.ok(hasty.events.some((event) => event.type === "retrying"));
    assert.equal(await w.value("SELECT count(*)::int FROM people"), 1);
  });

  test("runs at once apply a change once", async () => {
    const w = await repeatableWorld({
      "a.sql": "CREATE TABLE IF NOT EXISTS log (n serial); INSERT INTO log DEFAULT VALUES;",
    });
    const reports = await Promise.all([1, 2, 3, 4].map(() => w.beside().up()));
    assert.equal(reports.filter((report) => made(succeeded(report)).length > 0).length, 1);
    assert.equal(await w.value("SELECT count(*)::int FROM log"), 1);
  });

  const bouncerProgram = findPgbouncer();
  test("go behind a transaction pooler", { skip: bouncerProgram ? false : "pgbouncer is not installed" }, async () => {
    if (!bouncerProgram) return;
    const w = await repeatableWorld({ "adults.sql": ADULTS });
    const bouncer = await startPgbouncer(bouncerProgram, w.server, 4);
    try {
      const behind = w.beside({}, { url: bouncer.url(w.databaseName) });
      assert.deepEqual(made(succeeded(await behind.up())), ["adults applied"]);
      await w.rows("CREATE VIEW on_adults AS SELECT name FROM adults");
      w.put({ "adults.sql": "CREATE OR REPLACE VIEW adults AS SELECT name FROM people;" });
      assert.deepEqual(made(succeeded(await behind.up())), ["adults applied"]);
      assert.equal(await w.value("SELECT count(*)::int FROM on_adults"), 0);
    } finally {
      await bouncer.stop();
    }
  });

  test("the embedded database has them as well", async () => {
    const first = await embeddedWorld(TABLE);
    const { put } = withRepeatables(first, { "adults.sql": ADULTS });
    const w = await embeddedWorld(TABLE, { repeatableDirectory: `${first.directory}-repeatable` });
    assert.deepEqual(made(succeeded(await w.up())), ["adults applied"]);
    await w.rows("CREATE VIEW on_adults AS SELECT name FROM adults");
    put({ "adults.sql": "CREATE OR REPLACE VIEW adults AS SELECT name FROM people;" });
    assert.deepEqual(made(succeeded(await w.up())), ["adults applied"]);
    assert.equal(await w.value("SELECT count(*)::int FROM on_adults"), 0);
  });
});
