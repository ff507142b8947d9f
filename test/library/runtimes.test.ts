import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { before, describe, test } from "node:test";
import { ensureBuilt } from "../../build/ensure-built.ts";
import { findRuntime, ROOT } from "../../build/runtimes.ts";
import { temporaryPlace } from "../support/place.ts";
import { sharedServer } from "../support/postgres-server.ts";
import { run } from "../support/program.ts";

const PACKAGES = ["pgstep", "pg", "@electric-sql/pglite"];

/** Uses everything of the library that depends on the runtime, and prints the number of rows that each part finds. */
const PROGRAM = `import process from "node:process";
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import { createTestDatabase, MigrationRunner } from "pgstep";

const url = process.env.DATABASE_URL;
const query = "SELECT count(*)::int AS rows FROM a";
const found = {};
{
  await using database = await createTestDatabase();
  const client = new pg.Client(database.url);
  await client.connect();
  found.template = (await client.query(query)).rows[0].rows;
  await client.end();
}
const pool = new pg.Pool({ connectionString: url });
found.applied = (await new MigrationRunner({ connection: pool }).runMigrations()).steps.length;
found.pool = (await pool.query(query)).rows[0].rows;
await pool.end();
for (const way of ["filled", "loaded"]) {
  const { pglite, drop } = await createTestDatabase({ pglite: PGlite });
  found[way] = (await pglite.query(query)).rows[0].rows;
  await drop();
}
console.log(JSON.stringify(found));
`;

describe("the built library", () => {
  let place = "";
  before(async () => {
    await ensureBuilt();
    place = temporaryPlace("library-runtimes", {
      "database/migrations/001_a.sql": "CREATE TABLE a (id integer); INSERT INTO a VALUES (1);",
      // Node 20 has no `await using`.
      "program.mjs": PROGRAM,
      "program.node.mjs": PROGRAM.replace("await using database", "const database"),
    });
    mkdirSync(join(place, "node_modules", "@electric-sql"), { recursive: true });
    for (const name of PACKAGES) {
      symlinkSync(name === "pgstep" ? ROOT : join(ROOT, "node_modules", name), join(place, "node_modules", name));
    }
    const dependencies = Object.fromEntries(PACKAGES.map((name) => [name, "*"]));
    writeFileSync(join(place, "package.json"), JSON.stringify({ type: "module", dependencies }));
  });

  const commands = {
    node: [process.execPath, "program.node.mjs"],
    bun: [findRuntime("bun"), "program.mjs"],
    deno: [findRuntime("deno"), "run", "--allow-all", "--node-modules-dir=manual", "program.mjs"],
  } as const;
  for (const [name, command] of Object.entries(commands)) {
    test(`creates test databases and takes a connection on ${name}`, { timeout: 120_000 }, async () => {
      const { url } = await (await sharedServer()).createDatabase();
      const { stdout, stderr } = await run([...command], {
        directory: place,
        environment: { DATABASE_URL: url },
        timeoutMs: 100_000,
      });
      assert.equal(stderr, "");
      assert.deepEqual(JSON.parse(stdout), { template: 1, applied: 1, pool: 1, filled: 1, loaded: 1 });
    });
  }
});
