import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { findPgbouncer, type Pgbouncer, startPgbouncer } from "../../support/pgbouncer.ts";
import { all, type Files, outcomes, type ServerWorld, states, succeeded, world } from "../support.ts";

/*
 * A user may have operators and functions of their own in a schema that comes before pg_catalog: in the search path that a
 * file sets, or in that which the role has from its log-in.
 */

const TYPES = ["text", "varchar", "bpchar", "name", "oid", "int4", "int8", "bool", `"char"`, "timestamp"];
/** Each answers the opposite of what it should. */
const COMPARISONS = { "=": "false", "<>": "true", "<": "false", ">": "true" };

/** SQL that makes the schema evil, with an operator of each name for each type, and a count(*) of its own. */
const EVIL = [
  "CREATE SCHEMA evil",
  ...TYPES.flatMap((type) => {
    const name = type.replaceAll('"', "");
    return Object.entries(COMPARISONS).flatMap(([operator, answer], index) => [
      `CREATE FUNCTION evil.compare_${name}_${index}(pg_catalog.${type}, pg_catalog.${type}) RETURNS bool LANGUAGE sql AS 'SELECT ${answer}'`,
      `CREATE OPERATOR evil.${operator} (LEFTARG = pg_catalog.${type}, RIGHTARG = pg_catalog.${type}, FUNCTION = evil.compare_${name}_${index})`,
    ]);
  }),
  ...["int4", "int8"].flatMap((type) =>
    ["+", "-"].flatMap((operator, index) => [
      `CREATE FUNCTION evil.sum_${type}_${index}(${type}, ${type}) RETURNS ${type} LANGUAGE sql AS 'SELECT (pg_catalog.random() OPERATOR(pg_catalog.*) 1000)::${type}'`,
      `CREATE OPERATOR evil.${operator} (LEFTARG = ${type}, RIGHTARG = ${type}, FUNCTION = evil.sum_${type}_${index})`,
    ]),
  ),
  "CREATE FUNCTION evil.concat_text(text, text) RETURNS text LANGUAGE sql AS $$ SELECT 'evil'::text $$",
  "CREATE OPERATOR evil.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.concat_text)",
  "CREATE FUNCTION evil.state(int8) RETURNS int8 LANGUAGE sql AS 'SELECT 42::int8'",
  "CREATE AGGREGATE evil.count(*) (SFUNC = evil.state, STYPE = int8, INITCOND = '42')",
].join(";\n");

const PATH = "evil, pg_catalog, public";

/** Files whose statements mean the same under both search paths. */
function files(header: string): Files {
  return {
    "001_one.sql": `${header}CREATE TABLE public.one (id integer);`,
    "001_one.down.sql": `${header}DROP TABLE public.one;`,
    "002_two.sql": `${header}CREATE TABLE public.two (id integer);\nINSERT INTO public.two VALUES (1);`,
    "002_two.down.sql": `${header}DROP TABLE public.two;`,
    "003_three.sql": `${header}CREATE TABLE public.three (id integer);`,
    "003_three.down.sql": `${header}DROP TABLE public.three;`,
  };
}

const VERSIONS = ["001", "002", "003"];

/** Recorded versions, and the tables of the migrations; asked so that the search path of the role changes nothing. */
async function found(here: ServerWorld): Promise<unknown[]> {
  const versions = await here.rows("SELECT version FROM public.schema_migrations ORDER BY version");
  const tables = await here.rows(
    "SELECT v.name FROM pg_catalog.unnest(ARRAY['one', 'two', 'three']) AS v(name) WHERE pg_catalog.to_regclass(pg_catalog.concat('public.', v.name)) IS NOT NULL",
  );
  return [versions.map(({ version }) => version), tables.map(({ name }) => name)];
}

/** Up, down, redo and up again, each of which must do just what it says. */
async function throughAll(here: ServerWorld, options: { singleTransaction?: boolean }): Promise<void> {
  assert.deepEqual(outcomes(succeeded(await here.up({}, options))), all(VERSIONS, "applied"));
  assert.deepEqual(await states(here), all(VERSIONS, "applied"));
  assert.deepEqual(outcomes(succeeded(await here.up({}, options))), []);
  assert.deepEqual(outcomes(succeeded(await here.down({ count: 2 }, options))), all(["003", "002"], "undone"));
  assert.deepEqual(await found(here), [["001"], ["one"]]);
  assert.deepEqual(outcomes(succeeded(await here.redo(1, options))), ["001 undone", "001 applied"]);
  assert.deepEqual(outcomes(succeeded(await here.up({}, options))), all(["002", "003"], "applied"));
  assert.deepEqual(await found(here), [VERSIONS, ["one", "two", "three"]]);
  assert.equal(
    await here.value("SELECT pg_catalog.count(*)::int FROM public.schema_migrations WHERE duration_ms IS NULL"),
    0,
  );
}

