import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { Settings } from "../../../src/core/configuration/settings.ts";
import { seed } from "../../../src/engine/seed/seed.ts";
import {
  databaseSetting,
  embeddedWorld,
  failureOf,
  outcomes,
  type ServerWorld,
  succeeded,
  type World,
  world,
} from "../support.ts";

const SMUGGLED = "COMMIT; CREATE TABLE smuggled ();";
/** One statement where a backslash is a character; where it is an escape, the first string ends later, and what was in the second is run. */
const ONE_WHERE_ON = `SELECT '\\', '; ${SMUGGLED} --';\n`;
/** One statement where a backslash is an escape; where it is a character, the string ends behind it. */
const ONE_WHERE_OFF = `SELECT '\\'; ${SMUGGLED} --';\n`;

/** Ways to turn the setting off that no statement at the top level tells of. */
const HIDDEN_WAYS: Readonly<Record<string, string>> = {
  "set_config in DO": "DO $$ BEGIN PERFORM pg_catalog.set_config('standard_conforming_strings', 'off', false); END $$;",
  "SET in DO": "DO $$ BEGIN SET standard_conforming_strings = off; END $$;",
  "a function":
    "CREATE FUNCTION turn() RETURNS text LANGUAGE sql AS $$ SELECT set_config('standard_conforming_strings', 'off', false) $$;\nSELECT turn();",
  EXECUTE: "PREPARE turn AS SELECT set_config('standard_conforming_strings', 'off', false);\nEXECUTE turn;",
  VALUES: "VALUES (set_config('standard_conforming_strings', 'off', false));",
  "INSERT ... SELECT":
    "CREATE TABLE t (v text);\nINSERT INTO t SELECT set_config('standard_conforming_strings', 'off', false);",
  "UPDATE pg_settings": "UPDATE pg_settings SET setting = 'off' WHERE name = 'standard_conforming_strings';",
  "SET of a name with escapes": 'SET U&"standard\\005fconforming\\005fstrings" = off;',
  "ROLLBACK TO SAVEPOINT":
    "SET standard_conforming_strings = off;\nSAVEPOINT a;\nSET standard_conforming_strings = on;\nROLLBACK TO SAVEPOINT a;",
  "a set_config that is not the first of its SELECT":
    "SELECT 1, set_config('standard_conforming_strings', 'off', false);",
};

const subjects: Record<string, (files: Record<string, string>) => Promise<World>> = {
  "PostgreSQL 18": (files) => world(files),
  "PostgreSQL 15": (files) => world(files, { major: 15 }),
  PGlite: (files) => embeddedWorld(files),
};

function refusedForReading(report: Awaited<ReturnType<World["up"]>>): string[] {
  const failure = failureOf(report, "statement-failed");
  assert.match(failure.message, /standard_conforming_strings is o(ff|n) on the server here/);
  assert.ok(failure.place?.line, "no line is told");
  return outcomes(report);
}

for (const [name, make] of Object.entries(subjects)) {
  describe(`standard_conforming_strings changed where the text does not tell, on ${name}`, () => {
    for (const [way, sql] of Object.entries(HIDDEN_WAYS)) {
      test(`by ${way}: the statement is not run, and the migration is rolled back`, async () => {
        const here = await make({
          "001_one.sql": "CREATE TABLE one ();",
          "002_two.sql": `CREATE TABLE two ();\n${sql}\n${ONE_WHERE_ON}`,
          "003_three.sql": "CREATE TABLE three ();",
        });
        assert.deepEqual(refusedForReading(await here.up()), ["001 applied", "002 failed", "003 not-run"]);
        assert.deepEqual(await here.tables(), ["one"]);
        assert.deepEqual(await here.history(), ["001"]);
      });
    }

    test("in a single transaction: nothing is applied", async () => {
      const here = await make({
        "001_one.sql": "CREATE TABLE one ();",
        "002_two.sql": `${HIDDEN_WAYS["set_config in DO"]}\n${ONE_WHERE_ON}`,
      });
      const report = await here.up({}, { singleTransaction: true });
      assert.deepEqual(refusedForReading(report), ["001 rolled-back", "002 failed"]);
      assert.deepEqual(await here.tables(), []);
    });

    for (const [what, text] of Object.entries({
      "by a function": `-- Transaction: none\n${HIDDEN_WAYS["set_config in DO"]}\n${ONE_WHERE_ON}`,
      "by a SET LOCAL, which ends with its statement": `-- Transaction: none\nSET LOCAL standard_conforming_strings = off;\n${ONE_WHERE_OFF}`,
    })) {
      test(`statement by statement, ${what}: the run stops before the statement`, async () => {
        const here = await make({ "001_one.sql": text });
        assert.deepEqual(refusedForReading(await here.up()), ["001 failed"]);
        assert.deepEqual(await here.tables(), []);
      });
    }

    test("a change that the text tells is followed, whatever way it is read then", async () => {
      const here = await make({
        "001_one.sql": `SET standard_conforming_strings = off;\nCREATE TABLE one AS SELECT 'a\\'b\\n' AS v;\nSET standard_conforming_strings = on;\nINSERT INTO one VALUES ('\\');`,
        "002_two.sql": `DO $$ BEGIN PERFORM set_config('standard_conforming_strings', 'on', true); END $$;\nINSERT INTO one VALUES ('c:\\dir\\');`,
        "003_three.sql": `-- Transaction: none\nINSERT INTO one VALUES ('d\\');\nSET standard_conforming_strings = off;\nINSERT INTO one VALUES ('e\\'');`,
      });
      succeeded(await here.up());
      const rows = await here.rows('SELECT v FROM one ORDER BY v COLLATE "C"');
      assert.deepEqual(
        rows.map(({ v }) => v),
        ["\\", "a'b\n", "c:\\dir\\", "d\\", "e'"],
      );
    });
  });
}

