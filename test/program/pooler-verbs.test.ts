import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { findPgbouncer, type Pgbouncer, startPgbouncer } from "../support/pgbouncer.ts";
import { temporaryPlace } from "../support/place.ts";
import { type PostgresServer, sharedServer } from "../support/postgres-server.ts";
import { chosenRuntimes, programCommand, type RuntimeName, run } from "../support/program.ts";

/*
 * Every command that takes the migration lock, as a program behind a pooler: it ends by itself, whether it succeeds or
 * fails under the lock, and the lease is free then.
 */

const program = findPgbouncer();

/** No command here has so much to do; one whose heartbeat kept it alive would be killed. */
const LIMIT_MS = 30_000;

const FILES: Readonly<Record<string, string>> = {
  "sound/001_t.sql": "CREATE TABLE t (id integer);\n",
  "sound/001_t.down.sql": "DROP TABLE t;\n",
  "sound/002_u.sql": "CREATE TABLE u ();\n",
  "sound/002_u.down.sql": "DROP TABLE u;\n",
  "failing/001_t.sql": "CREATE TABLE t (id integer);\n",
  "failing/001_t.down.sql": "DROP TABLE t; SELECT 1 / 0;\n",
  "failing/002_u.sql": "SELECT 1 / 0;\n",
  "failing/002_u.down.sql": "SELECT 1;\n",
  "alone/001_t.sql": "CREATE TABLE t (id integer); INSERT INTO t VALUES (1), (1);\n",
  "alone/002_i.sql": "CREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id);\n",
  "changed/001_t.sql": "CREATE TABLE t (id bigint);\n",
  "changed/002_u.sql": "CREATE TABLE u ();\n",
  "seeds/good.sql": "-- Seed: once\nINSERT INTO t VALUES (1);\n",
  "bad-seeds/bad.sql": "SELECT 1 / 0;\n",
};

const place = temporaryPlace("verbs");
for (const [path, text] of Object.entries(FILES)) {
  mkdirSync(join(place, path, ".."), { recursive: true });
  writeFileSync(join(place, path), text);
}

for (const runtime of program ? chosenRuntimes() : []) {
  describe(`behind pgbouncer on ${runtime}, a command ends and its lease is free:`, { concurrency: 2 }, () => {
    let server: PostgresServer;
    let bouncer: Pgbouncer;
    before(async () => {
      await programCommand(runtime);
      server = await sharedServer();
      bouncer = await startPgbouncer(program ?? "", server, 12);
    });
    after(() => bouncer.stop());

    it("up, redo, down and seed", async () => {
      const at = await newDatabase(server, bouncer, runtime);
      await at.ends(0, "up", "--dir", "sound");
      await at.ends(0, "redo", "--dir", "sound");
      await at.ends(0, "seed", "--dir", "sound", "--seeds-dir", "seeds");
      await at.ends(0, "down", "--dir", "sound");
    });

    it("up, redo, down and seed that fail", async () => {
      const at = await newDatabase(server, bouncer, runtime);
      await at.ends(4, "up", "--dir", "failing");
      await at.ends(4, "redo", "--dir", "failing");
      await at.ends(4, "down", "--dir", "failing");
      await at.ends(0, "up", "--dir", "sound");
      await at.ends(4, "seed", "--dir", "sound", "--seeds-dir", "bad-seeds");
    });

    it("up that fails outside a transaction, and resolve", async () => {
      const at = await newDatabase(server, bouncer, runtime);
      await at.ends(4, "up", "--dir", "alone");
      await at.ends(0, "resolve", "002", "--not-done", "--dir", "alone");
      await at.ends(3, "resolve", "002", "--not-done", "--dir", "alone");
    });

    it("baseline, and baseline that is refused", async () => {
      const at = await newDatabase(server, bouncer, runtime);
      await at.ends(0, "baseline", "001", "--dir", "sound");
      await at.ends(3, "baseline", "002", "--dir", "sound");
    });

    it("repair, and repair that is refused", async () => {
      const at = await newDatabase(server, bouncer, runtime);
      await at.ends(0, "up", "--dir", "sound");
      await at.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'closed'; END $$;
 CREATE TRIGGER refuse BEFORE UPDATE ON schema_migrations FOR EACH ROW EXECUTE FUNCTION refuse()`);
      await at.ends(4, "repair", "--yes", "--dir", "changed");
      await at.query("DROP TRIGGER refuse ON schema_migrations");
      await at.ends(0, "repair", "--yes", "--dir", "changed");
    });

    it("restore, and restore that fails", async () => {
      const at = await newDatabase(server, bouncer, runtime);
      await at.ends(0, "up", "--dir", "sound");
      await at.query("INSERT INTO t VALUES (1)");
      const directory = `backups-${at.name}`;
      await at.ends(0, "backup", "--backup-dir", directory, "--dir", "sound");
      const [backup = ""] = readdirSync(join(place, directory)).map((file) => `${directory}/${file}`);
      await at.ends(0, "restore", backup, "--confirm", at.name, "--dir", "sound");
      await at.ends(0, "up", "--dir", "sound");
      const broken = `${directory}/broken.sql`;
      const text = readFileSync(join(place, backup), "utf8");
      writeFileSync(join(place, broken), text.replace("CREATE TABLE public.t ", "CREATE TABLE nowhere.t "));
      await at.ends(4, "restore", broken, "--confirm", at.name, "--dir", "sound");
    });

    it("reset, and reset that fails", async () => {
      const at = await newDatabase(server, bouncer, runtime);
      await at.ends(0, "up", "--dir", "sound");
      const holding = server
        .query(at.name, "BEGIN; LOCK TABLE t IN ROW SHARE MODE; SELECT pg_sleep(20); COMMIT")
        .catch(() => {});
      await at.until(
        "SELECT count(*) > 0 AS yes FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'BEGIN; LOCK TABLE t%'",
      );
      await at.ends(4, "reset", "--confirm", at.name, "--lock-timeout", "200ms", "--dir", "sound");
      await at.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK TABLE t%'");
      await holding;
      await at.ends(0, "reset", "--confirm", at.name, "--dir", "sound");
    });
  });
}

async function newDatabase(server: PostgresServer, bouncer: Pgbouncer, runtime: RuntimeName) {
  const { name } = await server.createDatabase();
  const query = (sql: string) => server.query(name, sql);
  const [file, ...words] = await programCommand(runtime);
  return {
    name,
    query,
    async until(sql: string) {
      while ((await query(sql))[0]?.yes !== true) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    /** Runs a command, which must end with this status. */
    async ends(status: number, ...args: string[]) {
      const { stdout, stderr, ...outcome } = await run([file, ...words, ...args], {
        directory: place,
        environment: { DATABASE_URL: bouncer.url(name) },
        timeoutMs: LIMIT_MS,
      });
      assert.equal(outcome.status, status, `${args.join(" ")}\n${stdout}${stderr}`);
      const [there] = await query("SELECT to_regclass('schema_migrations_lease') IS NOT NULL AS yes");
      if (there?.yes !== true) return;
      const [lease] = await query("SELECT expires_at = '-infinity' AS free FROM schema_migrations_lease");
      // A restored table has no row: no run held the lease.
      assert.notEqual(lease?.free, false, `${args.join(" ")} left the lease`);
    },
  };
}
