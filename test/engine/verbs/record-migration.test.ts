import assert from "node:assert/strict";
import { test } from "node:test";
import { recordMigration } from "../../../src/engine/verbs/record-migration.ts";
import type { RecordConsent } from "../../../src/ports/consent.ts";
import { failureOf, outcomes, refusal, states, succeeded, world } from "../support.ts";

const agreed: RecordConsent = { mayRecord: async () => {} };
const refused: RecordConsent = { mayRecord: () => Promise.reject(new Error("refused")) };

test("a migration that stopped part-way is recorded as applied, and its journal is forgotten", async () => {
  const here = await world({
    "001_one.sql": "-- Transaction: none\nCREATE TABLE one ();\nSELECT 1/0;",
    "002_two.sql": "CREATE TABLE two ();",
  });
  failureOf(await here.up(), "statement-failed");
  assert.deepEqual(await states(here), ["001 unfinished", "002 pending"]);
  await assert.rejects(recordMigration(here.context, "001", "applied", refused), /refused/);
  assert.deepEqual(await states(here), ["001 unfinished", "002 pending"]);
  const { recorded } = await recordMigration(here.context, "1", "applied", agreed);
  assert.equal(recorded, "applied");
  assert.deepEqual(await states(here), ["001 applied", "002 pending"]);
  assert.equal(await here.value("SELECT count(*)::int FROM schema_migrations_steps"), 0);
  assert.deepEqual(outcomes(succeeded(await here.up())), ["002 applied"]);
});

test("without a history the first migration can be recorded alone", async () => {
  const here = await world({ "001_one.sql": "CREATE TABLE one ();" }, { before: "CREATE TABLE one ()" });
  await recordMigration(here.context, "001", "applied", agreed);
  assert.deepEqual(succeeded(await here.up()).steps, []);
});

test("what the history says already is refused before anybody is asked", async () => {
  const here = await world({ "001_one.sql": "CREATE TABLE one ();" });
  await refusal(recordMigration(here.context, "001", "not-applied", refused), "nothing-in-doubt");
  succeeded(await here.up());
  await refusal(recordMigration(here.context, "001", "applied", refused), "nothing-in-doubt");
  await refusal(recordMigration(here.context, "002", "applied", refused), "version-unknown");
});

test("the row of a migration whose file is gone can be removed", async () => {
  const here = await world({ "001_one.sql": "CREATE TABLE one ();", "002_two.sql": "CREATE TABLE two ();" });
  succeeded(await here.up());
  here.remove("002_two.sql");
  await recordMigration(here.context, "2", "not-applied", agreed);
  assert.deepEqual(await here.history(), ["001"]);
});
