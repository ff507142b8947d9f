import assert from "node:assert/strict";
import { test } from "node:test";
import { migrate } from "../../../src/engine/run/migrate.ts";
import { outcomes, succeeded, world } from "../support.ts";

/** What the server answers to a statement that a cancel request has hit. */
const CANCELLED = "SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(10)";

test("a cancel request that comes when all is applied loses neither the report nor the lock", async () => {
  for (const hit of [/pg_advisory_unlock/, /duration_ms = took/, /^RESET/]) {
    const here = await world({ "001_a.sql": "CREATE TABLE a ();" });
    let hits = 0;
    const database = {
      ...here.context.database,
      close: async () => {},
      async open() {
        const session = await here.context.database.open();
        const disturbed = (sql: string) => (hit.test(sql) && hits++ === 0 ? CANCELLED : sql);
        const { query, execute } = session;
        session.query = (sql) => query.call(session, disturbed(sql));
        session.execute = (sql) => execute.call(session, disturbed(sql));
        return session;
      },
    };
    const report = await migrate({ ...here.context, database }, {}, {});
    assert.deepEqual(outcomes(succeeded(report)), ["001 applied"]);
    assert.ok(hits > 1, `${hit} was not tried again`);
  }
});
