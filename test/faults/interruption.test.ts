import assert from "node:assert/strict";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { before, describe, it } from "node:test";
import { type PostgresServer, sharedServer } from "../support/postgres-server.ts";
import type { Child, Ended } from "./support/child.ts";
import { brokenIndexes } from "./support/fingerprint.ts";
import {
  assertWhole,
  type Files,
  type Ground,
  makeGround,
  makeReference,
  type Reference,
  succeeded,
} from "./support/ground.ts";
import { holdTransaction } from "./support/hold.ts";
import { startMessageProxy } from "./support/message-proxy.ts";
import { MIGRATIONS } from "./support/migrations.ts";
import { passMoment, randomMoment } from "./support/moment.ts";
import { chance, faultRuntimes, seeds } from "./support/rounds.ts";
import { assertReportTrue, assertStatusTrue, failureTold, stepsTold } from "./support/truth.ts";

const SIGNALS = [
  { signal: "SIGINT", status: 130, code: "interrupted" },
  { signal: "SIGTERM", status: 143, code: "terminated" },
] as const;

/** Half of the time that the interrupted statement would take. */
const INTERRUPTED_WITHIN_MS = 20_000;

/** The second of three migrations takes as long as the table says, so that a later run can be quick. */
const SLOW: Files = {
  "001_first.sql": "CREATE TABLE first (id integer);",
  "002_slow.sql": "CREATE TABLE slow (id integer); SELECT pg_sleep(seconds) FROM faults.pause;",
  "003_third.sql": "CREATE TABLE third (id integer);",
};
const sleeps = (ground: Ground) =>
  ground.until(
    `SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = '${ground.database}' AND query LIKE 'SELECT pg_sleep(seconds)%' AND wait_event = 'PgSleep'`,
  );

