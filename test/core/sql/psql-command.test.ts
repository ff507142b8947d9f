import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parsePsqlCommand } from "../../../src/core/sql/psql-command.ts";

describe("a psql command", () => {
  test("is taken apart, quotes around an argument removed", () => {
    assert.deepEqual(parsePsqlCommand(String.raw`\connect 'a\'b' "c d" e`), {
      command: "connect",
      arguments: [String.raw`a\'b`, "c d", "e"],
    });
  });

  test("hides nothing: another command is found, after a quote that nothing closes too", () => {
    assert.equal(parsePsqlCommand(String.raw`\connect app \\ SELECT 1;`).nextCommandAt, 13);
    assert.equal(parsePsqlCommand(String.raw`\connect it's \\ SELECT 1;`).nextCommandAt, 14);
    assert.equal(parsePsqlCommand(String.raw`\connect 'a \\ b'`).nextCommandAt, undefined);
  });

  test("with a quote that nothing closes keeps the rest of its line as one argument", () => {
    assert.deepEqual(parsePsqlCommand("\\connect it's here").arguments, ["it", "'s here"]);
  });
});
