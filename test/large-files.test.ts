import assert from "node:assert/strict";
import { closeSync, mkdirSync, mkdtempSync, openSync, realpathSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { sharedServer } from "./support/postgres-server.ts";
import { chosenRuntimes, programCommand, type RuntimeName, run } from "./support/program.ts";

const FILES = 10_000;
const BYTES = 100 * 1024 * 1024;
/** Rows of one INSERT of the large file. */
const ROWS = 1_000;
const TIMEOUT_MS = 120_000;

const place = mkdtempSync(join(realpathSync(tmpdir()), "pgstep-large-"));

async function pgstep(runtime: RuntimeName, environment: Readonly<Record<string, string>>, ...words: string[]) {
  return run([...(await programCommand(runtime)), ...words], {
    directory: place,
    environment,
    timeoutMs: TIMEOUT_MS,
  });
}

describe("large", () => {
  let inserts = 0;

  before(() => {
    mkdirSync(join(place, "many"));
    for (let number = 1; number <= FILES; number++) {
      const name = `${`${number}`.padStart(5, "0")}_step`;
      writeFileSync(
        join(place, "many", `${name}.sql`),
        `-- Migration: ${name}\nINSERT INTO steps VALUES (${number});\n`,
      );
    }
    mkdirSync(join(place, "huge"));
    const file = openSync(join(place, "huge", "001_huge.sql"), "w");
    writeSync(file, "CREATE TABLE lines (number int, line text);\n");
    const rows = Array.from({ length: ROWS }, (_, index) => `(${index}, '${"x".repeat(90)}')`);
    const insert = Buffer.from(`INSERT INTO lines VALUES ${rows.join(", ")};\n`);
    while (inserts * insert.length < BYTES) {
      writeSync(file, insert);
      inserts++;
    }
    closeSync(file);
  });

  after(() => rmSync(place, { recursive: true, force: true }));

  for (const runtime of chosenRuntimes()) {
    test(`${FILES} files on ${runtime}`, { timeout: 2 * TIMEOUT_MS }, async () => {
      const server = await sharedServer();
      const { name, url } = await server.createDatabase("CREATE TABLE steps (number int)");
      const up = await pgstep(runtime, { DATABASE_URL: url }, "up", "--dir", "many");
      assert.equal(up.status, 0, up.stderr);
      assert.match(up.stdout, /✓ 10000_step .*\nApplied 10000 migrations in/);
      assert.deepEqual(await server.query(name, "SELECT count(*)::int, sum(number)::int FROM steps"), [
        { count: FILES, sum: (FILES * (FILES + 1)) / 2 },
      ]);
      const again = await pgstep(runtime, { DATABASE_URL: url }, "up", "--dir", "many");
      assert.equal(again.stdout, "Nothing to do: 10000 migrations are applied already.\n", again.stderr);
    });

    test(`a file of 100 MB on ${runtime}`, { timeout: 2 * TIMEOUT_MS }, async () => {
      const server = await sharedServer();
      const { name, url } = await server.createDatabase();
      // Far less than the file: what is read is not kept. Other runtimes than Node pass over the limit.
      const environment = { DATABASE_URL: url, NODE_OPTIONS: "--max-old-space-size=64" };
      const up = await pgstep(runtime, environment, "up", "--dir", "huge");
      assert.equal(up.status, 0, up.stderr);
      assert.deepEqual(await server.query(name, "SELECT count(*)::int FROM lines"), [{ count: inserts * ROWS }]);
    });
  }
});
