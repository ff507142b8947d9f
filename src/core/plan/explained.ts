import { sqlName } from "../check/words.ts";
import { at, bodyOf, kindOf, listAt, nodesOf } from "../parse-tree/node.ts";
import type { TracedStatement } from "../trace/trace.ts";
import type { ExplainedRows } from "./plan-report.ts";

/** Statements that read or change rows of existing tables: how many, only the planner of the database knows. */
export function isExplained(statement: TracedStatement): boolean {
  const body = bodyOf(statement);
  switch (kindOf(statement)) {
    case "UpdateStmt":
    case "DeleteStmt":
    case "MergeStmt":
      return true;
    case "InsertStmt":
      return nodesOf(at(body, "selectStmt"), "RangeVar").length > 0;
    case "SelectStmt":
      return nodesOf(body, "RangeVar").length > 0;
    case "CreateTableAsStmt":
      return at(body, "into", "skipData") !== true && nodesOf(at(body, "query"), "RangeVar").length > 0;
    default:
      return false;
  }
}

/** A node of a plan, as EXPLAIN (FORMAT JSON) writes it. */
type PlanNode = Readonly<Record<string, unknown>>;

/** Reads the answer of EXPLAIN (FORMAT JSON); undefined if it is not understood. */
export function readExplained(answer: string): ExplainedRows | undefined {
  let value: unknown;
  try {
    value = JSON.parse(answer);
  } catch {
    return undefined;
  }
  const root = Array.isArray(value) ? (at(value[0], "Plan") as PlanNode | undefined) : undefined;
  if (typeof root !== "object" || root === null) return undefined;
  // The node that changes rows returns none; its child finds them.
  const found = root["Node Type"] === "ModifyTable" ? listAt(root, "Plans") : [root];
  const rows = found.reduce<number>((sum, node) => sum + numberAt(node, "Plan Rows"), 0);
  return { rows, scans: [...new Set([...nodesBelow(root)].flatMap(scanOf))] };
}

function* nodesBelow(node: unknown): Generator<PlanNode> {
  // A stack of its own, because a plan may be deeper than calls can be.
  const waiting = [node];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (typeof one !== "object" || one === null) continue;
    yield one as PlanNode;
    waiting.push(...listAt(one, "Plans").toReversed());
  }
}

function scanOf(node: PlanNode): string[] {
  const [type, relation, index] = [node["Node Type"], node["Relation Name"], node["Index Name"]];
  if (typeof type !== "string" || typeof relation !== "string" || type === "ModifyTable") return [];
  const through = typeof index === "string" ? ` using ${sqlName(index)}` : "";
  return [`${type}${through} on ${sqlName(relation)}`];
}

function numberAt(node: unknown, key: string): number {
  const value = at(node, key);
  return typeof value === "number" && value >= 0 ? value : 0;
}
