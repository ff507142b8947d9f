import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  lchownSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, describe, test } from "node:test";
import { loadedNames } from "../../../src/adapters/process/variables-of-bun.ts";
import { readSettings } from "../../../src/adapters/setting-files/read-settings.ts";
import { temporaryPlace } from "../../support/place.ts";

let place = "";
const before = process.cwd();

beforeEach(() => {
  place = temporaryPlace("settings");
  mkdirSync(join(place, "a", "b"), { recursive: true });
  process.chdir(join(place, "a", "b"));
});

afterEach(() => {
  process.chdir(before);
});

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  writeFileSync(join(place, path), content);
}

function read(flags: Record<string, string> = {}, environment: Record<string, string> = {}, searching = true) {
  const { values, projectFile, isProjectFileAbove, problems, warnings } = readSettings(
    { flags: new Map(Object.entries(flags)), environment },
    { searching },
  );
  return { ...values, projectFile, isProjectFileAbove, problems: problems.map(({ message }) => message), warnings };
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
    assert.deepEqual(read({ config: "../../other/package.json" }).problems, [
      'Cannot use ../../other/package.json: it has no key "pgstep"',
    ]);
  });

  test("that cannot be had or is not the only one is a problem", () => {
    assert.deepEqual(read({ config: "none.json" }).problems, [
      "Cannot read none.json from --config: there is no such file",
    ]);
    assert.deepEqual(read({}, { PGSTEP_CONFIG: ".." }).problems, [
      "Cannot read .. from PGSTEP_CONFIG: it is a directory",
    ]);
    write("pgstep.json", "{}");
    write("package.json", '{"pgstep": {}}');
    assert.deepEqual(read().problems, [
      'Cannot choose between ../../pgstep.json and the key "pgstep" of ../../package.json',
    ]);
    write("a/pgstep.json", new Uint8Array([0x7b, 0x0a, 0xff, 0x7d]));
    assert.deepEqual(read().problems, ["Cannot read ../pgstep.json: it is not UTF-8 at line 2"]);
  });

  test("of that name may be a directory, which is passed over", () => {
    write("pgstep.json", '{"table": "outer"}');
    mkdirSync(join(place, "a", "pgstep.json"));
    assert.deepEqual([read().table, read().problems], ["outer", []]);
  });
});

/** Files of others, which only root can make. */
const AS_ROOT = { skip: process.getuid?.() !== 0 && "only root can give files away" };
const NOBODY = 65_534;

