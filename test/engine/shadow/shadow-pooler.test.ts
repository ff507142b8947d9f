import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inShadow } from "../../../src/engine/shadow/shadow.ts";
import { findPgbouncer, startPgbouncer } from "../../support/pgbouncer.ts";
import { refusal, world } from "../support.ts";

const pgbouncer = findPgbouncer();

describe("a shadow database behind a pooler", { skip: pgbouncer ? false : "pgbouncer is not installed" }, () => {
  for (const size of [1, 2]) {
    test(`with ${size} connections to the server`, { timeout: 120_000 }, async () => {
      const place = await world({ "001_t.sql": "CREATE TABLE t (id int);" });
      const pooler = await startPgbouncer(pgbouncer ?? "", place.server, size);
      try {
        const { context } = place.beside({}, { url: pooler.url(place.databaseName) });
        if (size > 1) return assert.equal(await inShadow(context, async () => "used"), "used");
        const { message, hint } = await refusal(
          inShadow(context, async () => {}),
          "connection-failed",
        );
        assert.match(message, /as a shadow database: no second session gets a connection to the server/);
        assert.match(hint ?? "", /^Connect to the server directly/);
      } finally {
        await pooler.stop();
      }
    });
  }
});
