import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { systemClock } from "../../../src/adapters/process/system-clock.ts";
import { Failure } from "../../../src/core/failure/failure.ts";
import { sharedServer, startPostgres } from "../../support/postgres-server.ts";
import { open, outcomes, refusal, states, succeeded, within, world } from "../support.ts";

const FILES = { "001_one.sql": "CREATE TABLE one ();", "002_two.sql": "CREATE TABLE two ();" };
const ROLE = `engine_tester_${process.pid}`;

before(async () => {
  await (await sharedServer()).query("postgres", `CREATE ROLE ${ROLE} LOGIN`);
});

/** The URL of a world's database for the role without any right. */
function poor(url: string): { url: string } {
  return { url: url.replace("postgres@", `${ROLE}@`) };
}

/** How a server comes to read-only transactions, and what is said of it then, in message and hint. */
const READ_ONLY: Readonly<
  Record<string, { set: string[]; pattern: string; options?: string; ownServer?: boolean; restart?: boolean }>
> = {
  "for the database": {
    set: ["ALTER DATABASE $DATABASE SET default_transaction_read_only = on"],
    pattern: "on for the database\\)[^]*ALTER DATABASE $DATABASE RESET default_transaction_read_only;",
  },
  "for the role": {
    set: ["ALTER ROLE $ROLE SET default_transaction_read_only = on"],
    pattern: "on for the role $ROLE\\)[^]*ALTER ROLE $ROLE RESET default_transaction_read_only;",
  },
  "for the role in the database": {
    set: [
      "ALTER DATABASE $DATABASE SET default_transaction_read_only = off",
      "ALTER ROLE $ROLE IN DATABASE $DATABASE SET default_transaction_read_only = on",
    ],
    pattern: "on for the role $ROLE in this database\\)[^]*ALTER ROLE $ROLE IN DATABASE $DATABASE RESET",
  },
  "for all roles": {
    set: ["ALTER ROLE ALL SET default_transaction_read_only = on"],
    ownServer: true,
    pattern: "on for all roles\\)[^]*ALTER ROLE ALL RESET default_transaction_read_only;",
  },
  "in the server's configuration": {
    set: ["ALTER SYSTEM SET default_transaction_read_only = on"],
    ownServer: true,
    restart: true,
    pattern: "on in the server's configuration\\)[^]*ALTER SYSTEM SET default_transaction_read_only = off;",
  },
  "in the connection's options": {
    set: [],
    options: "?options=-c%20default_transaction_read_only%3Don",
    pattern: "on in the connection's options\\)[^]*PGOPTIONS",
  },
};