for (const runtime of faultRuntimes()) {
  describe(`an interruption on ${runtime}`, { concurrency: 2 }, () => {
    let server: PostgresServer;
    let reference: Reference;
    before(async () => {
      server = await sharedServer();
      reference = await makeReference(server, runtime);
    });

    async function slowGround(files: Files = SLOW): Promise<Ground> {
      const ground = await makeGround(server, runtime, { files });
      await ground.query("CREATE TABLE faults.pause AS SELECT 40 AS seconds");
      return ground;
    }

    async function interrupt(child: Child, { signal, status, code }: (typeof SIGNALS)[number]): Promise<Ended> {
      const sent = performance.now();
      child.kill(signal);
      const ended = await child.ended;
      assert.ok(performance.now() - sent < INTERRUPTED_WITHIN_MS, `it took its time to end: ${ended.story}`);
      assert.equal(ended.status, status, ended.story);
      assert.equal(failureTold(ended).code, code, ended.story);
      return ended;
    }

    async function assertLockFree(ground: Ground): Promise<void> {
      const locks = await ground.query(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
      );
      assert.deepEqual(locks, []);
    }

    const outcomes = (ended: Ended) => stepsTold(ended).map(({ version, outcome }) => `${version} ${outcome}`);
    const history = async (ground: Ground) =>
      (await ground.query("SELECT version FROM schema_migrations ORDER BY version")).map(({ version }) => version);

    for (const how of SIGNALS) {
      it(`${how.signal} during a statement: rolled back, and the lock is free at once`, async () => {
        const ground = await slowGround();
        const child = ground.start(["up"]);
        await sleeps(ground);
        const ended = await interrupt(child, how);
        await assertLockFree(ground);
        assert.deepEqual(outcomes(ended), ["001 applied", "002 failed", "003 not-run"], ended.story);
        assert.deepEqual(await history(ground), ["001"]);
        assert.deepEqual(await ground.query("SELECT to_regclass('slow') AS slow"), [{ slow: null }]);
        await ground.query("UPDATE faults.pause SET seconds = 0");
        succeeded(await ground.run(["up"]));
      });

      it(`${how.signal} while it waits for another run's lock: that run goes on`, async () => {
        const ground = await slowGround();
        const holder = ground.start(["up"]);
        await sleeps(ground);
        const waiting = ground.start(["up"]);
        await waiting.printedLine(({ type }) => type === "lock-waiting");
        await interrupt(waiting, how);
        await sleeps(ground);
        await interrupt(holder, how);
      });

      it(`${how.signal} while it connects to a host that does not answer`, async () => {
        const ground = await makeGround(server, runtime, { files: SLOW });
        const open: Socket[] = [];
        const silent = createServer((socket) => void open.push(socket.on("error", () => {})));
        await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
        const { port } = silent.address() as AddressInfo;
        const url = ground.url.replace(`:${server.port}/`, `:${port}/`);
        const child = ground.start(["up"], { url });
        await new Promise((resolve) => silent.once("connection", resolve));
        try {
          await interrupt(child, how);
        } finally {
          for (const socket of open) socket.destroy();
          silent.close();
        }
      });

      it(`${how.signal} during CREATE INDEX CONCURRENTLY: the next up builds it anew`, async () => {
        const ground = await slowGround({
          "001_table.sql": "CREATE TABLE big (id integer); INSERT INTO big SELECT generate_series(1, 1000);",
          "002_index.sql": "CREATE TABLE beside (id integer); CREATE INDEX CONCURRENTLY big_idx ON big (id);",
          "003_third.sql": "CREATE TABLE third (id integer);",
        });
        succeeded(await ground.run(["up", "001"]));
        const hold = await holdTransaction(ground, "UPDATE big SET id = id WHERE id = 1");
        const child = ground.start(["up"]);
        // The catalog has the index only once the first transaction of the build has ended.
        await ground.until("SELECT count(*) > 0 FROM pg_index WHERE NOT indisvalid");
        const ended = await interrupt(child, how);
        await assertLockFree(ground);
        assert.deepEqual(outcomes(ended), ["002 failed", "003 not-run"], ended.story);
        await hold.release();
        assert.deepEqual(await brokenIndexes(server, ground.database), ["big_idx"]);
        succeeded(await ground.run(["up"]));
        assert.deepEqual(await brokenIndexes(server, ground.database), []);
        assert.deepEqual(await history(ground), ["001", "002", "003"]);
      });

      it(`${how.signal} between two tries at a busy table`, async () => {
        const ground = await slowGround({
          "001_table.sql": "CREATE TABLE busy (id integer);",
          "002_alter.sql": "ALTER TABLE busy ADD COLUMN more text;",
        });
        succeeded(await ground.run(["up", "001"]));
        const hold = await holdTransaction(ground, "LOCK TABLE busy");
        const child = ground.start(["up", "--lock-timeout", "100ms"]);
        await child.printedLine(({ type, attempt }) => type === "retrying" && Number(attempt) >= 3);
        const ended = await interrupt(child, how);
        await assertLockFree(ground);
        assert.deepEqual(outcomes(ended), ["002 failed"], ended.story);
        await hold.release();
        succeeded(await ground.run(["up"]));
      });
    }

    it("SIGINT twice: it ends at once, though the server cannot be told", async () => {
      const ground = await slowGround();
      const proxy = await startMessageProxy(server.port);
      const child = ground.start(["up"], { url: ground.url.replace(`:${server.port}/`, `:${proxy.port}/`) });
      await sleeps(ground);
      // From now on nobody can ask the server to cancel anything.
      proxy.reachable = false;
      child.kill("SIGINT");
      await new Promise((resolve) => setTimeout(resolve, 400));
      child.kill("SIGINT");
      const ended = await child.ended;
      assert.equal(ended.status, "SIGINT", ended.story);
      await proxy.close();
      await ground.query("UPDATE faults.pause SET seconds = 0");
      // The server finds out by itself that the client is gone.
      succeeded(await ground.run(["up"], { timeLimitMs: 15_000 }));
      assert.deepEqual(await history(ground), ["001", "002", "003"]);
    });

    for (const seed of seeds(0.3)) {
      it(`at any moment, FAULTS_SEED=${seed}`, async () => {
        const random = chance(seed);
        const how = random.pick<(typeof SIGNALS)[number]>(SIGNALS);
        const ground = await makeGround(server, runtime);
        const child = ground.start(["up"]);
        await passMoment(child, randomMoment(random, reference));
        child.kill(how.signal);
        const ended = await child.ended;
        await assertLockFree(ground);
        if (ended.status === how.signal) {
          // It came before pgstep listened, or when it had nothing left to do.
          const { history: recorded } = await ground.observe();
          assert.ok(recorded.length === 0 || recorded.length === MIGRATIONS.length, ended.story);
        } else {
          assert.ok(ended.status === 0 || ended.status === how.status, ended.story);
          if (ended.status === 0) assert.equal(stepsTold(ended).length, MIGRATIONS.length, ended.story);
          await assertReportTrue(ground, ended);
        }
        await assertStatusTrue(ground, "up");
        succeeded(await ground.run(["up"]));
        await assertWhole(ground, reference);
      });
    }
  });
}
