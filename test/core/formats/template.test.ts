import assert from "node:assert/strict";
import { test } from "node:test";
import { newFilesOf } from "../../../src/core/formats/template.ts";

const NEW = { versions: ["1"], now: new Date("2026-11-30T00:00:00Z"), words: "add_t", down: true };
const contents = { up: "CREATE TABLE t ();\n", down: "DROP TABLE t;\n" };

test("a migration of another tool's format has the given statements", () => {
  for (const layout of ["golang-migrate", "flyway", "sqlx", "prisma", "diesel"] as const) {
    const texts = newFilesOf(layout, { ...NEW, contents }).map(({ text }) => text);
    assert.deepEqual(texts, [contents.up, contents.down], layout);
  }
  const [goose] = newFilesOf("goose", { ...NEW, contents });
  assert.equal(goose?.text, "-- +goose Up\nCREATE TABLE t ();\n\n-- +goose Down\nDROP TABLE t;\n");
  const [dbmate] = newFilesOf("dbmate", { ...NEW, contents });
  assert.equal(dbmate?.text, "-- migrate:up\nCREATE TABLE t ();\n\n-- migrate:down\nDROP TABLE t;\n");
});
