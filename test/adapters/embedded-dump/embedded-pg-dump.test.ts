import assert from "node:assert/strict";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { embeddedPgDump } from "../../../src/adapters/embedded-dump/embedded-pg-dump.ts";
import { openDatabase } from "../../../src/adapters/target/open-database.ts";
import { resolveTarget } from "../../../src/adapters/target/resolve-target.ts";
import { Failure } from "../../../src/core/failure/failure.ts";
import type { SchemaDump, SchemaDumpRequest } from "../../../src/ports/schema-dump.ts";
import { ConnectionLost, type Database, ServerFailure, type Session } from "../../../src/ports/session.ts";
import { message, startFakeServer } from "../../support/fake-server.ts";
import { findPgDump, dump as runPgDump } from "../../support/pg-dump.ts";
import { findPgbouncer, startPgbouncer } from "../../support/pgbouncer.ts";
import { temporaryPlace } from "../../support/place.ts";
import { sharedServer } from "../../support/postgres-server.ts";
import { builtDump } from "../../support/schema-dump.ts";

const SCHEMA = `CREATE SCHEMA "Shop";
CREATE DOMAIN "Shop".price AS numeric(10, 2) CHECK (VALUE >= 0);
CREATE TYPE "Shop".state AS ENUM ('new', 'sold');
CREATE TABLE "Shop".item (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "Name ü" text UNIQUE,
 cost "Shop".price DEFAULT 1, state "Shop".state, of bigint REFERENCES "Shop".item);
CREATE INDEX ON "Shop".item (cost DESC) WHERE state = 'new';
CREATE TABLE part (day date) PARTITION BY RANGE (day);
CREATE TABLE part_2026 PARTITION OF part FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE FUNCTION cheap(bound numeric) RETURNS SETOF "Shop".item LANGUAGE sql BEGIN ATOMIC
 SELECT * FROM "Shop".item WHERE cost < bound; END;
CREATE FUNCTION odd() RETURNS text LANGUAGE sql AS $$ SELECT '
SET transaction_timeout = 0;
\\restrict x
-- Dumped from database version 1
--
-- PostgreSQL database dump complete
--
' $$;
CREATE VIEW "Shop".free AS SELECT id FROM "Shop".item WHERE cost = 0;
CREATE RULE none AS ON DELETE TO part DO INSTEAD NOTHING;
COMMENT ON TABLE part IS 'by day';
GRANT SELECT ON part TO PUBLIC`;

const WHOLE: SchemaDumpRequest = { section: "whole", owners: false, privileges: false, lockTimeoutMs: 0 };
const SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const never = new AbortController().signal;

/** Dumps in a transaction of its own. */
async function dumpOf(dump: SchemaDump, session: Session, request: Partial<SchemaDumpRequest> = {}): Promise<string> {
  await session.execute(SNAPSHOT);
  try {
    return await dump.write(session, { ...WHOLE, ...request }, never);
  } finally {
    await session.execute("ROLLBACK");
  }
}

function openUrl(url: string): Database {
  const target = resolveTarget({ url, environment: {} });
  assert.ok(target);
  return openDatabase(target);
}

const serverUrl = async (major: 15 | 18) => (await (await sharedServer(major)).createDatabase()).url;

async function withDatabase(url: string, work: (session: Session, database: Database) => Promise<void>): Promise<void> {
  const database = openUrl(url);
  const session = await database.open();
  try {
    await work(session, database);
  } finally {
    await session.close();
    await database.close();
  }
}

const LEFT = `SELECT pg_catalog.count(*)::int AS prepared, pg_catalog.current_setting('search_path') AS path,
 pg_catalog.current_setting('synchronize_seqscans') AS scans FROM pg_catalog.pg_prepared_statements`;

