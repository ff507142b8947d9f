import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import postgres from "postgres";
import { databaseOfConnection } from "../../src/adapters/connection/given-connection.ts";
import { openDatabase } from "../../src/adapters/target/open-database.ts";
import { resolveTarget } from "../../src/adapters/target/resolve-target.ts";
import type { ServerMessage } from "../../src/core/failure/failure.ts";
import { withoutSecrets } from "../../src/engine/session/mask-secrets.ts";
import {
  ConnectionLost,
  type Database,
  ServerFailure,
  type Session,
  type StatementResult,
} from "../../src/ports/session.ts";
import { findPgbouncer, type Pgbouncer, startPgbouncer } from "../support/pgbouncer.ts";
import { sharedServer } from "../support/postgres-server.ts";

const POOLED = "PostgreSQL 18 behind a transaction pooler";

const serverUrl = async (major: 15 | 18 = 18) => (await (await sharedServer(major)).createDatabase()).url;

const subjects: Record<string, () => Promise<Database>> = {
  "PostgreSQL 18": async () => openUrl(await serverUrl()),
  "PostgreSQL 15": async () => openUrl(await serverUrl(15)),
  "an instance of postgres": async () => databaseOfConnection(postgres(await serverUrl())),
  "a Client of pg": async () => databaseOfConnection(new pg.Client(await serverUrl())),
  "a Pool of pg": async () => databaseOfConnection(new pg.Pool({ connectionString: await serverUrl(15) })),
  PGlite: async () => openUrl("pglite:memory"),
  "the caller's PGlite": async () => databaseOfConnection(await PGlite.create()),
  "PostgreSQL 18 with masked secrets": async () =>
    withoutSecrets(openUrl(await serverUrl()), { secret: "in none of these texts" }),
  [POOLED]: openPooled,
};

const pgbouncer = findPgbouncer();
let pooler: Pgbouncer | undefined;
after(() => pooler?.stop());

async function openPooled(): Promise<Database> {
  assert.ok(pgbouncer);
  const server = await sharedServer(18);
  const { name } = await server.createDatabase();
  pooler = await startPgbouncer(pgbouncer, server);
  return openUrl(pooler.url(name));
}

function openUrl(url: string): Database {
  const target = resolveTarget({ url, environment: {} });
  assert.ok(target);
  return openDatabase(target);
}

