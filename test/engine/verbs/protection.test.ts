import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { reset } from "../../../src/engine/reset/reset.ts";
import { protect, unprotect } from "../../../src/engine/verbs/protect.ts";
import { outcomes, refusal, type ServerWorld, world } from "../support.ts";

const FILES = {
  "001_a.sql": "CREATE TABLE a (id int);",
  "001_a.down.sql": "DROP TABLE a;",
  "002_b.sql": "CREATE TABLE b (id int);",
  "002_b.down.sql": "DROP TABLE b;",
};
const AGREED = { mayUnprotect: async () => {} };
const ASKED_IN_VAIN = { mayReset: () => assert.fail("it was asked"), mayRepair: () => assert.fail("it was asked") };

for (const major of [15, 18] as const) {
  describe(`a protected database of PostgreSQL ${major}`, () => {
    async function owned(): Promise<ServerWorld> {
      const here = await world(FILES, { major });
      const role = `owner_${here.databaseName}`;
      await here.rows(`CREATE ROLE "${role}" LOGIN`);
      await here.rows(`ALTER DATABASE "${here.databaseName}" OWNER TO "${role}"`);
      await here.rows(`ALTER SCHEMA public OWNER TO "${role}"`);
      return here.beside({}, { url: here.server.url(here.databaseName, role) });
    }

    for (const [who, makeWorld, table] of [
      ["a superuser", () => world(FILES, { major }), false],
      ["its owner, who may not change such a setting", owned, true],
    ] as const) {
      test(`refuses what would undo or delete much of it, marked by ${who}`, async () => {
        const here = await makeWorld();
        await here.up();
        assert.deepEqual(await protect(here.context), {
          type: "protection",
          database: here.database.description,
          isProtected: true,
          hasChanged: true,
        });
        assert.equal((await protect(here.context)).hasChanged, false);
        assert.equal((await here.status()).isProtected, true);
        const tables = "SELECT count(*)::int FROM pg_tables WHERE tablename LIKE 'schema_migrations_protected_%'";
        assert.equal(await here.value(tables), table ? 1 : 0);
        for (const call of [
          () => here.down({ all: true }),
          () => here.down({ count: 2 }),
          () => here.redo(2),
          () => reset(here.context, ASKED_IN_VAIN),
        ]) {
          await refusal(call(), "protected");
        }
        assert.deepEqual(await here.history(), ["001", "002"]);
        assert.deepEqual(outcomes(await here.redo(1)), ["002 undone", "002 applied"]);
        assert.equal((await unprotect(here.context, AGREED)).hasChanged, true);
        assert.equal((await unprotect(here.context, AGREED)).hasChanged, false);
        assert.equal(await here.value(tables), 0);
        assert.deepEqual(outcomes(await here.down({ all: true })), ["002 undone", "001 undone"]);
      });
    }

    test("is protected whatever a session or role has set, and a copy of it is not", async () => {
      const here = await world(FILES, { major });
      await here.up();
      await protect(here.context);
      await here.rows(`ALTER ROLE CURRENT_USER IN DATABASE "${here.databaseName}" SET pgstep.protected = 'off'`);
      await refusal(here.down({ all: true }), "protected");
      const other = await owned();
      await other.up();
      await protect(other.context);
      const copy = `${other.databaseName}_copy`;
      await other.server.copyDatabase(other.databaseName, copy);
      const there = other.beside({}, { url: other.server.url(copy) });
      assert.equal((await there.status()).isProtected, false);
      assert.deepEqual(outcomes(await there.down({ all: true })), ["002 undone", "001 undone"]);
    });
  });
}
