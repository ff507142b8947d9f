import assert from "node:assert/strict";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { findPgbouncer, type Pgbouncer, startPgbouncer } from "../../support/pgbouncer.ts";
import { temporaryPlace } from "../../support/place.ts";
import { programCommand, run } from "../../support/program.ts";
import { untilTrue } from "../../support/until.ts";
import { databaseSetting, failureOf, holding, type ServerWorld, succeeded, within, world } from "../support.ts";

/*
 * What a role, a database or a server may have as defaults, and what pgstep must not depend on.
 */

const place = temporaryPlace("defaults");
const bouncers = new Map<number, Promise<Pgbouncer>>();
after(async () => {
  for (const bouncer of bouncers.values()) await (await bouncer).stop();
});

const FILES = {
  "001_one.sql": "CREATE TABLE one (id integer);\nINSERT INTO one VALUES (1);",
  "002_index.sql": "-- Transaction: none\nCREATE INDEX CONCURRENTLY one_id_idx ON one (id);\nANALYZE one;",
  "003_view.sql": "CREATE VIEW two AS SELECT id FROM one;",
  "003_view.down.sql": "DROP VIEW two;",
};
const VERSIONS = ["001", "002", "003"];

const MAJORS = [18, 15] as const;
const program = findPgbouncer();
const WAYS = program ? (["direct", "behind pgbouncer"] as const) : (["direct"] as const);

/** The URL of the same database, directly or through a pgbouncer. */
async function urlOf(here: ServerWorld, way: (typeof WAYS)[number], major: number): Promise<string> {
  if (way === "direct" || !program) return here.url;
  let bouncer = bouncers.get(major);
  if (!bouncer) {
    bouncer = startPgbouncer(program, here.server, 12);
    bouncers.set(major, bouncer);
  }
  return (await bouncer).url(here.databaseName);
}

/** New sessions of the database get this; those that the pooler has already are ended. */
async function giveDefaults(here: ServerWorld, ...settings: [name: string, value: string][]): Promise<void> {
  await here.rows(settings.map(([name, value]) => databaseSetting(name, value)).join(" "));
  await here.rows(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
  );
}

/** Runs the program, which must come to its end. */
async function pgstep(here: ServerWorld, url: string, ...words: string[]) {
  const outcome = await run([...(await programCommand("node")), ...words], {
    directory: place,
    environment: { PGSTEP_URL: url, PGSTEP_DIR: here.directory, PGSTEP_BACKUP_DIR: join(place, "backups") },
    timeoutMs: 60_000,
  });
  assert.notEqual(outcome.status, "SIGKILL", `pgstep ${words.join(" ")} did not end:\n${outcome.stderr}`);
  return outcome;
}

/** What only looks at a database that has everything applied, and its exit status there. */
const LOOKING: readonly [status: number, ...words: string[]][] = [
  [0, "status"],
  [0, "up"],
  [0, "up", "--dry-run"],
  [0, "down", "--dry-run"],
  [0, "validate"],
  [0, "types"],
  [0, "wait"],
  [0, "seed", "--dry-run"],
];

/** Holds a serializable transaction open that has read and written: a read only one cannot get a safe snapshot. */
function inSerializableTransaction(here: ServerWorld, work: () => Promise<void>): Promise<void> {
  const sql = "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE; SELECT count(*) FROM one; INSERT INTO one VALUES (2)";
  return holding(here, sql, work);
}

const WAITING = "FROM pg_stat_activity WHERE wait_event = 'SafeSnapshot'";

/** Resolves when a session waits for a safe snapshot. Asked in another database, whose sessions have no such defaults. */
function untilTrapped(here: ServerWorld): Promise<void> {
  return untilTrue((sql) => here.server.query("postgres", sql), `SELECT pid ${WAITING}`);
}

for (const major of MAJORS) {
  for (const way of WAYS) {
    describe(`serializable and deferrable as defaults, ${way}, PostgreSQL ${major}`, () => {
      test("no command that looks waits for a safe snapshot", async () => {
        const here = await world(FILES, { major });
        succeeded(await here.up());
        await giveDefaults(
          here,
          ["default_transaction_isolation", "serializable"],
          ["default_transaction_deferrable", "on"],
          ["default_transaction_read_only", "on"],
        );
        const url = await urlOf(here, way, major);
        await inSerializableTransaction(here, async () => {
          const trap = here.beside();
          const trapped = trap.database.open().then((session) =>
            session
              .execute("SET default_transaction_isolation = serializable; SET default_transaction_deferrable = on")
              .then(() => session.execute("SELECT count(*) FROM one").catch(() => {}))
              .finally(() => session.close()),
          );
          await untilTrapped(here);
          for (const [status, ...words] of LOOKING) {
            const outcome = await pgstep(here, url, ...words);
            assert.equal(outcome.status, status, `pgstep ${words.join(" ")}: ${outcome.stdout}${outcome.stderr}`);
          }
          const { stdout } = await pgstep(here, url, "doctor");
          assert.match(stdout, /3 applied, 0 pending/);
          assert.doesNotMatch(stdout, /does not tell/);
          // A wait for a safe snapshot outlives its client.
          await here.server.query("postgres", `SELECT pg_cancel_backend(pid) ${WAITING}`);
          await trapped;
        });
      });

      test("a run comes to its end, statement by statement as well", async () => {
        const here = await world({ "001_one.sql": FILES["001_one.sql"] }, { major });
        succeeded(await here.up());
        await giveDefaults(
          here,
          ["default_transaction_isolation", "serializable"],
          ["default_transaction_deferrable", "on"],
        );
        here.write({
          "002_block.sql": "-- Transaction: none\nDO $$ BEGIN CREATE TABLE two (); COMMIT; END $$;\nANALYZE two;",
          "003_view.sql": FILES["003_view.sql"].replace("two", "three"),
        });
        const behind = here.beside({}, { url: await urlOf(here, way, major) });
        await inSerializableTransaction(here, async () => {
          succeeded(await within(30_000, behind.up()));
          if (way === "direct") assert.equal((await pgstep(here, here.url, "backup", "--pg-dump", "none")).status, 0);
        });
        assert.deepEqual(await here.history(), VERSIONS);
      });
    });

    describe(`exit_on_error as a default, ${way}, PostgreSQL ${major}`, () => {
      test("a first up finds no history and makes it", async () => {
        const here = await world(FILES, { major, before: databaseSetting("exit_on_error", "on") });
        const behind = here.beside({}, { url: await urlOf(here, way, major) });
        succeeded(await behind.up());
        assert.deepEqual(await here.history(), VERSIONS);
      });

      test("a history made by hand is completed, and a statement that fails is told of as such", async () => {
        const here = await world(
          { ...FILES, "002_index.sql": "CREATE TABLE two ();\nSELECT 1 / 0;" },
          {
            major,
            before: `${databaseSetting("exit_on_error", "on")}
              CREATE TABLE schema_migrations (version varchar(255) PRIMARY KEY, applied_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, description text);`,
          },
        );
        const behind = here.beside({}, { url: await urlOf(here, way, major) });
        assert.equal(failureOf(await behind.up(), "statement-failed").server?.code, "22012");
        assert.deepEqual(await here.history(), ["001"]);
      });
    });
  }
}
