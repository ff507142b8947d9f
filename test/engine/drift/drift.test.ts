import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { DriftReport } from "../../../src/core/drift/drift-report.ts";
import { differenceWords } from "../../../src/core/drift/words.ts";
import type { DriftOptions } from "../../../src/engine/drift/find-drift.ts";
import { recordFingerprint } from "../../../src/engine/drift/fingerprint.ts";
import { temporaryPlace, writeFiles } from "../../support/place.ts";
import { builtParser } from "../../support/sql-parser.ts";
import { databaseSetting, open, refusal, type ServerWorld, states, succeeded, world } from "../support.ts";
import { besideOf, driftOf, withShadow } from "./support.ts";

const FILES = {
  "001_shop.sql": "CREATE TABLE orders (id int PRIMARY KEY, note varchar(40)); CREATE TABLE spare (id int);",
  "002_view.sql": "CREATE VIEW notes AS SELECT id, note FROM orders;",
};

const words = ({ differences }: DriftReport) => differences.map(differenceWords);

async function migrated(files: Readonly<Record<string, string>> = FILES, settings = {}): Promise<ServerWorld> {
  const one = await world(files, settings);
  succeeded(await one.up());
  return one;
}

describe("drift", () => {
  test("names what differs, with the SQL of both sides", async () => {
    const one = await migrated();
    await one.rows(`CREATE INDEX by_note ON orders (note); DROP TABLE spare; ALTER TABLE orders ADD extra int;
 CREATE OR REPLACE VIEW notes AS SELECT id, note FROM orders WHERE id > 1;
 CREATE TABLE other (a int DEFAULT 3, b text, CHECK (a > 0)); COMMENT ON TABLE other IS 'it''s'`);
    const report = await besideOf(one, (shadow) => driftOf(one, shadow));
    assert.deepEqual(words(report), [
      "view public.notes differs: another query",
      "column public.orders.extra exists only in the database",
      "index by_note on public.orders exists only in the database",
      "table public.other exists only in the database",
      "table public.spare is missing in the database",
    ]);
    const [view, column, index, table, spare] = report.differences;
    assert.match(view?.database ?? "", /^CREATE VIEW public\.notes AS[\s\S]*WHERE \(id > 1\);$/);
    assert.match(view?.migrations ?? "", /^CREATE VIEW public\.notes AS[\s\S]*FROM (public\.)?orders;$/);
    assert.equal(column?.database, "ALTER TABLE public.orders ADD COLUMN extra integer;");
    assert.equal(index?.database, "CREATE INDEX by_note ON public.orders USING btree (note);");
    assert.equal(
      table?.database,
      "CREATE TABLE public.other (\n  a integer DEFAULT 3,\n  b text,\n  CONSTRAINT other_a_check CHECK ((a > 0))\n);\nCOMMENT ON TABLE public.other IS 'it''s';",
    );
    assert.deepEqual([spare?.database, spare?.migrations], [null, "CREATE TABLE public.spare (\n  id integer\n);"]);
  });

  test("compares only the migrations that are applied", async () => {
    const one = await migrated();
    one.write({ "003_more.sql": "CREATE TABLE more (id int);" });
    const report = await besideOf(one, (shadow) => driftOf(one, shadow));
    assert.deepEqual([words(report), report.migrations], [[], 2]);
  });

  test("compares a database without a history with an empty one", async () => {
    const one = await world(FILES, { before: "CREATE TABLE there (id int)" });
    const report = await besideOf(one, (shadow) => driftOf(one, shadow));
    assert.deepEqual(words(report), ["table public.there exists only in the database"]);
  });

  test("takes the repeatable migrations that the database has, and warns about changed ones", async () => {
    const directory = temporaryPlace("repeatable", { "seen.sql": "CREATE OR REPLACE VIEW seen AS SELECT 1 AS a;" });
    const one = await migrated(FILES, { repeatableDirectory: directory });
    writeFiles(directory, { "new.sql": "CREATE OR REPLACE VIEW new AS SELECT 1 AS a;" });
    const same = await besideOf(one, (shadow) => driftOf(one, shadow));
    assert.deepEqual([words(same), same.repeatable, same.warnings], [[], 1, []]);
    writeFiles(directory, { "seen.sql": "CREATE OR REPLACE VIEW seen AS SELECT 2 AS a;" });
    const changed = await besideOf(one, (shadow) => driftOf(one, shadow));
    assert.deepEqual(words(changed), ["view public.seen differs: query SELECT 1 AS a instead of SELECT 2 AS a"]);
    assert.deepEqual(
      changed.warnings.map(({ rule }) => rule),
      ["drift-inexact"],
    );
    await one.rows("DROP VIEW seen");
    const dropped = await besideOf(one, (shadow) => driftOf(one, shadow));
    assert.deepEqual(words(dropped), ["view public.seen is missing in the database"]);
    rmSync(join(directory, "seen.sql"));
    const [warning] = (await besideOf(one, (shadow) => driftOf(one, shadow))).warnings;
    assert.match(warning?.message ?? "", /seen was applied, but its file is missing/);
  });

  test("refuses a history whose files are missing or applied in part, and warns about a changed file", async () => {
    const one = await migrated();
    one.write({ "002_view.sql": "CREATE VIEW notes AS SELECT id, note FROM orders WHERE id > 7;" });
    const report = await besideOf(one, (shadow) => driftOf(one, shadow));
    assert.deepEqual(words(report), ["view public.notes differs: another query"]);
    assert.deepEqual(
      report.warnings.map(({ rule, severity }) => [rule, severity]),
      [["changed", "warning"]],
    );
    one.remove("002_view.sql");
    const missing = await besideOf(one, (shadow) => refusal(driftOf(one, shadow), "history-conflict"));
    assert.match(missing.message, /files of applied migrations are missing/);
    assert.match(missing.findings[0]?.message ?? "", /002 is applied, but its file is missing/);
    one.write({ ...FILES, "003_part.sql": "-- Transaction: none\nCREATE TABLE part (id int);\nSELECT 1 / 0;" });
    assert.ok((await one.up()).failure);
    const part = await besideOf(one, (shadow) => refusal(driftOf(one, shadow), "history-conflict"));
    assert.match(part.message, /a migration is applied in part/);
  });

  test("only reads, as a role that may only read, with default privileges and grants of the migrating role", async () => {
    const [owner, reader] = ["drift_owner", "drift_reader"];
    const roles = [owner, reader].map(
      (role) => `DO $$ BEGIN CREATE ROLE ${role} LOGIN; EXCEPTION WHEN OTHERS THEN NULL; END $$;`,
    );
    const one = await world(
      {
        "001_t.sql": `CREATE TABLE t (a int); GRANT ALL ON t TO ${owner}; GRANT SELECT ON t TO ${reader};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ${reader}; CREATE TABLE u (a int);`,
      },
      { before: `${roles.join(" ")} GRANT CREATE ON SCHEMA public TO ${owner}` },
    );
    const as = (role: string) => one.beside({}, { url: one.url.replace("postgres@", `${role}@`) });
    succeeded(await as(owner).up());
    await one.rows(`GRANT SELECT ON schema_migrations TO ${reader}; REVOKE CREATE ON SCHEMA public FROM ${owner}`);
    await one.rows(databaseSetting("default_transaction_read_only", "on"));
    const report = await withShadow((shadow) => driftOf(as(reader), shadow));
    assert.deepEqual(words(report), []);
  });

  test("says what a role may not see, and compares the rest", async () => {
    const reader = "drift_blind";
    const one = await migrated();
    await one.rows(`DO $$ BEGIN CREATE ROLE ${reader} LOGIN; EXCEPTION WHEN OTHERS THEN NULL; END $$;
 GRANT SELECT ON schema_migrations TO ${reader}; REVOKE SELECT ON pg_catalog.pg_event_trigger FROM PUBLIC;
 CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()`);
    const blind = one.beside({}, { url: one.url.replace("postgres@", `${reader}@`) });
    const report = await besideOf(one, (shadow) => driftOf(blind, shadow));
    assert.deepEqual(words(report), ["function public.f() exists only in the database"]);
    assert.match(report.warnings[0]?.message ?? "", /may not read pg_catalog\.pg_event_trigger.*: event trigger$/);
    assert.match(report.warnings[0]?.hint ?? "", /GRANT SELECT ON pg_catalog\.pg_event_trigger TO "?drift_blind"?;/);
  });

  test("is refused if another run changes the history meanwhile", async () => {
    const one = await migrated();
    const { database } = one;
    let opened = 0;
    const raced = {
      description: database.description,
      embedded: false,
      close: () => database.close(),
      async open(signal?: AbortSignal) {
        // After the first look at the history.
        if (++opened === 2) await one.rows("DELETE FROM schema_migrations WHERE version = '002'");
        return await database.open(signal);
      },
    };
    const racing = { ...one, context: { ...one.context, database: raced } };
    const failure = await besideOf(one, (shadow) => refusal(driftOf(racing, shadow), "history-conflict"));
    assert.match(failure.message, /another run changed the history/);
  });

  test("says whether the schema has changed since the last apply, if its fingerprint was recorded", async () => {
    const one = await migrated();
    const context = { ...one.context, sqlParser: builtParser };
    const lastApply = async () => (await besideOf(one, (shadow) => driftOf(one, shadow))).lastApply?.state;
    assert.equal(await lastApply(), undefined);
    await recordFingerprint(context);
    assert.equal(await lastApply(), "same");
    assert.deepEqual(await states(one), ["001 applied", "002 applied"]);
    await one.rows("CREATE VIEW extra AS SELECT 1 AS a");
    assert.equal(await lastApply(), "changed");
    await recordFingerprint(context);
    assert.equal(await lastApply(), "same");
    await one.rows("UPDATE schema_migrations_steps SET hash = '0' || hash");
    assert.equal(await lastApply(), "not-comparable");
    one.write({ "003_more.sql": "CREATE TABLE more (id int);" });
    succeeded(await one.up());
  });

  test("needs no shadow database again until something differs", async () => {
    const one = await migrated();
    const notes = new Map<string, string>();
    const noteOf: DriftOptions["noteOf"] = async (migrations, more) => {
      const key = JSON.stringify([migrations.map(({ name }) => name), more]);
      return { read: () => notes.get(key), keep: (text) => notes.set(key, text) };
    };
    const first = await besideOf(one, (shadow) => driftOf(one, shadow, { noteOf }));
    const nowhere = { database: open("postgres://127.0.0.1:1/nowhere"), applied: 0 };
    const again = await driftOf(one, nowhere, { noteOf });
    assert.deepEqual(again, first);
    await one.rows("CREATE VIEW extra AS SELECT 1 AS a");
    await refusal(driftOf(one, nowhere, { noteOf }), "connection-failed");
    const changed = await besideOf(one, (shadow) => driftOf(one, shadow, { noteOf }));
    assert.deepEqual(words(changed), ["view public.extra exists only in the database"]);
  });

  test("leaves out what patterns ignore", async () => {
    const one = await migrated();
    await one.rows("CREATE INDEX by_note ON orders (note); CREATE SCHEMA audit; CREATE TABLE audit.log (id int)");
    const report = await besideOf(one, (shadow) =>
      driftOf(one, shadow, { ignore: ["schema audit", "index public.orders.*"] }),
    );
    assert.deepEqual([words(report), report.ignored], [[], 3]);
  });
});
