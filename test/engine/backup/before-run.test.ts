import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { before, describe, test } from "node:test";
import type { BackupPolicy } from "../../../src/core/backup/backup-report.ts";
import type { SchemaDump } from "../../../src/ports/schema-dump.ts";
import { builtDump } from "../../support/schema-dump.ts";
import { embeddedWorld, type Files, failureOf, holding, succeeded, type World, world } from "../support.ts";
import { Backups, warnings } from "./support.ts";

const FILES: Files = {
  "001_users.sql": `CREATE TABLE users (id int PRIMARY KEY, email text); INSERT INTO users SELECT i, 'a' || i FROM generate_series(1, 100) i;
CREATE TABLE other (id int); INSERT INTO other VALUES (1);`,
  "002_drop_email.sql": "ALTER TABLE users DROP COLUMN email;",
  "002_drop_email.down.sql": "TRUNCATE users;",
};

describe("a run that destroys data", () => {
  let dump: SchemaDump;
  before(async () => {
    dump = await builtDump();
  });
  const of = (policy: Partial<BackupPolicy> = {}) => new Backups(dump, policy);
  const begun = async (files: Files = FILES, options: Parameters<typeof world>[1] = {}) => {
    const one = await world(files, options);
    succeeded(await one.up({ to: "001" }));
    return one;
  };

  test("backs up the tables that it can hit, and nothing else", async () => {
    const one = await begun();
    const backups = of();
    succeeded(await one.up({}, backups.before(one)));
    const made = one.events.find((event) => event.type === "backed-up")?.backup;
    assert.deepEqual(
      [made?.scope, made?.origin, made?.tables.map(({ name }) => name)],
      ["tables", "automatic", ["public.users"]],
    );
    assert.match(backups.files[0] ?? "", /-001-\d{8}T\d{9}Z-automatic\.sql$/);
    assert.doesNotMatch(backups.text, /\bother\b/);
    await backups.restore(one);
    assert.equal(await one.value("SELECT count(email)::int FROM users"), 100);
    assert.deepEqual(await one.history(), ["001"]);
  });

  test("reports in a dry run what it would back up", async () => {
    const one = await begun();
    const backups = of();
    succeeded(await one.up({}, { ...backups.before(one), dryRun: true }));
    const planned = one.events.find((event) => event.type === "backup-planned")?.backup;
    assert.deepEqual(
      planned?.tables.map(({ name }) => name),
      ["public.users"],
    );
    assert.equal((planned?.bytes ?? 0) >= 8192, true);
    assert.deepEqual(readdirSync(backups.directory), []);
  });

  test("warns about tables above the limit, and continues", async () => {
    const one = await begun();
    const backups = of({ backupLimit: 8191 });
    succeeded(await one.up({}, backups.before(one)));
    assert.match(warnings(one, "backup-skipped").join(), /: public\.users \(\d+ kB\) has more than 8\.0 kB$/);
    assert.deepEqual(backups.files, []);
  });

  test("backs up everything, whatever its size, if the file says so", async () => {
    const one = await begun({ ...FILES, "002_drop_email.sql": `-- Backup: required\n${FILES["002_drop_email.sql"]}` });
    const backups = of({ backupLimit: 0, backup: "never" });
    succeeded(await one.up({}, backups.before(one)));
    assert.match(backups.text, /\nCREATE TABLE public\.other /);
    await backups.restore(one);
    assert.equal(await one.value("SELECT count(email)::int FROM users"), 100);
  });

  test("names tables that the role may not read, which only a required backup refuses", async () => {
    const role = `reader_${process.pid}_${Math.random().toString(36).slice(2, 8)}`;
    const one = await begun({ ...FILES, "002_drop_email.sql": "DELETE FROM users; DELETE FROM other;" });
    await one.rows(`CREATE ROLE ${role} LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO ${role};
GRANT ALL ON users, schema_migrations TO ${role}; GRANT DELETE ON other TO ${role}`);
    const other = one.beside({}, { url: one.server.url(one.databaseName, role) });
    const whole = of({ backup: "always" });
    const refused = failureOf(
      await other.up({}, whole.before(other)).catch((failure) => ({ failure, steps: [] }) as never),
      "backup-failed",
    );
    assert.match(refused.message, /the role may not read public\.other$/);
    const backups = of();
    succeeded(await other.up({}, backups.before(other)));
    assert.deepEqual(warnings(other, "backup-incomplete"), [
      `The backup of ${one.databaseName} omits tables that the role may not read: public.other`,
    ]);
    assert.match(backups.text, /\nCOPY public\.users /);
  });

  test("continues with a warning if pgstep does not know the server", async () => {
    const one = await begun();
    const backups = new Backups({ ...dump, major: 14 });
    succeeded(await one.up({}, backups.before(one)));
    assert.match(warnings(one, "backup-skipped").join(), /the pg_dump 14 in pgstep does not know PostgreSQL 18$/);
    await assert.rejects(backups.take(one), { code: "backup-failed", message: /does not know PostgreSQL 18$/ });
    assert.deepEqual(backups.files, []);
  });

  test("makes one backup, also if a step has to be retried", async () => {
    const one = await begun(FILES, { lockTimeoutMs: 300 });
    const backups = of();
    await holding(one, "BEGIN; LOCK TABLE users IN ACCESS SHARE MODE", async (release) => {
      one.onEvent = ({ type }) => {
        if (type === "retrying") void release();
      };
      succeeded(await one.up({}, backups.before(one)));
    });
    assert.equal(
      one.events.some(({ type }) => type === "retrying"),
      true,
    );
    assert.equal(backups.files.length, 1);
  });

  for (const [where, isMade] of [
    ["development", false],
    ["test", false],
    ["production", true],
  ] as const) {
    test(`${isMade ? "backs up" : "backs up nothing"} when a step is undone in ${where}`, async () => {
      const one = await world(FILES, { environment: where });
      succeeded(await one.up());
      const backups = of();
      succeeded(await one.down({ count: 1 }, backups.before(one, true)));
      assert.equal(backups.files.length, isMade ? 1 : 0);
    });
  }

  test("backs up the embedded database before a migration, and nothing when one is undone", async () => {
    const one: World = await embeddedWorld(FILES);
    succeeded(await one.up({ to: "001" }));
    const backups = of();
    succeeded(await one.up({}, backups.before(one)));
    succeeded(await one.down({ count: 1 }, backups.before(one, true)));
    assert.equal(backups.files.length, 1);
  });
});
