import assert from "node:assert/strict";
import { test } from "node:test";
import { readExplained } from "../../../src/core/plan/explained.ts";

const plan = (node: object) => JSON.stringify([{ Plan: node }]);
const scan = (name: string, rows: number) => ({
  ...{ "Node Type": "Seq Scan", "Relation Name": name, "Plan Rows": rows },
});

test("the rows of a change are those that its plan finds, not those that it returns", () => {
  const change = {
    ...{ "Node Type": "ModifyTable", Operation: "Update", "Relation Name": "orders", "Plan Rows": 0 },
    Plans: [{ "Node Type": "Hash Join", "Plan Rows": 12, Plans: [scan("orders", 100), scan("Paid", 50)] }],
  };
  assert.deepEqual(readExplained(plan(change)), { rows: 12, scans: ["Seq Scan on orders", 'Seq Scan on "Paid"'] });
});

test("a change of a partitioned table has a plan for each partition", () => {
  const change = { "Node Type": "ModifyTable", Plans: [scan("p1", 3), scan("p2", 4), scan("p2", 5)] };
  assert.deepEqual(readExplained(plan(change)), { rows: 12, scans: ["Seq Scan on p1", "Seq Scan on p2"] });
});

test("an index is named, and a bitmap names its table once", () => {
  const heap = { "Node Type": "Bitmap Heap Scan", "Relation Name": "t", "Plan Rows": 9 };
  const whole = { ...heap, Plans: [{ "Node Type": "Bitmap Index Scan", "Index Name": "t_a", "Plan Rows": 9 }] };
  assert.deepEqual(readExplained(plan(whole)), { rows: 9, scans: ["Bitmap Heap Scan on t"] });
  const index = { "Node Type": "Index Scan", "Relation Name": "t", "Index Name": "t_pkey", "Plan Rows": 1 };
  assert.deepEqual(readExplained(plan(index)), { rows: 1, scans: ["Index Scan using t_pkey on t"] });
});

test("an answer that makes no sense has no meaning", () => {
  for (const answer of ["", "[]", "{}", "null", "[{}]", '[{"Plan":7}]']) {
    assert.equal(readExplained(answer), undefined, answer);
  }
  assert.deepEqual(readExplained(plan({ "Plan Rows": -1 })), { rows: 0, scans: [] });
});
