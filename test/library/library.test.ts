import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import postgres from "postgres";
import { RunFailure } from "../../src/index.ts";
import { MigrationRunner } from "../../src/utils/migrationRunner.ts";
import { temporaryPlace } from "../support/place.ts";
import { sharedServer } from "../support/postgres-server.ts";

const server = await sharedServer();
const directory = temporaryPlace("library");
writeFileSync(join(directory, "001_a.sql"), "CREATE TABLE a (id integer);\nDO $$ BEGIN RAISE NOTICE 'hello'; END $$;");
writeFileSync(join(directory, "001_a.down.sql"), "DROP TABLE a;");
writeFileSync(join(directory, "002_b.sql"), "CREATE TABLE b (id integer);");
writeFileSync(join(directory, "002_b.down.sql"), "DROP TABLE b;");

describe("the library", () => {
  test("migrates, tells the status, undoes, redoes, validates and resets", async () => {
    const { name, url } = await server.createDatabase();
    const types: string[] = [];
    const runner = new MigrationRunner({ url, directory, onEvent: (event) => types.push(event.type) });
    const report = await runner.runMigrations();
    assert.deepEqual(
      report.steps.map((step) => `${step.version} ${step.outcome}`),
      ["001 applied", "002 applied"],
    );
    for (const type of ["planned", "step-started", "notice", "step-finished"]) assert.ok(types.includes(type), type);
    assert.equal((await runner.getStatus()).applied, 2);
    await runner.rollback();
    assert.equal((await runner.getStatus()).pending, 1);
    await runner.runMigrations({ to: "002" });
    assert.equal((await runner.redo(2)).steps.length, 4);
    assert.deepEqual((await runner.validate()).findings, []);
    await assert.rejects(runner.reset({ confirm: "another" }), { code: "consent-missing" });
    await runner.reset({ confirm: name });
    assert.equal((await runner.getStatus()).applied, 0);
  });

  test("rejects with the failure of a step, and the report with it", async () => {
    const { url } = await server.createDatabase("CREATE TABLE b (id integer)");
    const runner = new MigrationRunner({ url, directory });
    await assert.rejects(runner.runMigrations(), { code: "database-not-empty" });
    const failure = await runner.runMigrations({ firstRun: true }).catch((error: unknown) => error);
    assert.ok(failure instanceof RunFailure);
    assert.equal(failure.code, "statement-failed");
    assert.equal(failure.server?.code, "42P07");
    assert.deepEqual(
      failure.report.steps.map((step) => step.outcome),
      ["applied", "failed"],
    );
  });

  test("tells no password: not to its listener, not in the failure, not in the report", async () => {
    const { url } = await server.createDatabase();
    const own = temporaryPlace("library");
    const notice = "DO $$ BEGIN RAISE NOTICE 'ALTER ROLE x PASSWORD ''hunter2'''; END $$;";
    writeFileSync(join(own, "001_a.sql"), `${notice}\nALTER ROLE x PASSWORD\n  $pw$hunter2$pw$ NO SUCH OPTION;`);
    const events: unknown[] = [];
    const runner = new MigrationRunner({ url, directory: own, onEvent: (event) => events.push(event) });
    const failure = await runner.runMigrations().catch((error: unknown) => error);
    assert.ok(failure instanceof RunFailure);
    const { message, place, server: said, report } = failure;
    assert.equal(place?.sourceLine, "  $pw$*******$pw$ NO SUCH OPTION;");
    const told = inspect([events, message, place, said, report, String(failure), failure.stack], { depth: 20 });
    assert.match(told, /ALTER ROLE x PASSWORD '\*\*\*'/);
    assert.doesNotMatch(told, /hunter2/);
  });

  test("takes the settings of a caller's own driver, and leaves that as it is", async () => {
    const { url } = await server.createDatabase();
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    try {
      await new MigrationRunner({ connection: sql, directory }).runMigrations();
      assert.deepEqual([...(await sql`SELECT count(*)::int AS applied FROM schema_migrations`)], [{ applied: 2 }]);
      assert.deepEqual(
        [...(await sql`SHOW default_transaction_read_only`)],
        [{ default_transaction_read_only: "off" }],
      );
    } finally {
      await sql.end();
    }
  });

  test("finishes the run when a listener throws, and then rejects with what it threw", async () => {
    const { url } = await server.createDatabase();
    const onEvent = () => {
      throw new Error("the listener's own");
    };
    await assert.rejects(new MigrationRunner({ url, directory, onEvent }).runMigrations(), /the listener's own/);
    assert.equal((await new MigrationRunner({ url, directory }).getStatus()).applied, 2);
  });

  test("says that no database is named", async () => {
    const kept = { ...process.env };
    for (const name of Object.keys(process.env)) if (/^(PG|DATABASE_URL)/.test(name)) delete process.env[name];
    try {
      await assert.rejects(new MigrationRunner({ directory }).runMigrations(), { code: "settings" });
    } finally {
      Object.assign(process.env, kept);
    }
  });
});
