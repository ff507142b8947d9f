import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sessionEffect } from "../../../src/core/statements/session-effect.ts";

/** Statement to what it leaves in its session: "again" where it can simply run again, undefined for nothing. */
const CASES: Readonly<Record<string, string | undefined>> = {
  "SET search_path = app;": "again",
  "SET SESSION lock_timeout TO '5s'": "again",
  "SET TIME ZONE 'UTC'": "again",
  "SET ROLE app": "again",
  "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE": "again",
  "SET LOCAL search_path = app": undefined,
  "SET TRANSACTION READ WRITE": undefined,
  "SET transaction_read_only = off": undefined,
  "SET CONSTRAINTS ALL DEFERRED": undefined,
  "RESET ALL": "again",
  "SELECT set_config('a.b', 'c', false)": "again",
  "SELECT pg_catalog.set_config('search_path', '', false), set_config('a.b', NULL, 'off') AS x;": "again",
  "SELECT set_config('a.b', 'c', true)": undefined,
  "SELECT set_config('a.b', nextval('s')::text, false)": "a setting",
  "SELECT set_config('a.b', 'c', false), nextval('s')": "a setting",
  "SELECT set_config('a.b', f(true), false)": "a setting",
  "SELECT set_config('a.b', nextval('s')::text, true)": undefined,
  "INSERT INTO t SELECT set_config('a.b', x, false) FROM u": "a setting",
  "INSERT INTO t VALUES ('set_config(1)'); -- set_config(": undefined,
  "SELECT set_config FROM t": undefined,
  "SELECT pg_advisory_lock(1, -2);": "again",
  "SELECT pg_catalog.pg_advisory_unlock_shared(1)": "again",
  "SELECT pg_advisory_lock(max(id)) FROM t": "an advisory lock",
  "SELECT pg_try_advisory_lock(7)": "an advisory lock",
  "SELECT pg_advisory_xact_lock(7)": undefined,
  "PREPARE p AS SELECT 1": "again",
  "PREPARE TRANSACTION 'x'": undefined,
  "DEALLOCATE p": "again",
  "LISTEN news": "again",
  "LOAD 'auto_explain'": "again",
  "DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT 1": "the cursor c",
  "DECLARE c CURSOR FOR SELECT 1": undefined,
  "CREATE TEMP TABLE IF NOT EXISTS Input (id int)": "the temporary table input",
  'CREATE LOCAL TEMPORARY TABLE "In put" AS SELECT 1': "the temporary table In put",
  "CREATE OR REPLACE TEMP RECURSIVE VIEW v (n) AS SELECT 1": "the temporary view v",
  "CREATE TEMP SEQUENCE s": "the temporary sequence s",
  "CREATE TABLE pg_temp.input (id int)": "the temporary table input",
  "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql RETURN 1": "the temporary function f",
  "SELECT 1 AS id INTO TEMP TABLE input": "the temporary table input",
  "SELECT 1 AS id INTO input": undefined,
  "CREATE TABLE temp (id int)": undefined,
  "DO $$ BEGIN CREATE TEMP TABLE input (id int); END $$": "the temporary table input",
  "DO $$ BEGIN EXECUTE 'SET search_path = app'; END $$": "a setting",
  "DO $$ BEGIN PERFORM set_config('a.b', '1', false); END $$": "a setting",
  "DO $$ BEGIN PERFORM pg_advisory_lock(1); END $$": "an advisory lock",
  "DO $$ BEGIN UPDATE t SET a = 1; END $$": undefined,
  "UPDATE t SET a = 1": undefined,
  "VACUUM t": undefined,
};

describe("the change that a statement makes to its session", () => {
  for (const [text, expected] of Object.entries(CASES)) {
    test(text, () => {
      const effect = sessionEffect({ text, standardConformingStrings: true });
      assert.equal(effect?.repeatable ? "again" : effect?.what, expected);
    });
  }
});

test("is found in linear time in a megabyte of the worst input", () => {
  for (const part of ["execute ", "DO create temp ", "set_config ( ", "'set ", "create ", "' "]) {
    const text = `DO $$ ${part.repeat(1_000_000 / part.length)} $$`;
    const started = process.cpuUsage();
    sessionEffect({ text, standardConformingStrings: true });
    sessionEffect({ text: `SELECT ${part.repeat(1_000_000 / part.length)}`, standardConformingStrings: true });
    assert.ok(process.cpuUsage(started).user < 5_000_000, part);
  }
});
