import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../build/runtimes.ts";
import { dumpSchema, findPgDump } from "../support/pg-dump.ts";
import { temporaryPlace, writeFiles } from "../support/place.ts";
import { sharedServer } from "../support/postgres-server.ts";
import { programCommand, run } from "../support/program.ts";

/*
 * dbmate itself as a peer: it applies half, pgstep imports that and applies the rest, exports all, and dbmate continues.
 */

const DBMATE = join(ROOT, "node_modules", "@dbmate", `${process.platform}-${process.arch}`, "bin", "dbmate");
const pgDump = findPgDump(15);
const skip = pgDump === undefined && "there is no pg_dump 15";

const FILES = {
  "20250101000000_users.sql":
    "-- migrate:up\nCREATE TABLE users (id bigint PRIMARY KEY, name text);\n\n-- migrate:down\nDROP TABLE users;\n",
  "20250102000000_f.sql":
    "-- migrate:up\nCREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN 1;\nEND\n$$;\n-- migrate:down\nDROP FUNCTION f();\n",
  "20250103000000_i.sql":
    "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i ON users (name);\n-- migrate:down transaction:false\nDROP INDEX CONCURRENTLY i;\n",
  "20250104000000_posts.sql": "-- migrate:up\nCREATE TABLE posts (id int);\n-- migrate:down\nDROP TABLE posts;\n",
};

const TABLES = [
  "schema_migrations",
  "schema_migrations_steps",
  "schema_migrations_of_dbmate",
  "schema_migrations_of_pgstep",
];

test("dbmate's history is imported and exported", { skip, timeout: 120_000 }, async () => {
  const place = temporaryPlace("dbmate");
  const [all, half, out] = [join(place, "all"), join(place, "half"), join(place, "out")];
  writeFiles(all, FILES);
  writeFiles(half, Object.fromEntries(Object.entries(FILES).slice(0, 2)));
  const server = await sharedServer(15);
  const [full, moved] = [await server.createDatabase(), await server.createDatabase()];
  const dbmate = async (url: string, directory: string, ...words: string[]) => {
    const flags = ["--url", `${url}?sslmode=disable`, "--migrations-dir", directory, "--no-dump-schema"];
    const { status, stdout, stderr } = await run([DBMATE, ...flags, ...words], { directory: place });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const pgstep = async (...words: string[]) => {
    const command = [...(await programCommand("node")), ...words, "--dir", all] as const;
    const { status, stderr } = await run(command, { directory: place, environment: { DATABASE_URL: moved.url } });
    assert.equal(status, 0, stderr);
  };
  const dump = (name: string) =>
    dumpSchema(
      pgDump ?? "",
      server,
      name,
      TABLES.map((table) => `public.${table}`),
    );
  await dbmate(full.url, all, "migrate");
  await dbmate(moved.url, half, "migrate");
  await pgstep("import", "--yes");
  await pgstep("up");
  assert.equal(await dump(moved.name), await dump(full.name));
  await pgstep("export", "--to", "dbmate", "--out", out);
  assert.equal(readdirSync(out).length, 5);
  const { status, stderr } = await run(["psql", "-qv", "ON_ERROR_STOP=1", "-f", join(out, "history.sql"), moved.url], {
    directory: place,
  });
  assert.equal(status, 0, stderr);
  assert.match(await dbmate(moved.url, out, "status"), /Applied: 4\nPending: 0/);
  for (const _ of Object.keys(FILES)) await dbmate(moved.url, out, "rollback");
  await dbmate(moved.url, out, "migrate");
  assert.equal(await dump(moved.name), await dump(full.name));
});