const ALONE: Files = {
  "004_alone.sql":
    "-- Transaction: none\nCREATE TABLE public.four (id integer);\nSET search_path = PATH;\nINSERT INTO public.four VALUES (1);\nDO $$ BEGIN INSERT INTO public.four VALUES (2); COMMIT; END $$;\nCREATE INDEX CONCURRENTLY four_id_idx ON public.four (id);\nANALYZE public.four;",
  "004_alone.down.sql": "-- Transaction: none\nSET search_path = PATH;\nDROP TABLE public.four;",
};

/** The same with a header in place of the search path, for a session that is not the file's own. */
function alone(path: string | undefined): Files {
  const line = path === undefined ? "" : `SET search_path = ${path};\n`;
  return Object.fromEntries(
    Object.entries(ALONE).map(([name, text]) => [name, text.replace("SET search_path = PATH;\n", line)]),
  );
}

async function throughAlone(here: ServerWorld): Promise<void> {
  assert.deepEqual(outcomes(succeeded(await here.up())), ["004 applied"]);
  assert.deepEqual(await here.rows("SELECT id FROM public.four ORDER BY id"), [{ id: 1 }, { id: 2 }]);
  assert.deepEqual(outcomes(succeeded(await here.up())), []);
  assert.deepEqual(outcomes(succeeded(await here.down({ count: 1 }))), ["004 undone"]);
  assert.deepEqual(outcomes(succeeded(await here.up())), ["004 applied"]);
  assert.deepEqual(await here.rows("SELECT version FROM public.schema_migrations_steps"), []);
}

/** New sessions of the database have the search path; those that a pooler has already are ended. */
async function giveToAll(here: ServerWorld): Promise<void> {
  await here.server.query(
    "postgres",
    `ALTER DATABASE "${here.databaseName}" SET search_path = ${PATH};
 SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${here.databaseName}'`,
  );
}

const program = findPgbouncer();
const bouncers: Pgbouncer[] = [];
after(async () => {
  for (const bouncer of bouncers) await bouncer.stop();
});

for (const major of [18, 15] as const) {
  describe(`operators of a user's own before pg_catalog, PostgreSQL ${major}`, () => {
    for (const singleTransaction of [false, true]) {
      const how = singleTransaction ? "in one transaction" : "each in a transaction";
      test(`in the search path of the files, ${how}`, async () => {
        const here = await world(files(`SET search_path = ${PATH};\n`), { major, before: EVIL });
        await throughAll(here, { singleTransaction });
      });

      test(`in the search path of the role, ${how}`, async () => {
        const here = await world(files(""), { major, before: EVIL });
        await giveToAll(here);
        await throughAll(here, { singleTransaction });
      });
    }

    test("in the search path of a file that runs statement by statement", async () => {
      await throughAlone(await world(alone(PATH), { major, before: EVIL }));
    });

    test("in the search path of the role, statement by statement", async () => {
      const here = await world(alone(undefined), { major, before: EVIL });
      await giveToAll(here);
      await throughAlone(here);
    });

    test("in the search path of the role, behind a pooler", {
      skip: program ? false : "pgbouncer is not installed",
    }, async () => {
      if (!program) return;
      const here = await world({ ...files(""), ...alone(undefined) }, { major, before: EVIL });
      await giveToAll(here);
      const bouncer = await startPgbouncer(program, here.server, 12);
      bouncers.push(bouncer);
      const behind = here.beside({}, { url: bouncer.url(here.databaseName) });
      assert.deepEqual(outcomes(succeeded(await behind.up({ to: "003" }))), all(VERSIONS, "applied"));
      await throughAlone(behind);
      // Whoever comes next, directly or through the pooler, sees that the lease was given back.
      assert.deepEqual(outcomes(succeeded(await here.down({ count: 1 }))), ["004 undone"]);
      assert.deepEqual(
        outcomes(succeeded(await behind.beside({ lockWaitMs: 0 }, { url: bouncer.url(here.databaseName) }).up())),
        ["004 applied"],
      );
    });
  });
}
