import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { originColumns } from "../../../src/adapters/output/columns.ts";
import { Output } from "../../../src/adapters/output/output.ts";
import { displayWidth } from "../../../src/core/text/display.ts";

const ROWS = [
  { name: "url", value: "postgres://deploy:***@database.internal.example.com:5432/shop", origin: "DATABASE_URL" },
  { name: "directory", value: "database/migrations", origin: "default" },
];

/** The lines on a terminal of so many columns, or in a file. */
function lines(columns?: number): string[] {
  const stream = { write: () => true, isTTY: columns !== undefined, ...(columns !== undefined && { columns }) };
  const output = new Output(stream, { ascii: false, verbose: false, quiet: false, color: "never", variables: {} });
  return originColumns(ROWS, output).flat();
}

describe("values with their origins", () => {
  test("stand in columns where there is room, one long value apart", () => {
    assert.deepEqual(lines(), [
      "url        postgres://deploy:***@database.internal.example.com:5432/shop  DATABASE_URL",
      "directory  database/migrations                       default",
    ]);
    assert.deepEqual(lines(120), lines());
  });

  test("have the origin below a value that leaves no room for it", () => {
    assert.deepEqual(lines(80), [
      "url        postgres://deploy:***@database.internal.example.com:5432/shop",
      "           DATABASE_URL",
      "directory  database/migrations                       default",
    ]);
  });

  test("have a value below its name that fits nowhere else, and origins near all others", () => {
    assert.deepEqual(lines(40), [
      "url",
      "  postgres://deploy:***@database.internal.example.com:5432/shop",
      "           DATABASE_URL",
      "directory  database/migrations  default",
    ]);
  });

  test("fit every width but for a value that is wider than the terminal", () => {
    for (let columns = 30; columns <= 110; columns++) {
      for (const line of lines(columns)) {
        assert.ok(displayWidth(line) <= Math.max(columns, 2 + (ROWS[0]?.value.length ?? 0)), `${columns}: ${line}`);
      }
    }
  });
});
