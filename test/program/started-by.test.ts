import assert from "node:assert/strict";
import { chmodSync, cpSync, linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { before, describe, test } from "node:test";
import { buildBinary } from "../../build/binaries.ts";
import { ensureBuilt } from "../../build/ensure-built.ts";
import { findRuntime, ROOT } from "../../build/runtimes.ts";
import { temporaryPlace } from "../support/place.ts";
import { denoPermissions, type Outcome, run } from "../support/program.ts";

/*
 * pgstep in a project of its own, started in each way that people start it. The hint of a mistyped command names the right
 * one, as it is to be typed there: what the hint says is then run in a shell, and must be what was meant.
 */

const place = temporaryPlace("started");
const project = join(place, "project");
const programs = join(place, "bin");
const SCRIPTS = {
  db: "pgstep",
  migrate: "PGSTEP_ENV=test pgstep up",
  "db:test": "pgstep --env test",
  indirect: "node node_modules/pgstep/dist/pgstep.js",
};

before(async () => {
  const program = await ensureBuilt();
  const installed = join(project, "node_modules", "pgstep");
  mkdirSync(join(project, "node_modules", ".bin"), { recursive: true });
  mkdirSync(join(project, "database", "migrations"), { recursive: true });
  mkdirSync(programs);
  const { files } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { files: string[] };
  for (const file of ["package.json", ...files]) cpSync(join(ROOT, file), join(installed, file), { recursive: true });
  symlinkSync("../pgstep/dist/pgstep.js", join(project, "node_modules", ".bin", "pgstep"));
  const manifest = { name: "project", private: true, scripts: SCRIPTS };
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
  cpSync(program, join(project, "tool.js"));
  cpSync(await buildBinary(), join(project, "pgstep-linux-x64"));
  chmodSync(join(project, "pgstep-linux-x64"), 0o755);
  for (const name of ["bun", "bunx"]) symlinkSync(findRuntime("bun"), join(programs, name));
  symlinkSync(findRuntime("deno"), join(programs, "deno"));
});

function shell(line: string, environment: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const PATH = [programs, dirname(process.execPath), process.env.PATH].join(delimiter);
  const caches = { npm_config_cache: join(place, "npm"), BUN_INSTALL_CACHE_DIR: join(place, "bun") };
  const offline = { npm_config_offline: "true", npm_config_update_notifier: "false" };
  return run(["sh", "-c", line], {
    directory: project,
    environment: { ...caches, ...offline, DENO_DIR: join(place, "deno"), PATH, ...environment },
  });
}

/** The command that the hint for a mistyped one names. */
async function advised(line: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const { stderr } = await shell(line, environment);
  const command = /^help: Did you mean (.*)\?(?: The URL is .*)?$/m.exec(stderr)?.[1];
  assert.ok(command, stderr);
  return command;
}

/** A hint's command for a misspelt "validate", which must then find the settings that were typed with it. */
async function validated(line: string, expected: string, environment: Readonly<Record<string, string>> = {}) {
  const command = await advised(line, environment);
  assert.equal(command, expected);
  const { stdout, stderr, status } = await shell(command, environment);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /Checked 0 migrations/);
}

const FLAGS = "--dir 'database/migrations'";
const REPEATED = "--dir database/migrations";

