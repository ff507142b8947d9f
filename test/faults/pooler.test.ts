import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { findPgbouncer, type Pgbouncer, startPgbouncer } from "../support/pgbouncer.ts";
import { type PostgresServer, sharedServer } from "../support/postgres-server.ts";
import type { Ended } from "./support/child.ts";
import { type Files, type Ground, makeGround, succeeded } from "./support/ground.ts";
import { startMessageProxy } from "./support/message-proxy.ts";
import { faultRuntimes } from "./support/rounds.ts";
import { failureTold, stepsTold } from "./support/truth.ts";

const program = findPgbouncer();

/** The second of three migrations takes as long as the table says. */
const SLOW: Files = {
  "001_first.sql": "CREATE TABLE first (id integer);",
  "002_slow.sql": "CREATE TABLE slow (id integer); SELECT pg_sleep(seconds) FROM faults.pause;",
  "003_third.sql": "CREATE TABLE third (id integer);",
};

/** Far below the term of a lease: nothing here may wait for one to run out. */
const LIMIT = { timeLimitMs: 20_000 };

for (const runtime of faultRuntimes()) {
  const skip = program ? false : "pgbouncer is not installed";
  describe(`faults behind pgbouncer on ${runtime}`, { skip, concurrency: 3 }, () => {
    let server: PostgresServer;
    let bouncer: Pgbouncer | undefined;
    before(async () => {
      server = await sharedServer();
      bouncer = program ? await startPgbouncer(program, server) : undefined;
    });
    after(() => bouncer?.stop());

    async function slowGround(seconds: number): Promise<Ground & { pooled: string }> {
      const ground = await makeGround(server, runtime, { files: SLOW });
      await ground.query(`CREATE TABLE faults.pause AS SELECT ${seconds}::float8 AS seconds`);
      return { ...ground, pooled: `${bouncer?.url(ground.database)}?sslmode=disable` };
    }

    const sleeping = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    const outcomes = (ended: Ended) => stepsTold(ended).map(({ version, outcome }) => `${version} ${outcome}`);

    async function assertFinishes(ground: Ground & { pooled: string }, url = ground.pooled): Promise<void> {
      await ground.query("UPDATE faults.pause SET seconds = 0");
      succeeded(await ground.run(["up"], { ...LIMIT, url }));
      const rows = await ground.query("SELECT version FROM schema_migrations ORDER BY version");
      assert.deepEqual(
        rows.map(({ version }) => version),
        ["001", "002", "003"],
      );
    }

    it("a backend that is terminated: the run ends, and the next one need not wait", async () => {
      const ground = await slowGround(40);
      const child = ground.start(["up"], { ...LIMIT, url: ground.pooled });
      await ground.until(`SELECT count(*) = 1 ${sleeping}`);
      await ground.query(`SELECT pg_terminate_backend(pid) ${sleeping}`);
      const ended = await child.ended;
      assert.equal(ended.status, 4, ended.story);
      assert.equal(failureTold(ended).code, "connection-lost", ended.story);
      assert.deepEqual(outcomes(ended), ["001 applied", "002 failed", "003 not-run"], ended.story);
      await assertFinishes(ground);
    });

    it("a connection cut while a COMMIT is on its way: what is told stays true", async () => {
      const ground = await slowGround(1.2);
      const { port } = new URL(ground.pooled);
      const proxy = await startMessageProxy(Number(port));
      proxy.onMessage = ({ connection, from, bytes }) => {
        if (connection > 0 || from === "server") return undefined;
        const text = bytes.toString();
        const isLast = text.includes("002") && text.includes("; COMMIT");
        return isLast ? { bytes: bytes.length, lingerMs: 0 } : undefined;
      };
      const url = ground.pooled.replace(`:${port}/`, `:${proxy.port}/`);
      const ended = await ground.run(["up"], { ...LIMIT, url });
      await proxy.close();
      assert.equal(ended.status, 4, ended.story);
      await ground.until(`SELECT count(*) = 0 ${sleeping}`);
      const recorded = await ground.query("SELECT 1 FROM schema_migrations WHERE version = '002'");
      const told = outcomes(ended)[1];
      assert.equal(told, recorded.length === 1 ? "002 applied" : "002 failed", ended.story);
      await assertFinishes(ground);
    });

    it("Ctrl-C: rolled back, and the next one need not wait", async () => {
      const ground = await slowGround(40);
      const child = ground.start(["up"], { ...LIMIT, url: ground.pooled });
      await ground.until(`SELECT count(*) = 1 ${sleeping}`);
      child.kill("SIGINT");
      const ended = await child.ended;
      assert.equal(ended.status, 130, ended.story);
      assert.deepEqual(outcomes(ended), ["001 applied", "002 failed", "003 not-run"], ended.story);
      await assertFinishes(ground);
    });

    it("kill -9: the next one takes over when the lease has run out and nothing runs any more", async () => {
      const ground = await slowGround(3);
      const child = ground.start(["up"], { url: ground.pooled });
      await ground.until(`SELECT count(*) = 1 ${sleeping}`);
      child.kill("SIGKILL");
      await child.ended;
      // Half a minute later, as it were: waits for the transaction that is still at work for the dead.
      await ground.query("UPDATE schema_migrations_lease SET expires_at = '-infinity'");
      await assertFinishes(ground);
    });

    it("kill -9: a direct run waits until the lease has expired, then finishes", async () => {
      const ground = await slowGround(1);
      const child = ground.start(["up"], { url: ground.pooled });
      await ground.until(`SELECT count(*) = 1 ${sleeping}`);
      child.kill("SIGKILL");
      await child.ended;
      const waited = await ground.run(["up", "--lock-wait", "2s"], LIMIT);
      assert.equal(failureTold(waited).code, "lock-held", waited.story);
      await ground.query("UPDATE schema_migrations_lease SET expires_at = timezone('UTC', now()) - interval '1 s'");
      await assertFinishes(ground, ground.url);
    });
  });
}
