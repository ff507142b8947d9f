import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  blockerWords,
  holderWords,
  indexProgressWords,
  relationHolderWords,
} from "../../../src/core/reports/other-sessions.ts";
import { BLOCKER, HOLDER, LEASE, PROGRESS } from "../../support/all-reports.ts";

const UNKNOWN = { user: null, application: null, state: null, since: null, ageMs: null, query: null };

describe("the words for whoever holds the migration lock", () => {
  test("are those of its session, as far as it is known", () => {
    assert.equal(
      holderWords(HOLDER),
      "process 7, pgstep, user deploy, from 10.0.0.5, connected since 2026-01-31 12:00:00 UTC",
    );
    const { kind, pid } = HOLDER;
    assert.equal(
      holderWords({ kind, pid, user: null, application: null, address: null, connectedAt: null }),
      "process 7, from this machine",
    );
  });

  test("are those of its run, and how good its lease is", () => {
    const owner = "user deploy through a pooler, since 2026-01-31 12:00:00 UTC";
    assert.equal(holderWords(LEASE), `${owner}, its lease valid until 12:00:30 UTC`);
    const expired = { ...LEASE, isExpired: true };
    assert.equal(holderWords(expired), `${owner}, its lease expired, its last statement still runs`);
    assert.equal(
      holderWords({ ...expired, hiddenFrom: "app" }),
      `${owner}, its lease expired, its last statement may still run: to let this role check, GRANT pg_read_all_stats TO "app"`,
    );
  });
});

describe("the words for a session that blocks a run", () => {
  test("say who it is, what it does, for how long, and its query as SQL quotes it", () => {
    assert.equal(
      blockerWords({ ...BLOCKER, query: "SELECT 'a'" }),
      "process 8, user me, psql, idle in transaction for 00:01:05, 'SELECT ''a'''",
    );
  });

  test("leave out what is not known", () => {
    assert.equal(blockerWords({ ...UNKNOWN, pid: 8 }), "process 8");
    assert.equal(blockerWords({ ...UNKNOWN, pid: 8, state: "idle", query: "" }), "process 8, ''");
    assert.equal(blockerWords({ ...UNKNOWN, pid: null }), "a prepared transaction");
  });

  for (const [seconds, words] of [
    [0, "00:00:00"],
    [59.999, "00:00:59"],
    [86_399, "23:59:59"],
    [86_400, "1 day 00:00:00"],
    [183_845, "2 days 03:04:05"],
  ] as const) {
    test(`give ${seconds} seconds as ${words}`, () => {
      const { state } = BLOCKER;
      assert.equal(
        blockerWords({ ...UNKNOWN, pid: 8, state, ageMs: seconds * 1_000 }),
        `process 8, idle in transaction for ${words}`,
      );
    });
  }
});

test("the words for a session that holds a relation name both", () => {
  const { pid, user, application, state } = BLOCKER;
  assert.equal(
    relationHolderWords({ relation: "a.b", pid, user, application, state }),
    "a.b is locked by process 8, psql, user me, idle in transaction",
  );
  const nobody = { pid: null, user: null, application: null, state: null };
  assert.equal(relationHolderWords({ relation: "a.b", ...nobody }), "a.b is locked by a prepared transaction");
});

test("the words for an index give whole percents of what has a total", () => {
  assert.equal(indexProgressWords(PROGRESS), "building index, 12 % of blocks");
  const rows = { done: 5, total: 5 };
  assert.equal(indexProgressWords({ ...PROGRESS, rows }), "building index, 12 % of blocks, 100 % of rows");
});