describe("a hint's command works where pgstep was started", { concurrency: 2 }, () => {
  test("by npx, and by npm exec", async () => {
    await validated(`npx pgstep validte ${FLAGS}`, `npx pgstep validate ${REPEATED}`);
    await validated(`npm exec -- pgstep validte ${FLAGS}`, `npx pgstep validate ${REPEATED}`);
  });

  test("by a script of package.json that leaves the command open", async () => {
    await validated(`npm run -s db -- validte ${FLAGS}`, `npm run db -- validate ${REPEATED}`);
    // What the script gives itself is not given twice.
    await validated(`npm run -s db:test -- validte ${FLAGS}`, `npm run db:test -- validate ${REPEATED}`);
  });

  test("by a script of package.json with a command of its own", async () => {
    const { stderr } = await shell("npm run -s migrate -- 1 2");
    assert.match(stderr, /^help: For usage, run PGSTEP_ENV=test npx pgstep help up\./m);
    await validated("npm run -s indirect -- validte", "npx pgstep validate");
  });

  test("by bunx, on Node and on Bun, and by bun run", async () => {
    await validated(`bunx pgstep validte ${FLAGS}`, `bunx pgstep validate ${REPEATED}`);
    await validated("bunx --bun pgstep validte", "bunx --bun pgstep validate");
    await validated("bun run db validte", "bun run db validate");
    await validated("bun --bun run db validte", "bun --bun run db validate");
  });

  test("by deno, from a file and from a package", async () => {
    await validated("deno run -A tool.js validte", "deno run -A tool.js validate");
    const permissions = denoPermissions().join(" ");
    await validated(`deno run ${permissions} tool.js validte`, `deno run ${permissions} tool.js validate`);
    await validated("deno run -A npm:pgstep validte", "deno run -A npm:pgstep validate");
  });

  test("by a path", async () => {
    await validated("node tool.js validte", "node tool.js validate");
    await validated("node --no-warnings ./tool.js validte", "node --no-warnings tool.js validate");
    await validated("bun tool.js validte", "bun tool.js validate");
    await validated("node_modules/.bin/pgstep validte", "node_modules/.bin/pgstep validate");
    await validated("./pgstep-linux-x64 validte", "./pgstep-linux-x64 validate");
    const elsewhere = join(place, "my tools", "migrator");
    mkdirSync(dirname(elsewhere));
    linkSync(join(project, "pgstep-linux-x64"), elsewhere);
    await validated(`'${elsewhere}' validte`, `'${elsewhere}' validate`);
  });

  test("by its name on PATH", async () => {
    const global = join(place, "global");
    mkdirSync(global);
    const PATH = [global, programs, dirname(process.execPath), process.env.PATH].join(delimiter);
    symlinkSync(join(project, "tool.js"), join(global, "pgstep"));
    await validated("pgstep validte", "pgstep validate", { PATH });
    rmSync(join(global, "pgstep"));
    cpSync(join(project, "pgstep-linux-x64"), join(global, "pgstep"));
    await validated("pgstep validte", "pgstep validate", { PATH });
    rmSync(join(global, "pgstep"));
    const installed = await shell(
      `deno install --global --root '${place}/deno-root' --name pgstep -A '${project}/tool.js'`,
    );
    assert.equal(installed.status, 0, installed.stderr);
    const withDeno = [join(place, "deno-root", "bin"), PATH].join(delimiter);
    await validated("pgstep validte", "pgstep validate", { PATH: withDeno });
  });
});

describe("a .env file that nobody named", { concurrency: 2 }, () => {
  before(() => {
    mkdirSync(join(project, "with-env"));
    writeFileSync(join(project, "with-env", ".env"), "DATABASE_URL=pglite:memory\n");
  });

  const starts = {
    "node ../tool.js": "--dotenv .env",
    "bun ../tool.js": "--env-file .env",
    "deno run -A ../tool.js": "--env-file .env",
    "../pgstep-linux-x64": "--env-file .env",
  };
  for (const [start, flag] of Object.entries(starts)) {
    test(`is told of with the flag that reads it: ${start}`, async () => {
      const { stderr, status } = await shell(`cd with-env && ${start} status`);
      assert.equal(status, 2);
      assert.ok(stderr.includes(`To read the .env file here, add ${flag}. Or name a server`), stderr);
      const { stdout } = await shell(`cd with-env && ${start} config ${flag}`);
      assert.match(stdout, /^url +pglite:memory +DATABASE_URL in \.env:1$/m);
      const missing = await shell(`cd with-env && ${start} config ${flag.replace(".env", "nowhere")}`);
      assert.match(missing.stderr, /Cannot read nowhere from --env-file: there is no such file/);
    });
  }
});

describe("a hint's command with a URL", () => {
  test("has no password, and takes it from PGPASSWORD", async () => {
    const url = "postgres://me:geheim@127.0.0.1:1/app?sslmode=disable";
    const { stderr } = await shell(`npx pgstep statsu --url '${url}'`);
    assert.doesNotMatch(stderr, /geheim/);
    assert.match(stderr, /PGPASSWORD/);
    const command = await advised(`npx pgstep statsu --url '${url}'`);
    assert.equal(command, "npx pgstep status --url 'postgres://me@127.0.0.1:1/app?sslmode=disable'");
    // It reads the same server's name, port, database and user.
    const { stdout } = await shell(command.replace("status", "config"), { PGPASSWORD: "geheim" });
    assert.match(stdout, /user +me\b/);
    assert.match(stdout, /port +1\b/);
    assert.match(stdout, /password +\*+ +PGPASSWORD/);
  });

  test("is in the hint of JSON too", async () => {
    const { stdout } = await shell("npx pgstep statsu --json --env test");
    const { hint } = JSON.parse(stdout) as { hint?: string };
    assert.equal(hint, "Did you mean npx pgstep status --env test?");
  });
});
