import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { Finding } from "../../../src/core/failure/failure.ts";
import type { PlanReport } from "../../../src/core/plan/plan-report.ts";
import type { Session } from "../../../src/ports/session.ts";
import { type PostgresServer, startPostgres } from "../../support/postgres-server.ts";
import { planOf } from "../plan/support.ts";
import { holding, open, type ServerWorld, world } from "../support.ts";

const SHOP = "CREATE TABLE orders (id int PRIMARY KEY, note text); CREATE TABLE other (id int);";
const ALTER = { "001_shop.sql": SHOP, "002_alter.sql": "SELECT 1;\nALTER TABLE orders ADD COLUMN more int;" };
/** Every transaction is long. */
const ALL_LONG = { forMs: 0, longMs: 0 };

async function shop(files: Readonly<Record<string, string>>, options: Parameters<typeof world>[1] = {}) {
  const one = await world(files, options);
  await one.up({ to: "001" });
  return one;
}

/** "warning session-blocks". */
function foundIn({ sessions }: PlanReport): string[] {
  return sessions.map(({ severity, rule }) => `${severity} ${rule}`);
}

function messageOf({ sessions }: PlanReport): string {
  return sessions[0]?.message ?? "";
}

/** Sends a statement that will wait for a lock, and waits until it does. */
async function waiting(here: ServerWorld, session: Session, sql: string): Promise<void> {
  session.execute(sql).catch(() => {});
  await here.until(`SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = ${session.backend.processId}`);
}

