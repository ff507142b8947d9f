import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { findPgbouncer, startPgbouncer } from "../../support/pgbouncer.ts";
import { type PostgresServer, sharedServer, startPostgres } from "../../support/postgres-server.ts";
import { caughtUp } from "../../support/standby.ts";
import { open, type ServerWorld, world } from "../support.ts";
import { foundIn, planOf, statementsOf } from "./support.ts";

const FILES = {
  "001_a.sql": "CREATE TABLE a (id int PRIMARY KEY, note text);",
  "002_b.sql": "UPDATE a SET note = 'x' WHERE id < 7; SELECT count(*) FROM a;",
  "003_c.sql": "-- Transaction: none\nSET lock_timeout = 0; CREATE INDEX CONCURRENTLY a_note ON a (note);",
};

describe("a plan", () => {
  const servers: PostgresServer[] = [];
  after(async () => {
    for (const server of servers) await server.stop("immediate");
  });

  test("on a standby says that up cannot run there, and can be kept for its primary", async () => {
    const primary = await startPostgres();
    servers.push(primary);
    const one = await world(FILES, { server: primary });
    await one.up({ to: "001" });
    const standby = await startPostgres({ standbyOf: primary });
    servers.push(standby);
    await caughtUp(primary, standby);
    const there = Object.assign({}, one, {
      context: { ...one.context, database: open(standby.url(one.databaseName)) },
    }) satisfies ServerWorld;
    const path = `${one.directory}/plan.json`;
    const report = await planOf(there, { kept: { path, validForMs: 1_000, settings: {} }, target: { to: "002" } });
    assert.deepEqual(foundIn(report), ["warning plan-inexact"]);
    assert.match(report.findings[0]?.message ?? "", /^up cannot run here: the server is a standby in recovery$/);
    const [update, count] = statementsOf(report);
    assert.notEqual(update?.rows, undefined);
    assert.equal(count?.rows?.rows, 1);
    assert.equal(report.file?.path, path);
  });

  const program = findPgbouncer();
  test("behind a pooler says so, and what up refuses there", { skip: program ? false : "no pgbouncer" }, async () => {
    const one = await world(FILES);
    await one.up({ to: "001" });
    const bouncer = await startPgbouncer(program ?? "", await sharedServer());
    try {
      const report = await planOf(one.beside({}, { url: bouncer.url(one.databaseName) }));
      assert.deepEqual(foundIn(report), ["error files-unsound", "note plan-inexact"]);
      assert.match(report.findings[0]?.message ?? "", /behind a transaction pooler: it changes the session/);
      assert.match(report.findings[1]?.message ?? "", /goes through a transaction pooler/);
      assert.notEqual(statementsOf(report)[0]?.rows, undefined);
    } finally {
      await bouncer.stop();
    }
  });
});
