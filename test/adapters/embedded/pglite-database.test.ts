import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { LOCK_FILE } from "../../../src/adapters/embedded/embedded-lock.ts";
import { PgliteDatabase } from "../../../src/adapters/embedded/pglite-database.ts";
import { temporaryPlace } from "../../support/place.ts";

describe("embedded database in a directory", () => {
  let base = "";
  let directory = "";
  const open = () => new PgliteDatabase({ kind: "embedded", directory });
  const lockPath = () => join(directory, LOCK_FILE);
  /** The id of a process that has ended. */
  const deadPid = () => spawnSync(process.execPath, ["--version"]).pid;
  const lock = (holder: object) =>
    writeFileSync(
      lockPath(),
      JSON.stringify({ token: "t", host: hostname(), started: null, since: "s", creating: false, ...holder }),
    );

  before(() => {
    base = temporaryPlace("pglite");
    directory = join(base, "missing", "parents", "data");
  });

  test("it is made with its parents, keeps its data, and frees the directory", async () => {
    const database = open();
    const session = await database.open();
    await session.execute("CREATE TABLE kept AS SELECT 42 AS n");
    assert.equal(JSON.parse(readFileSync(lockPath(), "utf8")).pid, process.pid);
    await session.close();
    await database.close();
    await database.close();
    assert.ok(!existsSync(lockPath()));
    assert.deepEqual(
      readdirSync(directory).filter((name) => name.startsWith(LOCK_FILE)),
      [],
    );
    const again = open();
    const [row] = await (await again.open()).query("SELECT n FROM kept");
    assert.equal(row?.n, 42);
    await again.close();
  });

  test("extensions that come with it are a plain CREATE EXTENSION away", async () => {
    const database = open();
    const session = await database.open();
    for (const name of [
      "citext",
      "hstore",
      "ltree",
      "pg_trgm",
      "pgcrypto",
      "uuid-ossp",
      "btree_gin",
      "btree_gist",
      "unaccent",
    ]) {
      await session.execute(`CREATE EXTENSION "${name}"`);
    }
    const [row] = await session.query("SELECT length(gen_random_uuid()::text) AS n, 'A'::citext = 'a' AS same");
    assert.deepEqual(row, { n: 36, same: true });
    await database.close();
    await assert.rejects(session.execute("SELECT 1"), { name: "ConnectionLost" });
  });

  test("of the extensions, those that it uses are there when it is opened again, others when they are asked for", async () => {
    const data = join(base, "extensions");
    const openAgain = () => new PgliteDatabase({ kind: "embedded", directory: data });
    const first = openAgain();
    await (await first.open()).execute(`CREATE EXTENSION citext; CREATE TABLE kept AS SELECT 'A'::citext AS letter`);
    await first.close();
    const second = openAgain();
    const session = await second.open();
    // The word itself would provide them all.
    const names =
      "SELECT count(*)::int AS n FROM pg_ls_dir('/pglite/share/postgresql/exten' || 'sion') AS name WHERE name = 'hstore.control'";
    assert.deepEqual(await session.query(names), [{ n: 0 }]);
    assert.deepEqual(await session.query("SELECT letter = 'a' AS same FROM kept"), [{ same: true }]);
    await session.execute(
      "CREATE EXTENSION hstore; CREATE FUNCTION sounds(text) RETURNS text AS '$libdir/fuzzystrmatch', 'soundex' LANGUAGE C STRICT",
    );
    assert.deepEqual(await session.query(names), [{ n: 1 }]);
    await second.close();
    const third = openAgain();
    assert.deepEqual(await (await third.open()).query("SELECT sounds('a') AS code"), [{ code: "A000" }]);
    await third.close();
  });

  test("a second opener is refused and told who has it; the first goes on", async () => {
    const database = open();
    const session = await database.open();
    await assert.rejects(open().open(), (error: Error & { code: string }) => {
      return error.code === "database-in-use" && error.message.includes(`process ${process.pid} on ${hostname()}`);
    });
    await session.execute("SELECT 1");
    await database.close();
  });

  test("the lock of a living process stands, on this machine and on others", async () => {
    for (const holder of [{ pid: process.ppid }, { pid: deadPid(), host: "elsewhere" }]) {
      lock(holder);
      await assert.rejects(open().open(), { code: "database-in-use" });
      assert.equal(JSON.parse(readFileSync(lockPath(), "utf8")).pid, holder.pid);
    }
  });

  test("the lock of a dead process, or of one whose id was given to another, is taken over", async () => {
    const stale = [{ pid: deadPid() }, ...(process.platform === "linux" ? [{ pid: process.ppid, started: "1" }] : [])];
    for (const holder of stale) {
      lock(holder);
      const database = open();
      await database.open();
      assert.equal(JSON.parse(readFileSync(lockPath(), "utf8")).pid, process.pid);
      await database.close();
    }
  });

  test("a torn lock file is no obstacle", async () => {
    writeFileSync(lockPath(), '{"pid":');
    const database = open();
    await database.open();
    await database.close();
  });

  test("a database whose making was interrupted is made anew", async () => {
    rmSync(join(directory, "global"), { recursive: true });
    lock({ pid: deadPid(), creating: true });
    const database = open();
    const [row] = await (await database.open()).query("SELECT to_regclass('kept') AS kept");
    assert.equal(row?.kept, null);
    await database.close();
  });

  test("a directory with other things in it is left alone", async () => {
    const other = join(base, "other");
    mkdirSync(other);
    writeFileSync(join(other, "notes.txt"), "mine");
    const database = new PgliteDatabase({ kind: "embedded", directory: other });
    await assert.rejects(database.open(), { code: "settings", message: /other files/ });
    assert.deepEqual(readdirSync(other), ["notes.txt"]);
    writeFileSync(join(other, "PG_VERSION"), "13\n");
    await assert.rejects(database.open(), { code: "settings", message: /PostgreSQL 13/ });
    const blocked = new PgliteDatabase({ kind: "embedded", directory: join(other, "notes.txt") });
    await assert.rejects(blocked.open(), { code: "connection-failed" });
  });

  test("the exit status of the process stays what it was", async () => {
    const before = process.exitCode;
    process.exitCode = 3;
    try {
      const database = open();
      await database.open();
      await database.close();
      assert.equal(process.exitCode, 3);
    } finally {
      process.exitCode = before;
    }
  });
});