for (const [name, make] of Object.entries(subjects)) {
  const isPooled = name === POOLED;
  const skip = isPooled && !pgbouncer ? "needs pgbouncer" : false;
  describe(`session of ${name}`, { skip }, () => {
    let database: Database;
    let session: Session;

    before(async () => {
      database = await make();
      session = await database.open();
      await session.execute("CREATE TABLE t (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, name text)");
    });
    after(async () => {
      await session.close();
      await database.close();
    });

    /** A session of its own where there can be several; else the one session, opened anew. */
    async function freshSession(): Promise<Session> {
      if (database.embedded) await session.close();
      const fresh = await database.open();
      if (database.embedded) session = fresh;
      return fresh;
    }

    test("it tells what the backend announced", () => {
      assert.ok(session.backend.serverVersion >= 140_000);
      assert.equal(session.backend.parameters.standard_conforming_strings, "on");
      assert.ok(session.backend.processId > 0);
      assert.equal(session.backend.embedded, database.embedded);
    });

    test("results carry the command tag and the row count", async () => {
      const answers = await Promise.all(
        [
          "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
          "UPDATE t SET name = 'c'",
          "SELECT * FROM t",
          "CREATE TABLE u ()",
          "DROP TABLE u",
          "",
          "-- nothing",
          "DELETE FROM t",
        ].map((sql) => session.execute(sql)),
      );
      assert.deepEqual(
        answers.map(({ command, rowCount }) => [command, rowCount]),
        [
          ["INSERT", 2],
          ["UPDATE", 2],
          ["SELECT", 2],
          ["CREATE TABLE", null],
          ["DROP TABLE", null],
          ["", null],
          ["", null],
          ["DELETE", 2],
        ],
      );
    });

    test("query returns its rows by column name", async () => {
      assert.deepEqual(await session.query("SELECT 'ü😀' AS word, 7 AS number, NULL AS nothing, true AS yes"), [
        { word: "ü😀", number: 7, nothing: null, yes: true },
      ]);
      assert.deepEqual(await session.query("SELECT 1 AS n WHERE false"), []);
    });

    test("single runs one statement, and its server refuses a text with several", async () => {
      const before = session.sent;
      const [words, number, several, failed, none, after] = await Promise.allSettled([
        session.single("SELECT 'ü😀' || n, 'aside' FROM generate_series(1, 2) n"),
        session.query("SELECT 7 AS number"),
        session.single("SELECT 1; SELECT 2"),
        session.single("SELECT 1 / 0"),
        session.single("CREATE TEMP TABLE of_single (a int)"),
        session.single("EXPLAIN (FORMAT JSON) DELETE FROM of_single"),
      ]);
      assert.deepEqual(words, { status: "fulfilled", value: ["ü😀1", "ü😀2"] });
      assert.deepEqual(number, { status: "fulfilled", value: [{ number: 7 }] });
      const codeOf = (one: PromiseSettledResult<unknown>) => one.status === "rejected" && one.reason.server?.code;
      assert.deepEqual([several, failed].map(codeOf), ["42601", "22012"]);
      assert.deepEqual(none, { status: "fulfilled", value: [] });
      assert.equal(
        after.status === "fulfilled" && JSON.parse(after.value[0] ?? "")[0].Plan["Node Type"],
        "ModifyTable",
      );
      assert.equal(session.sent - before, 6);
      await session.execute("DROP TABLE of_single");
    });

    test("relay keeps the whole answer, errors and notices included", async () => {
      const notices: string[] = [];
      session.onNotice = ({ message }) => void notices.push(message);
      const types = (bytes: Uint8Array) => {
        const found: string[] = [];
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        for (let at = 0; at < bytes.length; at += 1 + view.getUint32(at + 1)) {
          found.push(String.fromCharCode(bytes[at] ?? 0));
        }
        return found.join("");
      };
      const before = session.sent;
      const [rows, refused, after] = await Promise.all([
        session.relay("DO $$BEGIN RAISE NOTICE 'aside'; END$$; SELECT 'ü' AS word, n FROM generate_series(1, 3) n"),
        session.relay("SELECT 1 / 0"),
        session.query("SELECT 7 AS number"),
      ]);
      assert.equal(types(rows.bytes), "NCTDDDCZ");
      assert.ok(Buffer.from(rows.bytes).includes("ü"));
      assert.equal(rows.failure, undefined);
      assert.equal(types(refused.bytes), "EZ");
      assert.equal(refused.failure?.code, "22012");
      assert.deepEqual(after, [{ number: 7 }]);
      assert.deepEqual(notices, []);
      assert.equal(session.sent - before, 3);
      session.onNotice = undefined;
    });

    test("pipelined messages are run and settle in the order of the calls", async () => {
      const settled: number[] = [];
      const all = Array.from({ length: 500 }, (_, index) => {
        const sql = `SELECT '${"x".repeat((index * 37) % 3000)}', ${index} AS n`;
        const promise = index % 3 === 0 ? session.query(sql) : session.execute(sql);
        return promise.then(() => settled.push(index));
      });
      await Promise.all(all);
      assert.deepEqual(
        settled,
        Array.from({ length: 500 }, (_, index) => index),
      );
    });

    test("a listener is told once, in the order of the calls, and never before the call returns", async () => {
      const told: string[] = [];
      const listener = (name: string) => ({
        answered: ({ command }: StatementResult) => void told.push(`${name} ${command}`),
        failed: (error: Error) => void told.push(`${name} ${(error as ServerFailure).server.code}`),
      });
      session.send("SELECT 1", listener("first"));
      const query = session.query("SELECT 2 AS two").then(([row]) => void told.push(`second ${row?.two}`));
      session.send("SELECT 1 / 0", listener("third"));
      const last = session.execute("SELECT 4").then(({ command }) => void told.push(`fourth ${command}`));
      assert.deepEqual(told, []);
      await Promise.all([query, last]);
      assert.deepEqual(told, ["first SELECT", "second 2", "third 22012", "fourth SELECT"]);
    });

    test("a failure in the middle of a pipelined transaction fails what is behind it", async () => {
      const answers = await Promise.allSettled([
        session.execute("BEGIN"),
        session.execute("INSERT INTO t VALUES (10, 'x')"),
        session.execute("INSERT INTO missing VALUES (1)"),
        session.query("SELECT 1 AS n"),
        session.execute("SELECT 1; COMMIT"),
        session.execute("ROLLBACK"),
        session.query("SELECT count(*)::int AS n FROM t"),
      ]);
      assert.deepEqual(
        answers.map((answer) => (answer.status === "fulfilled" ? "done" : codeOf(answer.reason))),
        ["done", "done", "42P01", "25P02", "25P02", "done", "done"],
      );
      const last = answers[6];
      assert.deepEqual(last?.status === "fulfilled" && last.value, [{ n: 0 }]);
    });

    test("a refused statement rejects with all that the server said", async () => {
      await session.execute("CREATE TABLE parent (id int PRIMARY KEY)");
      await session.execute("CREATE TABLE child (parent_id int CONSTRAINT has_parent REFERENCES parent)");
      const failure = await refusal(session.execute("INSERT INTO child VALUES (5)"));
      assert.deepEqual(failure.server, {
        severity: "ERROR",
        code: "23503",
        message: 'insert or update on table "child" violates foreign key constraint "has_parent"',
        detail: 'Key (parent_id)=(5) is not present in table "parent".',
        schema: "public",
        table: "child",
        constraint: "has_parent",
        routine: "ri_ReportViolation",
      });
      const misspelled = await refusal(session.query("SELECT '😀', namee FROM t"));
      assert.equal(misspelled.server.position, 13);
      assert.match(misspelled.server.hint ?? "", /t\.name/);
      const inside = await refusal(session.execute("DO $$ BEGIN EXECUTE 'SELECT 1 +'; END $$"));
      assert.equal(inside.server.internalQuery, "SELECT 1 +");
      assert.equal(inside.server.internalPosition, 11);
      assert.match(inside.server.where ?? "", /PL\/pgSQL/);
    });

    test("answers come with the state of the session behind them", async () => {
      const settled = await Promise.allSettled(
        [
          "SELECT 1",
          "BEGIN",
          "SELECT 1",
          "SET LOCAL standard_conforming_strings = off; SET LOCAL default_transaction_read_only = on",
          "SELECT 1 / 0",
          "SELECT 1",
          "ROLLBACK",
        ].map((sql) => session.execute(sql)),
      );
      const states = settled.map((one) => (one.status === "fulfilled" ? one.value.after : one.reason.after));
      assert.deepEqual(
        states.map(({ transaction }) => transaction),
        ["none", "open", "open", "open", "failed", "failed", "none"],
      );
      assert.deepEqual(
        states.map(({ standardConformingStrings }) => standardConformingStrings),
        // A failure takes back what its transaction has set.
        [true, true, true, false, true, true, true],
      );
      // The pooler does not report it.
      if (isPooled) return;
      assert.deepEqual(
        states.map(({ readOnlyByDefault }) => readOnlyByDefault),
        [false, false, false, true, false, false, false],
      );
    });

    test("notices and errors of many megabytes arrive whole", { timeout: 60_000 }, async () => {
      // PGlite takes a second for 4 MB.
      const size = database.embedded ? 4_000_000 : 20_000_000;
      let heard = 0;
      session.onNotice = ({ message }) => {
        heard = message.length;
      };
      await session.execute(`DO $$ BEGIN RAISE NOTICE '%', repeat('x', ${size}); END $$`);
      session.onNotice = undefined;
      assert.equal(heard, size);
      const raising = `DO $$ BEGIN RAISE EXCEPTION '%', repeat('x', ${size}); END $$`;
      assert.equal((await refusal(session.execute(raising))).server.message.length, size);
      assert.equal((await refusal(session.query(raising))).server.message.length, size);
    });

    test("a rejection that nobody awaits does not end the process", async () => {
      session.execute("nonsense");
      session.query("nonsense");
      await session.execute("SELECT 1");
    });

    test("notices come with the number of messages answered before them", async () => {
      const heard: [string, number][] = [];
      session.onNotice = (notice, answered) => heard.push([notice.message, answered]);
      const first = session.sent;
      await Promise.all([
        session.execute("SELECT 1"),
        session.execute("DO $$ BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two'; END $$"),
        session.query("SELECT generate_series(1, 5000)"),
        session.execute("DROP TABLE IF EXISTS nothing_there"),
      ]);
      session.onNotice = undefined;
      assert.equal(session.sent, first + 4);
      assert.deepEqual(heard, [
        ["one", first + 1],
        ["two", first + 1],
        ['table "nothing_there" does not exist, skipping', first + 3],
      ]);
    });

    test("a million rows cost no memory", async () => {
      await session.execute("SELECT generate_series(1, 100000)");
      const before = process.memoryUsage().rss;
      const result = await session.execute("SELECT generate_series(1, 1000000), repeat('x', 200)");
      assert.equal(result.rowCount, 1_000_000);
      const grown = process.memoryUsage().rss - before;
      assert.ok(grown < 100_000_000, `grown by ${Math.round(grown / 1e6)} MB`);
    });

    test("a statement of several megabytes arrives whole", async () => {
      const text = "ä".repeat(4_000_000);
      const [row] = await session.query(`SELECT length('${text}') AS n`);
      assert.equal(row?.n, 4_000_000);
    });

    test("COPY FROM STDIN takes its data, in whatever parts it comes", async () => {
      await session.execute("CREATE TABLE c (a int, b text)");
      const text = Array.from({ length: 1000 }, (_, index) => `${index}\tzeile ü ${index}\n`).join("");
      const bytes = new TextEncoder().encode(text);
      function* parts() {
        for (let start = 0; start < bytes.length; start += 77) yield bytes.subarray(start, start + 77);
      }
      const answers = [
        await session.copyIn("COPY c FROM STDIN", parts()),
        await session.copyIn("COPY c FROM STDIN", []),
      ];
      assert.deepEqual(answers.map(tagOf), ["COPY 1000", "COPY 0"]);
      assert.deepEqual(await session.query("SELECT count(*)::int AS n, max(b) AS b FROM c"), [
        { n: 1000, b: "zeile ü 999" },
      ]);
    });

    test("COPY FROM STDIN tells which line is bad, and reads no further than it must", async () => {
      let closed = false;
      function* endless() {
        try {
          yield "1\tx\ny\tz\n";
          for (let index = 0; index < 300; index++) yield `1\t${"w".repeat(100_000)}\n`;
        } finally {
          closed = true;
        }
      }
      const failure = await refusal(session.copyIn("COPY c FROM STDIN", endless()));
      assert.equal(failure.server.code, "22P02");
      assert.equal(failure.server.where, 'COPY c, line 2, column a: "y"');
      assert.ok(closed);
      const missing = await refusal(session.copyIn("COPY missing FROM STDIN", ["1\n"]));
      assert.equal(missing.server.code, "42P01");
      await session.execute("SELECT 1");
    });

    test("when the data cannot be read, COPY copies nothing and that error comes through", async () => {
      await session.execute("CREATE TABLE d (a int)");
      function* broken() {
        yield "1\n";
        throw new Error("the disk is gone");
      }
      await assert.rejects(session.copyIn("COPY d FROM STDIN", broken()), /the disk is gone/);
      assert.deepEqual(await session.query("SELECT count(*)::int AS n FROM d"), [{ n: 0 }]);
    });

    test("COPY without data, and COPY to the client, leave the session usable", async () => {
      await session.execute("CREATE TABLE e (a int)");
      const failure = await refusal(session.execute("COPY e FROM STDIN"));
      assert.equal(failure.server.code, "57014");
      const { command } = await session.execute("COPY (SELECT generate_series(1, 50000)) TO STDOUT");
      assert.equal(command, "COPY");
      assert.deepEqual(await session.query("SELECT 1 AS n"), [{ n: 1 }]);
    });

    test("a new session starts clean", async (context) => {
      if (isPooled) return context.skip("sessions share the server's connections");
      const used = await freshSession();
      await used.execute("SET search_path TO pg_catalog");
      await used.execute("CREATE TEMPORARY TABLE left_over ()");
      await used.execute("BEGIN");
      await used.close();
      const fresh = await database.open();
      const [row] = await fresh.query(
        "SELECT current_setting('search_path') LIKE '%public' AS path, to_regclass('pg_temp.left_over') AS temporary, pg_current_xact_id_if_assigned() AS transaction",
      );
      if (database.embedded) session = fresh;
      else await fresh.close();
      assert.deepEqual(row, { path: true, temporary: null, transaction: null });
    });

    test("close is polite to what is under way, safe to call twice, and final", async () => {
      const one = await freshSession();
      const last = one.execute("SELECT 1");
      await Promise.all([one.close(), one.close()]);
      await one.close();
      assert.equal(tagOf(await last), "SELECT 1");
      await assert.rejects(one.execute("SELECT 1"), ConnectionLost);
      await assert.rejects(one.query("SELECT 1"), ConnectionLost);
      await one.cancel();
      if (database.embedded) session = await database.open();
    });

    test("when the server ends the connection, nothing stays unsettled", async (context) => {
      if (database.embedded) return context.skip("one backend: nobody can end it");
      if (isPooled) return context.skip("the process that is announced is not the server's");
      const victim = await database.open();
      const pending = [
        victim.execute("SELECT pg_sleep(30)"),
        victim.query("SELECT 1"),
        ...Array.from({ length: 50 }, () => victim.execute("SELECT 2")),
      ];
      await session.execute(`SELECT pg_terminate_backend(${victim.backend.processId})`);
      for (const outcome of await Promise.allSettled(pending)) {
        assert.ok(outcome.status === "rejected" && outcome.reason instanceof ConnectionLost);
        assert.equal(outcome.reason.server?.code, "57P01");
      }
      await assert.rejects(victim.execute("SELECT 3"), ConnectionLost);
      await victim.close();
    });

    test("an idle session that was ended from outside rejects later calls", async (context) => {
      if (database.embedded) return context.skip("one backend: nobody can end it");
      if (isPooled) return context.skip("the process that is announced is not the server's");
      const victim = await database.open();
      await victim.execute("SELECT 1");
      await session.execute(`SELECT pg_terminate_backend(${victim.backend.processId}, 5000)`);
      const late = Promise.allSettled([victim.execute("SELECT 1"), victim.query(`SELECT '${"x".repeat(5000)}'`)]);
      for (const outcome of await late) {
        assert.ok(outcome.status === "rejected" && outcome.reason instanceof ConnectionLost);
      }
      await victim.close();
    });

    test("cancel stops what is running and nothing else", async (context) => {
      if (database.embedded) return context.skip("one backend: nothing is left to cancel from");
      const running = session.execute("SELECT pg_sleep(30)");
      await sleeping(await database.open());
      await session.cancel();
      assert.equal((await refusal(running)).server.code, "57014");
      await session.execute("SELECT 1");
    });

    test("an embedded database has one session at a time", async (context) => {
      if (!database.embedded) return context.skip("a server has many");
      await assert.rejects(database.open(), { code: "database-in-use" });
    });
  });
}

/** Waits until a session of the database is seen running pg_sleep. */
async function sleeping(observer: Session): Promise<void> {
  const sql = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
  while ((await observer.query(sql)).length === 0);
  await observer.close();
}

async function refusal(promise: Promise<unknown>): Promise<{ server: ServerMessage }> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ServerFailure, String(error));
  return error;
}

function tagOf({ command, rowCount }: StatementResult): string {
  return `${command} ${rowCount}`;
}

function codeOf(error: unknown): string {
  return error instanceof ServerFailure ? error.server.code : String(error);
}
