import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { migrate } from "../../../src/engine/run/migrate.ts";
import { failureOf, holding, open, outcomes, type ServerWorld, states, succeeded, within, world } from "../support.ts";

const JOURNAL = "schema_migrations_steps";
const COLUMNS =
  "version varchar(255) NOT NULL, direction text NOT NULL, statement integer NOT NULL, hash text NOT NULL, started_at timestamp NOT NULL, finished_at timestamp, indexes_before text, PRIMARY KEY (version, direction, statement)";

const active = (query: string) =>
  `SELECT count(*) > 0 FROM pg_stat_activity WHERE state = 'active' AND datname = current_database() AND query LIKE '${query}'`;

async function isFree(here: ServerWorld): Promise<void> {
  assert.equal(await here.value(`SELECT count(*)::int FROM ${JOURNAL}`), 0);
}

describe("two runs at the same file that runs statement by statement, with the lock taken away", () => {
  test("a statement that commits with its entry commits once; the second run is told that it lost the lock", async () => {
    const here = await world({
      "001_t.sql": "CREATE TABLE t (n int);",
      "002_slow.sql":
        "-- Transaction: none\nSELECT pg_advisory_unlock_all();\nINSERT INTO t SELECT 1 FROM pg_sleep(1);\nINSERT INTO t VALUES (2);",
    });
    succeeded(await here.up({ to: "001" }));
    const first = here.up();
    await here.until(active("INSERT INTO t SELECT%"));
    const second = await within(20_000, here.beside().up());
    assert.match(failureOf(second, "lock-held").message, /the run lock was lost/);
    assert.deepEqual(outcomes(succeeded(await first)), ["002 applied"]);
    assert.deepEqual(await here.rows("SELECT n FROM t ORDER BY n"), [{ n: 1 }, { n: 2 }]);
    await isFree(here);
  });

  test("a statement whose entry another run has removed is not recorded as finished", async () => {
    const here = await world({
      "001_t.sql": "CREATE TABLE t (n int);",
      "002_index.sql": "CREATE INDEX CONCURRENTLY t_n ON t (n);",
    });
    succeeded(await here.up({ to: "001" }));
    await holding(here, "BEGIN; INSERT INTO t VALUES (1)", async (release) => {
      const running = here.up();
      await here.until(active("CREATE INDEX CONCURRENTLY%"));
      await here.rows(`DELETE FROM ${JOURNAL}`);
      await release();
      failureOf(await running, "lock-held");
    });
    assert.deepEqual(await here.history(), ["001"]);
    await isFree(here);
  });

  test("a step whose entries another run has removed is not recorded a second time", async () => {
    const here = await world({
      "001_t.sql": "CREATE TABLE t (n int);",
      "002_slow.sql": "-- Transaction: none\nINSERT INTO t VALUES (1);\nINSERT INTO t SELECT 2 FROM pg_sleep(1);",
    });
    succeeded(await here.up({ to: "001" }));
    const running = here.up();
    await here.until(active("INSERT INTO t SELECT%"));
    await here.rows(
      `DELETE FROM ${JOURNAL}; INSERT INTO schema_migrations (version, applied_at, description) VALUES ('002', now(), 'theirs')`,
    );
    failureOf(await running, "lock-held");
    assert.equal(await here.value("SELECT description FROM schema_migrations WHERE version = '002'"), "theirs");
  });

  test("a step that another run records before its first statement does not run", async () => {
    const here = await world({
      "001_t.sql": "CREATE TABLE t (n int);",
      "002_rows.sql": "-- Transaction: none\nINSERT INTO t VALUES (1);",
    });
    succeeded(await here.up({ to: "001" }));
    const hooks = join(here.directory, "hooks");
    mkdirSync(hooks);
    writeFileSync(
      join(hooks, "before-up.sql"),
      "INSERT INTO public.schema_migrations (version, applied_at, description) VALUES ('002', now(), 'theirs');",
    );
    const context = { ...here.context, settings: { ...here.context.settings, hooksDirectory: hooks } };
    assert.deepEqual(succeeded(await migrate(context, {}, {})).steps, []);
    assert.equal(await here.value("SELECT count(*)::int FROM t"), 0);
    assert.deepEqual(await states(here), ["001 applied", "002 applied"]);
  });
});

