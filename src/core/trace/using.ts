import { alterCommands, at, nodesOf, textAt } from "../parse-tree/node.ts";
import type { TracedStatement } from "./trace.ts";

/** Functions that make a value fit by cutting or rounding it. */
const SHORTENING = new Set([
  "left",
  "right",
  "substr",
  "substring",
  "round",
  "trunc",
  "floor",
  "ceil",
  "ceiling",
  "btrim",
]);

/**
 * How a changed type computes the new values of a column:
 * - cast: by an assignment cast or an expression, which may fail;
 * - shorten: by an explicit cast to a length, or a function, which cuts what does not fit;
 * - discard: without the old value.
 */
export function usingOf(statement: TracedStatement, column: string): "cast" | "shorten" | "discard" {
  const command = alterCommands(statement).find(
    (one) => textAt(one, "subtype") === "AT_AlterColumnType" && textAt(one, "name") === column,
  );
  const using = at(command, "def", "ColumnDef", "raw_default");
  if (!using) return "cast";
  if (nodesOf(using, "ColumnRef").length === 0) return "discard";
  const cast = at(using, "TypeCast", "typeName");
  if (cast) {
    const types = nodesOf(at(cast, "names"), "String").map((name) => at(name, "sval"));
    const isCut = types.some((type) => type === "varchar" || type === "bpchar") && at(cast, "typmods") !== undefined;
    return isCut ? "shorten" : "cast";
  }
  const functions = nodesOf(using, "FuncCall").flatMap((call) => nodesOf(at(call, "funcname"), "String"));
  return functions.some((name) => SHORTENING.has(String(at(name, "sval")))) ? "shorten" : "cast";
}
