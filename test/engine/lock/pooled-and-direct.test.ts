import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { holderWords } from "../../../src/core/reports/other-sessions.ts";
import { reset } from "../../../src/engine/reset/reset.ts";
import type { Consent } from "../../../src/ports/consent.ts";
import { findPgbouncer, type Pgbouncer, startPgbouncer } from "../../support/pgbouncer.ts";
import { sharedServer } from "../../support/postgres-server.ts";
import { until } from "../../support/until.ts";
import { holding, world as makeWorld, outcomes, type ServerWorld, succeeded, within } from "../support.ts";

const program = findPgbouncer();

/** Each statement leaves a row, so that one that ran twice is seen. */
const SLOW = {
  "001_ran.sql": "CREATE TABLE ran (n integer);",
  "002_slow.sql": `-- Transaction: none
INSERT INTO ran VALUES (1);
SELECT pg_sleep(0.7);
INSERT INTO ran VALUES (2);
CREATE INDEX CONCURRENTLY ON ran (n);
SELECT pg_sleep(0.7);
INSERT INTO ran VALUES (3);`,
};

const SLEEPING =
  "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";

const agreeing: Consent = { mayReset: async () => true, mayRepair: async () => true };

async function assertRanOnce(world: ServerWorld): Promise<void> {
  assert.deepEqual(await world.rows("SELECT n FROM ran ORDER BY n"), [{ n: 1 }, { n: 2 }, { n: 3 }]);
  assert.equal(await world.value("SELECT count(*)::int FROM pg_index WHERE indrelid = 'ran'::regclass"), 1);
  assert.deepEqual(await world.history(), ["001", "002"]);
  assert.equal(await world.value("SELECT count(*)::int FROM schema_migrations_steps"), 0);
}

for (const mode of ["transaction", "session"] as const) {
  const skip = program ? false : "pgbouncer is not installed";
  describe(`direct runs and runs behind pgbouncer in ${mode} mode`, { skip }, () => {
    let bouncer: Pgbouncer;
    before(async () => {
      bouncer = await startPgbouncer(program ?? "", await sharedServer(), 12, mode);
    });
    after(() => bouncer.stop());

    /** One that connects directly, and one behind the pooler. */
    async function pair(files: Readonly<Record<string, string>>): Promise<[direct: ServerWorld, pooled: ServerWorld]> {
      const direct = await makeWorld(files);
      return [direct, direct.beside({}, { url: bouncer.url(direct.databaseName) })];
    }

    for (const first of ["direct", "pooled"] as const) {
      const second = first === "direct" ? "pooled" : "direct";

      it(`a ${second} run waits for a ${first} one: each statement runs once`, async () => {
        const [direct, pooled] = await pair(SLOW);
        const [one, other] = first === "direct" ? [direct, pooled] : [pooled, direct];
        const running = one.up();
        await direct.until(SLEEPING);
        const waiting = succeeded(await within(30_000, other.up()));
        assert.deepEqual(outcomes(succeeded(await running)), ["001 applied", "002 applied"]);
        assert.deepEqual(waiting.steps, []);
        const told = other.events.find((event) => event.type === "lock-waiting");
        const words = first === "direct" ? /^process \d+, pgstep, user postgres/ : /through a pooler/;
        assert.match(told?.holder ? holderWords(told.holder) : "", words);
        assert.match(told?.activity?.query ?? "", /^SELECT pg_sleep/);
        await assertRanOnce(direct);
      });

      it(`a ${second} run that waits for a ${first} one reports who blocks that one's index build`, async () => {
        const [direct, pooled] = await pair({
          "001_ran.sql": "CREATE TABLE ran (n integer);",
          "002_index.sql": "CREATE INDEX CONCURRENTLY ON ran (n);",
        });
        const [one, other] = first === "direct" ? [direct, pooled] : [pooled, direct];
        succeeded(await one.up({ to: "001" }));
        await holding(direct, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM ran", async (release) => {
          const running = one.up();
          await direct.until(
            "SELECT count(*) > 0 FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting for old%'",
          );
          const waiting = other.up();
          const told = () => other.events.find((event) => event.type === "lock-waiting");
          await until(told);
          await release();
          succeeded(await within(30_000, running));
          succeeded(await within(30_000, waiting));
          const { query, progress, blockers = [] } = told()?.activity ?? {};
          assert.match(query ?? "", /^CREATE INDEX CONCURRENTLY/);
          assert.equal(progress?.phase, "waiting for old snapshots");
          assert.deepEqual(
            blockers.map(({ state }) => state),
            ["idle in transaction"],
          );
        });
      });

      it(`a ${second} reset waits for a ${first} run`, async () => {
        const [direct, pooled] = await pair(SLOW);
        const [one, other] = first === "direct" ? [direct, pooled] : [pooled, direct];
        // The table of the lease is there, as in a database that is not new.
        if (first === "direct") succeeded(await pooled.up({ to: "001" }));
        const running = one.up();
        await direct.until(SLEEPING);
        const resetting = reset(other.context, agreeing);
        assert.equal(outcomes(succeeded(await running)).at(-1), "002 applied");
        assert.equal((await within(30_000, resetting)).deleted.objects.table !== undefined, true);
        assert.deepEqual(await direct.tables(), []);
        assert.deepEqual(await direct.history(), []);
      });

      it(`a ${first} run that begins when a ${second} one has ended takes the lock at once`, async () => {
        const [direct, pooled] = await pair(SLOW);
        const [one, other] = first === "direct" ? [direct, pooled] : [pooled, direct];
        succeeded(await other.up({ to: "001" }));
        succeeded(await one.up());
        assert.equal(
          one.events.some((event) => event.type === "lock-waiting"),
          false,
        );
        await assertRanOnce(direct);
      });
    }

    it("eight runs at once, half of them direct: each migration is applied once, and all succeed", async () => {
      const versions = ["001", "002", "003", "004", "005"];
      const [direct] = await pair({
        ...Object.fromEntries(
          versions.map((version) => [
            `${version}_step.sql`,
            `CREATE TABLE t${version} (n int); INSERT INTO t${version} VALUES (1); SELECT pg_sleep(0.02);`,
          ]),
        ),
        "003_step.sql":
          "CREATE TABLE t003 (n int);\nINSERT INTO t003 VALUES (1);\nCREATE INDEX CONCURRENTLY ON t003 (n);\nCREATE INDEX CONCURRENTLY ON t001 (n);",
      });
      const runs = Array.from({ length: 8 }, (_, index) =>
        direct.beside({}, { url: index % 2 === 0 ? direct.url : bouncer.url(direct.databaseName) }),
      );
      const reports = await within(60_000, Promise.all(runs.map((run) => run.up())));
      const applied = reports.flatMap((report) => outcomes(succeeded(report)));
      assert.deepEqual(
        applied.sort(),
        versions.map((version) => `${version} applied`),
      );
      for (const version of versions)
        assert.equal(await direct.value(`SELECT count(*)::int FROM t${version}`), 1, version);
      assert.equal(
        await direct.value(
          "SELECT count(*)::int FROM pg_index WHERE indrelid IN ('t001'::regclass, 't003'::regclass) AND indisvalid",
        ),
        2,
      );
      assert.equal(await direct.value("SELECT expires_at::text FROM schema_migrations_lease"), "-infinity");
    });
  });
}
