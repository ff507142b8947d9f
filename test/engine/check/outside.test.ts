import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LockMode } from "../../../src/core/trace/lock-modes.ts";
import { lockWords } from "../../../src/core/trace/lock-modes.ts";
import { OUTSIDE_FORMS, outsideForm, outsideWords } from "../../../src/core/trace/outside.ts";
import { holding, open, type ServerWorld, world } from "../support.ts";
import { statementsOf } from "./traced.ts";

/*
 * The closed table of statements that cannot run in a transaction, against a server: their locks are read while another
 * session keeps them waiting.
 */

const GIVEN = `CREATE SCHEMA s; CREATE TABLE s.t (id int CONSTRAINT t_pkey PRIMARY KEY, n int); CREATE INDEX t_n ON s.t (n);
CLUSTER s.t USING t_pkey; CREATE TABLE s.parts (k int) PARTITION BY LIST (k); CREATE TABLE s.part PARTITION OF s.parts FOR VALUES IN (1);`;

/** A statement, the table that it works on, and a query that finds what it leaves behind when it is cancelled. */
const STATEMENTS: readonly (readonly [sql: string, table: string, left?: string])[] = [
  ["CREATE INDEX CONCURRENTLY ON s.t (n)", "s.t", "SELECT count(*) > 0 FROM pg_index WHERE NOT indisvalid"],
  ["CREATE UNIQUE INDEX CONCURRENTLY ON s.t (n)", "s.t", "SELECT count(*) > 0 FROM pg_index WHERE NOT indisvalid"],
  ["DROP INDEX CONCURRENTLY s.t_n", "s.t", "SELECT count(*) > 0 FROM pg_index WHERE NOT indisvalid"],
  ["REINDEX TABLE CONCURRENTLY s.t", "s.t", "SELECT count(*) > 0 FROM pg_index WHERE NOT indisvalid"],
  ["REINDEX (CONCURRENTLY) INDEX s.t_n", "s.t", "SELECT count(*) > 0 FROM pg_index WHERE NOT indisvalid"],
  ["REINDEX SCHEMA s", "s.t"],
  ["REINDEX SCHEMA CONCURRENTLY s", "s.t", "SELECT count(*) > 0 FROM pg_index WHERE NOT indisvalid"],
  [
    "ALTER TABLE s.parts DETACH PARTITION s.part CONCURRENTLY",
    "s.parts",
    "SELECT count(*) > 0 FROM pg_inherits WHERE inhdetachpending",
  ],
  ["VACUUM s.t", "s.t"],
  ["VACUUM (ANALYZE, VERBOSE) s.t", "s.t"],
  ["VACUUM FULL s.t", "s.t"],
  ["VACUUM (VERBOSE, FULL) s.t", "s.t"],
  ["VACUUM (FULL off) s.t", "s.t"],
  ["CLUSTER", "s.t"],
];

function formOf(sql: string) {
  const [statement] = statementsOf(sql);
  assert.ok(statement);
  const form = outsideForm(statement);
  assert.ok(form?.lock, sql);
  return { ...form, lock: form.lock };
}

/** A lock that keeps a statement waiting for its own, and nothing that it waits for later. */
function conflicting(lock: LockMode): string {
  if (lock === "AccessExclusive") return "ACCESS SHARE";
  return lock === "Share" ? "ROW EXCLUSIVE" : lockWords(lock);
}

/** Runs a statement beside; `meanwhile` gets SQL that is true of the locks of its session. */
async function running(
  here: ServerWorld,
  sql: string,
  meanwhile: (lock: (condition: string) => string, pid: number) => Promise<void>,
): Promise<void> {
  const session = await open(here.url).open();
  try {
    const [row] = await session.query("SELECT pg_backend_pid() AS pid");
    const pid = Number(row?.pid);
    const done = session.execute(sql).catch(() => {});
    await meanwhile((condition) => `SELECT count(*) > 0 FROM pg_locks WHERE pid = ${pid} AND ${condition}`, pid);
    await done;
  } finally {
    await session.close();
  }
}

for (const major of [15, 18] as const) {
  describe(`on PostgreSQL ${major}`, () => {
    for (const [sql, table, left] of STATEMENTS) {
      const { lock, waits, leaves } = formOf(sql);
      test(`${sql}: ${outsideWords({ lock, waits, ...(leaves && { leaves }) })}`, { timeout: 60_000 }, async () => {
        const here = await world({}, { major, before: GIVEN });
        await holding(here, `BEGIN; LOCK TABLE ${table} IN ${conflicting(lock)} MODE`, async (release) => {
          await running(here, sql, async (held) => {
            await here.until(held(`relation = '${table}'::regclass AND mode = '${lock}Lock' AND NOT granted`));
            await release();
          });
        });
        assert.equal(left !== undefined, waits !== undefined);
        if (!left) return;
        const again = await world({}, { major, before: GIVEN });
        const snapshot = `BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM ${table}`;
        await holding(again, snapshot, async (release) => {
          await running(again, sql, async (held, pid) => {
            await again.until(held("locktype = 'virtualxid' AND NOT granted"));
            await again.rows(`SELECT pg_cancel_backend(${pid})`);
          });
          await again.until(left);
          await release();
        });
      });
    }
  });
}

test("every statement that classify knows to run outside a transaction has an entry", () => {
  const without = [
    "CREATE DATABASE d",
    "DROP TABLESPACE x",
    "ALTER SYSTEM SET work_mem = 1",
    "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p",
  ];
  for (const sql of without) {
    const [statement] = statementsOf(sql);
    assert.equal(statement && outsideForm(statement)?.lock, undefined, sql);
  }
  const [plain] = statementsOf("CREATE INDEX ON t (n)");
  assert.equal(plain && outsideForm(plain), undefined);
  assert.equal(outsideWords(OUTSIDE_FORMS.VACUUM ?? assert.fail()), "SHARE UPDATE EXCLUSIVE");
});
