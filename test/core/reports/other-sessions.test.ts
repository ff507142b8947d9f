import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  activityWords,
  type Blocker,
  blockersWords,
  blockerWords,
  endingAdvice,
  endingSql,
  holderWords,
  progressWords,
  relationHolderWords,
} from "../../../src/core/reports/other-sessions.ts";
import { ACTIVITY, BLOCKER, HOLDER, LEASE, PREPARED, PROGRESS } from "../../support/all-reports.ts";

const UNKNOWN: Omit<Blocker, "pid"> = {
  ...{ preparedAs: null, user: null, application: null, backendType: null, state: null, since: null, ageMs: null },
  ...{ query: null, waitsFor: [] },
};

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

  test("name a prepared transaction, and a process of the server", () => {
    const named = { ...PREPARED, preparedAs: "it's" };
    assert.equal(blockerWords(named), "the prepared transaction 'it''s', user me, prepared 00:01:05 ago");
    assert.equal(
      blockerWords({ ...UNKNOWN, pid: 8, backendType: "autovacuum worker" }),
      "process 8, autovacuum worker",
    );
  });

  test("say for whom it waits itself", () => {
    const waiting = { ...UNKNOWN, pid: 8, waitsFor: [0, 9] };
    assert.equal(blockerWords(waiting), "process 8 (itself waiting for a prepared transaction, 9)");
    assert.equal(
      blockerWords({ ...BLOCKER, waitsFor: [9] }),
      "process 8, user me, psql, idle in transaction for 00:01:05 (itself waiting for 9)",
    );
    assert.match(blockerWords({ ...waiting, waitsFor: [1, 2, 3, 4, 5, 6, 7] }), /for 1, 2, 3, 4, 5 and 2 more\)$/);
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

describe("of the sessions that block a run", () => {
  const blockers = Array.from({ length: 30 }, (_, index) => ({ ...UNKNOWN, pid: index + 1 }));

  test("five are named, and the others counted", () => {
    const five = "process 1; process 2; process 3; process 4; process 5";
    assert.equal(blockersWords({ blockers, total: 40 }), `${five}; and 35 more`);
    assert.equal(blockersWords({ blockers: blockers.slice(0, 5), total: 5 }), five);
  });

  test("one is ended by a command that fits it, unless it waits for others", () => {
    assert.equal(endingSql(BLOCKER), "SELECT pg_terminate_backend(8);");
    assert.equal(endingSql({ ...PREPARED, preparedAs: "it's" }), "ROLLBACK PREPARED 'it''s';");
    assert.equal(endingSql({ ...BLOCKER, waitsFor: [9] }), undefined);
    assert.equal(endingSql({ ...PREPARED, preparedAs: null }), undefined);
    const all = { blockers: [{ ...BLOCKER, waitsFor: [9] }, PREPARED], total: 2 };
    assert.equal(endingAdvice(all), "end the blocking transaction with ROLLBACK PREPARED 'transfer-7';");
    assert.equal(endingAdvice({ blockers: [], total: 0 }), undefined);
  });
});

test("the words for a statement's progress have percents where the total is known, and counts elsewhere", () => {
  assert.equal(progressWords(PROGRESS), "building index, 12 % of blocks");
  const copy = { unit: "bytes", done: 1_234_567, total: 0 } as const;
  assert.equal(progressWords({ command: "COPY FROM", phase: null, shares: [copy] }), "COPY FROM, 1,234,567 bytes");
  const locker = { unit: "sessions", done: 1, total: 4 } as const;
  const waiting = { ...PROGRESS, phase: "waiting for old snapshots", shares: [locker] };
  assert.equal(progressWords(waiting), "waiting for old snapshots, 1 of 4 sessions");
});

test("the words for the work of a run say what it does, for how long, and who blocks it", () => {
  assert.equal(
    activityWords({ ...ACTIVITY, blockers: [BLOCKER], total: 1 }),
    "active for 00:00:05, 'CREATE INDEX t_a ON t (a)', building index, 12 % of blocks; blocked by process 8, user me, psql, idle in transaction for 00:01:05, 'LOCK TABLE t'",
  );
  const hidden = { state: null, query: null, ageMs: null, progress: null, blockers: [], total: 0 };
  assert.equal(activityWords(hidden), "");
});
