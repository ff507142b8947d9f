import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { disk } from "../../../src/adapters/files/disk.ts";
import { systemClock } from "../../../src/adapters/process/system-clock.ts";
import { openDatabase } from "../../../src/adapters/target/open-database.ts";
import { resolveTarget } from "../../../src/adapters/target/resolve-target.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../../src/core/configuration/settings.ts";
import { Failure } from "../../../src/core/failure/failure.ts";
import type { Event } from "../../../src/core/reports/event.ts";
import type { ResetInventory } from "../../../src/core/reports/report.ts";
import { readState } from "../../../src/engine/history/read-state.ts";
import { withRunLock } from "../../../src/engine/lock/take-lock.ts";
import { reset } from "../../../src/engine/reset/reset.ts";
import { migrate } from "../../../src/engine/run/migrate.ts";
import type { DatabaseContext } from "../../../src/engine/session/context.ts";
import type { Consent } from "../../../src/ports/consent.ts";
import type { Database, Session } from "../../../src/ports/session.ts";
import { dumpSchema, findPgDump } from "../../support/pg-dump.ts";
import { findPgbouncer, startPgbouncer } from "../../support/pgbouncer.ts";
import { type PostgresServer, sharedServer, startPostgres } from "../../support/postgres-server.ts";
import { until } from "../../support/until.ts";
import { ZOO } from "./reset-zoo.ts";

const opened: Database[] = [];
const started: PostgresServer[] = [];
after(async () => {
  await Promise.all(opened.map((database) => database.close()));
  await Promise.all(started.map((server) => server.stop("immediate")));
});

function contextOf(url: string, settings: Partial<Settings> = {}, signal = new AbortController().signal) {
  const target = resolveTarget({ url, environment: {} });
  assert.ok(target);
  const database = openDatabase(target);
  opened.push(database);
  const events: Event[] = [];
  const context: DatabaseContext = {
    database,
    settings: {
      ...DEFAULT_SETTINGS,
      directory: "database/migrations",
      lockTimeoutMs: 300,
      lockWaitMs: 300,
      ...settings,
    },
    fileSystem: disk,
    clock: systemClock,
    emit: (event) => void events.push(event),
    signal,
    toolVersion: "test",
  };
  return { context, events };
}

/** Consent that is given, and what it was given for. */
function agreeing(): Consent & { readonly asked: ResetInventory[] } {
  const asked: ResetInventory[] = [];
  return {
    asked,
    mayReset: async (inventory) => {
      asked.push(inventory);
      return true;
    },
    mayRepair: async () => false,
  };
}

const refusing: Consent = { mayReset: async () => false, mayRepair: async () => false };

