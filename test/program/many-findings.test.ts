import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryPlace } from "../support/place.ts";
import { programCommand, run } from "../support/program.ts";

const STATEMENTS = 400;
/** In bytes; see pipe(7). */
const PIPE_HOLDS = 65_536;

// Of the runtimes, only Node ends without writing the rest.
test("check ends only when a pipe has all its findings", { timeout: 120_000 }, async () => {
  const directory = temporaryPlace("many-findings");
  const migrations = join(directory, "database", "migrations");
  mkdirSync(migrations, { recursive: true });
  writeFileSync(join(migrations, "001_t.sql"), "CREATE TABLE t (n int);");
  const types = Array.from({ length: STATEMENTS }, (_, index) => (index % 2 === 0 ? "bigint" : "int"));
  writeFileSync(
    join(migrations, "002_types.sql"),
    types.map((type) => `ALTER TABLE t ALTER COLUMN n TYPE ${type};\n`).join(""),
  );
  const command = [...(await programCommand("node")), "check", "--all", "--quiet"];
  const words = command.map((word) => `'${word}'`).join(" ");
  const shell = ["bash", "-c", `${words} 2>&1 >/dev/null | { sleep 1; cat; }`] as const;
  const { stdout } = await run(shell, { directory, timeoutMs: 100_000 });
  assert.equal(stdout.match(/^database.*: error: Rewrites table/gm)?.length, STATEMENTS);
  assert.ok(stdout.length > PIPE_HOLDS, `${stdout.length} characters`);
});
