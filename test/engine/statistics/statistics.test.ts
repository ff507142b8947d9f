import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseStatistics, type TableStatistics } from "../../../src/core/statistics/table-statistics.ts";
import { readStatistics } from "../../../src/engine/statistics/read-statistics.ts";
import {
  readStatisticsFile,
  recordStatistics,
  statisticsPath,
} from "../../../src/engine/statistics/statistics-file.ts";
import { embeddedWorld, refusal, type World, world } from "../support.ts";

const TABLES = `
CREATE TABLE orders (id int PRIMARY KEY, note text);
INSERT INTO orders SELECT n, repeat('x', 100) FROM generate_series(1, 5000) n;
CREATE TABLE logs (at date) PARTITION BY RANGE (at);
CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM ('2026-01-01') TO ('2026-02-01') PARTITION BY RANGE (at);
CREATE TABLE logs_1a PARTITION OF logs_1 FOR VALUES FROM ('2026-01-01') TO ('2026-01-15');
CREATE TABLE logs_2 PARTITION OF logs FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
INSERT INTO logs SELECT date '2026-01-01' FROM generate_series(1, 300);
INSERT INTO logs SELECT date '2026-02-01' FROM generate_series(1, 700);
CREATE MATERIALIZED VIEW notes AS SELECT id FROM orders;
CREATE VIEW v AS SELECT 1;
CREATE SCHEMA "Shop";
CREATE TABLE "Shop"."a.b" (secret text);
CREATE EXTENSION hstore;
`;

async function read(here: World, shortest?: number): Promise<ReadonlyMap<string, TableStatistics>> {
  const { tables } = await readStatistics(here.context, shortest);
  return new Map(tables.map((table) => [`${table.schema}.${table.name}`, table]));
}

describe("the statistics of a database", () => {
  test("are the rows and sizes of its tables, a partitioned one with its partitions", async () => {
    const here = await world({ "001_tables.sql": TABLES });
    await here.up();
    await here.rows("ANALYZE");
    const tables = await read(here);
    assert.deepEqual([...tables.keys()].sort(), [
      "Shop.a.b",
      "public.logs",
      "public.logs_1",
      "public.logs_1a",
      "public.logs_2",
      "public.notes",
      "public.orders",
    ]);
    const rows = (name: string) => tables.get(name)?.rows;
    assert.deepEqual(
      ["Shop.a.b", "public.logs", "public.logs_1", "public.logs_2", "public.notes", "public.orders"].map(rows),
      [0, 1000, 300, 700, 5000, 5000],
    );
    const { bytes = 0, indexBytes = 0 } = tables.get("public.orders") ?? {};
    assert.deepEqual(
      [bytes, indexBytes],
      [
        Number(await here.value("SELECT pg_table_size('orders')")),
        Number(await here.value("SELECT pg_indexes_size('orders')")),
      ],
    );
  });

  test("have no rows where no ANALYZE has run and nothing is counted", async () => {
    const here = await world({ "001_tables.sql": TABLES });
    await here.up();
    await here.rows("SELECT pg_stat_reset()");
    const tables = await read(here);
    assert.deepEqual(
      ["Shop.a.b", "public.orders", "public.logs"].map((name) => tables.get(name)?.rows),
      [0, null, null],
    );
  });

  test("count the writes since the counters were reset", async () => {
    const here = await world({ "001_t.sql": "CREATE TABLE t (n int);" });
    await here.up();
    await here.rows("SELECT pg_stat_reset()");
    await here.rows("INSERT INTO t SELECT generate_series(1, 10000); SELECT pg_stat_force_next_flush();");
    await here.until("SELECT n_tup_ins >= 10000 FROM pg_stat_user_tables WHERE relname = 't'");
    const rate = (await read(here, 0)).get("public.t")?.writesPerSecond ?? 0;
    assert.ok(rate > 10, String(rate));
    assert.equal((await read(here)).get("public.t")?.writesPerSecond, null);
  });

  test("do not wait for a table that another session has locked", async () => {
    const here = await world({ "001_tables.sql": TABLES });
    await here.up();
    await here.rows("VACUUM ANALYZE");
    const other = here.beside();
    const session = await other.database.open();
    try {
      await session.execute("BEGIN READ WRITE; LOCK TABLE orders");
      const orders = (await read(here)).get("public.orders");
      assert.equal(orders?.rows, 5000);
      assert.ok((orders?.bytes ?? 0) > 500_000);
    } finally {
      await session.execute("ROLLBACK");
      await session.close();
    }
  });

  test("are read by a role that may read no table, and from the embedded database", async () => {
    const here = await world({ "001_tables.sql": TABLES });
    await here.up();
    await here.rows("ANALYZE");
    await here.rows("DROP ROLE IF EXISTS stats_reader; CREATE ROLE stats_reader LOGIN PASSWORD 'x'");
    const url = new URL(here.url);
    Object.assign(url, { username: "stats_reader", password: "x" });
    assert.equal((await read(here.beside({}, { url: url.href }))).get("public.orders")?.rows, 5000);
    const embedded = await embeddedWorld({ "001_t.sql": "CREATE TABLE t (n int);" });
    await embedded.up();
    assert.equal((await read(embedded)).get("public.t")?.rows, 0);
  });

  test("work on the oldest supported server", async () => {
    const here = await world({ "001_tables.sql": TABLES }, { major: 15 });
    await here.up();
    await here.rows("ANALYZE");
    assert.equal((await read(here)).get("public.logs")?.rows, 1000);
  });
});

describe("the file of statistics", () => {
  test("is written next to the migrations, with the names of tables and no row", async () => {
    const here = await world({ "migrations/001_tables.sql": TABLES });
    const migrations = join(here.directory, "migrations");
    const user = here.beside({ directory: migrations });
    await user.up();
    await here.rows("ANALYZE");
    const path = statisticsPath(undefined, migrations);
    assert.equal(path, join(here.directory, "stats.json"));
    const first = await recordStatistics(user.context, path);
    assert.deepEqual([first.file, first.tables, first.unanalyzed], [{ path, change: "created" }, 7, []]);
    const text = readFileSync(path, "utf8");
    assert.doesNotMatch(text, /xxx|secret/);
    assert.ok("statistics" in parseStatistics(text));
    assert.equal((await recordStatistics(user.context, path)).tables, 7);
    writeFileSync(path, text.replaceAll("\n", "\r\n"));
    assert.equal((await recordStatistics(user.context, path)).file.change, "changed");
    assert.equal(readStatisticsFile(user.context.fileSystem, path, true)?.tables.length, 7);
  });

  test("does not replace another file, and is not read if it is none", async () => {
    const here = await world({ "package.json": "{}", "stats.json": '{"version":1}' });
    const refused = await refusal(recordStatistics(here.context, join(here.directory, "package.json")), "file-exists");
    assert.match(refused.hint ?? "", /choose another path with --stats/);
    const { fileSystem } = here.context;
    const reading = async (name: string, mayBeMissing: boolean) =>
      readStatisticsFile(fileSystem, join(here.directory, name), mayBeMissing);
    assert.match((await refusal(reading("stats.json", true), "settings")).message, /"takenOn" is not a day/);
    assert.equal(await reading("none.json", true), undefined);
    assert.match((await refusal(reading("none.json", false), "settings")).message, /there is no such file/);
  });
});
