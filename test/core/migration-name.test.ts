import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { fileNameWords, parseMigrationName } from "../../src/core/migration-name.ts";

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

  test("of a file that is none of ours is ignored", () => {
    for (const name of ["README.md", ".001_x.sql", "001_x.sql~", "001_x.sql.bak", "001_x", ".sql", "sql"]) {
      assert.equal(parseMigrationName(name), undefined, name);
    }
  });

  test("that fits nothing is a fault", () => {
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
      assert.ok(parsed && "fault" in parsed, name);
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
