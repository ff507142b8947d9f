import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, describe, test } from "node:test";
import { readSettings } from "../../src/adapters/setting-files.ts";
import { loadedNames } from "../../src/adapters/variables-of-bun.ts";

let place = "";
const before = process.cwd();

beforeEach(() => {
  place = mkdtempSync(join(realpathSync(tmpdir()), "pgstep-settings-"));
  mkdirSync(join(place, "a", "b"), { recursive: true });
  process.chdir(join(place, "a", "b"));
});

afterEach(() => {
  process.chdir(before);
  rmSync(place, { recursive: true, force: true });
});

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  writeFileSync(join(place, path), content);
}

function read(flags: Record<string, string> = {}, environment: Record<string, string> = {}, searching = true) {
  const { values, projectFile, faults } = readSettings(
    { flags: new Map(Object.entries(flags)), environment },
    { searching },
  );
  return { ...values, projectFile, faults: faults.map(({ message }) => message) };
}

describe("the project file", () => {
  test("is the nearest one upward, a package.json only with the key", () => {
    write("pgstep.json", '{"table": "outer", "directory": "sql"}');
    assert.deepEqual([read().table, read().directory, read().projectFile], ["outer", "../../sql", "../../pgstep.json"]);
    write("a/package.json", '{"name": "pgstep"}');
    assert.equal(read().table, "outer");
    write("a/package.json", '{"pgstep": {"table": "package"}}');
    assert.deepEqual([read().table, read().projectFile], ["package", "../package.json"]);
    write("a/b/pgstep.json", '\ufeff{"table": "inner"}');
    assert.deepEqual(
      [read().table, read().directory, read().projectFile],
      ["inner", "database/migrations", "pgstep.json"],
    );
    assert.equal(read({}, {}, false).projectFile, undefined);
  });

  test("may be named, from the working directory", () => {
    write("pgstep.json", '{"table": "outer"}');
    write("other/ci.json", '{"table": "named", "logFile": "x.log"}');
    assert.deepEqual(read({ config: "../../other/ci.json" }).table, "named");
    assert.equal(read({ config: "../../other/ci.json" }).logFile, "../../other/x.log");
    assert.equal(read({ config: "../../other/ci.json" }).directory, "../../other/database/migrations");
    assert.equal(read({}, { PGSTEP_CONFIG: "../../other/ci.json" }).table, "named");
    assert.equal(read({ config: join(place, "other/ci.json") }, {}, false).table, "named");
    write("other/package.json", "{}");
    assert.deepEqual(read({ config: "../../other/package.json" }).faults, [
      'Cannot use ../../other/package.json: it has no key "pgstep"',
    ]);
  });

  test("that cannot be had or is not the only one is a fault", () => {
    assert.deepEqual(read({ config: "none.json" }).faults, [
      "Cannot read none.json from --config: there is no such file",
    ]);
    assert.deepEqual(read({}, { PGSTEP_CONFIG: ".." }).faults, [
      "Cannot read .. from PGSTEP_CONFIG: it is a directory",
    ]);
    write("pgstep.json", "{}");
    write("package.json", '{"pgstep": {}}');
    assert.deepEqual(read().faults, [
      'Cannot choose between ../../pgstep.json and the key "pgstep" of ../../package.json',
    ]);
    write("a/pgstep.json", new Uint8Array([0x7b, 0x0a, 0xff, 0x7d]));
    assert.deepEqual(read().faults, ["Cannot read ../pgstep.json: it is not UTF-8 at line 2"]);
  });

  test("of that name may be a directory, which is passed over", () => {
    write("pgstep.json", '{"table": "outer"}');
    mkdirSync(join(place, "a", "pgstep.json"));
    assert.deepEqual([read().table, read().faults], ["outer", []]);
  });
});

describe("the env-file", () => {
  test("is read when it is named, and only then", () => {
    write("a/b/.env", "PGSTEP_TABLE=t\nPGSTEP_ENV=test\n");
    assert.equal(read().table, "schema_migrations");
    assert.equal(read({ "env-file": ".env" }).table, "t");
    assert.equal(read({}, { PGSTEP_ENV_FILE: ".env" }).table, "t");
    write("pgstep.json", '{"environments": {"test": {"schema": "of test"}}}');
    assert.equal(read({ "env-file": ".env" }).schema, "of test");
    assert.deepEqual(read({ "env-file": ".env.none" }).faults, [
      "Cannot read .env.none from --env-file: there is no such file",
    ]);
  });
});

describe("variables that Bun loaded", () => {
  test("are those with the value that a file gives them, as far as it can be told", () => {
    const files = ['A=1\nB="two"\nC=$A', "D=4\nA=5"];
    assert.deepEqual(loadedNames({ A: "5", B: "two", C: "1", D: "own", E: "6" }, files).sort(), ["A", "B", "C"]);
    assert.deepEqual(loadedNames({ A: "1" }, []), []);
  });
});