async function withSession<Result>(database: Database, work: (session: Session) => Promise<Result>): Promise<Result> {
  const session = await database.open();
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

type Query = (sql: string) => Promise<readonly Record<string, unknown>[]>;

/** How many rows each catalog of the database has, and how public looks: equal for databases without contents. */
async function fingerprint(query: Query): Promise<Record<string, unknown>> {
  const tables = await query(
    `SELECT oid::regclass::text AS name FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r' AND NOT relisshared ORDER BY 1`,
  );
  const counts = await query(
    tables
      .map(({ name }) => `SELECT '${name}' AS name, count(*)::int AS rows FROM pg_catalog.${name}`)
      .join(" UNION ALL "),
  );
  const [open] =
    await query(`SELECT nspacl::text AS acl, pg_get_userbyid(nspowner)::text AS owner, obj_description(oid) AS comment,
    (SELECT count(*)::int FROM pg_shdepend WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())) AS shared
    FROM pg_namespace WHERE nspname = 'public'`);
  return { ...Object.fromEntries(counts.map(({ name, rows }) => [name, rows])), ...open };
}

async function freshFingerprint(server: PostgresServer): Promise<Record<string, unknown>> {
  const { name } = await server.createDatabase();
  return fingerprint((sql) => server.query(name, sql));
}

/** What is in schemas that are not the system's. */
async function contents(server: PostgresServer, database: string): Promise<unknown> {
  return server.query(
    database,
    `SELECT relname FROM pg_class WHERE relnamespace::regnamespace::text !~ '^(pg_|information_schema)' AND relkind <> 'i' ORDER BY 1`,
  );
}

let roles = 0;
async function newRole(server: PostgresServer): Promise<string> {
  const role = `reset_${process.pid}_${++roles}`;
  await server.query("postgres", `CREATE ROLE ${role} LOGIN`);
  return role;
}

const failing = (code: Failure["code"], words: RegExp) => (error: unknown) => {
  const { code: actual, message } = error as Failure;
  assert.equal(actual, code, message);
  assert.match(message, words);
  return true;
};

for (const major of [15, 18] as const) {
  describe(`reset on PostgreSQL ${major}`, () => {
    test("leaves of everything what a new database has", async () => {
      const server = await sharedServer(major);
      const { name, url } = await server.createDatabase(ZOO);
      const consent = agreeing();
      const { context, events } = contextOf(url);
      const report = await reset(context, consent);
      const fresh = await server.createDatabase();
      assert.deepEqual(
        await fingerprint((sql) => server.query(name, sql)),
        await fingerprint((sql) => server.query(fresh.name, sql)),
      );
      assert.deepEqual(report.deleted, consent.asked[0]);
      const database = context.database.description;
      assert.deepEqual(events, [{ type: "reset-planned", database, inventory: consent.asked[0] }]);
      assert.deepEqual(report.deleted, {
        databaseName: name,
        schemas: ["app", 'odd " Name', "public"],
        objects: {
          "access method": 1,
          aggregate: 2,
          cast: 1,
          collation: 1,
          conversion: 1,
          "default privileges": 3,
          domain: 1,
          "event trigger": 2,
          extension: 2,
          "foreign table": 1,
          "foreign-data wrapper": 1,
          function: 10,
          language: 1,
          "large object": 3,
          "materialized view": 1,
          operator: 2,
          "operator class": 1,
          "operator family": 2,
          procedure: 4,
          publication: 2,
          sequence: 2,
          server: 1,
          "statistics object": 1,
          table: 6,
          "text search configuration": 1,
          "text search dictionary": 1,
          "text search parser": 1,
          "text search template": 1,
          transform: 1,
          type: 5,
          view: 1,
        },
        estimatedRows: 101,
        uncountedTables: 0,
      });
      const pgDump = findPgDump(major);
      if (pgDump) {
        assert.equal(await dumpSchema(pgDump, server, name, []), await dumpSchema(pgDump, server, fresh.name, []));
      }
    });

    test("works on an empty database, and asks there as well", async () => {
      const server = await sharedServer(major);
      const { name, url } = await server.createDatabase();
      const before = await fingerprint((sql) => server.query(name, sql));
      await assert.rejects(reset(contextOf(url).context, refusing), failing("consent-missing", /not confirmed/));
      const report = await reset(contextOf(url).context, agreeing());
      assert.deepEqual(report.deleted, {
        databaseName: name,
        schemas: [],
        objects: {},
        estimatedRows: 0,
        uncountedTables: 0,
      });
      assert.deepEqual(await fingerprint((sql) => server.query(name, sql)), before);
    });

    test("counts rows that no statistics tell of, up to a limit", async () => {
      const server = await sharedServer(major);
      const { name, url } = await server.createDatabase(`CREATE TABLE few AS SELECT generate_series(1, 3);
CREATE TABLE many AS SELECT generate_series(1, 10001); CREATE TABLE "o'dd" (); CREATE TABLE parts (id int) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF parts DEFAULT; INSERT INTO parts VALUES (1), (2);`);
      // As after a crash of the server.
      await server.query(name, "SELECT pg_stat_reset()");
      const shown = async (consent: ReturnType<typeof agreeing>) => {
        await reset(contextOf(url).context, consent).catch(() => {});
        return [consent.asked[0]?.estimatedRows, consent.asked[0]?.uncountedTables];
      };
      const declining = {
        ...agreeing(),
        mayReset: async (inventory: ResetInventory) => declining.asked.push(inventory) < 0,
      };
      // A table that another session has locked is not waited for.
      const locked = await contextOf(url).context.database.open();
      await locked.execute("BEGIN; LOCK TABLE few");
      assert.deepEqual(await shown(declining), [0, 4]);
      await locked.close();
      assert.deepEqual(await shown(agreeing()), [5, 1]);
    });

    test("makes the schema public where there is none", async () => {
      const server = await sharedServer(major);
      const { name, url } = await server.createDatabase(
        "DROP SCHEMA public; CREATE SCHEMA other; CREATE TABLE other.t ()",
      );
      const report = await reset(contextOf(url).context, agreeing());
      assert.deepEqual(report.deleted.schemas, ["other"]);
      const { pg_init_privs: _initial, ...after } = await fingerprint((sql) => server.query(name, sql));
      const { pg_init_privs: _fresh, ...fresh } = await freshFingerprint(server);
      assert.deepEqual(after, fresh);
    });

    test("the owner of the database needs not be a superuser", async () => {
      const server = await sharedServer(major);
      const role = await newRole(server);
      const { name } = await server.createDatabase();
      await server.query(name, `ALTER DATABASE ${name} OWNER TO ${role}; GRANT CREATE ON SCHEMA public TO ${role}`);
      await server.query(
        name,
        `SET ROLE ${role}; CREATE EXTENSION hstore; CREATE TABLE t (h hstore); CREATE SCHEMA s; CREATE VIEW s.v AS SELECT * FROM t;
         CREATE TABLE s.theirs (); SELECT lo_create(0); CREATE PUBLICATION p FOR TABLE t; REVOKE ALL ON SCHEMA public FROM PUBLIC;
         ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC; RESET ROLE;
         ALTER TABLE s.theirs OWNER TO postgres; ALTER SCHEMA public OWNER TO ${role}; COMMENT ON SCHEMA public IS NULL`,
      );
      await reset(contextOf(server.url(name, role)).context, agreeing());
      const { shared: _shared, ...after } = await fingerprint((sql) => server.query(name, sql));
      const { shared: _fresh, ...fresh } = await freshFingerprint(server);
      assert.deepEqual(after, fresh);
    });

    test("what belongs to others stops it before anything is deleted", async () => {
      const server = await sharedServer(major);
      const role = await newRole(server);
      const { name } = await server.createDatabase(`
        GRANT CREATE ON SCHEMA public TO ${role};
        CREATE SCHEMA theirs;
        GRANT ALL ON SCHEMA theirs TO ${role};
        CREATE EXTENSION citext;
        CREATE TABLE public."Audit" ();
        CREATE FUNCTION public.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION public.guard() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
        CREATE EVENT TRIGGER e ON ddl_command_end WHEN TAG IN ('COMMENT') EXECUTE FUNCTION public.guard();
        SELECT lo_create(0), lo_create(0)`);
      await server.query(name, `SET ROLE ${role}; CREATE TABLE public.own (); CREATE TABLE theirs.own ()`);
      const before = await contents(server, name);
      const consent = agreeing();
      await assert.rejects(reset(contextOf(server.url(name, role)).context, consent), (error) => {
        assert.ok(error instanceof Failure);
        assert.equal(error.code, "reset-refused");
        assert.deepEqual(error.findings.map(({ message }) => message).toSorted(), [
          "2 large objects belong to other roles",
          "event trigger e belongs to postgres",
          "extension citext belongs to postgres",
          "function public.f(integer) belongs to postgres",
          "function public.guard() belongs to postgres",
          "schema theirs belongs to postgres",
          'table public."Audit" belongs to postgres',
        ]);
        return true;
      });
      assert.deepEqual(consent.asked, []);
      assert.deepEqual(await contents(server, name), before);
    });

    test("a role may delete what is its own in a public schema that is not", async () => {
      const server = await sharedServer(major);
      const role = await newRole(server);
      const { name } = await server.createDatabase(`GRANT USAGE, CREATE ON SCHEMA public TO ${role}`);
      await server.query(
        name,
        `SET ROLE ${role}; CREATE TABLE public.own (id serial PRIMARY KEY); CREATE TYPE public.pair AS (a int)`,
      );
      const [before] = await server.query(name, "SELECT nspacl::text FROM pg_namespace WHERE nspname = 'public'");
      await reset(contextOf(server.url(name, role)).context, agreeing());
      assert.deepEqual(await contents(server, name), []);
      const [after] = await server.query(name, "SELECT nspacl::text FROM pg_namespace WHERE nspname = 'public'");
      assert.deepEqual(after, before);
    });

    test("a table in use stops it, and nothing is deleted", async () => {
      const server = await sharedServer(major);
      const { name, url } = await server.createDatabase("CREATE TABLE a (id int); CREATE TABLE b (id int)");
      const other = contextOf(url);
      await withSession(other.context.database, async (session) => {
        await session.execute("SET application_name = 'busy'");
        await session.execute("BEGIN");
        await session.execute("SELECT * FROM public.a");
        await assert.rejects(reset(contextOf(url).context, agreeing()), (error) => {
          assert.ok(
            failing(
              "statement-failed",
              /table public\.b or one of 1 more is in use by another session; nothing was deleted/,
            )(error),
          );
          assert.match(
            (error as Failure).hint ?? "",
            /^public\.a is locked by process (\d+), busy, user postgres, idle in transaction\. Stop the programs .* Or end process \1 with SELECT pg_terminate_backend\(\1\);$/,
          );
          return true;
        });
        await session.execute("ROLLBACK");
      });
      assert.deepEqual(await contents(server, name), [{ relname: "a" }, { relname: "b" }]);
      await reset(contextOf(url).context, agreeing());
      assert.deepEqual(await contents(server, name), []);
    });

    test("it waits for another run's lock", async () => {
      const server = await sharedServer(major);
      const { name, url } = await server.createDatabase("CREATE TABLE a ()");
      const other = contextOf(url).context;
      await withSession(other.database, async (session) => {
        await withRunLock(other, session, { doing: "migrate" }, async () => {
          await assert.rejects(reset(contextOf(url).context, agreeing()), failing("lock-held", /another run/));
          return {};
        });
      });
      assert.deepEqual(await contents(server, name), [{ relname: "a" }]);
    });

    test("stopped by the user, it deletes nothing", async () => {
      const server = await sharedServer(major);
      const { name, url } = await server.createDatabase("CREATE TABLE a ()");
      const stop = new AbortController();
      const { context } = contextOf(url, { lockTimeoutMs: 60_000 }, stop.signal);
      await withSession(contextOf(url).context.database, async (session) => {
        await session.execute("BEGIN");
        await session.execute("SELECT FROM public.a");
        setTimeout(() => stop.abort("interrupt"), 500);
        await assert.rejects(reset(context, agreeing()), failing("interrupted", /interrupted/));
      });
      assert.deepEqual(await contents(server, name), [{ relname: "a" }]);
    });

    test("a subscription is named, not dropped", async () => {
      const server = await sharedServer(major);
      const { url } = await server.createDatabase(
        "CREATE SUBSCRIPTION s CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false, slot_name = NONE)",
      );
      await assert.rejects(reset(contextOf(url).context, agreeing()), (error) => {
        assert.ok(error instanceof Failure);
        assert.match(error.findings.map(({ message }) => message).join(), /^subscription s has/);
        return true;
      });
    });

    test("another tool's history table stops it", async () => {
      const server = await sharedServer(major);
      const { name, url } = await server.createDatabase("CREATE TABLE schema_migrations (version text PRIMARY KEY)");
      await assert.rejects(reset(contextOf(url).context, agreeing()), failing("history-foreign", /Rails/));
      await reset(contextOf(url, { table: "pgstep_history" }).context, agreeing());
      assert.deepEqual(await contents(server, name), []);
    });
  });
}

describe("reset of more than the server has locks for", () => {
  let tight: PostgresServer;
  before(async () => {
    tight = await startPostgres({
      settings: { max_locks_per_transaction: "10", max_connections: "10", superuser_reserved_connections: "1" },
    });
    started.push(tight);
  });

  /** Tables that refer to one hub, views on views, partitions, many schemas, many large objects. */
  async function fill(name: string): Promise<void> {
    await withSession(contextOf(tight.url(name)).context.database, async (session) => {
      await session.execute(
        `CREATE TABLE public.hub (id int PRIMARY KEY); CREATE VIEW public.v0 AS SELECT * FROM hub;
         CREATE TABLE public.parted (id int) PARTITION BY RANGE (id)`,
      );
      for (let i = 1; i <= 60; i++) {
        await session.execute(
          `CREATE SCHEMA s${i}; CREATE TABLE s${i}.t (id serial PRIMARY KEY, h int REFERENCES public.hub, v text);
           CREATE VIEW public.v${i} AS SELECT * FROM public.v${i - 1};
           CREATE TABLE public.parted_${i} PARTITION OF public.parted FOR VALUES FROM (${i}) TO (${i + 1});
           CREATE FUNCTION public.f${i}() RETURNS int LANGUAGE sql AS 'SELECT 1'; SELECT lo_create(0), lo_create(0)`,
        );
      }
    });
  }

  test("goes in batches, and leaves what a new database has", async () => {
    const { name, url } = await tight.createDatabase();
    await fill(name);
    await assert.rejects(
      tight.query(
        name,
        `DO $$ DECLARE s text; BEGIN FOR s IN SELECT nspname FROM pg_namespace WHERE nspname ~ '^(s[0-9]|public)' LOOP EXECUTE 'DROP SCHEMA ' || s || ' CASCADE'; END LOOP; END $$`,
      ),
      /out of shared memory/,
    );
    const report = await reset(contextOf(url).context, agreeing());
    assert.equal(report.deleted.objects["large object"], 120);
    assert.deepEqual(await fingerprint((sql) => tight.query(name, sql)), await freshFingerprint(tight));
    assert.doesNotMatch(tight.log().slice(tight.log().lastIndexOf("DO $$")), /out of shared memory/);
  });

  /** Does something while another session has a table that is among the last to be dropped. */
  async function whileInUse(name: string, work: () => Promise<void>): Promise<void> {
    await withSession(contextOf(tight.url(name)).context.database, async (session) => {
      await session.execute("BEGIN");
      await session.execute("SELECT FROM public.hub");
      await work();
    });
  }

  for (const schema of ["public", "history"]) {
    test(`cut off half-way it says so, and is finished by another (history in ${schema})`, async () => {
      const { name, url } = await tight.createDatabase();
      await fill(name);
      const { context } = contextOf(url, { schema, lockTimeoutMs: 60_000 });
      await whileInUse(name, async () => {
        const cutOff = assert.rejects(reset(context, agreeing()), failing("connection-lost", /Cannot reset/));
        await until(async () => {
          const [row] = await tight.query(
            name,
            "SELECT bool_or(pg_terminate_backend(pid)) AS ended FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
          );
          return row?.ended === true;
        });
        await cutOff;
      });
      const [left] = await tight.query(
        name,
        "SELECT to_regclass('public.v1') IS NULL AS begun, to_regclass('public.hub') IS NULL AS ended",
      );
      assert.deepEqual(left, { begun: true, ended: false });
      const state = await withSession(context.database, (session) => readState(session, context.settings));
      assert.equal(state.resetUnfinished, true);
      await assert.rejects(migrate(context, {}, {}), failing("reset-unfinished", /a reset did not finish/));
      await reset(context, agreeing());
      assert.deepEqual(await fingerprint((sql) => tight.query(name, sql)), await freshFingerprint(tight));
    });
  }

  test("a table in use leaves it unfinished, and says so", async () => {
    const { name, url } = await tight.createDatabase();
    await fill(name);
    const { context } = contextOf(url);
    await whileInUse(name, () =>
      assert.rejects(
        reset(context, agreeing()),
        failing("statement-failed", /is in use by another session; part of its data is deleted/),
      ),
    );
    const state = await withSession(context.database, (session) => readState(session, context.settings));
    assert.equal(state.resetUnfinished, true);
    await reset(context, agreeing());
    assert.deepEqual(await fingerprint((sql) => tight.query(name, sql)), await freshFingerprint(tight));
  });

  test("a single table of too many parts is named", async () => {
    const columns = Array.from({ length: 1500 }, (_, index) => `c${index} int DEFAULT 1`);
    const { name, url } = await tight.createDatabase(
      `CREATE TABLE small (); CREATE TABLE wide (${columns.join(", ")})`,
    );
    await assert.rejects(reset(contextOf(url).context, agreeing()), (error) => {
      assert.ok(failing("too-large", /table public\.wide takes more locks .*; part of its data is deleted/)(error));
      assert.match((error as Failure).hint ?? "", /max_locks_per_transaction/);
      return true;
    });
    assert.equal((await tight.query(name, "SELECT to_regclass('public.wide') AS wide"))[0]?.wide, "wide");
  });

  test("without consent there is no mark either", async () => {
    const { name, url } = await tight.createDatabase();
    await fill(name);
    const before = await fingerprint((sql) => tight.query(name, sql));
    await assert.rejects(reset(contextOf(url).context, refusing), failing("consent-missing", /not confirmed/));
    assert.deepEqual(await fingerprint((sql) => tight.query(name, sql)), before);
  });
});

describe("reset through a transaction pooler", { skip: findPgbouncer() ? false : "pgbouncer is not installed" }, () => {
  for (const tight of [false, true]) {
    test(tight ? "in batches" : "at once", async () => {
      const server = await startPostgres(
        tight ? { settings: { max_locks_per_transaction: "10", max_connections: "10" } } : {},
      );
      started.push(server);
      const pooler = await startPgbouncer(findPgbouncer() ?? "", server, 2);
      try {
        const { name } = await server.createDatabase();
        const tables = Array.from({ length: 60 }, (_, index) => `CREATE TABLE t${index} (id serial PRIMARY KEY)`);
        for (const table of tables) await server.query(name, table);
        // Only the database's own setting is certain behind a pooler, and it may hide the server's catalog.
        await server.query(name, "CREATE VIEW public.pg_class AS SELECT * FROM pg_catalog.pg_class WHERE false");
        await server.query(name, `ALTER DATABASE ${name} SET search_path = public, pg_catalog`);
        const { context } = contextOf(pooler.url(name));
        const report = await reset(context, agreeing());
        // The lease by which it shuts out others is deleted with the rest.
        assert.deepEqual(report.deleted.objects, { table: 61, sequence: 60, view: 1 });
        assert.deepEqual(await fingerprint((sql) => server.query(name, sql)), await freshFingerprint(server));
      } finally {
        await pooler.stop();
      }
    });
  }
});

describe("reset of the embedded database", () => {
  test("leaves of everything what a new one has", async () => {
    const { context } = contextOf("pglite:memory");
    const query = (sql: string) => withSession(context.database, (session) => session.query(sql));
    const fresh = await fingerprint(query);
    await withSession(context.database, (session) => session.execute(ZOO));
    const report = await reset(context, agreeing());
    assert.equal(report.deleted.objects.table, 6);
    assert.deepEqual(await fingerprint(query), fresh);
    await reset(context, agreeing());
  });
});
