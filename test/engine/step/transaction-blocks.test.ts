import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resolve } from "../../../src/engine/verbs/resolve.ts";
import { startMessageProxy } from "../../faults/support/message-proxy.ts";
import { findPgbouncer, startPgbouncer } from "../../support/pgbouncer.ts";
import { sharedServer } from "../../support/postgres-server.ts";
import {
  embeddedWorld,
  failureOf,
  holding,
  outcomes,
  refusal,
  type ServerWorld,
  succeeded,
  within,
  world,
} from "../support.ts";

/** Each statement leaves a row. */
const BEFORE = "CREATE TABLE trace (n serial, what text); CREATE TABLE t (n int);";
const trace = (what: string) => `INSERT INTO trace (what) VALUES ('${what}');`;
const FILE = `${trace("a")}
BEGIN;
${trace("b")}
COPY t FROM STDIN;
1
2
\\.
${trace("c")}
COMMIT;
CREATE INDEX CONCURRENTLY t_n ON t (n);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SET LOCAL work_mem = '1MB';
SET application_name = 'kept';
INSERT INTO trace (what) SELECT current_setting('transaction_isolation');
COMMIT;
INSERT INTO trace (what) SELECT current_setting('application_name');
`;
const TRACES = "a b c repeatable read kept";

const traces = async (here: ServerWorld) =>
  await here.value("SELECT string_agg(what, ' ' ORDER BY n) || (SELECT ' ' || count(*) FROM t) FROM trace");

