import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { type PostgresServer, startPostgres } from "../../support/postgres-server.ts";
import { caughtUp } from "../../support/standby.ts";
import { planOf } from "../plan/support.ts";
import { databaseSetting, type ServerWorld, world } from "../support.ts";

const FILES = { "001_a.sql": "CREATE TABLE a (id int);", "002_b.sql": "ALTER TABLE a ADD COLUMN b int;" };

describe("a plan", () => {
  const servers: PostgresServer[] = [];
  after(async () => {
    for (const server of servers.toReversed()) await server.stop("immediate");
  });

  async function started(options: Parameters<typeof startPostgres>[0]): Promise<PostgresServer> {
    const server = await startPostgres(options);
    servers.push(server);
    return server;
  }

  async function sessionsOf(one: ServerWorld): Promise<string[]> {
    const { sessions } = await planOf(one);
    return sessions.map(({ severity, rule, message }) => `${severity} ${rule}: ${message}`);
  }

  async function configured(one: ServerWorld, names: string): Promise<void> {
    await one.rows(`ALTER SYSTEM SET synchronous_standby_names = '${names}'`);
    await one.rows("SELECT pg_reload_conf()");
    await one.until(`SELECT current_setting('synchronous_standby_names') = '${names}'`);
  }

  test("knows idle slots from used ones, and standbys that lag or are missing", { timeout: 120_000 }, async () => {
    const primary = await started({ settings: { wal_level: "logical" } });
    const one = await world(FILES, { server: primary });
    await one.up({ to: "001" });
    // Not for the shadow database, which is on the same server.
    await one.rows(databaseSetting("synchronous_commit", "on"));
    assert.deepEqual(await sessionsOf(one), []);

    await one.rows("SELECT pg_create_logical_replication_slot('feed', 'pgoutput')");
    const [slot, ...others] = await sessionsOf(one);
    assert.deepEqual(others, []);
    assert.match(
      slot ?? "",
      /^note idle-slot: the logical replication slot feed has no consumer: the server keeps [\d.]+ \w+ of WAL/,
    );
    await one.rows("SELECT pg_drop_replication_slot('feed')");

    await configured(one, "nobody");
    assert.deepEqual(await sessionsOf(one), [
      "error standby-missing: the synchronous standby is not connected: each COMMIT waits until that changes, and keeps its locks meanwhile",
    ]);
    assert.deepEqual(await sessionsOf(one.beside({}, { url: `${one.url}?options=-csynchronous_commit%3Dlocal` })), []);

    await configured(one, "");
    const standby = await started({ standbyOf: primary });
    await caughtUp(primary, standby);
    await configured(one, "ANY 2 (*)");
    await one.until("SELECT count(*) > 0 FROM pg_stat_replication WHERE sync_state = 'quorum'");
    assert.match(
      (await sessionsOf(one))[0] ?? "",
      /: only 1 of 2 synchronous standbys are connected: each COMMIT waits/,
    );
    await one.rows("SELECT pg_create_physical_replication_slot('used', true)");
    await standby.query("postgres", "ALTER SYSTEM SET primary_slot_name = 'used'");
    await standby.query("postgres", "SELECT pg_reload_conf()");
    await one.until("SELECT count(*) > 0 FROM pg_replication_slots WHERE active");
    await configured(one, "*");
    await one.until("SELECT count(*) > 0 FROM pg_stat_replication WHERE sync_state = 'sync'");
    assert.deepEqual(await sessionsOf(one), []);
    await configured(one, "");

    await standby.query("postgres", "SELECT pg_wal_replay_pause()");
    // Each fills a segment of 16 MB.
    for (let segment = 0; segment < 7; segment++) await one.rows("SELECT pg_current_xact_id(), pg_switch_wal()");
    await one.until("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) > 104857600 FROM pg_stat_replication");
    const [late, ...more] = await sessionsOf(one);
    assert.deepEqual(more, []);
    assert.match(
      late ?? "",
      /^warning replication-lag: replication to \w+ at 127\.0\.0\.1 lags by 1\d\d MB and [\w ]+$/,
    );
  });

  test("names an autovacuum against wraparound, which does not give way", { timeout: 120_000 }, async () => {
    const server = await started({
      settings: {
        ...{ autovacuum: "on", autovacuum_naptime: "1s", autovacuum_freeze_max_age: "100000" },
        autovacuum_vacuum_cost_delay: "0",
      },
    });
    const one = await world(FILES, { server });
    await one.up({ to: "001" });
    await one.rows("ALTER TABLE a SET (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)");
    await one.rows("INSERT INTO a SELECT generate_series(1, 100000)");
    await one.rows("DO $$ BEGIN FOR i IN 1..100100 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$");
    await one.until(
      "SELECT count(*) > 0 FROM pg_stat_activity JOIN pg_locks USING (pid) WHERE relation = 'a'::regclass AND query LIKE '%wraparound)'",
    );
    const found = (await sessionsOf(one)).filter((words) => words.includes("session-blocks"));
    assert.equal(found.length, 1);
    assert.match(
      found[0] ?? "",
      /^warning session-blocks: process \d+, autovacuum worker, active for [\d:]+, 'autovacuum: VACUUM (?:ANALYZE )?public\.a \(to prevent wraparound\)', holds SHARE UPDATE EXCLUSIVE on a and blocks 002_b, which needs ACCESS EXCLUSIVE$/,
    );
  });
});