describe("a file that writes its own row, statement by statement", () => {
  const OWN =
    "INSERT INTO schema_migrations (version, applied_at) VALUES ('001', now()) ON CONFLICT (version) DO NOTHING;";

  test("with its first statement is applied", async () => {
    const here = await world({ "001_own.sql": `-- Transaction: none\nSELECT 1;`, "002_b.sql": "SELECT 1;" });
    succeeded(await here.up({ to: "001" }));
    here.write({ "003_own.sql": `-- Transaction: none\n${OWN.replace("001", "003")}\nCREATE TABLE a ();` });
    assert.deepEqual(outcomes(succeeded(await here.up())), ["002 applied", "003 applied"]);
  });

  test("gets the rest of the row, at once and after it was resumed", async () => {
    for (const stops of [false, true]) {
      const here = await world({
        "001_own.sql": `-- Transaction: none\n-- Description: mine\nCREATE TABLE a ();\n${OWN}\n${stops ? "SELECT 1 / 0;" : ""}`,
      });
      const report = await here.up();
      if (stops) {
        failureOf(report, "statement-failed");
        here.write({
          "001_own.sql": `-- Transaction: none\n-- Description: mine\nCREATE TABLE a ();\n${OWN}\nSELECT 1;`,
        });
        succeeded(await here.up());
      } else succeeded(report);
      assert.equal(await here.value("SELECT description FROM schema_migrations WHERE checksum IS NOT NULL"), "mine");
      await isFree(here);
    }
  });
});

describe("the journal's table", () => {
  const FILES = { "001_a.sql": "-- Transaction: none\nCREATE TABLE a ();" };

  test("made by another session at the same moment is no failure of the migration", async () => {
    const here = await world(FILES);
    const making = here.server.query(
      here.databaseName,
      `BEGIN; CREATE TABLE ${JOURNAL} (${COLUMNS}); SELECT pg_sleep(1.2); COMMIT`,
    );
    await here.until(active(`BEGIN; CREATE TABLE ${JOURNAL}%`));
    assert.deepEqual(outcomes(succeeded(await here.up())), ["001 applied"]);
    await making;
    await isFree(here);
  });

  test("that the role may not use, or not make, is an error with the GRANT", async () => {
    const here = await world(FILES);
    const role = `poor_${here.databaseName}`.toLowerCase();
    await here.rows(
      `CREATE ROLE ${role} LOGIN; GRANT CREATE ON SCHEMA public TO ${role}; CREATE TABLE ${JOURNAL} (${COLUMNS}); GRANT SELECT ON ${JOURNAL} TO ${role}`,
    );
    const poor = here.beside({}, { url: here.server.url(here.databaseName, role) });
    const using = failureOf(await poor.up(), "privilege-missing");
    assert.equal(using.hint, `Run: GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."${JOURNAL}" TO "${role}".`);
    await here.rows(`DROP TABLE ${JOURNAL}; REVOKE CREATE ON SCHEMA public FROM ${role}`);
    const making = failureOf(await poor.up(), "privilege-missing");
    assert.equal(making.hint, `Run: GRANT CREATE ON SCHEMA "public" TO "${role}".`);
    assert.deepEqual(await here.history(), []);
  });
});

test("a step that finishes while the database is read is seen in the journal or in the history", async () => {
  const here = await world({
    "001_a.sql": "CREATE TABLE a (n int);",
    "002_b.sql": "-- Transaction: none\nCREATE TABLE b (n int);",
    "003_c.sql": "CREATE TABLE c (n int);",
  });
  succeeded(await here.up());
  const [row] = await here.rows(
    "DELETE FROM schema_migrations h WHERE version = '002' RETURNING row_to_json(h)::text AS entry",
  );
  await here.rows(`INSERT INTO ${JOURNAL} VALUES ('002', 'up', 1, '', now())`);
  const other = await open(here.url).open();
  try {
    await other.execute(`BEGIN; LOCK ${JOURNAL}`);
    const read = states(here);
    await here.until(
      "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
    );
    await other.execute(`DELETE FROM ${JOURNAL};
INSERT INTO schema_migrations SELECT (json_populate_record(NULL::schema_migrations, '${row?.entry}')).*; COMMIT`);
    assert.deepEqual(await read, ["001 applied", "002 applied", "003 applied"]);
  } finally {
    await other.close();
  }
});
