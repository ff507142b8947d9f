import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startProxy } from "../../support/network-proxy.ts";
import { type PostgresServer, startPostgres } from "../../support/postgres-server.ts";
import { failureOf, outcomes, type ServerWorld, succeeded, within, world } from "../support.ts";

const WAITING =
  "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = current_database()";

for (const major of [18, 15] as const) {
  describe(`a synchronous standby that does not confirm a commit, on PostgreSQL ${major}`, () => {
    let server: PostgresServer;
    before(async () => {
      server = await startPostgres({ major, settings: { synchronous_commit: "on", lc_messages: "C" } });
    });
    after(() => server.stop("immediate"));

    /** A world whose history is there, on a server that waits for a standby which does not exist. */
    async function lonelyWorld(files: Record<string, string>): Promise<ServerWorld> {
      const here = await world({ "001_one.sql": "-- Transaction: none\nCREATE TABLE one ();" }, { server });
      succeeded(await here.up());
      here.write(files);
      await server.query("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
      await server.query("postgres", "SELECT pg_reload_conf()");
      await here.until("SELECT current_setting('synchronous_standby_names') = 'nobody'");
      return here;
    }

    async function noLonger(): Promise<void> {
      await server.query("postgres", "ALTER SYSTEM RESET synchronous_standby_names");
      await server.query("postgres", "SELECT pg_reload_conf()");
    }

    const warnings = (here: ServerWorld) =>
      here.events.flatMap((event) =>
        event.type === "warning" && event.finding.rule === "commit-unconfirmed" ? [event.finding.message] : [],
      );

    for (const [how, text] of Object.entries({
      "of a migration": "CREATE TABLE two ();",
      "of a statement that runs by itself": "-- Transaction: none\nCREATE TABLE two ();",
    })) {
      test(`the user ends the waiting for the commit ${how}: it counts as applied, with a warning`, async () => {
        const here = await lonelyWorld({ "002_two.sql": text });
        const running = here.up();
        await here.until(WAITING);
        here.abort.abort("interrupt");
        const report = await within(20_000, running);
        await noLonger();
        assert.match(warnings(here)[0] ?? "", /002_two is committed here, not confirmed by the standby$/);
        assert.ok(!here.events.some(({ type }) => type === "notice"), "the server's own words say less");
        assert.deepEqual(await here.tables(), ["one", "two"]);
        assert.deepEqual(outcomes(report), ["002 applied"]);
      });
    }

    test("the connection is lost while it waits: it is applied, and it is said that no standby has it", async () => {
      const here = await lonelyWorld({ "002_two.sql": "CREATE TABLE two ();" });
      const proxy = await startProxy({ port: server.port });
      const far = here.beside({}, { url: here.url.replace(`:${server.port}`, `:${proxy.port}`) });
      const running = far.up();
      await here.until(WAITING);
      proxy.cut();
      const report = await within(40_000, running);
      await proxy.close();
      await noLonger();
      failureOf(report, "connection-lost");
      assert.deepEqual(outcomes(report), ["002 applied"]);
      assert.deepEqual(await here.history(), ["001", "002"]);
      assert.equal(warnings(far).length, 1);
    });
  });
}