for (const major of [15, 18] as const) {
  describe(`a plan on PostgreSQL ${major} names the sessions`, () => {
    test("with a lock that a statement would wait for: the session, the lock, the step and its place", async () => {
      const one = await shop(ALTER, { major });
      await holding(one, "BEGIN; SELECT FROM orders; SELECT FROM other", async () => {
        const report = await planOf(one, { watching: ALL_LONG });
        assert.deepEqual(foundIn(report), ["warning session-blocks"]);
        assert.match(
          messageOf(report),
          /^process \d+, user postgres, pgstep, idle in transaction for [\d:]+, 'BEGIN; SELECT FROM orders; SELECT FROM other', holds ACCESS SHARE on orders and blocks 002_alter, which needs ACCESS EXCLUSIVE$/,
        );
        const [{ place, hint } = {} as Finding] = report.sessions;
        assert.deepEqual([place?.path.split("/").at(-1), place?.line], ["002_alter.sql", 2]);
        assert.match(hint ?? "", /^Run when it has ended, or end it with SELECT pg_terminate_backend\(\d+\);$/);
        assert.equal(report.samples, 1);
      });
    });

    test("that wait for a lock on a table of the plan, and the one that they wait for", async () => {
      const one = await shop(ALTER, { major });
      await holding(one, "BEGIN; LOCK TABLE orders IN SHARE MODE", async (release) => {
        const second = await open(one.url).open();
        await waiting(one, second, "INSERT INTO orders VALUES (1)");
        const report = await planOf(one);
        assert.deepEqual(foundIn(report), ["warning session-waits", "note session-blocks"]);
        assert.match(
          messageOf(report),
          /^process \d+, .* \(itself waiting for \d+\), waits for ROW EXCLUSIVE on orders, which 002_alter locks as well$/,
        );
        await release();
        await second.close();
      });
    });

    test("whose transactions an index build waits for, through a snapshot or a lock", async () => {
      const index = "CREATE INDEX CONCURRENTLY ON orders (note);";
      const one = await shop({ "001_shop.sql": SHOP, "002_index.sql": index }, { major });
      const snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM other";
      await holding(one, snapshot, async () => {
        await holding(one, "BEGIN; INSERT INTO orders VALUES (7)", async () => {
          await holding(one, "BEGIN; SELECT FROM orders", async () => {
            const report = await planOf(one, { watching: ALL_LONG });
            assert.deepEqual(foundIn(report), [
              "warning session-blocks",
              "warning session-blocks",
              "note long-transaction",
            ]);
            const messages = report.sessions.map(({ message }) => message.replace(/^.*', /, ""));
            assert.deepEqual(messages.toSorted(), [
              "has a transaction open",
              "holds ROW EXCLUSIVE on orders and blocks 002_index, which waits until such transactions have ended",
              "holds a snapshot and blocks 002_index, which waits for all older ones",
            ]);
          });
        });
      });
    });
  });
}

describe("a plan", () => {
  test("finds nothing on a quiet database, and looks nowhere if nothing would run", async () => {
    const one = await shop(ALTER);
    const report = await planOf(one, { watching: ALL_LONG });
    assert.deepEqual([report.sessions, report.samples], [[], 1]);
    await one.up();
    await holding(one, "BEGIN; LOCK TABLE orders", async () => {
      const nothing = await planOf(one, { watching: ALL_LONG });
      assert.deepEqual([nothing.sessions, nothing.samples], [[], 0]);
    });
  });

  test("notes a long transaction that nothing waits for, and no short one", async () => {
    const one = await shop(ALTER);
    await holding(one, "BEGIN; INSERT INTO other VALUES (1)", async () => {
      assert.deepEqual(foundIn(await planOf(one)), []);
      const report = await planOf(one, { watching: ALL_LONG });
      assert.deepEqual(foundIn(report), ["note long-transaction"]);
      assert.match(messageOf(report), /'BEGIN; INSERT INTO other VALUES \(1\)', keeps VACUUM from removing old rows$/);
    });
  });

  test("knows that no index build waits for the snapshot of a VACUUM", async () => {
    const one = await shop({ "001_shop.sql": SHOP, "002_index.sql": "CREATE INDEX CONCURRENTLY ON orders (note);" });
    await one.rows("INSERT INTO other SELECT generate_series(1, 20000)");
    const session = await open(one.url).open();
    await session.execute("SET vacuum_cost_delay = 100; SET vacuum_cost_limit = 1");
    const vacuum = session.execute("VACUUM other").catch(() => {});
    const running = "FROM pg_stat_progress_vacuum WHERE datname = current_database()";
    await one.until(`SELECT count(*) > 0 ${running}`);
    assert.deepEqual(foundIn(await planOf(one, { watching: ALL_LONG })), ["note long-transaction"]);
    await one.rows(`SELECT pg_cancel_backend(pid) ${running}`);
    await vacuum;
    await session.close();
  });

  test("weighs a blocking session by its age, and as an error where up would wait without limit", async () => {
    const one = await shop(ALTER);
    await holding(one, "BEGIN; SELECT FROM orders", async () => {
      assert.deepEqual(foundIn(await planOf(one)), ["note session-blocks"]);
      assert.deepEqual(foundIn(await planOf(one.beside({ lockTimeoutMs: 0 }))), ["error session-blocks"]);
    });
  });

  test("finds a lock on a partition that no migration knows", async () => {
    const parts = "CREATE TABLE orders (id int) PARTITION BY RANGE (id);";
    const one = await shop({ ...ALTER, "001_shop.sql": parts });
    await one.rows("CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM (1) TO (9)");
    await holding(one, "BEGIN; SELECT FROM orders_1", async () => {
      assert.match(messageOf(await planOf(one)), /holds ACCESS SHARE on orders_1 and blocks 002_alter/);
    });
  });

  test("masks secrets in the queries of others, and shows none where placeholders are secret", async () => {
    const one = await shop(ALTER);
    await holding(one, "BEGIN; SELECT 'password=hunter2' FROM orders", async () => {
      assert.match(messageOf(await planOf(one)), /'BEGIN; SELECT ''password=\*\*\*/);
      const secret = one.beside({ placeholders: { token: { value: "s3cret", secret: true } } });
      assert.match(messageOf(await planOf(secret)), /idle in transaction for [\d:]+, holds/);
    });
  });

  test("says once that the role may not see others, and still names who blocks", async () => {
    const one = await shop(ALTER);
    const role = one.databaseName;
    await one.rows(`CREATE ROLE ${role} LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`);
    const user = one.beside({}, { url: one.server.url(one.databaseName, role) });
    await holding(one, "BEGIN; SELECT FROM orders", async () => {
      await holding(one, "BEGIN; SELECT FROM other", async () => {
        const { sessions } = await planOf(user, { watching: ALL_LONG });
        const about = sessions.map(({ message, hint }) => `${message}: ${hint}`.replaceAll(/process \d+/g, "process"));
        assert.equal(about.length, 2, about.join("\n"));
        assert.match(
          about[0] ?? "",
          /^process, user postgres, pgstep, holds ACCESS SHARE on orders and blocks 002_alter/,
        );
        assert.match(
          about[1] ?? "",
          new RegExp(`^the role ${role} may not see what \\d other sessions .*GRANT pg_read_all_stats TO ${role};$`),
        );
      });
    });
    await one.rows(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  test("goes on without a view that the role may not read", async () => {
    const one = await shop(ALTER);
    const role = `${one.databaseName}_r`;
    await one.rows(`CREATE ROLE ${role} LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role};
REVOKE SELECT ON pg_catalog.pg_prepared_xacts FROM PUBLIC`);
    const report = await planOf(one.beside({}, { url: one.server.url(one.databaseName, role) }));
    assert.deepEqual(foundIn(report), ["note sessions-hidden"]);
    assert.equal(messageOf(report), "other sessions are not shown: permission denied for view pg_prepared_xacts");
    await one.rows(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  test("names another run that holds the migration lock", async () => {
    const one = await shop({ ...ALTER, "002_alter.sql": "SELECT FROM orders WHERE false; LOCK TABLE other;" });
    await holding(one, "BEGIN; LOCK TABLE other IN SHARE MODE", async (release) => {
      const running = one.beside().up();
      await one.until("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = 'other'::regclass");
      const { sessions } = await planOf(one);
      await release();
      await running;
      const [run] = sessions.filter(({ message }) => message.startsWith("another run"));
      assert.equal(run?.severity, "warning");
      assert.match(
        run?.message ?? "",
        /^another run of pgstep holds the migration lock: process \d+, pgstep, user postgres/,
      );
      assert.match(run?.hint ?? "", /^Run when it has ended\. To let it continue, end the blocking session/);
    });
  });
});

describe("with --watch a plan", () => {
  test("says in how many samples it has seen each session", async () => {
    const one = await shop(ALTER);
    await holding(one, "BEGIN; SELECT FROM orders", async (release) => {
      let looks = 0;
      const clock = {
        ...one.context.clock,
        // Ends the session after the second sample.
        sleep: async () => {
          if (++looks === 2) await release();
        },
      };
      const context = { ...one.context, clock };
      const report = await planOf(one, { context, watching: { forMs: 5_000 } });
      assert.equal(report.samples, 5);
      assert.deepEqual(foundIn(report), ["note session-blocks"]);
      assert.match(messageOf(report), /which needs ACCESS EXCLUSIVE \(seen in 2 of 5 samples\)$/);
    });
  });

  test("ends when it is interrupted, and leaves no session", async () => {
    const one = await shop(ALTER);
    const planning = planOf(one, { watching: { forMs: 600_000, everyMs: 20 } });
    await one.until(
      "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '%json_array_elements%' AND pid <> pg_backend_pid()",
    );
    one.abort.abort("interrupt");
    await assert.rejects(planning, { code: "interrupted" });
    await one.until(
      "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
  });
});

describe("with prepared transactions a plan", () => {
  let server: PostgresServer | undefined;
  after(() => server?.stop("immediate"));

  test("names the one that blocks and how to end it, and notes the others", async () => {
    server = await startPostgres({ settings: { max_prepared_transactions: "2" } });
    const one = await shop(ALTER, { server });
    await one.rows("BEGIN; INSERT INTO orders VALUES (1); PREPARE TRANSACTION 'transfer'");
    await one.rows("BEGIN; INSERT INTO other VALUES (1); PREPARE TRANSACTION 'another'");
    const report = await planOf(one, { watching: ALL_LONG });
    assert.deepEqual(foundIn(report), ["warning session-blocks", "note long-transaction"]);
    assert.match(
      messageOf(report),
      /^the prepared transaction 'transfer', user postgres, prepared [\d:]+ ago, holds ROW EXCLUSIVE on orders and blocks 002_alter/,
    );
    assert.equal(report.sessions[0]?.hint, "Run when it has ended, or end it with ROLLBACK PREPARED 'transfer';");
    assert.match(report.sessions[1]?.message ?? "", /^the prepared transaction 'another'/);
  });
});
