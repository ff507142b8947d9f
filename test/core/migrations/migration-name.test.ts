import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { fileNameWords, misspeltDirection, parseMigrationName } from "../../../src/core/migrations/migration-name.ts";

describe("a migration's file name", () => {
  test("gives version, name, description and direction", () => {
    assert.deepEqual(parseMigrationName("001_initial_schema.sql"), {
      version: "001",
      name: "001_initial_schema",
      description: "initial schema",
      direction: "up",
    });
    assert.deepEqual(parseMigrationName("20251012093000_add-users__table.down.sql"), {
      version: "20251012093000",
      name: "20251012093000_add-users__table",
      description: "add users table",
      direction: "down",
    });
    assert.deepEqual(parseMigrationName("7_x.up.sql"), {
      version: "7",
      name: "7_x",
      description: "x",
      direction: "up",
    });
  });

  test("may have dots, and endings that only look like a direction", () => {
    assert.deepEqual(parseMigrationName("1_v1.2.sql"), {
      version: "1",
      name: "1_v1.2",
      description: "v1.2",
      direction: "up",
    });
    const down = parseMigrationName("1_break_down.sql");
    assert.ok(down && "direction" in down && down.direction === "up");
  });

  test("with a misspelt direction is told from one with other dots", () => {
    const meant = (file: string, ...beside: string[]) => {
      const parsed = parseMigrationName(file);
      assert.ok(parsed && "name" in parsed, file);
      return misspeltDirection(parsed, new Set([file, ...beside]));
    };
    for (const word of ["dwon", "donw", "dow", "dn", "DOWN", "Down", "downs"])
      assert.equal(meant(`002_p.${word}.sql`), "002_p.down.sql", word);
    for (const word of ["pu", "u", "upp", "UP"]) assert.equal(meant(`002_p.${word}.sql`), "002_p.up.sql", word);
    assert.equal(meant("002_p.rollback.sql", "002_p.sql"), "002_p.down.sql");
    assert.equal(meant("002_p.undo.sql", "002_p.up.sql"), "002_p.down.sql");
    for (const file of ["0001_1.5.0_schema.sql", "1_v1.2.sql", "1_schema.dump.sql", "1_a.b.c.sql", "1_x.rollback.sql"])
      assert.equal(meant(file, "1_a.sql"), undefined, file);
  });

  test("of a file that is none of ours is ignored", () => {
    for (const name of ["README.md", ".001_x.sql", "001_x.sql~", "001_x.sql.bak", "001_x", ".sql", "sql"]) {
      assert.equal(parseMigrationName(name), undefined, name);
    }
  });

  test("that fits nothing is a problem", () => {
    for (const name of [
      "x.sql",
      "001.sql",
      "001-x.sql",
      "001_.sql",
      "_x.sql",
      "v1_x.sql",
      "001_x.SQL",
      "1 _x.sql",
      `${"1".repeat(256)}_x.sql`,
    ]) {
      const parsed = parseMigrationName(name);
      assert.ok(parsed && "problem" in parsed, name);
    }
  });

  test("made from any description is read back as what it was made of", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (description) => {
        const words = fileNameWords(description);
        if (words === "") return;
        assert.match(words, /^[\p{L}\p{N}_]+$/u);
        const parsed = parseMigrationName(`001_${words}.sql`);
        assert.ok(parsed && "version" in parsed);
        assert.equal(parsed.name, `001_${words}`);
        assert.equal(parsed.direction, "up");
      }),
    );
  });
});
