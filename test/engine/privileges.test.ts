import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { sharedServer } from "../support/postgres-server.ts";
import { failureOf, outcomes, refusal, states, succeeded, world } from "./support.ts";

const FILES = { "001_one.sql": "CREATE TABLE one ();", "002_two.sql": "CREATE TABLE two ();" };
const ROLE = `engine_tester_${process.pid}`;

before(async () => {
  await (await sharedServer()).query("postgres", `CREATE ROLE ${ROLE} LOGIN`);
});

/** The URL of a world's database for the role without any right. */
function poor(url: string): { url: string } {
  return { url: url.replace("postgres@", `${ROLE}@`) };
}

describe("a database that cannot be written to", () => {
  const setting = (name: string, value: string) =>
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET ${name} = ${value}', current_database()); END $$`;

  test("default_transaction_read_only: up is refused before anything, status and dry run work", async () => {
    const here = await world(FILES, { before: setting("default_transaction_read_only", "on") });
    const failure = await refusal(here.up(), "privilege-missing");
    assert.match(failure.message, /read-only/);
    assert.deepEqual(await states(here), ["001 pending", "002 pending"]);
    assert.deepEqual(outcomes(succeeded(await here.up({}, { dryRun: true }))), ["001 not-run", "002 not-run"]);
    assert.deepEqual(await here.tables(), []);
  });

  test("a role without CREATE on the schema: the way out is said", async () => {
    const here = await world(FILES);
    const failure = await refusal(here.beside({}, poor(here.url)).up(), "privilege-missing");
    assert.match(failure.hint ?? "", new RegExp(`GRANT CREATE ON SCHEMA public TO ${ROLE}`));
    assert.deepEqual(await states(here.beside({}, poor(here.url))), ["001 pending", "002 pending"]);
    assert.deepEqual(await here.history(), []);
  });

  test("a schema that is not there and may not be created", async () => {
    const here = await world(FILES);
    await refusal(here.beside({ schema: "own" }, poor(here.url)).up(), "privilege-missing");
    assert.equal(await here.value("SELECT to_regnamespace('own') IS NULL"), true);
  });

  test("a history that may not be read", async () => {
    const here = await world(FILES);
    succeeded(await here.up({ count: 1 }));
    const other = here.beside({}, poor(here.url));
    for (const act of [() => other.up(), () => other.status()]) {
      const failure = await refusal(act(), "privilege-missing");
      assert.match(failure.hint ?? "", new RegExp(`GRANT .* TO ${ROLE}`));
    }
  });

  test("a schema that may not be looked into", async () => {
    const here = await world(FILES, { schema: "own" });
    succeeded(await here.up({ count: 1 }));
    await refusal(here.beside({}, poor(here.url)).status(), "privilege-missing");
  });

  test("a history that may be read and not written", async () => {
    const here = await world(FILES);
    succeeded(await here.up({ count: 1 }));
    await here.rows(`GRANT SELECT ON schema_migrations TO ${ROLE}`);
    const other = here.beside({}, poor(here.url));
    assert.deepEqual(await states(other), ["001 applied", "002 pending"]);
    const report = await other.up();
    assert.deepEqual(outcomes(report), ["002 failed"]);
    assert.equal(failureOf(report, "statement-failed").server?.code, "42501");
    assert.deepEqual(await here.tables(), ["one"]);
  });

  test("a history by hand that is not the role's own cannot be completed", async () => {
    const here = await world(FILES, {
      before:
        "CREATE TABLE schema_migrations (version varchar(255) PRIMARY KEY, applied_at timestamp NOT NULL DEFAULT now(), description text)",
    });
    await here.rows(`GRANT ALL ON schema_migrations TO ${ROLE}; GRANT CREATE ON SCHEMA public TO ${ROLE}`);
    const failure = await refusal(here.beside({}, poor(here.url)).up(), "privilege-missing");
    assert.match(failure.hint ?? "", /owner/);
  });

  test("a migration that takes its own right to write the history away fails and is rolled back", async () => {
    const here = await world({
      ...FILES,
      "003_three.sql": `CREATE TABLE three (); ALTER TABLE schema_migrations OWNER TO postgres;`,
    });
    await here.rows(`GRANT CREATE ON SCHEMA public TO ${ROLE}`);
    const other = here.beside({}, poor(here.url));
    const report = await other.up();
    assert.deepEqual(outcomes(report), ["001 applied", "002 applied", "003 failed"]);
    assert.deepEqual(await here.tables(), ["one", "two"]);
  });

  test("an ordinary role that owns its schema needs nothing more", async () => {
    const here = await world(
      {
        ...FILES,
        "001_one.down.sql": "DROP TABLE one;",
        "003_index.sql": "CREATE TABLE three (n int); CREATE INDEX CONCURRENTLY three_n ON three (n);",
        "002_two.down.sql": "DROP TABLE two;",
        "003_index.down.sql": "DROP TABLE three;",
      },
      { schema: "own" },
    );
    await here.rows(`GRANT CREATE ON SCHEMA public TO ${ROLE}; CREATE SCHEMA own AUTHORIZATION ${ROLE}`);
    const other = here.beside({}, poor(here.url));
    succeeded(await other.up());
    assert.equal(await here.value("SELECT applied_by FROM own.schema_migrations LIMIT 1"), ROLE);
    succeeded(await other.redo(3));
    succeeded(await other.down({ all: true }));
    assert.deepEqual(await here.tables(), []);
  });
});
