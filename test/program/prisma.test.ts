import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { ROOT } from "../../build/runtimes.ts";
import { dumpSchema, findPgDump } from "../support/pg-dump.ts";
import { temporaryPlace, writeFiles } from "../support/place.ts";
import { sharedServer } from "../support/postgres-server.ts";
import { programCommand, run } from "../support/program.ts";

/*
 * Prisma's own engine as a peer, which npm has as WebAssembly: it applies half of the migrations, pgstep imports that and
 * applies the rest.
 */

interface Migration {
  readonly path: string;
  readonly migrationFile: { readonly path: string; readonly content: { readonly tag: "ok"; readonly value: string } };
}

interface Engine {
  applyMigrations(input: unknown): Promise<{ readonly appliedMigrationNames: readonly string[] }>;
  markMigrationRolledBack(input: { readonly migrationName: string }): Promise<unknown>;
}

interface EngineModule {
  readonly SchemaEngine: { new: (options: unknown, log: () => void, adapter: unknown) => Promise<Engine> };
  __wbg_set_wasm(exports: unknown): void;
}

/** Names that the types of Node lack. */
declare const WebAssembly: {
  instantiate(
    bytes: Uint8Array,
    imports: object,
  ): Promise<{ readonly instance: { readonly exports: Readonly<Record<string, () => void>> } }>;
};

const ENGINE = join(ROOT, "node_modules", "@prisma", "schema-engine-wasm");

/** The engine of `prisma migrate deploy`. */
async function loadEngine(): Promise<EngineModule> {
  const engine = (await import(pathToFileURL(join(ENGINE, "schema_engine_bg.js")).href)) as EngineModule;
  const imports = { "./schema_engine_bg.js": engine };
  const { instance } = await WebAssembly.instantiate(readFileSync(join(ENGINE, "schema_engine_bg.wasm")), imports);
  engine.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start?.();
  return engine;
}

const loaded = loadEngine();

async function engineOn(url: string): Promise<Engine> {
  const { PrismaPg } = await import("@prisma/adapter-pg");
  const { bindMigrationAwareSqlAdapterFactory } = await import("@prisma/driver-adapter-utils");
  const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPg({ connectionString: url, idleTimeoutMillis: 10 }));
  return await (await loaded).SchemaEngine.new({ datamodels: [["schema.prisma", DATAMODEL]] }, () => {}, adapter);
}

const DATAMODEL = 'datasource db { provider = "postgresql" }';
const LOCK = 'provider = "postgresql"\n';

/** Two with the same time, and one with the line ends of another system. */
const FILES: Readonly<Record<string, string>> = {
  "20250101000000_users": 'CREATE TABLE "User" ("id" SERIAL PRIMARY KEY, "name" TEXT NOT NULL);\n',
  "20250101000000_v": 'CREATE VIEW v AS SELECT "name" FROM "User";\r\n',
  "20250102000000_posts": 'CREATE TABLE "Post" ("id" SERIAL PRIMARY KEY);\n',
};
const NAMES = Object.keys(FILES);

async function deploy(url: string, names: readonly string[]) {
  const migrationDirectories = names.map((path): Migration => {
    return {
      path,
      migrationFile: { path: "migration.sql", content: { tag: "ok", value: FILES[path] ?? "SELECT 1/0;" } },
    };
  });
  const lockfile = { path: "migration_lock.toml", content: LOCK };
  const migrationsList = { baseDir: "/migrations", lockfile, shadowDbInitScript: "", migrationDirectories };
  const engine = await engineOn(url);
  return await engine.applyMigrations({ migrationsList, filters: { externalTables: [], externalEnums: [] } });
}

const pgDump = findPgDump(15);

test("Prisma's history is imported, unless a migration failed", { timeout: 120_000 }, async () => {
  const place = temporaryPlace("prisma");
  const directory = join(place, "prisma", "migrations");
  writeFiles(directory, { "migration_lock.toml": LOCK });
  for (const [name, text] of Object.entries(FILES)) writeFiles(join(directory, name), { "migration.sql": text });
  const server = await sharedServer(15);
  const database = () => server.createDatabase();
  const [full, moved, both, failed] = [await database(), await database(), await database(), await database()];
  const pgstep = async (url: string, ...words: string[]) => {
    const command = [...(await programCommand("node")), ...words, "--dir", directory] as const;
    return await run(command, { directory: place, environment: { DATABASE_URL: url } });
  };
  await deploy(full.url, NAMES);
  await deploy(moved.url, NAMES.slice(0, 2));
  const imported = await pgstep(moved.url, "import", "--yes");
  assert.equal(imported.status, 0, imported.stderr);
  const up = await pgstep(moved.url, "up");
  assert.equal(up.status, 0, up.stderr);
  assert.match(up.stdout, /Applied 1 migration /);
  if (pgDump !== undefined) {
    const tables = ["_prisma_migrations", "schema_migrations", "schema_migrations_steps"];
    const dump = (name: string) =>
      dumpSchema(
        pgDump,
        server,
        name,
        tables.map((table) => `public.${table}`),
      );
    assert.equal(await dump(moved.name), await dump(full.name));
  }

  await deploy(both.url, NAMES.slice(0, 2));
  assert.equal((await pgstep(both.url, "import", "--yes")).status, 0);
  await deploy(both.url, NAMES);
  const warned = await pgstep(both.url, "up", "--dry-run");
  assert.match(warned.stderr, /Prisma has applied migrations since pgstep imported its history: 20250102000000_posts/);

  await assert.rejects(deploy(failed.url, [...NAMES.slice(0, 2), "20250103000000_bad"]));
  writeFiles(join(directory, "20250103000000_bad"), { "migration.sql": "SELECT 1/0;" });
  const refused = await pgstep(failed.url, "import", "--yes");
  assert.equal(refused.status, 3, refused.stdout);
  assert.match(refused.stderr, /20250103000000_bad was started and did not finish/);
  await (await engineOn(failed.url)).markMigrationRolledBack({ migrationName: "20250103000000_bad" });
  const resolved = await pgstep(failed.url, "import", "--yes");
  assert.match(resolved.stdout, /Recorded 2 migrations of Prisma as applied .*; 2 pending/);
});