describe("the embedded pg_dump", () => {
  let dump: SchemaDump;
  before(async () => {
    dump = await builtDump();
  });

  const urls = {
    "PostgreSQL 15": () => serverUrl(15),
    "PostgreSQL 18": () => serverUrl(18),
    PGlite: async () => "pglite:memory",
  };
  for (const [name, url] of Object.entries(urls)) {
    test(`writes a schema of ${name} that gives the same schema again, and leaves the session clean`, async () => {
      let text = "";
      await withDatabase(await url(), async (session) => {
        await session.execute(SCHEMA);
        const clean = await session.query(LEFT);
        text = await dumpOf(dump, session);
        assert.deepEqual(await session.query(LEFT), clean);
        const parts = [
          await dumpOf(dump, session, { section: "pre-data" }),
          await dumpOf(dump, session, { section: "post-data" }),
        ];
        assert.ok(parts[1]?.includes("ADD CONSTRAINT item_pkey") && !parts[0]?.includes("ADD CONSTRAINT item_pkey"));
        assert.match(await dumpOf(dump, session, { owners: true, privileges: true }), /OWNER TO[\s\S]*GRANT SELECT ON/);
        assert.doesNotMatch(text, /OWNER TO|GRANT|^-- Dumped by/m);
        assert.doesNotMatch(text.split("CREATE ")[0] ?? "", /restrict|transaction_timeout|version/);
      });
      await withDatabase(await url(), async (session) => {
        await session.execute(text);
        await session.execute("RESET ALL");
        assert.equal(await dumpOf(dump, session), text);
      });
    });
  }

  test("writes the same text for 18 and PGlite", async () => {
    const texts: string[] = [];
    for (const url of [await serverUrl(18), "pglite:memory"]) {
      await withDatabase(url, async (session) => {
        await session.execute(SCHEMA);
        texts.push(await dumpOf(dump, session));
      });
    }
    assert.equal(texts[0], texts[1]);
  });

  const own = findPgDump(15);
  test("writes what the server's own pg_dump writes", { skip: own ? false : "needs pg_dump 15" }, async () => {
    const server = await sharedServer(15);
    const { url, name } = await server.createDatabase();
    await withDatabase(url, async (session) => {
      await session.execute(SCHEMA);
      const expected = await runPgDump(own ?? "", server, name, ["--schema-only", "--no-owner", "--no-privileges"]);
      const objects = (text: string) => text.slice(text.indexOf("\n--\n-- Name: ")).replace(/\s+$/, "\n");
      const [body = ""] = expected.split(/\n--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict/);
      assert.equal(objects(await dumpOf(dump, session)), objects(body));
    });
  });

  test("writes the same text whoever owns the schema public", async () => {
    await withDatabase(await serverUrl(18), async (session) => {
      await session.execute(SCHEMA);
      const text = await dumpOf(dump, session);
      await session.execute("ALTER SCHEMA public OWNER TO postgres");
      assert.equal(await dumpOf(dump, session), text);
      await session.execute("DROP SCHEMA public CASCADE");
      assert.doesNotMatch(await dumpOf(dump, session), /public/);
    });
  });

  test("leaves out relations and schemas by their exact names, and dumps only the named ones", async () => {
    await withDatabase(await serverUrl(18), async (session) => {
      await session.execute(
        `CREATE TABLE "a.b*" (); CREATE TABLE "a.bc" (); CREATE TABLE "q""t" (); CREATE SCHEMA "S?"; CREATE TABLE "S?".x ()`,
      );
      const tables = async (request: Partial<SchemaDumpRequest>) =>
        [...(await dumpOf(dump, session, request)).matchAll(/^CREATE TABLE (.*) \(/gm)].map(([, name]) => name);
      const except = [
        { schema: "public", name: "a.b*" },
        { schema: "public", name: 'q"t' },
      ];
      assert.deepEqual(await tables({ except, exceptSchemas: ["S?"] }), ['public."a.bc"']);
      assert.deepEqual(await tables({ only: [{ schema: "public", name: 'q"t' }] }), ['public."q""t"']);
    });
  });

  test("a refused query is the server's failure, and the session stays usable", async () => {
    const server = await sharedServer(18);
    const { url } = await server.createDatabase();
    await withDatabase(url, async (session) => {
      await session.execute("CREATE TABLE secret (); CREATE ROLE dump_reader; SET ROLE dump_reader");
      await session.execute(SNAPSHOT);
      await assert.rejects(dump.write(session, WHOLE, never), (error) => {
        assert.ok(error instanceof ServerFailure);
        assert.match(error.message, /permission denied for table secret/);
        return error.server.code === "42501";
      });
      assert.equal(session.state.transaction, "none");
      await session.execute("RESET ROLE; DROP ROLE dump_reader");
      assert.match(await dumpOf(dump, session), /CREATE TABLE public.secret/);
    });
  });

  test("waits for a table's lock only as long as it may", async () => {
    await withDatabase(await serverUrl(18), async (session, database) => {
      await session.execute("CREATE TABLE busy ()");
      const other = await database.open();
      await other.execute("BEGIN; LOCK TABLE busy");
      await session.execute(SNAPSHOT);
      await assert.rejects(dump.write(session, { ...WHOLE, lockTimeoutMs: 100 }, never), /statement timeout/);
      await other.close();
    });
  });

  test("an abort stops a dump that waits", async () => {
    await withDatabase(await serverUrl(18), async (session, database) => {
      await session.execute("CREATE TABLE busy ()");
      const other = await database.open();
      await other.execute("BEGIN; LOCK TABLE busy");
      const stop = new AbortController();
      await session.execute(SNAPSHOT);
      const dumped = dump.write(session, WHOLE, stop.signal);
      const waiting =
        "SELECT pg_catalog.count(*)::int AS n FROM pg_catalog.pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())";
      while ((await other.query(waiting))[0]?.n === 0);
      stop.abort("interrupt");
      await assert.rejects(dumped, (error) => error instanceof Failure && error.code === "interrupted");
      assert.equal(session.state.transaction, "none");
      await other.close();
    });
  });

  test("a lost connection ends it", async () => {
    await withDatabase(await serverUrl(18), async (session, database) => {
      await session.execute("CREATE TABLE busy ()");
      const other = await database.open();
      await other.execute("BEGIN; LOCK TABLE busy");
      await session.execute(SNAPSHOT);
      const ends = assert.rejects(dump.write(session, WHOLE, never), (error) => error instanceof ConnectionLost);
      const end = `SELECT pg_catalog.count(pg_catalog.pg_terminate_backend(pid))::int AS n FROM pg_catalog.pg_locks WHERE NOT granted AND pid = ${session.backend.processId}`;
      while ((await other.query(end))[0]?.n === 0);
      await ends;
      await other.close();
    });
  });

  test("a thread that dies, fails or does not exist is an error and no wait", async () => {
    const thread = (program: string, wasm = "\0asm\x01\0\0\0") =>
      embeddedPgDump(pathToFileURL(join(temporaryPlace("dump", { "pg-dump.js": program, "pg-dump.wasm": wasm }), "/")));
    const ask =
      'import { parentPort, workerData as w } from "node:worker_threads"; const ask = (m) => { Atomics.store(w.shared.control, 0, 0); parentPort.postMessage({ kind: "ask", message: new Uint8Array(m) }); Atomics.wait(w.shared.control, 0, 0); };';
    await withDatabase(await serverUrl(18), async (session) => {
      for (const [program, reason] of [
        ["process.exit(3)", /its thread ended/],
        ["throw new Error('no room')", /no room/],
        [`${ask} ask([0, 0, 0, 4]); ask([0x51, 0, 0, 0, 6, 0x3b, 0]); process.exit(0)`, /its thread ended/],
        [`${ask} ask([0, 0, 0, 4]); ask([0x50, 0, 0, 0, 4])`, /a message of type 80/],
      ] as const) {
        await session.execute(SNAPSHOT);
        await assert.rejects(thread(program).write(session, WHOLE, never), reason);
        assert.equal(session.state.transaction, "none");
      }
      await session.execute(SNAPSHOT);
      await assert.rejects(thread("", "damaged").write(session, WHOLE, never), /pg-dump\.wasm cannot be compiled: /);
      assert.equal(session.state.transaction, "none");
      const missing = embeddedPgDump(pathToFileURL(join(temporaryPlace("dump"), "/")));
      await assert.rejects(missing.write(session, WHOLE, never), /does not include pg_dump/);
    });
  });

  test("a server that is newer than pg_dump is refused with a remedy", async () => {
    const server = await startFakeServer((socket, said, turn) => {
      const version = message("S", "server_version\0" + "19.1\0");
      const ready = message("Z", "I");
      if (turn === 0) socket.write(Buffer.concat([message("R", 0), version, message("K", 7, 9), ready]));
      else
        socket.write(
          Buffer.concat(
            Array(said.toString("latin1").split("ROLLBACK").length).fill(
              Buffer.concat([message("C", "SELECT 0\0"), ready]),
            ),
          ),
        );
    });
    const database = openUrl(server.url);
    const session = await database.open();
    try {
      await assert.rejects(dump.write(session, WHOLE, never), (error) => {
        assert.ok(error instanceof Failure);
        assert.equal(error.code, "dump-failed");
        assert.match(error.message, /pg_dump 18 does not know PostgreSQL 19$/);
        return /of version 19/.test(error.hint ?? "");
      });
    } finally {
      await session.close();
      server.close();
    }
  });

  const pgbouncer = findPgbouncer();
  test("behind a pooler the next client sees nothing of it", {
    skip: pgbouncer ? false : "needs pgbouncer",
  }, async () => {
    const server = await sharedServer(18);
    const { name } = await server.createDatabase();
    const pooler = await startPgbouncer(pgbouncer ?? "", server, 1);
    try {
      await withDatabase(pooler.url(name), async (session, database) => {
        await session.execute(SCHEMA);
        const other = await database.open();
        const clean = await other.query(LEFT);
        const text = await dumpOf(dump, session);
        assert.match(text, /CREATE VIEW "Shop".free/);
        assert.deepEqual(await other.query(LEFT), clean);
        // The views come after functions, for which pg_dump has prepared a statement.
        await session.execute(
          `CREATE ROLE dump_pooled; GRANT USAGE ON SCHEMA "Shop" TO dump_pooled;
 GRANT SELECT ON ALL TABLES IN SCHEMA public, "Shop" TO dump_pooled;
 REVOKE EXECUTE ON FUNCTION pg_catalog.pg_get_viewdef(oid) FROM PUBLIC`,
        );
        await session.execute(`${SNAPSHOT}; SET LOCAL ROLE dump_pooled`);
        await assert.rejects(dump.write(session, WHOLE, never), /permission denied/);
        assert.deepEqual(await other.query(LEFT), clean);
        await other.execute("DROP OWNED BY dump_pooled; DROP ROLE dump_pooled");
        await other.close();
      });
    } finally {
      await pooler.stop();
    }
  });

  test("its thread can be loaded from a path with a space", async () => {
    const { cpSync } = await import("node:fs");
    const place = join(temporaryPlace("dump"), "a b");
    for (const file of ["pg-dump.js", "pg-dump.wasm"]) cpSync(join("dist", "embedded", file), join(place, file));
    await withDatabase("pglite:memory", async (session) => {
      assert.match(await dumpOf(embeddedPgDump(pathToFileURL(join(place, "/"))), session), /^SET statement_timeout/);
    });
  });
});
