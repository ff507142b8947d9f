import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { FileServer } from "../../build/release/serve.ts";
import { findRuntime } from "../../build/runtimes.ts";
import { temporaryPlace } from "../support/place.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { denoPermissions, type Outcome, run } from "../support/program.ts";
import { serveRegistry } from "./support/registry.ts";
import { RELEASE, readManifest } from "./support/released.ts";

const place = temporaryPlace("package");
const { version, commit, files } = readManifest();
const tarball = join(RELEASE, files.find(({ kind }) => kind === "npm package")?.name ?? "");
let server: PostgresServer;

before(async () => {
  server = await startPostgres({ major: 15 });
  // What Bun's own installer makes of its one executable.
  mkdirSync(join(place, "bin"));
  for (const name of ["bun", "bunx"]) symlinkSync(findRuntime("bun"), join(place, "bin", name));
  symlinkSync(findRuntime("deno"), join(place, "bin", "deno"));
});
after(async () => {
  await server.stop("immediate");
});

/** An empty folder with migrations. */
function folder(): string {
  const directory = mkdtempSync(join(place, "in-"));
  const migrations = join(directory, "database", "migrations");
  mkdirSync(migrations, { recursive: true });
  writeFileSync(join(migrations, "001_first.sql"), "CREATE TABLE first (id int PRIMARY KEY);\n");
  writeFileSync(join(migrations, "002_second.sql"), "CREATE INDEX CONCURRENTLY second ON first ((id + 1));\n");
  return directory;
}

type Command = readonly [string, ...string[]];

/** What says where packages come from; there is nowhere but while there is a registry. */
let source: Readonly<Record<string, string>> = { npm_config_offline: "true" };

function start(command: Command, directory: string, url = ""): Promise<Outcome> {
  const PATH = `${join(place, "bin")}:${dirname(process.execPath)}:${process.env.PATH}`;
  const caches = { npm_config_cache: join(place, "npm"), BUN_INSTALL_CACHE_DIR: join(place, "bun") };
  const environment = { PATH, DATABASE_URL: url, ...caches, DENO_DIR: join(place, "deno"), ...source };
  return run(command, { directory, environment, timeoutMs: 120_000 });
}

async function migrates(command: Command, directory: string, runtime: string): Promise<void> {
  const told = await start([...command, "--version", "--json"], directory);
  const { runtime: running, ...rest } = JSON.parse(told.stdout || `{"failed":${JSON.stringify(told.stderr)}}`);
  assert.deepEqual(rest, { type: "version", format: 1, version, commit, target: null });
  assert.ok(running.startsWith(`${runtime} `), running);
  const { url } = await server.createDatabase();
  for (const database of [url, "pglite:data"]) {
    const up = await start([...command, "up"], directory, database);
    assert.equal(up.status, 0, up.stderr);
    assert.match(up.stdout, /Applied 2 migrations/);
    assert.equal((await start([...command, "status", "--exit-code"], directory, database)).status, 0);
  }
}

/** In a project of its own; what is installed is this one package. */
async function install(installer: Command, directory: string): Promise<string> {
  const dependencies = { pgstep: `file:${tarball}` };
  writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "consumer", type: "module", dependencies }));
  const { status, stderr } = await start(installer, directory);
  assert.equal(status, 0, stderr);
  const installed = join(directory, "node_modules", "pgstep");
  assert.equal(JSON.parse(readFileSync(join(installed, "package.json"), "utf8")).dependencies, undefined);
  return join(installed, "dist", "pgstep.js");
}

describe("the npm package, installed into an empty folder", () => {
  test("by npm, runs on Node by its name in node_modules/.bin", async () => {
    const directory = folder();
    await install(["npm", "install", "--no-audit", "--no-fund"], directory);
    await migrates([join(directory, "node_modules", ".bin", "pgstep")], directory, "node");
  });

  test("by Bun, runs on Bun", async () => {
    const directory = folder();
    const program = await install(["bun", "install"], directory);
    await migrates(["bun", program], directory, "bun");
  });

  test("by npm, runs on Deno with the documented permissions", async () => {
    const directory = folder();
    const program = await install(["npm", "install", "--no-audit", "--no-fund"], directory);
    await migrates(["deno", "run", ...denoPermissions(), program], directory, "deno");
  });

  test("is installed as a command by deno install", async () => {
    const directory = folder();
    const program = await install(["npm", "install", "--no-audit", "--no-fund"], directory);
    const root = join(directory, "deno-root");
    const words = ["install", "--global", "--root", root, "--name", "pgstep", ...denoPermissions(), program];
    const { status, stderr } = await start(["deno", ...words], directory);
    assert.equal(status, 0, stderr);
    await migrates([join(root, "bin", "pgstep")], directory, "deno");
  });

  test("is a library", async () => {
    const directory = folder();
    await install(["npm", "install", "--no-audit", "--no-fund"], directory);
    const script = `import { MigrationRunner } from "pgstep";
      await new MigrationRunner({ url: "pglite:data" }).runMigrations();
      console.log((await new MigrationRunner({ url: "pglite:data" }).getStatus()).applied);`;
    writeFileSync(join(directory, "app.js"), script);
    const { status, stdout, stderr } = await start(["node", "app.js"], directory);
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "2\n", stderr: "" });
  });
});

describe("the npm package, without being installed", () => {
  test("is run by npx", async () => {
    await migrates(["npx", "--yes", "--package", tarball, "--", "pgstep"], folder(), "node");
  });

  test("is run by bunx, on Node or on Bun", async () => {
    await migrates(["bunx", "--package", tarball, "pgstep"], folder(), "node");
    await migrates(["bunx", "--bun", "--package", tarball, "pgstep"], folder(), "bun");
  });
});

describe("the npm package, published", () => {
  let registry: FileServer;
  before(async () => {
    registry = await serveRegistry(tarball);
    source = { npm_config_registry: registry.url, NPM_CONFIG_REGISTRY: registry.url };
  });
  after(() => registry.close());

  test("is run by deno run, with the documented permissions", async () => {
    await migrates(["deno", "run", ...denoPermissions(), `npm:pgstep@${version}`], folder(), "deno");
  });

  test("is installed as a command by deno install", async () => {
    const directory = folder();
    const root = join(directory, "deno-root");
    const words = ["install", "--global", "--root", root, ...denoPermissions(), "npm:pgstep"];
    const { status, stderr } = await start(["deno", ...words], directory);
    assert.equal(status, 0, stderr);
    await migrates([join(root, "bin", "pgstep")], directory, "deno");
  });

  test("is run by npx and bunx", async () => {
    await migrates(["npx", "--yes", "pgstep"], folder(), "node");
    await migrates(["bunx", "--bun", "pgstep"], folder(), "bun");
  });
});