test("a setting that a trigger changes is found before the migration commits", async () => {
  const here = await world({
    "001_one.sql": `CREATE TABLE one (v text);
CREATE FUNCTION turn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('standard_conforming_strings', 'off', false); RETURN NEW; END $$;
CREATE TRIGGER turns BEFORE INSERT ON one FOR EACH ROW EXECUTE FUNCTION turn();`,
    "002_two.sql": "INSERT INTO one VALUES ('a\\b');\nINSERT INTO one VALUES ('c\\nd');",
  });
  const report = await here.up();
  assert.deepEqual(refusedForReading(report), ["001 applied", "002 failed"]);
  assert.equal(await here.value("SELECT count(*)::int FROM one"), 0);
});

test("a server whose default is off reads every migration so", async () => {
  const here = await world(
    {
      "001_one.sql": "CREATE TABLE one AS SELECT 'a\\'b' AS v;",
      "002_two.sql": "INSERT INTO one VALUES ('c\\'; --');",
    },
    { before: databaseSetting("standard_conforming_strings", "off") },
  );
  succeeded(await here.up());
  assert.deepEqual(
    (await here.rows("SELECT v FROM one ORDER BY v")).map(({ v }) => v),
    ["a'b", "c'; --"],
  );
});

describe("files beside the migrations that change standard_conforming_strings where the text does not tell", () => {
  const TEXT = `${HIDDEN_WAYS["set_config in DO"]}\nCREATE TABLE made ();\n${ONE_WHERE_ON}`;

  /** A world with a directory of such files beside the migrations. */
  async function beside(name: string, setting: (directory: string) => Partial<Settings>): Promise<ServerWorld> {
    const here = await world({ "001_one.sql": "CREATE TABLE one ();" });
    const directory = `${here.directory}/beside`;
    mkdirSync(directory);
    writeFileSync(`${directory}/${name}`, TEXT);
    return here.beside(setting(directory));
  }

  test("a hook is rolled back", async () => {
    const here = await beside("after-up.sql", (hooksDirectory) => ({ hooksDirectory }));
    const failure = failureOf(await here.up(), "hook-failed");
    assert.match(failure.message, /^Cannot run the hook \S+after-up\.sql: standard_conforming_strings is off/);
    assert.deepEqual(await here.tables(), ["one"]);
  });

  test("a repeatable object is rolled back", async () => {
    const here = await beside("view.sql", (repeatableDirectory) => ({ repeatableDirectory }));
    const failure = failureOf(await here.up(), "statement-failed");
    assert.match(failure.message, /standard_conforming_strings is off on the server here/);
    assert.deepEqual(await here.tables(), ["one"]);
  });

  test("a seed is rolled back", async () => {
    const here = await beside("a.sql", (seedsDirectory) => ({ seedsDirectory }));
    succeeded(await here.up());
    const { failure } = await seed(here.context, {});
    assert.match(failure?.message ?? "", /standard_conforming_strings is off on the server here/);
    assert.deepEqual(await here.tables(), ["one"]);
  });
});
