import assert from "node:assert/strict";
import { test } from "node:test";
import { makeLikeNew } from "../../../src/engine/shadow/like-new.ts";
import { replayChosen } from "../../../src/engine/shadow/replay-chosen.ts";
import { sharedServer } from "../../support/postgres-server.ts";
import { type ServerWorld, world } from "../support.ts";

const [FOURTEEN, SEVENTEEN] = [140_000, 170_000];

async function everyoneMayCreate(one: ServerWorld): Promise<unknown> {
  const [row] = await one.rows(
    "SELECT EXISTS (SELECT FROM pg_namespace, aclexplode(nspacl) WHERE nspname = 'public' AND grantee = 0 AND privilege_type = 'CREATE') AS may",
  );
  return row?.may;
}

test("schema public gets the privileges that a new database of another version has", async () => {
  const one = await world({}, { server: await sharedServer(18) });
  assert.equal(await everyoneMayCreate(one), false);
  await makeLikeNew(one.context, SEVENTEEN);
  assert.equal(await everyoneMayCreate(one), false);
  await makeLikeNew(one.context, FOURTEEN);
  assert.equal(await everyoneMayCreate(one), true);
});

test("a database without schema public stays as it is", async () => {
  const one = await world({}, { server: await sharedServer(18), before: "DROP SCHEMA public" });
  await makeLikeNew(one.context, FOURTEEN);
  assert.deepEqual(await one.rows("SELECT FROM pg_namespace WHERE nspname = 'public'"), []);
});

test("migrations run in a database like a new one of the version, and may close schema public", async () => {
  const applied = { migrations: [], repeatables: new Set<string>(), like: FOURTEEN };
  const open = await world({}, { server: await sharedServer(18) });
  await replayChosen(open.context, applied);
  assert.equal(await everyoneMayCreate(open), true);
  // It is made so before the first migration only.
  const closed = await world({}, { server: await sharedServer(18) });
  await replayChosen(closed.context, applied, { applied: 1, keep: async () => {}, noteOf: () => undefined });
  assert.equal(await everyoneMayCreate(closed), false);
});
