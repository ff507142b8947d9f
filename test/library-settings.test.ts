import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { MigrationRunner, type MigrationRunnerOptions } from "../src/index.ts";

let place = "";
const directory = process.cwd();
const variables = { ...process.env };

before(() => {
  for (const name of Object.keys(process.env)) if (/^(PG|DATABASE_URL)/.test(name)) delete process.env[name];
  place = mkdtempSync(join(realpathSync(tmpdir()), "pgstep-library-"));
  for (const [name, count] of [
    ["sql", 1],
    ["more", 2],
  ] as const) {
    mkdirSync(join(place, name));
    for (let version = 1; version <= count; version++)
      writeFileSync(join(place, name, `${version}_a.sql`), "SELECT 1;");
  }
  writeFileSync(join(place, "pgstep.json"), '{"directory": "sql"}');
  writeFileSync(join(place, ".env"), "PGSTEP_DIR=more\n");
  process.chdir(place);
});

after(() => {
  process.chdir(directory);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, variables);
  rmSync(place, { recursive: true, force: true });
});

describe("the settings of the library", () => {
  const migrations = async (options: MigrationRunnerOptions) =>
    (await new MigrationRunner(options).validate()).migrations;

  test("come from no file unless one is named", async () => {
    process.env.PGSTEP_CONFIG = "pgstep.json";
    process.env.PGSTEP_ENV_FILE = ".env";
    await assert.rejects(migrations({}), { code: "directory-unreadable" });
    assert.equal(await migrations({ config: "pgstep.json" }), 1);
    assert.equal(await migrations({ envFile: ".env" }), 2);
    assert.equal(await migrations({ config: "pgstep.json", envFile: ".env" }), 2);
    assert.equal(await migrations({ config: "pgstep.json", envFile: ".env", directory: "sql" }), 1);
  });

  test("that are wrong reject the call", async () => {
    await assert.rejects(migrations({ config: "none.json" }), {
      code: "settings",
      message: "Cannot read none.json from the option config: there is no such file",
    });
    await assert.rejects(migrations({ directory: "" }), {
      message: "Cannot use the option directory: it is empty",
    });
  });
});
