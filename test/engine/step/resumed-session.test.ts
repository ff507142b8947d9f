import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resolve } from "../../../src/engine/verbs/resolve.ts";
import { failureOf, holding, outcomes, type ServerWorld, states, succeeded, world } from "../support.ts";

const BEFORE = "CREATE TABLE result (n int, word text); CREATE SEQUENCE numbers;";
const HEADER = "-- Transaction: none\n";

/** A world in which a file has stopped at `SELECT 1 / n FROM divisor`, and may go on. */
async function stopped(statements: readonly string[], rest: string): Promise<ServerWorld> {
  const here = await world(
    { "001_file.sql": `${HEADER}${statements.join("\n")}\nINSERT INTO result SELECT 1 / n FROM divisor;\n${rest}` },
    { before: `${BEFORE} CREATE TABLE divisor AS SELECT 0 AS n` },
  );
  assert.equal(failureOf(await here.up(), "statement-failed").server?.code, "22012");
  assert.deepEqual(await states(here), ["001 unfinished"]);
  await here.rows("UPDATE divisor SET n = 1");
  return here;
}

const WORDS = "SELECT string_agg(word, ' ' ORDER BY word) FROM result";

describe("a file that runs statement by statement is resumed in another session", () => {
  test("with its settings, prepared statements and advisory locks made again", async () => {
    const here = await stopped(
      [
        "SET app.one = 'set';",
        "SELECT set_config('app.two', 'configured', false), pg_catalog.set_config('app.three', 'too', 'off') AS three;",
        "PREPARE word(text) AS INSERT INTO result VALUES (1, $1);",
        "SELECT pg_advisory_lock(17, 4);",
        "LISTEN news;",
        "SET app.one = 'set again';",
      ],
      "EXECUTE word(concat_ws('-', current_setting('app.one'), current_setting('app.two'), current_setting('app.three')));\n" +
        "INSERT INTO result SELECT 2, 'locked' FROM pg_locks WHERE locktype = 'advisory' AND classid = 17 AND pid = pg_backend_pid();",
    );
    succeeded(await here.up());
    assert.equal(await here.value(WORDS), "locked set again-configured-too");
  });

  test("without what it does not use any more", async () => {
    const here = await stopped(
      [
        "CREATE TEMP TABLE input AS SELECT 7 AS n;",
        "INSERT INTO result SELECT n, 'seven' FROM input;",
        "DECLARE words CURSOR WITH HOLD FOR SELECT word FROM result;",
        "PREPARE gone AS SELECT * FROM input;",
        "SELECT set_config('app.local', nextval('numbers')::text, true);",
      ],
      "INSERT INTO result VALUES (2, 'rest');",
    );
    succeeded(await here.up());
    assert.equal(await here.value(WORDS), "rest seven");
  });

  for (const [what, lost, rest] of [
    [
      "a setting",
      "SELECT set_config('app.number', nextval('numbers')::text, false);",
      "INSERT INTO result VALUES (current_setting('app.number', true)::int, 'number');",
    ],
    [
      "the temporary table input",
      "CREATE TEMP TABLE input AS SELECT nextval('numbers')::int AS n;",
      "INSERT INTO result SELECT n, 'number' FROM Input;",
    ],
    [
      "the cursor words",
      "DECLARE words CURSOR WITH HOLD FOR SELECT nextval('numbers');",
      "MOVE words;\nINSERT INTO result VALUES (2, 'number');",
    ],
    ["an advisory lock", "SELECT pg_advisory_lock(nextval('numbers'));", "INSERT INTO result VALUES (2, 'number');"],
  ] as const) {
    test(`not when it needs ${what}: resolve says whether to make it again`, async () => {
      const here = await stopped([lost], rest);
      for (const _ of [1, 2]) {
        const failure = failureOf(await here.up(), "in-doubt");
        assert.equal(failure.message, `Cannot resume 001_file: statement 1 made ${what}, which ended with its session`);
        assert.match(failure.hint ?? "", /pgstep resolve 001 --not-done.+pgstep resolve 001 --done/);
        assert.equal(failure.place?.line, 2);
        assert.equal(failure.place?.sourceLine, lost);
        assert.equal(await here.value("SELECT last_value::int FROM numbers"), 1);
      }
      assert.equal((await resolve(here.context, "001", "not-done")).statement, 1);
      succeeded(await here.up());
      assert.equal(await here.value("SELECT last_value::int FROM numbers"), 2);
      assert.equal(await here.value("SELECT n FROM result WHERE word = 'number'"), 2);
    });
  }

  test("when the user says that it can do without", async () => {
    const here = await stopped(
      ["SELECT set_config('app.number', nextval('numbers')::text, false);"],
      "INSERT INTO result VALUES (coalesce(current_setting('app.number', true), '9')::int, 'number');",
    );
    failureOf(await here.up(), "in-doubt");
    await resolve(here.context, "1", "done");
    succeeded(await here.up());
    assert.equal(await here.value("SELECT n FROM result WHERE word = 'number'"), 9);
  });

  test("with a temporary table that is filled again, when resolve says so for each of its statements", async () => {
    const here = await stopped(
      [
        "CREATE TEMP TABLE input (n int);",
        "INSERT INTO result VALUES (1, 'once');",
        "INSERT INTO input SELECT nextval('numbers');",
      ],
      "INSERT INTO result SELECT n, 'number' FROM input;",
    );
    assert.match(failureOf(await here.up(), "in-doubt").hint ?? "", /each of the 2 affected statements/);
    assert.equal((await resolve(here.context, "1", "not-done")).statement, 1);
    const failure = failureOf(await here.up(), "in-doubt");
    assert.match(failure.message, /statement 3 used the temporary table input/);
    assert.equal((await resolve(here.context, "1", "not-done")).statement, 3);
    assert.deepEqual(outcomes(succeeded(await here.up())), ["001 applied"]);
    assert.equal(await here.value("SELECT string_agg(word || n, ' ' ORDER BY word, n) FROM result"), "number2 once1");
  });

  test("when the rest of the file was changed so that it does not need it", async () => {
    const here = await stopped(
      ["CREATE TEMP TABLE input AS SELECT 7 AS n;"],
      "INSERT INTO result SELECT n FROM input;",
    );
    failureOf(await here.up(), "in-doubt");
    here.write({
      "001_file.sql": `${HEADER}CREATE TEMP TABLE input AS SELECT 7 AS n;\nINSERT INTO result SELECT 1 / n FROM divisor;`,
    });
    succeeded(await here.up());
  });
});

test("a retry in the same session finds what the first try has made there", async () => {
  const here = await world(
    {
      "001_file.sql": `${HEADER}CREATE TEMP TABLE input AS SELECT nextval('numbers')::int AS n;
PREPARE word AS INSERT INTO result SELECT n, 'number' FROM input;
ALTER TABLE busy ADD COLUMN n int;
EXECUTE word;`,
    },
    { before: `${BEFORE} CREATE TABLE busy ();`, lockTimeoutMs: 100 },
  );
  await holding(here, "BEGIN; LOCK TABLE busy", async (release) => {
    here.onEvent = (event) => {
      if (event.type === "retrying") void release();
    };
    succeeded(await here.up());
  });
  assert.equal(await here.value("SELECT n FROM result WHERE word = 'number'"), 1);
});