describe("the search for a project file", () => {
  const found = () => {
    const { table, projectFile, warnings } = read();
    return [table, projectFile, warnings.map(({ message, hint }) => `${message} | ${hint}`)];
  };
  const ignored = (path: string, whose = "whose owner is nobody (65534)") =>
    `ignored ${path}, ${whose} | If you trust that file, name it: --config ${path}.`;
  const NONE = ["schema_migrations", undefined];

  test("ends at the root of the repository, which is still searched", () => {
    write("pgstep.json", '{"table": "outer"}');
    write("a/.git/HEAD", "");
    assert.deepEqual(found(), [...NONE, []]);
    write("a/pgstep.json", '{"table": "root"}');
    assert.deepEqual(found(), ["root", "../pgstep.json", []]);
    rmSync(join(place, "a", ".git"), { recursive: true });
    rmSync(join(place, "a", "pgstep.json"));
    assert.equal(found()[0], "outer");
    // A submodule and a second worktree have a file of that name.
    write("a/b/.git", "gitdir: elsewhere");
    assert.deepEqual(found(), [...NONE, []]);
  });

  test("tells whether the file is above the working directory", () => {
    write("pgstep.json", "{}");
    assert.equal(read().isProjectFileAbove, true);
    assert.equal(read({ config: "../../pgstep.json" }).isProjectFileAbove, false);
    write("a/b/pgstep.json", "{}");
    assert.equal(read().isProjectFileAbove, false);
  });

  test("passes over another user's file above, and names the file and its owner", AS_ROOT, () => {
    write("pgstep.json", '{"table": "outer"}');
    write("a/pgstep.json", '{"table": "strange"}');
    chownSync(join(place, "a", "pgstep.json"), NOBODY, NOBODY);
    assert.deepEqual(found(), ["outer", "../../pgstep.json", [ignored("../pgstep.json")]]);
    assert.equal(read({ config: "../pgstep.json" }).table, "strange");
    chownSync(join(place, "a", "pgstep.json"), 12_345, 12_345);
    assert.deepEqual(found()[2], [ignored("../pgstep.json", "whose owner is user 12345")]);
    rmSync(join(place, "a", "pgstep.json"));
    // What does not concern pgstep is not spoken of.
    write("a/package.json", '{"name": "x"}');
    chownSync(join(place, "a", "package.json"), NOBODY, NOBODY);
    assert.deepEqual(found()[2], []);
    write("a/package.json", '{"pgstep": {"table": "strange"}, this is not even JSON');
    assert.deepEqual(found(), ["outer", "../../pgstep.json", [ignored("../package.json")]]);
  });

  test(
    "passes over a file in another user's directory, behind another's link, or linked from elsewhere",
    AS_ROOT,
    () => {
      write("a/pgstep.json", '{"table": "mine"}');
      chownSync(join(place, "a"), NOBODY, NOBODY);
      assert.deepEqual(found(), [...NONE, [ignored("../pgstep.json")]]);
      chownSync(join(place, "a"), 0, 0);
      assert.equal(found()[0], "mine");
      renameSync(join(place, "a", "pgstep.json"), join(place, "a", "other.json"));
      symlinkSync("other.json", join(place, "a", "pgstep.json"));
      assert.equal(found()[0], "mine");
      lchownSync(join(place, "a", "pgstep.json"), NOBODY, NOBODY);
      assert.deepEqual(found(), [...NONE, [ignored("../pgstep.json")]]);
      lchownSync(join(place, "a", "pgstep.json"), 0, 0);
      chownSync(join(place, "a", "other.json"), NOBODY, NOBODY);
      assert.deepEqual(found(), [...NONE, [ignored("../pgstep.json")]]);
      rmSync(join(place, "a", "pgstep.json"));
      chownSync(join(place, "a", "other.json"), 0, 0);
      linkSync(join(place, "a", "other.json"), join(place, "a", "pgstep.json"));
      assert.equal(found()[0], "mine");
      chmodSync(join(place, "a"), 0o1777);
      assert.deepEqual(found(), [...NONE, [ignored("../pgstep.json", "which anybody could have linked there")]]);
    },
  );

  test("takes the working directory's own file, whoever owns it, unless all users share the directory", AS_ROOT, () => {
    write("a/b/pgstep.json", '{"table": "own"}');
    chownSync(join(place, "a", "b", "pgstep.json"), NOBODY, NOBODY);
    chownSync(join(place, "a", "b"), NOBODY, NOBODY);
    assert.deepEqual(found(), ["own", "pgstep.json", []]);
    chownSync(join(place, "a", "b"), 0, 0);
    chmodSync(join(place, "a", "b"), 0o1777);
    assert.deepEqual(found(), [...NONE, [ignored("pgstep.json")]]);
  });

  test("counts the files of who has typed sudo as root's own", AS_ROOT, () => {
    write("a/pgstep.json", '{"table": "mine"}');
    chownSync(join(place, "a", "pgstep.json"), NOBODY, NOBODY);
    const { SUDO_UID } = process.env;
    try {
      process.env.SUDO_UID = String(NOBODY);
      assert.equal(found()[0], "mine");
      process.env.SUDO_UID = "12345";
      assert.equal(found()[0], "schema_migrations");
    } finally {
      if (SUDO_UID === undefined) delete process.env.SUDO_UID;
      else process.env.SUDO_UID = SUDO_UID;
    }
  });
});

describe("the env-file", () => {
  test("may refer to variables of the user's own, which then cause no warning", () => {
    write("a/b/.env", `PGSTEP_DRI=sql\nDATABASE_URL="postgres://\${PGSTEP_OWN}@db/app"\n`);
    const { warnings } = read({ "env-file": ".env" }, { PGSTEP_OWN: "me", PGSTEP_OTHER: "x" });
    assert.deepEqual(
      warnings.map(({ rule, message, place }) => [rule, message, place?.line]),
      [
        ["unknown-variable", "PGSTEP_OTHER is not a variable of pgstep", undefined],
        ["unknown-variable", "PGSTEP_DRI is not a variable of pgstep", 1],
      ],
    );
  });

  test("is read when it is named, and only then", () => {
    write("a/b/.env", "PGSTEP_TABLE=t\nPGSTEP_ENV=test\n");
    assert.equal(read().table, "schema_migrations");
    assert.equal(read({ "env-file": ".env" }).table, "t");
    assert.equal(read({}, { PGSTEP_ENV_FILE: ".env" }).table, "t");
    write("pgstep.json", '{"environments": {"test": {"schema": "of test"}}}');
    assert.equal(read({ "env-file": ".env" }).schema, "of test");
    assert.deepEqual(read({ "env-file": ".env.none" }).problems, [
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
