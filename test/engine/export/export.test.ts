import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { EXPORTS } from "../../../src/core/export/export-files.ts";
import { exportTo } from "../../../src/engine/export/export.ts";
import { importHistory } from "../../../src/engine/import/import-history.ts";
import { outcomes, refusal, succeeded, world } from "../support.ts";

const FILES = {
  "1_a.sql":
    "-- a comment\nCREATE TABLE a (id int);\nCREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN 1;\nEND\n$$;",
  "1_a.down.sql": "DROP FUNCTION f();\nDROP TABLE a;",
  "2_i.sql": "CREATE INDEX CONCURRENTLY i ON a (id);",
  "2_i.down.sql": "DROP INDEX CONCURRENTLY i;",
  "10_c.sql": "CREATE TABLE c (id int);",
};

const YES = { mayImport: async () => {} };

/*
 * Out and in again: what pgstep writes for a tool, it reads as that tool does, with the history that its SQL makes.
 */

for (const tool of EXPORTS) {
  test(`what is exported to ${tool} can be imported again`, async () => {
    const here = await world(FILES, { layout: "pgstep" });
    succeeded(await here.up({ to: "2" }));
    const out = join(here.directory, "out");
    const { applied, history, files } = await exportTo(here.context, tool, out);
    assert.equal(applied, 2);
    assert.equal(readdirSync(out).length, files + 1);
    await here.rows(readFileSync(history, "utf8"));
    const there = here.beside({ directory: out, layout: tool, table: "again" });
    const report = await importHistory(there.context, { from: undefined, dropOld: false, dryRun: false }, YES);
    assert.deepEqual([report.recorded.length, report.pending], [2, 1]);
    assert.deepEqual(outcomes(succeeded(await there.up())).length, 1);
    if (tool !== "dbmate") await refusal(there.down({ all: true }), "no-way-back");
    else succeeded(await there.down({ all: true }));
    if (tool === "dbmate")
      assert.deepEqual(await here.rows("SELECT relname FROM pg_class WHERE relname IN ('a', 'i')"), []);
  });
}

test("an export refuses what the tool cannot have, and writes over nothing", async () => {
  const here = await world(
    {
      "1_a.sql": "SELECT 1;\nVACUUM;",
      "2_b.sql": "CREATE TABLE t (id int);\nCOPY t FROM stdin;\n1\n\\.\n",
      "V.txt": "",
    },
    { layout: "pgstep" },
  );
  const out = join(here.directory, "out");
  const failure = await refusal(exportTo(here.context, "golang-migrate", out), "files-unsound");
  assert.deepEqual(
    failure.findings.map(({ message }) => message),
    [
      "1_a runs outside a transaction, which golang-migrate does only for a single statement",
      "2_b has rows of a COPY, which golang-migrate cannot send",
    ],
  );
  await exportTo(here.context, "flyway", out);
  await refusal(exportTo(here.context, "flyway", out), "file-unwritable");
  const prisma = await world({ "20250101000000_a/migration.sql": "SELECT 1;" });
  await refusal(exportTo(prisma.context, "goose", join(prisma.directory, "..", "x")), "files-unsound");
});
