import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { ROOT } from "../../build/runtimes.ts";
import { temporaryPlace } from "../support/place.ts";
import { type PostgresServer, sharedServer } from "../support/postgres-server.ts";
import { programCommand, run } from "../support/program.ts";

/*
 * Servers and runtimes in FIPS mode have no MD5. Here the role may not run the server's md5(), and the program's runtime
 * throws when it is asked for one; every command must work all the same.
 */

const place = temporaryPlace("without-md5");

const PRELOAD = join(place, "without-md5.cjs");
const FILES: Readonly<Record<string, string>> = {
  "database/migrations/001_users.sql": "CREATE TABLE users (id integer PRIMARY KEY, name text);",
  "database/migrations/001_users.down.sql": "DROP TABLE users;",
  "database/migrations/002_index.sql": "CREATE INDEX CONCURRENTLY ON users (name);\nANALYZE users;",
  "database/migrations/002_index.down.sql": "DROP INDEX CONCURRENTLY users_name_idx;",
  "database/migrations/003_orders.sql": "CREATE TABLE orders (id integer);",
  "database/migrations/003_orders.down.sql": "DROP TABLE orders;",
  "database/repeatable/names.sql": "CREATE OR REPLACE VIEW names AS SELECT name FROM users;",
  "database/seeds/users.once.sql": "INSERT INTO users VALUES (1, 'Ada');",
};

const REVOKE = "REVOKE EXECUTE ON FUNCTION pg_catalog.md5(text), pg_catalog.md5(bytea) FROM PUBLIC";

before(() => {
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(join(place, path, ".."), { recursive: true });
    writeFileSync(join(place, path), text);
  }
  writeFileSync(
    PRELOAD,
    `const crypto = require("node:crypto");
for (const name of ["createHash", "createHmac", "hash"]) {
  const original = crypto[name];
  if (original) crypto[name] = (algorithm, ...rest) => {
    if (/md5/i.test(algorithm)) throw new Error("MD5 is not available in FIPS mode");
    return original(algorithm, ...rest);
  };
}
require("node:module").syncBuiltinESMExports();
`,
  );
});

for (const major of [18, 15] as const) {
  describe(`without MD5, PostgreSQL ${major}`, () => {
    const role = `without_md5_${process.pid}_${major}`;
    let server: PostgresServer;

    before(async () => {
      server = await sharedServer(major);
      await server.query("postgres", `CREATE ROLE ${role} LOGIN NOSUPERUSER`);
    });

    /** A database of the role's own in which it cannot have an MD5. */
    async function database(): Promise<{ name: string; url: string }> {
      const { name, url } = await server.createDatabase();
      await server.query("postgres", `ALTER DATABASE "${name}" OWNER TO ${role}`);
      await server.query(name, `${REVOKE}; ALTER SCHEMA public OWNER TO ${role}`);
      return { name, url: url.replace("postgres@", `${role}@`) };
    }

    async function pgstep(url: string, ...words: string[]): Promise<string> {
      const { stdout, stderr, status } = await run([...(await programCommand("node")), ...words], {
        directory: place,
        environment: { PGSTEP_URL: url, NODE_OPTIONS: `--require ${PRELOAD}` },
      });
      assert.equal(status, 0, `pgstep ${words.join(" ")}:\n${stdout}${stderr}`);
      return stdout;
    }

    test("the traps are set", async () => {
      const { name } = await database();
      const call = server.query(name, `SET ROLE ${role}; SELECT pg_catalog.md5('')`);
      await assert.rejects(async () => call, /permission denied for function md5/);
      const { stderr } = await run(
        [process.execPath, "--input-type=module", "-e", 'import { createHash } from "node:crypto"; createHash("md5")'],
        { directory: place, environment: { NODE_OPTIONS: `--require ${PRELOAD}` } },
      );
      assert.match(stderr, /MD5 is not available/);
    });

    test("every command works", async () => {
      const { name, url } = await database();
      const shadow = await database();
      await pgstep(url, "up");
      assert.match(await pgstep(url, "status"), /003/);
      await pgstep(url, "up");
      await pgstep(url, "seed");
      await pgstep(url, "redo", "2");
      await pgstep(url, "down");
      await pgstep(url, "up");
      await pgstep(url, "repair", "--yes");
      await pgstep(url, "validate");
      await pgstep(url, "check", "--shadow-url", shadow.url);
      await pgstep(url, "types");
      await pgstep(url, "doctor");
      await pgstep(url, "wait");
      await pgstep(url, "protect");
      await pgstep(url, "unprotect", "--confirm", name);
      await pgstep(url, "backup", "--pg-dump", "none", "--backup-dir", `backups-${major}`);
      const [backup = ""] = readdirSync(join(place, `backups-${major}`));
      await pgstep(url, "restore", `backups-${major}/${backup}`, "--confirm", name);
      await pgstep(url, "bundle", "--output", `sealed-${major}.mjs`);
      await pgstep(url, "reset", "--confirm", name);
      await pgstep(url, "baseline", "002");
      await pgstep(url, "up", "--dry-run");
    });
  });
}

test("no digest of pgstep's own is an MD5", () => {
  const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".ts"),
  );
  assert.ok(files.length > 100);
  const using = files.filter((path) =>
    /\bmd5\s*\(|(?:createHash|createHmac|hash)\(\s*["'`]md5/i.test(readFileSync(join(ROOT, "src", path), "utf8")),
  );
  // A server may ask for a password by md5; without MD5 that log-in is refused, as by psql.
  assert.deepEqual(using, ["adapters/server/authentication.ts"]);
});
