import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import type { SchemaChoice } from "../../../src/core/dump/schema-file.ts";
import { checkFile, comparableFile, dumpToFile, refreshFile } from "../../../src/engine/dump/dump-file.ts";
import { loadSchema } from "../../../src/engine/dump/load-schema.ts";
import type { DatabaseContext } from "../../../src/engine/session/context.ts";
import type { SchemaDump } from "../../../src/ports/schema-dump.ts";
import { findPgbouncer, startPgbouncer } from "../../support/pgbouncer.ts";
import { temporaryPlace, writeFiles } from "../../support/place.ts";
import { type FetchedMajor, fetchPostgres, type Major } from "../../support/postgres-binaries.ts";
import { sharedServer } from "../../support/postgres-server.ts";
import { builtDump } from "../../support/schema-dump.ts";
import { ZOO } from "../reset/reset-zoo.ts";
import { RICH } from "../schema/rich-schema.ts";
import {
  databaseSetting,
  type Files,
  holding,
  open,
  refusal,
  states,
  succeeded,
  type World,
  within,
  world,
} from "../support.ts";

const FILES: Files = {
  "001_shop.sql": `CREATE SCHEMA "Shop";
CREATE TYPE "Shop".state AS ENUM ('new', 'sold');
CREATE DOMAIN price AS numeric CHECK (VALUE >= 0);
CREATE TABLE country (code text PRIMARY KEY, name text NOT NULL, since timestamptz, size float8);
CREATE TABLE "Shop".item (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, country text REFERENCES country,
 "State" "Shop".state, cost price, twice numeric GENERATED ALWAYS AS (cost * 2) STORED);
CREATE TABLE kind (id serial PRIMARY KEY, name text);
CREATE TABLE keyless (a int, b text);`,
  "001_shop.down.sql": "SELECT 1;",
  "002_rows.sql": `INSERT INTO country VALUES ('de', E'a\\tb\\\\.', '2026-01-31 12:00+02', 0.1), ('Z', 'ö', NULL, 1e300), ('at', E'\\n\\\\.\\n', NULL, NULL);
INSERT INTO kind (name) VALUES ('b'), ('a');
INSERT INTO keyless VALUES (2, 'x'), (1, NULL), (1, 'y');
INSERT INTO "Shop".item (country, cost) VALUES ('de', 3);`,
  "003_code.sql": `CREATE FUNCTION item_count() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM "Shop".item; END;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := NEW.name || '!'; RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE INSERT ON country FOR EACH ROW EXECUTE FUNCTION touch();
CREATE MATERIALIZED VIEW totals AS SELECT country, sum(cost) FROM "Shop".item GROUP BY 1;
CREATE INDEX ON country (name text_pattern_ops) WHERE size > 0;`,
};

/** PGSTEP_SCHEMA_MAJORS=14,16,17 adds versions that are fetched from npm. */
const MORE = (process.env.PGSTEP_SCHEMA_MAJORS ?? "").split(",").filter(Boolean).map(Number) as FetchedMajor[];
const MAJORS: readonly Major[] = [15, 18, ...MORE];

const PLAIN: SchemaChoice = { rows: [], owners: false, privileges: false };
const path = (place: string) => join(place, "schema.sql");

