import assert from "node:assert/strict";
import { test } from "node:test";
import type { TracedStatement } from "../../../src/core/trace/trace.ts";
import { embeddedWorld } from "../support.ts";
import { traced } from "./traced.ts";

/** "notes AccessExclusive rewritten scanned". */
function words({ touches }: TracedStatement): string[] {
  return touches.map(({ before, after, lock, rewritten, scanned }) =>
    [before.name, lock, rewritten && "rewritten", scanned && "scanned", !after && "dropped"].filter(Boolean).join(" "),
  );
}

test("each statement is traced in the transaction that up would use", async () => {
  const here = await embeddedWorld({
    "001_notes.sql": "CREATE TABLE notes (id int PRIMARY KEY, body varchar(10)); CREATE TABLE tags (id int);",
    "002_change.sql": `ALTER TABLE notes ALTER id TYPE bigint; CREATE INDEX ON notes (body); CREATE TABLE n (); DROP TABLE tags;
ALTER TABLE notes ADD COLUMN at timestamptz DEFAULT now(); ALTER TABLE notes RENAME COLUMN body TO text`,
    "003_index.sql":
      "CREATE INDEX CONCURRENTLY ON notes (id); ALTER TABLE notes ALTER text SET NOT NULL; ALTER TABLE notes RENAME TO pages",
  });
  const files = await traced(here);
  assert.deepEqual(
    files.map(({ statements }) => statements.map(words)),
    [
      [[], []],
      [
        ["notes AccessExclusive rewritten scanned"],
        ["notes AccessExclusive scanned"],
        [],
        ["tags AccessExclusive dropped"],
        ["notes AccessExclusive"],
        ["notes AccessExclusive"],
      ],
      [[], ["notes AccessExclusive scanned"], ["notes AccessExclusive"]],
    ],
  );
  const columns = files[1]?.statements[5]?.touches[0]?.after?.columns.map(({ name, type }) => `${name} ${type}`);
  assert.deepEqual(columns, ["id bigint", "text character varying(10)", "at timestamp with time zone"]);
  assert.deepEqual([...(files[2]?.after.values() ?? [])].map(({ name }) => name).sort(), ["n", "pages"]);
});

test("a file that begins outside a transaction shows its relations as they were before", async () => {
  const here = await embeddedWorld({
    "001_notes.sql": "CREATE TABLE notes (id int);",
    "002_index.sql": "CREATE INDEX CONCURRENTLY notes_id ON notes (id)",
  });
  const [notes, index] = await traced(here);
  const indexes = [notes?.after, index?.before, index?.after].map((all) =>
    [...(all?.values() ?? [])].map((relation) => relation.indexes.map(({ name }) => name)),
  );
  assert.deepEqual(indexes, [[[]], [[]], [["notes_id"]]]);
});
