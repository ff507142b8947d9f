import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { startMessageProxy } from "../../faults/support/message-proxy.ts";
import { type PostgresServer, startPostgres } from "../../support/postgres-server.ts";
import { caughtUp, cutOff } from "../../support/standby.ts";
import { failureOf, holding, outcomes, within, world } from "../support.ts";

const SLEEPING =
  "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";

/** Two that a standby gets, then more of them once a lock is free, and one that takes long. */
function gated(last: string) {
  const files: Record<string, string> = {};
  for (let number = 1; number <= 7; number++) {
    const gate = number === 3 ? "SELECT pg_advisory_lock_shared(42);\nSELECT pg_advisory_unlock_shared(42);\n" : "";
    files[`00${number}_step.sql`] = `${gate}CREATE TABLE t${number} ();`;
  }
  return { ...files, "008_last.sql": last };
}

for (const major of [18, 15] as const) {
  describe(`PostgreSQL ${major}`, () => {
    const servers: PostgresServer[] = [];
    const start = async (options: Parameters<typeof startPostgres>[0]) => {
      const server = await startPostgres({ major, ...options });
      servers.push(server);
      return server;
    };
    after(async () => {
      for (const server of servers) await server.stop("immediate");
    });

    test("a standby that lags takes over: what it does not have is lost, and not applied", async () => {
      const primary = await start({ settings: { synchronous_commit: "on" } });
      const here = await world(gated("SELECT pg_sleep(60);"), { server: primary });
      const standby = await start({ standbyOf: primary });
      // While it is still a standby it is asked in vain.
      const proxy = await startMessageProxy(standby.port);
      const url = here.url.replace(`:${primary.port}`, `:${primary.port},127.0.0.1:${proxy.port}`);
      const both = here.beside({}, { url: `${url}?sslmode=disable` });
      let running: ReturnType<typeof both.up> | undefined;
      await holding(here, "SELECT pg_advisory_lock(42)", async () => {
        running = both.up();
        await here.until(
          "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND NOT granted",
        );
        await caughtUp(primary, standby);
        await cutOff(standby);
      });
      await here.until(SLEEPING);
      const asked: string[] = [];
      proxy.onMessage = ({ from, type, bytes }) => {
        if (from === "client" || type !== "D") return undefined;
        const row = bytes.toString("latin1");
        if (!/(true|false)$/.test(row)) return undefined;
        asked.push(row);
        if (asked.length === 1) void standby.query("postgres", "SELECT pg_promote()");
        return undefined;
      };
      await primary.stop("immediate");
      assert.ok(running);
      const report = await within(60_000, running);
      await proxy.close();
      assert.match(asked[0] ?? "", /true$/, "it was a standby when it was first asked");
      const versions = (await standby.query(here.databaseName, "SELECT version FROM schema_migrations ORDER BY 1")).map(
        ({ version }) => version,
      );
      assert.deepEqual(versions, ["001", "002"]);
      assert.deepEqual(outcomes(report), [
        ...["001 applied", "002 applied", "003 lost", "004 lost", "005 lost", "006 lost", "007 lost", "008 failed"],
      ]);
      const { hint = "" } = failureOf(report, "connection-lost");
      assert.match(hint, /The server has lost the confirmed commits of 003_step, 004_step, .*: most likely/);
    });

    for (const [how, files] of Object.entries({
      "in transactions": gated("SELECT pg_sleep(60);"),
      "statement by statement": {
        "001_one.sql": "CREATE TABLE one ();",
        "002_two.sql": "-- Transaction: none\nCREATE TABLE two ();\nCREATE TABLE three ();",
        "003_last.sql": "SELECT pg_sleep(60);",
      },
    })) {
      test(`a crash with synchronous_commit off: what is told as applied ${how} is there`, async () => {
        const server = await start({ settings: { synchronous_commit: "off", wal_writer_delay: "10s" } });
        const here = await world(files, { server });
        const running = here.up();
        await here.until(SLEEPING);
        await server.restart("immediate");
        const report = await within(60_000, running);
        const history = (await server.query(here.databaseName, "SELECT version FROM schema_migrations ORDER BY 1")).map(
          ({ version }) => version,
        );
        const told = report.steps.filter(({ outcome }) => outcome === "applied").map(({ version }) => version);
        assert.deepEqual(history, told);
        assert.equal(told.length, report.steps.length - 1, "what was confirmed before the crash is there after it");
      });
    }
  });
}