describe("schema files", () => {
  let dump: SchemaDump;
  before(async () => {
    dump = await builtDump();
    for (const major of MORE) await fetchPostgres(major);
  });

  const of = (one: World): DatabaseContext =>
    Object.assign(Object.create(one.context), { schemaDump: async () => dump });
  const written = async (one: World, file: string, choice: Partial<SchemaChoice> = {}) => {
    await dumpToFile(of(one), { source: "database", choice: { ...PLAIN, ...choice }, path: file });
    return readFileSync(file, "utf8");
  };

  for (const major of MAJORS) {
    test(`each kind of object of PostgreSQL ${major} that is dumped and loaded is the same`, async () => {
      const server = await sharedServer(major);
      // pg_dump takes the privileges of 15 on schema public as those of a new database.
      const all = { owners: true, privileges: major >= 15 };
      const copyOf = async (one: World) => {
        const file = path(temporaryPlace("dump"));
        const text = await written(one, file, all);
        const copy = await world({}, { server });
        await loadSchema(of(copy), file);
        return { text, copy };
      };
      // pg_dump writes a language whose handler is PostgreSQL's own as an extension of that name.
      const zoo = await copyOf(await world({}, { server, before: ZOO.replace(/^.*\bspeech\b.*$/gm, "") }));
      assert.equal((await copyOf(zoo.copy)).text, zoo.text);
      // PostgreSQL prints an IN of varchar in another way once its own text was parsed, and then always.
      const { copy } = await copyOf(await world({}, { server, before: RICH }));
      const rich = await copyOf(copy);
      assert.equal((await copyOf(rich.copy)).text, rich.text);
    });

    test(`a schema of PostgreSQL ${major} that is dumped and loaded is the same, with rows and history`, async () => {
      const place = temporaryPlace("dump");
      const before = databaseSetting("TimeZone", "Asia/Tokyo") + databaseSetting("DateStyle", "German");
      const first = await world(FILES, { server: await sharedServer(major), before });
      succeeded(await first.up());
      const text = await written(first, path(place), { rows: ["country", "Shop.item", "public.kind", "keyless"] });
      assert.doesNotMatch(text, /schema_migrations/);
      assert.match(text, /^-- Rows: "Shop"\.item\n-- Rows: public\.country\n/m);
      assert.match(
        text,
        /FROM stdin;\nZ\tö\t\\N\t1e\+300\nat\t\\n\\\\.\\n\t\\N\t\\N\nde\ta\\tb\\\\.\t2026-01-31 10:00:00\+00\t0\.1\n\\\.\n/,
      );
      const second = await world(FILES, { server: await sharedServer(major), before });
      const report = await loadSchema(of(second), path(place));
      assert.deepEqual(report.recorded, ["001", "002", "003"]);
      assert.deepEqual(await states(second), ["001 applied", "002 applied", "003 applied"]);
      const history = "SELECT version, description, checksum, down_script FROM schema_migrations ORDER BY version";
      assert.deepEqual(await second.rows(history), await first.rows(history));
      for (const rows of ["country", "kind", "keyless", '"Shop".item']) {
        const sql = `SELECT t::text FROM ${rows} t ORDER BY t::text`;
        assert.deepEqual(await second.rows(sql), await first.rows(sql));
      }
      assert.equal(await second.value("INSERT INTO kind (name) VALUES ('c') RETURNING id"), 3);
      assert.equal(await second.value(`INSERT INTO "Shop".item (cost) VALUES (1) RETURNING id::int`), 2);
      await second.rows(`DELETE FROM kind WHERE id = 3; DELETE FROM "Shop".item WHERE id = 2`);
      const again = path(temporaryPlace("dump"));
      assert.equal(await written(second, again, { rows: ["country", "Shop.item", "kind", "keyless"] }), text);
      succeeded(await second.up());
    });
  }

  test("a file keeps its rows when a run writes it again, and is not written when nothing changed", async () => {
    const place = temporaryPlace("dump");
    const one = await world(FILES);
    succeeded(await one.up());
    await written(one, path(place), { rows: ["kind"], owners: true });
    assert.equal(await refreshFile(of(one), path(place), false), undefined);
    assert.equal((await refreshFile(of(one), path(place), true))?.change, "none");
    await one.rows("INSERT INTO kind (name) VALUES ('new one')");
    assert.equal((await refreshFile(of(one), path(place), true))?.change, "changed");
    assert.match(readFileSync(path(place), "utf8"), /OWNER TO[\s\S]*new one/);
    const missing = join(place, "missing.sql");
    assert.equal((await refreshFile(of(one), missing, false))?.change, "created");
  });

  test("a check tells the first differences, and compares only with the same version", async () => {
    const place = temporaryPlace("dump");
    const one = await world(FILES);
    succeeded(await one.up());
    await written(one, path(place), { rows: ["kind"] });
    const checked = () => checkFile(of(one), comparableFile(one.context.fileSystem, path(place)));
    assert.deepEqual((await checked()).difference, []);
    await one.rows("ALTER TABLE kind ADD COLUMN more text; UPDATE kind SET name = 'q' WHERE id = 1");
    const { file, difference } = await checked();
    assert.equal(file?.change, "changed");
    assert.deepEqual(difference.slice(0, 4), [
      "@ TABLE public.kind",
      "-     name text",
      "+     name text,",
      "+     more text",
    ]);
    assert.ok(difference.includes("- 1\tb") && difference.includes("+ 1\tq\t\\N"));
    const older = await world(FILES, { major: 15 });
    const failure = await refusal(
      checkFile(of(older), comparableFile(one.context.fileSystem, path(place))),
      "dump-failed",
    );
    assert.match(failure.message, /the file is from PostgreSQL 18, and the database runs 15$/);
    assert.throws(() => comparableFile(one.context.fileSystem, join(place, "none.sql")), /the file does not exist$/);
  });

  test("a file that pgstep did not write is neither replaced nor loaded", async () => {
    const place = temporaryPlace("dump", { "schema.sql": "CREATE TABLE t ();" });
    const one = await world({});
    await refusal(written(one, path(place)), "file-exists");
    assert.match((await refusal(loadSchema(of(one), path(place)), "settings")).message, /did not write the file/);
    assert.match((await refusal(loadSchema(of(one), join(place, "x.sql")), "settings")).message, /does not exist/);
    assert.deepEqual(await one.tables(), []);
  });

  test("tables that the role may not read are left out and named", async () => {
    const one = await world(FILES);
    succeeded(await one.up());
    const role = `dump_${one.databaseName}`;
    await one.rows(`CREATE SCHEMA closed; CREATE TABLE closed.t (); CREATE ROLE ${role} LOGIN; REVOKE ALL ON kind FROM PUBLIC;
 GRANT SELECT ON schema_migrations, country, closed.t TO ${role}; GRANT USAGE ON SCHEMA "Shop" TO ${role}`);
    const other = one.beside({}, { url: one.server.url(one.databaseName, role) });
    const text = await written(other, path(temporaryPlace("dump")));
    assert.deepEqual(
      [...text.matchAll(/^CREATE TABLE (.*) \(/gm)].map(([, name]) => name),
      ["public.country"],
    );
    const [warning] = other.events.flatMap((event) => (event.type === "warning" ? [event.finding] : []));
    assert.equal(warning?.rule, "dump-incomplete");
    assert.match(warning?.message ?? "", /may not read: Shop\.item, closed\.t, public\.keyless, public\.kind$/);
    await other.database.close();
    await one.rows(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  test("pgstep's own tables stay out wherever they are, with their schema and sequences", async () => {
    const one = await world({ "001_a.sql": "CREATE TABLE a ();" }, { schema: "Own", table: "My history" });
    succeeded(await one.up());
    await one.rows(`CREATE SEQUENCE "Own".s OWNED BY "Own"."My history".description`);
    const file = path(temporaryPlace("dump"));
    const text = await written(one, file);
    assert.doesNotMatch(text, /Own"|history/);
    assert.match(text, /CREATE TABLE public\.a/);
    const second = await world({}, { schema: "Own", table: "My history" });
    await loadSchema(of(second), file);
    assert.deepEqual(await second.history(), ["001"]);
    await one.rows(`CREATE FUNCTION "Own".f() RETURNS int LANGUAGE sql AS 'SELECT 1'`);
    assert.match(await written(one, file), /CREATE SCHEMA "Own"[\s\S]*CREATE FUNCTION "Own"\.f/u);
    const third = await world({}, { schema: "Own", table: "My history" });
    await loadSchema(of(third), file);
    assert.deepEqual(await third.history(), ["001"]);
  });

  test("rows of a table that is missing, or in several schemas, are refused", async () => {
    const one = await world({
      "001_a.sql": "CREATE TABLE kind (); CREATE SCHEMA s; CREATE TABLE s.kind (); CREATE TABLE s.other ()",
    });
    succeeded(await one.up());
    const file = path(temporaryPlace("dump"));
    assert.match((await refusal(written(one, file, { rows: ["kinds"] }), "usage")).hint ?? "", /kind/);
    assert.match((await refusal(written(one, file, { rows: ["kind"] }), "usage")).message, /several schemas/);
    await written(one, file, { rows: ["other", "s.kind"] });
  });

  test("a locked table is waited for, and then named as the reason", async () => {
    const one = await world({ "001_a.sql": "CREATE TABLE a ();" }, { lockTimeoutMs: 200 });
    succeeded(await one.up());
    await holding(one, "BEGIN; LOCK TABLE a", async () => {
      const failure = await refusal(written(one, path(temporaryPlace("dump"))), "dump-failed");
      assert.match(failure.message, /a table was locked for 200ms$/);
    });
  });

  test("a database that holds anything is not loaded into", async () => {
    const one = await world({ "001_a.sql": "CREATE TABLE a ();" });
    succeeded(await one.up());
    const file = path(temporaryPlace("dump"));
    await written(one, file);
    assert.match((await refusal(loadSchema(of(one), file), "database-not-empty")).message, /it has table public\.a$/);
    for (const sql of [
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
      "CREATE SCHEMA other",
      "SELECT lo_create(0)",
    ]) {
      const other = await world({}, { before: sql });
      await refusal(loadSchema(of(other), file), "database-not-empty");
      assert.deepEqual(await other.tables(), []);
    }
    const empty = await world({});
    succeeded(await empty.up());
    await loadSchema(of(empty), file);
    assert.deepEqual(await empty.history(), ["001"]);
  });

  test("a load that fails leaves nothing, and tells the place", async () => {
    const one = await world(FILES);
    succeeded(await one.up());
    const file = path(temporaryPlace("dump"));
    const text = await written(one, file, { rows: ["country"] });
    const spoiled = async (from: string, to: string, code: "statement-failed" | "files-unsound") => {
      assert.ok(text.includes(from));
      const place = temporaryPlace("dump", { "schema.sql": text.replace(from, to) });
      const other = await world({});
      const failure = await refusal(loadSchema(of(other), path(place)), code);
      assert.equal(
        await other.value("SELECT count(*)::int FROM pg_class WHERE relnamespace = 'public'::regnamespace"),
        0,
      );
      return failure;
    };
    const line = text.slice(0, text.indexOf("id integer NOT NULL")).split("\n").length;
    const wrong = await spoiled("id integer NOT NULL", "id integre NOT NULL", "statement-failed");
    assert.equal(wrong.place?.line, line);
    assert.match(wrong.message, /type "integre" does not exist \(42704\)$/);
    await spoiled("Z\tö\t\\N\t1e+300", "Z\tö\t\\N", "statement-failed");
    assert.match(
      (await spoiled("\n--\n-- Name: touch()", "\nCOMMIT;\n--\n-- Name: touch()", "files-unsound")).message,
      /begins or ends a transaction/,
    );
    assert.match(
      (await spoiled("\n--\n-- Name: touch()", "\n\\! true\n--\n-- Name: touch()", "files-unsound")).message,
      /it has the command \\! of psql$/,
    );
    await spoiled("plpgsql", "nothing", "statement-failed");
    assert.match((await spoiled("CREATE TABLE", "CREATE TABLE 'x", "files-unsound")).message, /never closed/);
  });

  test("an interrupted load leaves nothing", async () => {
    const one = await world({ "001_a.sql": "CREATE FUNCTION slow() RETURNS int LANGUAGE sql AS 'SELECT 1';" });
    succeeded(await one.up());
    const file = path(temporaryPlace("dump"));
    const text = await written(one, file);
    const place = temporaryPlace("dump", { "schema.sql": `${text}\nSELECT pg_catalog.pg_sleep(600);\n` });
    const other = await world({});
    const loading = loadSchema(of(other), path(place));
    await other.until(
      "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND state = 'active' AND pid <> pg_backend_pid() AND datname = current_database()",
    );
    other.abort.abort("interrupt");
    await within(20_000, refusal(loading, "interrupted"));
    assert.equal(await other.value("SELECT count(*)::int FROM pg_proc WHERE proname = 'slow'"), 0);
  });

  const pgbouncer = findPgbouncer();
  test("behind a pooler the next client sees nothing of a load", {
    skip: pgbouncer ? false : "needs pgbouncer",
  }, async () => {
    const one = await world(FILES);
    succeeded(await one.up());
    const file = path(temporaryPlace("dump"));
    await written(one, file, { rows: ["country"] });
    const server = await sharedServer(18);
    const { name } = await server.createDatabase();
    const pooler = await startPgbouncer(pgbouncer ?? "", server, 1);
    const database = open(pooler.url(name));
    try {
      const facts =
        "SELECT pg_catalog.current_setting('search_path') AS path, pg_catalog.current_setting('check_function_bodies') AS bodies, pg_catalog.current_setting('row_security') AS rows, current_user::text AS role";
      const ask = async () => {
        const session = await database.open();
        return await session.query(facts).finally(() => session.close());
      };
      const clean = await ask();
      const directory = temporaryPlace("dump");
      writeFiles(directory, FILES);
      const settings = { ...one.context.settings, directory };
      const context = Object.assign(Object.create(of(one)), { database, settings });
      await loadSchema(context, file);
      assert.deepEqual(await ask(), clean);
      const again = path(temporaryPlace("dump"));
      await dumpToFile(context, { source: "database", choice: { ...PLAIN, rows: ["country"] }, path: again });
      assert.equal(readFileSync(again, "utf8"), readFileSync(file, "utf8"));
      assert.deepEqual(await ask(), clean);
    } finally {
      await database.close();
      await pooler.stop();
    }
  });
});