describe("embedded database in memory for trials", () => {
  const trial = (image?: Uint8Array) =>
    new PgliteDatabase({
      kind: "embedded",
      directory: undefined,
      parameters: { TimeZone: "Asia/Tokyo" },
      ...(image && { image }),
    });

  test("open goes on with the start that prepare has begun", async () => {
    const database = trial();
    await database.prepare();
    await database.prepare();
    const session = await database.open();
    assert.deepEqual(await session.query("SELECT current_setting('TimeZone') AS zone"), [{ zone: "Asia/Tokyo" }]);
    await session.close();
    await database.prepare();
    assert.deepEqual(await (await database.open()).query("SELECT 1 AS one"), [{ one: 1 }]);
    await database.close();
  });

  test("closed before it has started, it can be opened anew", async () => {
    const database = trial();
    await database.prepare();
    await database.close();
    const session = await database.open();
    assert.deepEqual(await session.query("SELECT 1 AS one"), [{ one: 1 }]);
    await database.close();
  });

  test("it works on a statement while this thread is busy, and on the next ones before their answers are read", async () => {
    const database = trial();
    const session = await database.open();
    const times: string[] = [];
    session.onNotice = ({ message }) => times.push(message);
    const answers: Promise<void>[] = [];
    for (let number = 1; number <= 3; number++) {
      const sql = "DO $$ BEGIN RAISE NOTICE '%', extract(epoch FROM clock_timestamp()) * 1000; END $$";
      answers.push(
        new Promise((resolve, failed) => {
          session.send(sql, { answered: () => resolve(), failed });
        }),
      );
      // A turn of this thread, in which it takes no message.
      for (const until = performance.now() + 50; performance.now() < until; ) await null;
    }
    const endOfTurn = Date.now();
    await Promise.all(answers);
    assert.equal(times.length, 3);
    for (const time of times) assert.ok(Number(time) < endOfTurn, `${time} is after ${endOfTurn}`);
    await database.close();
  });

  test("open, not prepare, fails with what keeps it from starting", async () => {
    const database = trial(Buffer.from("no image"));
    await database.prepare();
    await assert.rejects(database.open(), { code: "connection-failed" });
    await database.close();
  });
});
