import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import type { SchemaDump } from "../../../src/ports/schema-dump.ts";
import { findPgbouncer, startPgbouncer } from "../../support/pgbouncer.ts";
import { builtDump } from "../../support/schema-dump.ts";
import { type Files, holding, open, refusal, succeeded, world } from "../support.ts";
import { Backups, warnings } from "./support.ts";

const FILES: Files = {
  "001_shop.sql": `CREATE TABLE item (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, at timestamptz);
INSERT INTO item (name, at) VALUES (E'a\\tb\\\\.', '2026-01-31 12:00+02'), ('ö', NULL);`,
};

const ITEMS = "SELECT string_agg(concat_ws('|', id, name, extract(epoch FROM at)), ';' ORDER BY id) FROM item";

const rowsOf = ({ tables }: { readonly tables: readonly { readonly name: string; readonly rows: number }[] }) =>
  tables.map(({ name, rows }) => `${name.replaceAll('"', "")} ${rows}`);

describe("a backup of the whole database", () => {
  let dump: SchemaDump;
  before(async () => {
    dump = await builtDump();
  });
  const filled = async (before?: string) => {
    const one = await world(FILES, before === undefined ? {} : { before });
    succeeded(await one.up());
    return one;
  };

  test("goes into another database, with the history and the next value of a sequence", async () => {
    const [one, other, backups] = [await filled(), await world({}), new Backups(dump)];
    await one.rows(`ALTER DATABASE ${other.databaseName} SET TimeZone = 'Asia/Tokyo'`);
    const { tables } = await backups.take(one);
    const restored = await backups.restore(other);
    assert.deepEqual(rowsOf(restored), rowsOf({ tables }), "without pgstep's own tables");
    assert.equal(await other.value(ITEMS), await one.value(ITEMS));
    assert.deepEqual(await other.history(), ["001"]);
    assert.equal(await other.value("INSERT INTO item DEFAULT VALUES RETURNING id::int"), 3);
  });

  test("can be restored with psql alone", { skip: hasPsql() ? false : "needs psql" }, async () => {
    const [one, other, backups] = [await filled(), await world({}), new Backups(dump)];
    await backups.take(one);
    execFileSync("psql", [other.url, "--quiet", "--set=ON_ERROR_STOP=1", `--file=${backups.newest}`], {
      stdio: "pipe",
    });
    assert.equal(await other.value(ITEMS), await one.value(ITEMS));
  });

  test("is refused if it is truncated, edited, foreign or newer", async () => {
    const [one, backups] = [await filled(), new Backups(dump)];
    await backups.take(one);
    const text = backups.text;
    for (const [spoilt, reason] of [
      [text.slice(0, -20), /its end is missing/],
      [text.slice(0, text.indexOf("COPY")), /its end is missing/],
      [text.replace("\tö\t", "\to\t"), /the rows of public\.item do not match/],
      [text.slice(text.indexOf("\n") + 1), /it was not made by pgstep/],
      ["PGDMP", /it needs pg_restore/],
      [text.replace('"format":2', '"format":3'), /a newer version of pgstep made it/],
    ] as const) {
      const path = join(backups.directory, "spoilt.sql");
      writeFileSync(path, spoilt);
      assert.match((await refusal(backups.restore(one, path), "backup-unusable")).message, reason);
    }
    assert.equal(await one.value("SELECT count(*)::int FROM item"), 2);
  });

  test("has the rows of a table that another session rewrites meanwhile", async () => {
    const [one, backups] = [await filled(), new Backups(dump)];
    const session = await open(one.url).open();
    await session.execute("BEGIN; ALTER TABLE item ALTER name TYPE varchar(9), ADD extra float DEFAULT random()");
    const taking = backups.take(one);
    await one.until("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted");
    await session.execute("COMMIT");
    await session.close();
    const { tables } = await taking;
    assert.deepEqual(
      tables.map(({ rows }) => rows),
      [2],
    );
    assert.match(backups.text, /COPY public\.item \(id, name, at, extra\) FROM stdin/);
  });

  test("fails after the timeout for a lock", async () => {
    const one = await filled();
    const other = one.beside({ lockTimeoutMs: 200 });
    const backups = new Backups(dump);
    await holding(one, "BEGIN; LOCK TABLE item", async () => {
      const { message } = await refusal(backups.take(other), "backup-failed");
      assert.match(message, /: a table was locked for 200ms$/);
    });
    assert.deepEqual(backups.files, []);
  });

  test("leaves out owners and privileges that the role may not restore, and names them", async () => {
    const suffix = `${process.pid}_${Math.random().toString(36).slice(2, 8)}`;
    const [gone, plain] = [`gone_${suffix}`, `plain_${suffix}`];
    const one = await filled();
    await one.rows(
      `CREATE ROLE ${gone}; CREATE ROLE ${plain} LOGIN; ALTER TABLE item OWNER TO ${gone}; GRANT SELECT ON item TO ${plain}`,
    );
    const backups = new Backups(dump);
    await backups.take(one);
    assert.deepEqual(warnings(one, "backup-incomplete"), [
      `The backup of ${one.databaseName} names roles that it does not include: ${gone}, ${plain}`,
    ]);
    const other = await world({});
    await other.rows(`ALTER DATABASE ${other.databaseName} OWNER TO ${plain}`);
    const asPlain = other.beside({}, { url: other.server.url(other.databaseName, plain) });
    await backups.restore(asPlain);
    const [left = ""] = warnings(asPlain, "restore-incomplete");
    assert.match(left, new RegExp(`ALTER TABLE public\\.item OWNER TO ${gone}: must be `));
    assert.equal(await other.value(ITEMS), await one.value(ITEMS));
    await backups.restore(asPlain, backups.newest, ["owner", "privilege"]);
    assert.equal(warnings(asPlain, "restore-incomplete").length, 1, "nothing was left out but what was asked for");
    assert.equal(await other.value("SELECT relowner::regrole::text FROM pg_class WHERE oid = 'item'::regclass"), plain);
  });

  test("says what to create if something is missing", async () => {
    const [one, backups] = [await filled(), new Backups(dump)];
    await backups.take(one);
    const path = join(backups.directory, "other.sql");
    writeFileSync(
      path,
      readFileSync(backups.newest, "utf8").replace("CREATE TABLE public.item", "CREATE TABLE nowhere.item"),
    );
    const failure = await refusal(backups.restore(one, path), "statement-failed");
    assert.match(failure.hint ?? "", /Create the schema nowhere first/);
    assert.equal(await one.value("SELECT count(*)::int FROM item"), 2);
  });

  test("fails and leaves no file if pg_dump's thread dies", async () => {
    const one = await filled();
    const dying: SchemaDump = {
      ...dump,
      write: async (session) => {
        await session.execute("ROLLBACK");
        throw new Error("its thread ended");
      },
    };
    const backups = new Backups(dying);
    await assert.rejects(backups.take(one), /its thread ended/);
    assert.deepEqual(backups.files, []);
  });

  const pgbouncer = findPgbouncer();
  test("leaves nothing in the session of a pooler", { skip: pgbouncer ? false : "needs pgbouncer" }, async () => {
    const [one, backups] = [await filled(), new Backups(dump)];
    const pooler = await startPgbouncer(pgbouncer ?? "", one.server, 1);
    const database = open(pooler.url(one.databaseName));
    try {
      const facts = `SELECT (SELECT string_agg(name || setting, ',') FROM pg_catalog.pg_settings WHERE source = 'session' AND name <> 'application_name') AS settings,
 (SELECT count(*) FROM pg_catalog.pg_prepared_statements)::text AS prepared, pg_catalog.pg_backend_pid()::text AS session`;
      const ask = async () => {
        const session = await database.open();
        return await session.query(facts).finally(() => session.close());
      };
      const clean = await ask();
      const through = Object.assign(Object.create(one), { context: { ...one.context, database } });
      await backups.take(through);
      assert.deepEqual(await ask(), clean);
      await backups.restore(through);
      assert.deepEqual(await ask(), clean);
      one.write({ "002_empty.sql": "TRUNCATE item;" });
      succeeded(await one.up({}, backups.before(through)));
      await backups.restore(through);
      assert.deepEqual(await ask(), clean);
      assert.equal(await one.value("SELECT count(*)::int FROM item"), 2);
    } finally {
      await database.close();
      await pooler.stop();
    }
  });
});

function hasPsql(): boolean {
  try {
    return execFileSync("psql", ["--version"], { encoding: "utf8" }).startsWith("psql");
  } catch {
    return false;
  }
}