/** A server takes its configuration over a moment after it was asked to. */
async function untilNotRefused<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Failure && error.code === "privilege-missing")) throw error;
      await systemClock.sleep(50);
    }
  }
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

  for (const [name, lines] of Object.entries(READ_ONLY)) {
    test(`default_transaction_read_only ${name}: the hint names what sets it, and what it says lifts it`, async () => {
      const { pattern, ...how } = lines;
      const role = `${ROLE}_${name.replaceAll(/\W/g, "_")}`;
      // Its defaults are the role's own, and those of all roles are this server's.
      const server = await (how.ownServer ? startPostgres() : sharedServer());
      try {
        await server.query("postgres", `CREATE ROLE ${role} LOGIN`);
        const here = await world(FILES, { server });
        const named = (text: string) => text.replaceAll("$DATABASE", here.databaseName).replaceAll("$ROLE", role);
        await here.rows(`ALTER DATABASE ${here.databaseName} OWNER TO ${role}; ALTER SCHEMA public OWNER TO ${role}`);
        for (const sql of how.set) await here.server.query("postgres", named(sql));
        if (how.restart) await server.restart();
        const other = here.beside({}, { url: here.url.replace("postgres@", `${role}@`) + (how.options ?? "") });
        const failure = await refusal(other.up(), "privilege-missing");
        assert.match(`${failure.message}\n${failure.hint}`, new RegExp(named(pattern)));
        assert.deepEqual(await here.tables(), []);
        const command = /run: (.*)$/.exec(failure.hint ?? "")?.[1];
        if (!command) return;
        // As somebody would who reads the hint: in a session of the same database, which is read-only as well.
        const psql = open(here.url);
        const session = await psql.open();
        for (const statement of command.startsWith("BEGIN") ? [command] : command.split(/(?<=;) /))
          await session.execute(statement);
        await session.close();
        await psql.close();
        succeeded(
          await within(
            20_000,
            untilNotRefused(() => other.up()),
          ),
        );
        assert.deepEqual(await here.tables(), ["one", "two"]);
      } finally {
        if (how.ownServer) await server.stop();
      }
    });
  }

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

  test("a history that may be read and not written: up is refused before anything runs, with the GRANT", async () => {
    const here = await world({
      ...FILES,
      "001_one.down.sql": "DROP TABLE one;",
      "002_two.down.sql": "DROP TABLE two;",
    });
    succeeded(await here.up({ count: 1 }));
    await here.rows(`GRANT SELECT ON schema_migrations TO ${ROLE}; GRANT CREATE ON SCHEMA public TO ${ROLE}`);
    const other = here.beside({}, poor(here.url));
    assert.deepEqual(await states(other), ["001 applied", "002 pending"]);
    for (const act of [() => other.up(), () => other.down({ count: 1 }), () => other.redo(1)]) {
      const failure = await refusal(act(), "privilege-missing");
      assert.match(failure.message, new RegExp(`^Cannot migrate ${here.databaseName}: the role ${ROLE} `));
      assert.equal(
        failure.hint,
        `Connect as the owner of public.schema_migrations, or run: GRANT INSERT, UPDATE, DELETE ON public.schema_migrations TO ${ROLE};`,
      );
      assert.equal(failure.exitStatus, 2);
    }
    assert.deepEqual(await here.tables(), ["one"]);
    const planned = other.events.filter(({ type }) => type === "planned");
    assert.deepEqual(planned, []);
    await here.rows(/GRANT.*$/.exec((await refusal(other.up(), "privilege-missing")).hint ?? "")?.[0] ?? "");
    succeeded(await other.up());
    assert.deepEqual(await here.history(), ["001", "002"]);
  });

  test("a role that may only add to the history applies, and is refused to undo", async () => {
    const here = await world({ ...FILES, "002_two.down.sql": "DROP TABLE two;" });
    succeeded(await here.up({ count: 1 }));
    await here.rows(`GRANT SELECT, INSERT ON schema_migrations TO ${ROLE}; GRANT CREATE ON SCHEMA public TO ${ROLE}`);
    const other = here.beside({}, poor(here.url));
    succeeded(await other.up());
    assert.match((await refusal(other.down({ count: 1 }), "privilege-missing")).message, /lacks UPDATE, DELETE on/);
    assert.deepEqual(await here.history(), ["001", "002"]);
  });

  test("nothing pending needs no right to write", async () => {
    const here = await world(FILES);
    succeeded(await here.up());
    await here.rows(`GRANT SELECT ON schema_migrations TO ${ROLE}`);
    succeeded(await here.beside({}, poor(here.url)).up());
  });

  test("a name that needs quotes has them in the GRANT", async () => {
    const here = await world(FILES, { schema: "Own", table: "the history" });
    succeeded(await here.up({ count: 1 }));
    await here.rows(`GRANT USAGE ON SCHEMA "Own" TO ${ROLE}`);
    const other = here.beside({}, poor(here.url));
    assert.match((await refusal(other.up(), "privilege-missing")).hint ?? "", /ON "Own"\."the history" TO/);
    await here.rows(`GRANT SELECT ON "Own"."the history" TO ${ROLE}`);
    assert.match((await refusal(other.up(), "privilege-missing")).hint ?? "", /ON "Own"\."the history" TO/);
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
