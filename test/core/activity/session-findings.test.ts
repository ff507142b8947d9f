import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SeenLock, SeenSession } from "../../../src/core/activity/activity.ts";
import { type ConcernedRun, sessionSightings } from "../../../src/core/activity/session-findings.ts";
import type { NeededLock } from "../../../src/core/plan/needed-locks.ts";
import type { LockMode } from "../../../src/core/trace/lock-modes.ts";
import { BLOCKER } from "../../support/all-reports.ts";

const ORDERS = { schema: "public", name: "orders" };
const NOTES = { schema: "app", name: "Notes" };

function need(relation: typeof ORDERS, mode: LockMode, line: number): NeededLock {
  return { relation, mode, isWait: false, path: `m/00${line}.sql`, position: { line, column: 1 } };
}

const RUN: ConcernedRun = {
  relations: [ORDERS, NOTES],
  locks: [need(NOTES, "RowExclusive", 1), need(ORDERS, "Share", 2), need(NOTES, "AccessExclusive", 3)],
  snapshots: undefined,
  nameOf: (path) => path.replace(/^m\/|\.sql$/g, ""),
  lockTimeoutMs: 5_000,
};

function lock(of: number, mode: LockMode, more: Partial<SeenLock> = {}): SeenLock {
  return { ...(RUN.relations[of] ?? ORDERS), of, mode, isGranted: true, ...more };
}

function found(session: Partial<SeenSession>, run: Partial<ConcernedRun> = {}): string[] {
  const whole: SeenSession = { ...BLOCKER, holdsBack: false, hasSnapshot: false, locks: [], ...session };
  const activity = { sessions: [whole], total: 1, hidden: 0, role: "me" };
  return sessionSightings(activity, { ...RUN, ...run }).map(
    ({ finding: { severity, rule, message, place } }) =>
      `${severity} ${rule}, line ${place?.line}: ${message.replace(/^.* t', /, "")}`,
  );
}

const WORKER = {
  ...{ backendType: "autovacuum worker", user: null, application: null },
  locks: [lock(0, "ShareUpdateExclusive")],
};

describe("the findings about sessions", () => {
  test("name the first statement that would wait, and all locks in its way", () => {
    assert.deepEqual(found({ locks: [lock(1, "AccessShare"), lock(0, "RowExclusive"), lock(1, "RowShare")] }), [
      `warning session-blocks, line 2: holds ROW EXCLUSIVE on orders, ACCESS SHARE on app."Notes", ROW SHARE on app."Notes" and blocks 002, which needs SHARE`,
    ]);
  });

  test("leave out locks that conflict with none of the run", () => {
    assert.deepEqual(found({ ageMs: 1_000, locks: [lock(0, "AccessShare"), lock(0, "Share")] }), []);
  });

  test("count a session whose age the role may not see as a note", () => {
    assert.deepEqual(found({ ageMs: null, locks: [lock(0, "RowExclusive")] })[0]?.slice(0, 19), "note session-blocks");
  });

  test("leave out an autovacuum, unless it is against wraparound", () => {
    const query = "autovacuum: VACUUM public.orders";
    assert.deepEqual(found({ ...WORKER, query }, { snapshots: RUN.locks[0] }), []);
    const [wraparound, ...more] = found({ ...WORKER, ageMs: 5, query: `${query} (to prevent wraparound)` });
    assert.match(
      wraparound ?? "",
      /^warning session-blocks, line 2: .* holds SHARE UPDATE EXCLUSIVE on orders and blocks 002/,
    );
    assert.deepEqual(more, []);
  });

  test("report a session that waits with a lock once for each", () => {
    const locks = [lock(0, "RowExclusive"), lock(0, "AccessExclusive", { isGranted: false })];
    assert.deepEqual(
      found({ locks }).map((words) => words.replace(/: .*/, "")),
      ["warning session-blocks, line 2", "warning session-waits, line 2"],
    );
  });

  test("say how many sessions are not listed", () => {
    const sightings = sessionSightings({ sessions: [], total: 7, hidden: 1, role: "My role" }, RUN);
    assert.deepEqual(
      sightings.map(({ finding: { message } }) => message),
      [
        `the role "My role" may not see what one other session of this database do: long transactions may be missing here`,
        "7 more sessions are in transactions, and are not listed",
      ],
    );
  });
});
