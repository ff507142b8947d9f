import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { systemClock } from "../../../src/adapters/process/system-clock.ts";
import type { RunLock } from "../../../src/engine/lock/run-lock.ts";
import { withRunLock } from "../../../src/engine/lock/take-lock.ts";
import { inTransaction } from "../../../src/engine/session/own-transaction.ts";
import { ServerFailure, type Session } from "../../../src/ports/session.ts";
import { findPgbouncer, type Pgbouncer, startPgbouncer } from "../../support/pgbouncer.ts";
import { sharedServer } from "../../support/postgres-server.ts";
import { world as makeWorld, open, outcomes, refusal, type ServerWorld, succeeded, within } from "../support.ts";

const program = findPgbouncer();

const ONE = { "001_one.sql": "CREATE TABLE one (id integer);" };

/** As if the holder's last heartbeat had been longer ago than a lease is good for. */
const EXPIRE = "UPDATE schema_migrations_lease SET expires_at = timezone('UTC', clock_timestamp()) - interval '1 s'";
const FENCING = "SELECT fencing::int FROM schema_migrations_lease";
const ACTIVE = "FROM pg_stat_activity WHERE state = 'active' AND datname = current_database() AND query LIKE";

describe("a lease behind pgbouncer", { skip: program ? false : "pgbouncer is not installed" }, () => {
  let bouncer: Pgbouncer;
  before(async () => {
    bouncer = await startPgbouncer(program ?? "", await sharedServer(), 12);
  });
  after(() => bouncer.stop());

  async function pair(
    files: Readonly<Record<string, string>>,
    { settings = {}, sql = "" } = {},
  ): Promise<{ direct: ServerWorld; pooled: ServerWorld }> {
    const direct = await makeWorld(files, { before: sql, ...settings });
    return { direct, pooled: direct.beside({}, { url: bouncer.url(direct.databaseName) }) };
  }

  /** Works while a run behind the pooler has the lease. */
  async function leased(
    { context }: ServerWorld,
    work: (session: Session, lock: RunLock) => Promise<void> = async () => {},
  ): Promise<void> {
    const session = await context.database.open();
    try {
      await withRunLock(context, session, { doing: "migrate" }, async (lock) => {
        await work(session, lock);
        return {};
      });
    } finally {
      await session.close();
    }
  }

  async function refused(promise: Promise<unknown>): Promise<string> {
    const error: unknown = await promise.then(
      () => assert.fail("nothing was refused"),
      (reason: unknown) => reason,
    );
    if (!(error instanceof ServerFailure)) throw error;
    return error.server.message;
  }

  for (const successor of ["direct", "pooled"] as const) {
    it(`that nobody renews keeps a ${successor} run waiting until it has expired; its late transaction is refused then`, async () => {
      const worlds = await pair(ONE, { settings: { lockWaitMs: 400 } });
      const next = successor === "direct" ? worlds.direct : worlds.pooled.beside();
      await leased(worlds.pooled, async (session, lock) => {
        const { hint } = await refusal(next.up(), "lock-held");
        assert.match(hint ?? "", /user postgres through a pooler, since .*, its lease valid until \d\d:\d\d:\d\d UTC/);
        await worlds.direct.rows(EXPIRE);
        assert.deepEqual(outcomes(succeeded(await next.up())), ["001 applied"]);
        assert.match(await refused(inTransaction(session, ["CREATE TABLE late ()"], lock.guard)), /pgstep:lease/);
        assert.match(await refused(session.execute(lock.check ?? "")), /pgstep:lease/);
        assert.deepEqual(await worlds.direct.tables(), ["one"]);
      });
    });
  }

  it("whose table was dropped and made again is lost, although the number is the same", async () => {
    const { direct, pooled } = await pair(ONE);
    await leased(pooled, async (session, lock) => {
      const number = await direct.value(FENCING);
      await direct.rows("DROP TABLE schema_migrations_lease");
      assert.match(await refused(session.execute(lock.check ?? "")), /pgstep:lease/);
      await leased(pooled.beside(), async () => {
        assert.equal(await direct.value(FENCING), number);
        assert.match(await refused(inTransaction(session, ["CREATE TABLE late ()"], lock.guard)), /pgstep:lease/);
      });
    });
  });

  it("is renewed by each transaction, and longer by the check before a statement that runs outside one", async () => {
    const { direct, pooled } = await pair(ONE);
    const term =
      "SELECT round(extract(epoch FROM expires_at - timezone('UTC', clock_timestamp())))::int FROM schema_migrations_lease";
    await leased(pooled, async (session, lock) => {
      await direct.rows(EXPIRE);
      await inTransaction(session, ["SELECT 1"], lock.guard);
      const afterTransaction = Number(await direct.value(term));
      assert.ok(afterTransaction > 0 && afterTransaction <= 30, String(afterTransaction));
      await session.execute(lock.check ?? "");
      const afterCheck = Number(await direct.value(term));
      assert.ok(afterCheck > 120 && afterCheck <= 150, String(afterCheck));
    });
    assert.equal(await direct.value("SELECT expires_at::text FROM schema_migrations_lease"), "-infinity");
  });

  it("is renewed while one statement runs, on other connections, and not any more when the run has ended", async () => {
    const { direct, pooled } = await pair({
      "001_t.sql": "CREATE TABLE t (id integer);",
      "002_index.sql": "CREATE INDEX CONCURRENTLY t_id ON t (id);",
    });
    succeeded(await pooled.up({ to: "001" }));
    let beats = 0;
    const clock = {
      ...systemClock,
      every: (_ms: number, work: () => void) =>
        systemClock.every(50, () => {
          beats++;
          work();
        }),
    };
    const eager = { ...pooled, context: { ...pooled.context, clock } };
    const holding = direct.server.query(
      direct.databaseName,
      "BEGIN; INSERT INTO t VALUES (1); SELECT pg_sleep(1.5); COMMIT",
    );
    await direct.until(`SELECT count(*) > 0 ${ACTIVE} 'BEGIN; INSERT INTO t%'`);
    const { migrate } = await import("../../../src/engine/run/migrate.ts");
    const building = migrate(eager.context, {}, {});
    await direct.until(`SELECT count(*) > 0 ${ACTIVE} '/* pgstep %'`);
    await direct.rows(EXPIRE);
    await direct.until("SELECT expires_at > timezone('UTC', clock_timestamp()) FROM schema_migrations_lease");
    await holding;
    succeeded(await building);
    const counted = beats;
    assert.ok(counted > 0);
    await systemClock.sleep(200);
    assert.equal(beats, counted);
    assert.equal(await direct.value("SELECT expires_at::text FROM schema_migrations_lease"), "-infinity");
  });

  it("that expired while its holder's statement runs keeps a direct run waiting", async () => {
    const { direct, pooled } = await pair(
      { "001_t.sql": "CREATE TABLE t (id integer);", "002_index.sql": "CREATE INDEX CONCURRENTLY t_id ON t (id);" },
      { settings: { lockWaitMs: 500 } },
    );
    succeeded(await pooled.up({ to: "001" }));
    const holding = direct.server.query(
      direct.databaseName,
      "BEGIN; INSERT INTO t VALUES (1); SELECT pg_sleep(2.5); COMMIT",
    );
    await direct.until(`SELECT count(*) > 0 ${ACTIVE} 'BEGIN; INSERT INTO t%'`);
    const building = pooled.up();
    await direct.until(`SELECT count(*) > 0 ${ACTIVE} '/* pgstep %'`);
    await direct.rows(EXPIRE);
    const { hint } = await refusal(direct.up(), "lock-held");
    assert.match(hint ?? "", /its last statement still runs/);
    await holding;
    assert.deepEqual(outcomes(succeeded(await building)), ["002 applied"]);
  });

  for (const kind of ["direct", "pooled"] as const) {
    it(`that expired keeps a ${kind} role waiting that cannot see whether its holder's statement runs`, async () => {
      const { direct, pooled } = await pair(
        { "001_t.sql": "CREATE TABLE t (id integer);", "002_index.sql": "CREATE INDEX CONCURRENTLY t_id ON t (id);" },
        { settings: { lockWaitMs: 500 } },
      );
      const { server, databaseName } = direct;
      const role = `blind_${databaseName}`.toLowerCase();
      succeeded(await pooled.up({ to: "001" }));
      await direct.rows(
        `CREATE ROLE ${role} LOGIN; GRANT CREATE ON SCHEMA public TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}; CREATE TABLE schema_migrations_steps (version varchar(255) NOT NULL, direction text NOT NULL, statement integer NOT NULL, hash text NOT NULL, started_at timestamp NOT NULL, finished_at timestamp, indexes_before text, PRIMARY KEY (version, direction, statement)); GRANT ALL ON schema_migrations_steps TO ${role}`,
      );
      const other = await startPgbouncer(program ?? "", server, 4, "transaction", role);
      try {
        const blind = direct.beside(
          {},
          { url: kind === "direct" ? server.url(databaseName, role) : other.url(databaseName) },
        );
        // Somebody's statement, and no statement in the journal: nobody can be meant.
        await leased(pooled);
        const holding = server.query(databaseName, "BEGIN; INSERT INTO t VALUES (1); SELECT pg_sleep(3); COMMIT");
        await direct.until(`SELECT count(*) > 0 ${ACTIVE} 'BEGIN; INSERT INTO t%'`);
        await leased(pooled, async () => {
          await direct.rows(EXPIRE);
          assert.deepEqual(succeeded(await blind.up({ to: "001" })).steps, []);
          await leased(blind);
        });
        const building = pooled.up();
        await direct.until(`SELECT count(*) > 0 ${ACTIVE} '/* pgstep %'`);
        await direct.rows(EXPIRE);
        const { hint } = await refusal(blind.up(), "lock-held");
        assert.match(hint ?? "", new RegExp(`GRANT pg_read_all_stats TO "${role}"`));
        await holding;
        assert.deepEqual(outcomes(succeeded(await within(20_000, building))), ["002 applied"]);
      } finally {
        await other.stop();
      }
    });
  }

  it("whose heartbeat waits for a transaction of its holder counts as held", async () => {
    const { direct, pooled } = await pair(ONE, { settings: { lockWaitMs: 300 } });
    await leased(pooled, async () => {
      await direct.rows(EXPIRE);
      const holder = await open(direct.url).open();
      await holder.execute("BEGIN; SELECT FROM schema_migrations_lease FOR SHARE");
      const beat = direct.server.query(
        direct.databaseName,
        "UPDATE schema_migrations_lease SET expires_at = expires_at",
      );
      await direct.until("SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'tuple'");
      await refusal(direct.up(), "lock-held");
      await holder.close();
      await beat;
      succeeded(await direct.up());
    });
  });

  it("in a schema that is not there yet is made with it", async () => {
    const { direct, pooled } = await pair(ONE, { settings: { schema: "Own Schema", table: "The History" } });
    assert.deepEqual(outcomes(succeeded(await pooled.up())), ["001 applied"]);
    assert.equal(await direct.value(`SELECT expires_at::text FROM "Own Schema"."The History_lease"`), "-infinity");
  });

  it("that the role may not use is an error with the GRANT", async () => {
    const { direct, pooled } = await pair(ONE);
    await leased(pooled);
    const { server, databaseName } = direct;
    const role = `poor_${databaseName}`.toLowerCase();
    await direct.rows(`CREATE ROLE ${role} LOGIN; GRANT CREATE ON SCHEMA public TO ${role}`);
    const other = await startPgbouncer(program ?? "", server, 4, "transaction", role);
    try {
      for (const url of [server.url(databaseName, role), other.url(databaseName)]) {
        const { hint } = await refusal(direct.beside({}, { url }).up(), "privilege-missing");
        assert.match(
          hint ?? "",
          new RegExp(`GRANT SELECT, INSERT, UPDATE ON "public"."schema_migrations_lease" TO "${role}"`),
        );
      }
      assert.deepEqual(await direct.tables(), []);
      await direct.rows(`GRANT SELECT, INSERT, UPDATE ON schema_migrations_lease TO ${role}`);
      succeeded(await direct.beside({}, { url: other.url(databaseName) }).up());
      // The lease's table is not made where the schema is closed.
      await direct.rows(`DROP TABLE schema_migrations_lease; REVOKE CREATE ON SCHEMA public FROM ${role}`);
      direct.write({ "002_two.sql": "SELECT 1;" });
      const { hint } = await refusal(direct.beside({}, { url: other.url(databaseName) }).up(), "privilege-missing");
      assert.match(hint ?? "", new RegExp(`GRANT CREATE ON SCHEMA "public" TO "${role}"`));
    } finally {
      await other.stop();
    }
  });

  describe("beside an older pgstep, whose statements these are", () => {
    const KEYS = "1885827956, 58072710";
    const NOW = "pg_catalog.timezone('UTC', pg_catalog.clock_timestamp())";
    const TAKE = `INSERT INTO "public"."schema_migrations_lease" AS held (name, owner, fencing, expires_at, holder)
 VALUES ('run', 'older', 1, ${NOW} + interval '30 s', 'an older run') ON CONFLICT (name) DO UPDATE
 SET owner = EXCLUDED.owner, fencing = held.fencing + 1, expires_at = EXCLUDED.expires_at, holder = EXCLUDED.holder
 WHERE held.expires_at < ${NOW} AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.state = 'active' AND pg_catalog.starts_with(a.query, '/* pgstep ' || held.owner)) RETURNING fencing::text AS fencing`;
    const MAKE =
      'CREATE TABLE IF NOT EXISTS "public"."schema_migrations_lease" (name text PRIMARY KEY, owner text NOT NULL, fencing bigint NOT NULL, expires_at timestamp without time zone NOT NULL, holder text)';
    const guard = (fencing: string) =>
      `WITH held AS MATERIALIZED (SELECT FROM "public"."schema_migrations_lease" WHERE name = 'run' AND fencing = ${fencing} FOR SHARE) SELECT (CASE WHEN (SELECT count(*) FROM held) = 1 THEN '0' ELSE 'pgstep:lease' END)::pg_catalog.int4`;

    it("direct and pooled runs wait for its lease, take it over when it has expired, and it is refused then", async () => {
      for (const kind of ["direct", "pooled"] as const) {
        const worlds = await pair(ONE, { settings: { lockWaitMs: 300 } });
        const { direct } = worlds;
        await direct.rows(MAKE);
        const [taken] = await direct.rows(TAKE);
        assert.match((await refusal(worlds[kind].up(), "lock-held")).hint ?? "", /an older run, its lease valid until/);
        await direct.rows(guard(String(taken?.fencing)));
        await direct.rows(EXPIRE);
        succeeded(await worlds[kind].up());
        await assert.rejects(direct.rows(guard(String(taken?.fencing))), /pgstep:lease/);
      }
    });

    it("it waits for the lease of a pooled run, and one that takes an expired lease over is the only one to write", async () => {
      const { direct, pooled } = await pair(ONE);
      await leased(pooled, async (session, lock) => {
        assert.deepEqual(await direct.rows(TAKE), []);
        await direct.rows(EXPIRE);
        const [taken] = await direct.rows(TAKE);
        await direct.rows(guard(String(taken?.fencing)));
        assert.match(await refused(inTransaction(session, ["SELECT 1"], lock.guard)), /pgstep:lease/);
      });
    });

    it("a pooled run waits for its direct one, and each of its transactions does", async () => {
      const { direct, pooled } = await pair(ONE, { settings: { lockWaitMs: 300 } });
      const older = await open(direct.url).open();
      await older.execute(`SELECT pg_advisory_lock(${KEYS})`);
      await refusal(pooled.up(), "lock-held");
      await older.execute(`SELECT pg_advisory_unlock(${KEYS})`);
      await leased(pooled, async (session, lock) => {
        // It does not read the lease.
        await older.execute(`SELECT pg_advisory_lock(${KEYS})`);
        const refusedBy = inTransaction(session, ["CREATE TABLE beside ()"], lock.guard);
        await assert.rejects(refusedBy, (error) => error instanceof ServerFailure && error.server.code === "55P03");
        await assert.rejects(session.execute(lock.check ?? ""));
        await older.close();
        await inTransaction(session, ["SELECT 1"], lock.guard);
      });
      assert.deepEqual(await direct.tables(), []);
    });
  });
});
