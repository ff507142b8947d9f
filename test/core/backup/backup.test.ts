import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  backupFileName,
  backupsToRemove,
  headLine,
  readBackupName,
  readHead,
  readTail,
  tailLine,
} from "../../../src/core/backup/backup-file.ts";
import { copiedTables } from "../../../src/core/backup/copied-rows.ts";
import { destruction } from "../../../src/core/statements/data-loss.ts";

const kind = (text: string) => destruction({ text, standardConformingStrings: true })?.kind;
const tables = (text: string) =>
  destruction({ text, standardConformingStrings: true })?.tables.map(({ schema, name }) =>
    schema === undefined ? name : `${schema}.${name}`,
  );

describe("what destroys data", () => {
  for (const [text, expected, hit] of [
    ["DROP TABLE users", "DROP TABLE", ["users"]],
    ['drop table if exists App."Us ers", b cascade;', "DROP TABLE", ["app.Us ers", "b"]],
    ["DROP OWNED BY somebody", "DROP OWNED", []],
    ["DROP TYPE mood CASCADE", "DROP TYPE CASCADE", []],
    ["TRUNCATE ONLY a, b RESTART IDENTITY", "TRUNCATE", ["a", "b"]],
    ["TRUNCATE TABLE a *, x.b", "TRUNCATE", ["a", "x.b"]],
    ["DELETE FROM ONLY a WHERE id = 1", "DELETE", ["a"]],
    ["UPDATE a SET x = (SELECT y FROM b WHERE b.id = a.id)", "UPDATE without WHERE", ["a"]],
    ["WITH gone AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM gone", "DELETE", ["a"]],
    ["MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE", "MERGE with DELETE", ["a"]],
    ["ALTER TABLE IF EXISTS ONLY x.a DROP COLUMN b", "ALTER TABLE ... DROP COLUMN", ["x.a"]],
    ["ALTER TABLE a ADD COLUMN c numeric(1, 2), DROP b CASCADE", "ALTER TABLE ... DROP COLUMN", ["a"]],
    ["ALTER TABLE a ALTER b TYPE int USING b::int", "ALTER TABLE ... ALTER COLUMN TYPE", ["a"]],
    ["ALTER TABLE a ALTER COLUMN b SET DATA TYPE int", "ALTER TABLE ... ALTER COLUMN TYPE", ["a"]],
    ["ALTER TYPE pair DROP ATTRIBUTE one", "ALTER TYPE ... DROP ATTRIBUTE", []],
  ] as const) {
    test(text, () => {
      assert.equal(kind(text), expected);
      assert.deepEqual(tables(text), hit);
    });
  }

  for (const text of [
    "DROP VIEW a",
    "DROP TYPE mood",
    "DROP INDEX a",
    "ALTER TABLE a DROP CONSTRAINT b",
    "ALTER TABLE a ALTER b DROP NOT NULL",
    "ALTER TABLE a ALTER CONSTRAINT b DEFERRABLE",
    "ALTER TABLE a ADD COLUMN type text",
    "UPDATE a SET x = 1 WHERE y",
    "WITH b AS (SELECT 1) UPDATE a SET x = 1 FROM b WHERE true",
    "WITH a AS (SELECT 1) SELECT * FROM a FOR UPDATE OF a",
    "MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN UPDATE SET x = 1",
    "CREATE TABLE a ()",
    "SELECT 'DROP TABLE a'",
  ]) {
    test(`not ${text}`, () => assert.equal(kind(text), undefined));
  }

  test("a schema, with all that is in it", () => {
    const found = destruction({ text: "DROP SCHEMA IF EXISTS a, b CASCADE", standardConformingStrings: true });
    assert.deepEqual(found?.schemas, ["a", "b"]);
  });

  test("tables that refer to a truncated one", () => {
    assert.equal(destruction({ text: "TRUNCATE a CASCADE", standardConformingStrings: true })?.cascades, true);
    assert.equal(destruction({ text: "TRUNCATE a", standardConformingStrings: true })?.cascades, false);
  });
});

describe("names of backups", () => {
  const time = new Date("2026-01-31T12:05:06.789Z");

  test("tell database, version and time", () => {
    const name = backupFileName({ database: "a/b-é", version: "012", kind: "sql", origin: "manual" }, time, true);
    assert.equal(name, "a%2Fb-%C3%A9-012-20260131T120506789Z-manual.sql.gz");
    assert.deepEqual(readBackupName(name), {
      database: "a/b-é",
      version: "012",
      time: "2026-01-31T12:05:06.789Z",
      kind: "sql",
      origin: "manual",
    });
    // As before the origin was in the name.
    assert.equal(readBackupName("a-1-20260131T120506789Z.sql")?.origin, undefined);
    assert.equal(readBackupName(`${name}.part`), undefined);
    const custom = backupFileName({ database: "a", version: "0", kind: "custom", origin: "automatic" }, time, true);
    assert.equal(custom.endsWith("Z-automatic.dump"), true);
  });

  test("of the oldest automatic ones beyond those that are kept, of this database alone", () => {
    const entry = (database: string, day: string, origin?: "automatic" | "manual") => ({
      ...{ database, version: "1", kind: "sql" as const, origin, bytes: 1 },
      ...{ path: `${database}${day}`, time: `2026-01-${day}T00:00:00.000Z` },
    });
    const entries = [entry("a", "02", "automatic"), entry("b", "01", "automatic"), entry("a", "03", "automatic")];
    entries.push(entry("a", "01", "automatic"), entry("a", "00", "manual"), entry("a", "00"));
    assert.deepEqual(
      backupsToRemove(entries, "a", 2).map(({ path }) => path),
      ["a01"],
    );
  });
});

describe("the script of a backup", () => {
  const head = {
    ...{ format: 1 as const, database: "é\n\u2028", createdAt: "t", version: "1", scope: "all" as const },
    ...{ tables: ["public.a"], history: ["1"], kept: [] },
  };

  test("has lines of its own at both ends", () => {
    assert.match(headLine(head), /^[ -~]+$/);
    assert.deepEqual(readHead(`${headLine(head)}\nBEGIN;`), head);
    assert.equal(readHead("BEGIN;\n"), undefined);
    const tail = { tables: [{ name: "public.a", rows: 1, checksum: "0" }] };
    assert.deepEqual(readTail(`COMMIT;\n${tailLine(tail)}\n`), tail);
    assert.equal(readTail("COMMIT;\n"), undefined);
  });

  test("has rows that are counted however it is cut", () => {
    const text = Buffer.from(
      'BEGIN;\nCOPY public.a (id, "b c") FROM stdin;\n1\tü\n2\t\\N\n\\.\nSELECT 1;\nCOPY b (x) FROM stdin;\n\\.\n',
    );
    const whole = [...copiedTables([text])];
    assert.deepEqual(
      whole.map(({ name, rows }) => [name, rows]),
      [
        ['public.a (id, "b c")', 2],
        ["b (x)", 0],
      ],
    );
    const bytes = Array.from(text, (_, index) => text.subarray(index, index + 1));
    assert.deepEqual([...copiedTables(bytes)], whole);
  });
});
