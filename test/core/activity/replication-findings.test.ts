import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Receiver, ReplicationActivity } from "../../../src/core/activity/activity.ts";
import { replicationSightings } from "../../../src/core/activity/replication-findings.ts";

const RECEIVER: Receiver = {
  ...{ pid: 7, name: "far", address: "10.0.0.5", state: "streaming", sync: "async", lagBytes: 0, lagMs: null },
};

function found(activity: Partial<ReplicationActivity>): string[] {
  const whole = { receivers: [], slots: [], synchronousNames: "", synchronousCommit: "on", ...activity };
  return replicationSightings(whole).map(({ finding: { severity, message } }) => `${severity}: ${message}`);
}

const of = (receiver: Partial<Receiver>) => found({ receivers: [{ ...RECEIVER, ...receiver }] });

describe("the findings about replication", () => {
  test("name a receiver that lags in bytes or in time, and no base backup", () => {
    assert.deepEqual(of({ lagBytes: 104_857_599, lagMs: 29_999 }), []);
    assert.deepEqual(of({ lagBytes: 104_857_600 }), ["warning: replication to far at 10.0.0.5 lags by 100 MB"]);
    assert.deepEqual(of({ name: null, address: null, lagBytes: null, lagMs: 45_000 }), [
      "warning: replication to process 7 lags by about 45 s",
    ]);
    assert.deepEqual(of({ state: "backup", lagBytes: 1e12 }), []);
  });

  test("weigh an idle slot by the WAL that it keeps", () => {
    const slot = (keptBytes: number) => found({ slots: [{ name: "feed", kind: "logical", keptBytes }] })[0];
    const words = (size: string) =>
      `the logical replication slot feed has no consumer: the server keeps ${size} of WAL for it, and everything that a run adds`;
    assert.equal(slot(2048), `note: ${words("2.0 kB")}`);
    assert.equal(slot(1024 ** 3), `warning: ${words("1.0 GB")}`);
  });

  for (const [names, needed] of [
    ["a", 1],
    ['"my standby", b', 1],
    ["FIRST 2 (a, b)", 2],
    ["any 3 (*)", 3],
    [" 2(a,b)", 2],
  ] as const) {
    test(`know that ${names} needs ${needed}`, () => {
      const connected = (count: number) =>
        found({ synchronousNames: names, receivers: Array(count).fill({ ...RECEIVER, sync: "quorum" }) }).length;
      assert.deepEqual([connected(needed - 1), connected(needed)], [1, 0]);
    });
  }

  test("do not miss a standby that the role may not see, or that no COMMIT waits for", () => {
    const lonely = { synchronousNames: "a", receivers: [{ ...RECEIVER, sync: null }] };
    assert.deepEqual(found(lonely), []);
    assert.deepEqual(found({ synchronousNames: "a", synchronousCommit: "local" }), []);
    assert.equal(found({ synchronousNames: "a" }).length, 1);
  });
});
