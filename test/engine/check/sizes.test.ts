import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHECK_RULES } from "../../../src/core/findings/check-rules.ts";
import { judge } from "../../../src/core/findings/judge.ts";
import { Sizes } from "../../../src/core/statistics/sizes.ts";
import type { TableStatistics } from "../../../src/core/statistics/table-statistics.ts";
import { usedSizes } from "../../../src/engine/check/sizes.ts";
import { embeddedWorld, type Files } from "../support.ts";
import { traced } from "./traced.ts";

const GIVEN = `CREATE TABLE big (id int PRIMARY KEY, n int); CREATE TABLE small (id int PRIMARY KEY, n int);
CREATE TABLE logs (at date, n int) PARTITION BY RANGE (at);
CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');`;

const MB = 1024 ** 2;

function table(name: string, megabytes: number, more: Partial<TableStatistics> = {}): TableStatistics {
  const rows = megabytes * 10_000;
  return { schema: "public", name, rows, bytes: megabytes * MB, indexBytes: 0, writesPerSecond: null, ...more };
}

const TABLES = [
  table("big", 40_000, { rows: 412_000_000, writesPerSecond: 120 }),
  table("small", 1),
  table("logs", 4_000),
  table("logs_1", 1),
];

/** "severity rule: message", and what the sizes changed. */
async function judged(files: Files, tables: readonly TableStatistics[] = TABLES, given: string = GIVEN) {
  const here = await embeddedWorld({ "001_given.sql": given, ...files });
  const [, ...after] = await traced(here);
  const examined = after.map((file) => ({ traced: file, ignores: { ignores: [], problems: [] } }));
  const sizes = new Sizes(tables, after);
  const verdict = judge(examined, CHECK_RULES, { paths: [], sizes: { sizes, small: 10 * MB } });
  const statistics = { takenOn: "2026-01-01", tables };
  const used = usedSizes(
    { source: "stats.json", statistics, today: "2026-02-15", smallBytes: 10 * MB },
    sizes,
    verdict,
  );
  const findings = verdict.findings.map(({ severity, rule, size }) => `${severity} ${rule.id}: ${size ?? "-"}`);
  return { findings, used };
}

describe("with the sizes of tables", () => {
  test("a finding names rows, size, time and writes", async () => {
    const { findings, used } = await judged({ "002_a.sql": "ALTER TABLE big ALTER n TYPE bigint;" });
    assert.deepEqual(findings, [
      "error rewrites-table: about 410 million rows, 39 GB: about 17 min at 40 MB/s; about 120 rows are written each second",
    ]);
    assert.deepEqual(used, {
      ...{ source: "stats.json", takenOn: "2026-01-01", ageDays: 45, isOld: true, smallBytes: 10 * MB },
      ...{ small: 0, missing: [] },
    });
  });

  test("slow statements on small tables are notes, and other harm to them is not", async () => {
    const { findings, used } = await judged({
      "002_a.sql": "ALTER TABLE small ALTER n TYPE bigint;",
      "003_b.sql": "CREATE INDEX ON small (n);",
      "004_c.sql": "UPDATE small SET n = 0;",
      "005_d.sql": "ALTER TABLE small ADD CHECK (n > 5);",
      "006_e.sql": "DROP TABLE small;",
    });
    assert.deepEqual(findings, [
      "note rewrites-table: about 10,000 rows, 1.0 MB: less than a second at 40 MB/s",
      "note blocks-writes: about 10,000 rows, 1.0 MB: less than a second at 40 MB/s",
      "note blocks-writes: about 10,000 rows, 1.0 MB: less than a second at 10 MB/s",
      "note scans-under-lock: about 10,000 rows, 1.0 MB: less than a second at 200 MB/s",
      "error fails-on-existing-rows: -",
      "error breaks-running-clients: -",
      "error destroys-data: -",
    ]);
    assert.equal(used.small, 4);
  });

  test("a lock on a small table is no note while its transaction works on a large one", async () => {
    const later = "ALTER TABLE small ALTER n TYPE bigint; CREATE INDEX ON big (n);";
    const { findings } = await judged({ "002_a.sql": later });
    assert.match(findings[0] ?? "", /^error rewrites-table: about 10,000 rows/);
    const waits = await judged({
      "002_a.sql": "ALTER TABLE small ADD m int; UPDATE small SET m = n; CREATE INDEX ON big (n);",
    });
    assert.ok(
      waits.findings.every((one) => one.startsWith("error")),
      waits.findings.join("\n"),
    );
    const apart = await judged({
      "002_a.sql": "ALTER TABLE small ALTER n TYPE bigint;",
      "003_b.sql": "CREATE INDEX ON big (n);",
    });
    assert.deepEqual(
      apart.findings.map((one) => one.split(" ", 1)[0]),
      ["note", "error"],
    );
  });

  test("a LOCK is no note, since its harm does not depend on rows", async () => {
    const { findings } = await judged({ "002_a.sql": "LOCK TABLE small;" });
    assert.deepEqual(findings, ["error blocks-reads-and-writes: -"]);
  });

  test("a partitioned table counts with its partitions", async () => {
    const { findings } = await judged({ "002_a.sql": "ALTER TABLE logs ALTER n TYPE bigint;" });
    assert.match(findings[0] ?? "", /^error rewrites-table: about 40 million rows, 3\.9 GB/);
    const part = await judged({ "002_a.sql": "CREATE INDEX ON logs_1 (n);" });
    assert.match(part.findings[0] ?? "", /^note blocks-writes: about 10,000 rows, 1\.0 MB/);
  });

  test("a renamed table has the size of its old name", async () => {
    const { findings } = await judged({
      "002_a.sql": "ALTER TABLE small RENAME TO tiny; ALTER TABLE big RENAME TO small;",
      "003_b.sql": "CREATE INDEX ON tiny (n);",
      "004_c.sql": "CREATE INDEX ON small (n);",
    });
    const indexes = findings.filter((one) => one.includes("blocks-writes"));
    assert.deepEqual(
      indexes.map((one) => one.split(",")[0]),
      ["note blocks-writes: about 10", "error blocks-writes: about 410 million rows"],
    );
  });

  test("a table without statistics is named, and one that the files make is not", async () => {
    const tables = TABLES.filter(({ name }) => name !== "small");
    const { findings, used } = await judged(
      {
        "002_a.sql": "CREATE INDEX ON small (n); CREATE TABLE fresh (n int);",
        "003_b.sql": "CREATE INDEX ON fresh (n);",
      },
      tables,
    );
    assert.deepEqual([findings, used.missing], [["error blocks-writes: -", "error blocks-writes: -"], ["small"]]);
    const unknown = await judged({ "002_a.sql": "CREATE INDEX ON small (n);" }, [table("small", 100, { rows: null })]);
    assert.match(unknown.findings[0] ?? "", /^error blocks-writes: unknown number of rows, 100 MB/);
  });
});