describe("a file with transactions of its own", () => {
  test("runs as psql runs it, with and without a header that asks for no transaction", async () => {
    for (const header of ["", "-- Transaction: none\n"]) {
      const here = await world({ "001_a.sql": header + FILE }, { before: BEFORE });
      succeeded(await here.up());
      assert.equal(await traces(here), `${TRACES} 2`);
      assert.deepEqual(outcomes(await here.up()), []);
      assert.equal(await here.value("SELECT count(*)::int FROM schema_migrations_steps"), 0);
    }
  });

  test("runs in the embedded database", async () => {
    const here = await embeddedWorld({
      "001_a.sql": `CREATE TABLE t (n int);\nBEGIN;\nINSERT INTO t VALUES (1);\nCOMMIT;`,
    });
    succeeded(await here.up());
    assert.equal(await here.value("SELECT count(*)::int FROM t"), 1);
  });

  test("takes over what SET TRANSACTION at the beginning of one asks for", async () => {
    const file = `${trace("a")} BEGIN; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; INSERT INTO trace (what) SELECT current_setting('transaction_isolation'); COMMIT;`;
    const here = await world({ "001_a.sql": file }, { before: BEFORE });
    succeeded(await here.up());
    assert.equal(await traces(here), "a serializable 0");
  });

  test("whose connection is lost at any message is done once, and each transaction as a whole", async () => {
    const first = await world({ "001_a.sql": FILE }, { before: BEFORE });
    const { server } = first;
    let sent = 0;
    for (const kind of ["lost", "unanswered"] as const) {
      for (let at = 1; ; at++) {
        const here = await world({ "001_a.sql": FILE }, { before: BEFORE });
        const proxy = await startMessageProxy(server.port);
        let reached = false;
        proxy.onMessage = ({ connection, from, number, bytes }) => {
          if (reached || connection > 0 || from !== "client" || number !== at) return undefined;
          reached = true;
          return { bytes: kind === "lost" ? 0 : bytes.length, lingerMs: 0 };
        };
        const url = `${here.url.replace(`:${here.server.port}`, `:${proxy.port}`)}?sslmode=disable`;
        await within(
          60_000,
          here
            .beside({}, { url })
            .up()
            .catch(() => {}),
        );
        await proxy.close();
        if (!reached) break;
        sent++;
        const part = String(await here.value("SELECT string_agg(what, ' ' ORDER BY n) FROM trace"));
        assert.ok(["null", "a", "a b c", "a b c repeatable read", TRACES].includes(part), `${kind} ${at}: ${part}`);
        succeeded(await here.up());
        assert.equal(await traces(here), `${TRACES} 2`, `${kind} ${at}`);
      }
    }
    assert.ok(sent > 40, `${sent} messages`);
  });

  test("is tried again as a whole where a table is busy", async () => {
    const file = `BEGIN; ${trace("a")} INSERT INTO t VALUES (1); COMMIT; ${trace("b")}`;
    const here = await world({ "001_a.sql": file }, { before: BEFORE, lockTimeoutMs: 100, retryMs: 20_000 });
    await holding(here, "BEGIN; LOCK TABLE t", async (release) => {
      here.onEvent = ({ type }) => {
        if (type === "retrying") void release();
      };
      succeeded(await within(30_000, here.up()));
    });
    assert.equal(await traces(here), "a b 1");
  });

  test("is undone by a file with transactions of its own", async () => {
    const down = `BEGIN; ${trace("x")} DELETE FROM t; COMMIT; SELECT 1 / (SELECT count(*) FROM t); ${trace("y")}`;
    const here = await world({ "001_a.sql": FILE, "001_a.down.sql": down }, { before: BEFORE });
    succeeded(await here.up());
    failureOf(await here.down({ count: 1 }), "statement-failed");
    assert.equal(await traces(here), `${TRACES} x 0`);
    here.write({ "001_a.down.sql": down.replace("SELECT 1 / (SELECT count(*) FROM t);", "") });
    assert.deepEqual(outcomes(succeeded(await here.down({ count: 1 }))), ["001 undone"]);
    assert.equal(await traces(here), `${TRACES} x y 0`);
  });

  test("cannot be edited where it has run", async () => {
    const file = `BEGIN; ${trace("a")} COMMIT; BEGIN; ${trace("b")} SELECT 1 / 0; COMMIT;`;
    const here = await world({ "001_a.sql": file }, { before: BEFORE });
    failureOf(await here.up(), "statement-failed");
    here.write({ "001_a.sql": file.replace("'a'", "'other'") });
    assert.equal(failureOf(await here.up(), "history-conflict").place?.line, 1);
    here.write({ "001_a.sql": file.replace("/ 0", "/ 1").replace("'b'", "'changed'") });
    succeeded(await here.up());
    assert.equal(await traces(here), "a changed 0");
  });

  test("runs what `resolve` asks for again in one transaction, with the settings around it", async () => {
    const file = `BEGIN;
SET LOCAL app.word = 'kept';
CREATE TEMP TABLE input AS SELECT current_setting('app.word') AS word;
SET application_name = 'kept too';
INSERT INTO trace (what) SELECT word FROM input;
COMMIT;
SELECT 1 / 0 FROM input;
INSERT INTO trace (what) SELECT word || ' ' || current_setting('application_name') FROM input;`;
    const here = await world({ "001_a.sql": file }, { before: BEFORE });
    failureOf(await here.up(), "statement-failed");
    here.write({ "001_a.sql": file.replace("/ 0", "/ 1") });
    failureOf(await here.up(), "in-doubt");
    for (const statement of [2, 4]) {
      assert.equal((await resolve(here.context, "001", "not-done")).statement, statement);
    }
    succeeded(await here.up());
    assert.equal(await traces(here), "kept kept kept kept too 0");
  });

  test("keeps its transactions when an edit makes one of them all", async () => {
    const file = `${trace("a")} BEGIN; SET LOCAL app.word = 'kept'; SELECT 1 / 0; COMMIT;`;
    const here = await world({ "001_a.sql": file }, { before: BEFORE });
    failureOf(await here.up(), "statement-failed");
    const word = "INSERT INTO trace (what) SELECT current_setting('app.word');";
    here.write({ "001_a.sql": `BEGIN; ${trace("a")} SET LOCAL app.word = 'kept'; ${word} SELECT 1 / 0; COMMIT;` });
    failureOf(await here.up(), "statement-failed");
    assert.equal(await traces(here), "a 0");
    here.write({ "001_a.sql": `BEGIN; ${trace("a")} SET LOCAL app.word = 'kept'; ${word} COMMIT;` });
    succeeded(await here.up());
    assert.equal(await traces(here), "a kept 0");
  });

  test("names the COMMIT that a deferred constraint refuses", async () => {
    const table = "CREATE TABLE d (n int UNIQUE DEFERRABLE INITIALLY DEFERRED);";
    const here = await world({ "001_a.sql": `${table}\nBEGIN;\nINSERT INTO d VALUES (1), (1);\n\nCOMMIT;` });
    const { place, server } = failureOf(await here.up(), "statement-failed");
    assert.deepEqual([place?.line, server?.code], [5, "23505"]);
    assert.equal(await here.value("SELECT count(*)::int FROM d"), 0);
  });

  const program = findPgbouncer();
  test("is refused behind a pooler before anything runs", {
    skip: !program && "pgbouncer is not installed",
  }, async (t) => {
    if (!program) return;
    const bouncer = await startPgbouncer(program, await sharedServer(), 2);
    t.after(() => bouncer.stop());
    const here = await world({ "001_a.sql": FILE }, { before: BEFORE });
    const behind = here.beside({}, { url: bouncer.url(here.databaseName) });
    const { message, place } = await refusal(behind.up(), "files-unsound");
    assert.match(message, /behind a transaction pooler: it has its own BEGIN and COMMIT/);
    assert.equal(place?.line, 2);
    assert.equal(await traces(here), null);
    assert.deepEqual(await here.history(), []);
  });
});
