import { at, bodyOf, type Fields, functionName, kindOf, listAt, nodesOf, textAt } from "../parse-tree/node.ts";
import { isDefinition } from "./definition-work.ts";
import { blockedBy } from "./lock-modes.ts";
import type { RangeVar, Resolve } from "./resolve.ts";
import { columnName, isEveryRow, isEveryRowOf } from "./row-work.ts";
import type { Column, Relation, TracedFile, TracedStatement } from "./trace.ts";

/*
 * The rows that statements delete, and the values that they delete or overwrite, if a condition leaves no row out: also one
 * that names other tables, because each row has a matching row there. And the columns that an UPDATE leaves without NULL.
 */

/** The tables of a statement by the names that its columns may have before the dot. */
type Sources = ReadonlyMap<string, Relation>;

/** The target of a DELETE if it deletes all rows, or all that refer to a row of another table. */
export function emptiedBy(statement: Fields, resolve: Resolve): Relation | undefined {
  const target = resolve(at(statement, "relation") as RangeVar);
  if (!target) return undefined;
  const condition = at(statement, "whereClause");
  if (isEveryRowOf(condition, target, resolve)) return target;
  const using = listAt(statement, "usingClause");
  const others = sourcesOf(using, resolve);
  const all = using.length > 0 ? isParentJoin(condition, target, others) : isInParents(condition, target, resolve);
  return all ? target : undefined;
}

/** The target of a MERGE that deletes every row with a match, or every row without one. */
export function deletedByMerge(statement: Fields, resolve: Resolve): Relation | undefined {
  const target = resolve(at(statement, "relation") as RangeVar);
  const deletions = listAt(statement, "mergeWhenClauses")
    .map((one) => at(one, "MergeWhenClause"))
    .filter((one) => textAt(one, "commandType") === "CMD_DELETE" && isEveryRow(at(one, "condition")));
  const deletes = (kind: string) => deletions.some((one) => textAt(one, "matchKind") === kind);
  if (!target) return undefined;
  if (deletes("MERGE_WHEN_NOT_MATCHED_BY_SOURCE")) return target;
  const source = at(statement, "sourceRelation");
  const isWhole = nodesOf(source, "SelectStmt").every((one) => isEveryRow(at(one, "whereClause")));
  const isTable = nodesOf(source, "RangeVar").some((one) => resolve(one)) && isWhole && !hasLimit(source);
  const joins = equations(at(statement, "joinCondition"));
  return deletes("MERGE_WHEN_MATCHED") && isTable && joins ? target : undefined;
}

/** True if a query ends after some rows, or one within it. */
function hasLimit(query: unknown): boolean {
  return nodesOf(query, "SelectStmt").some((one) => at(one, "limitCount") !== undefined);
}

/** Empty if one of the items is no table that existed before. */
function sourcesOf(items: readonly unknown[], resolve: Resolve): Sources {
  const sources = new Map<string, Relation>();
  for (const item of items) {
    const name = at(item, "RangeVar") as RangeVar | undefined;
    const relation = resolve(name);
    if (!relation) return new Map();
    sources.set(textAt(name, "alias", "aliasname") ?? relation.name, relation);
  }
  return sources;
}

/** The two sides of conditions that all compare a column with a column; undefined if one compares something else. */
function equations(condition: unknown): [left: string[], right: string[]][] | undefined {
  const all = at(condition, "BoolExpr");
  const parts = at(all, "boolop") === "AND_EXPR" ? listAt(all, "args") : [condition];
  const found: [string[], string[]][] = [];
  for (const part of parts) {
    const operator = textAt(listAt(part, "A_Expr", "name")[0], "String", "sval");
    const [left, right] = [fieldsOf(at(part, "A_Expr", "lexpr")), fieldsOf(at(part, "A_Expr", "rexpr"))];
    if (operator !== "=" || !left || !right) return undefined;
    found.push([left, right]);
  }
  return found;
}

/** ["t", "id"] for t.id. */
function fieldsOf(node: unknown): string[] | undefined {
  const fields = listAt(node, "ColumnRef", "fields").map((one) => textAt(one, "String", "sval") ?? "");
  return fields.length > 0 ? fields : undefined;
}

/** True if a condition only joins rows with those that they refer to, by a key of another table. */
function isParentJoin(condition: unknown, target: Relation, others: Sources): boolean {
  const parts = equations(condition);
  if (!parts || others.size === 0) return false;
  const refers = (own: readonly string[], other: readonly string[]) => {
    const parent = tableOf(other, others);
    if (!parent || tableOf(own, others)) return false;
    return isReference(target, own.at(-1) ?? "", parent, other.at(-1) ?? "");
  };
  return parts.every(([left, right]) => refers(left, right) || refers(right, left));
}

function tableOf(fields: readonly string[], sources: Sources): Relation | undefined {
  const [qualifier, column] = fields.slice(-2);
  if (column !== undefined) return sources.get(qualifier ?? "");
  const having = [...sources.values()].filter(({ columns }) => columns.some(({ name }) => name === qualifier));
  return having[0];
}

/** True for an IN or EXISTS with all rows of the table that the rows refer to. */
function isInParents(condition: unknown, target: Relation, resolve: Resolve): boolean {
  const link = at(condition, "SubLink");
  const select = at(link, "subselect", "SelectStmt");
  const from = listAt(select, "fromClause");
  const sources = sourcesOf(from, resolve);
  const [parent] = sources.values();
  if (!parent || sources.size !== 1 || hasLimit(at(link, "subselect")) || at(select, "havingClause")) return false;
  const where = at(select, "whereClause");
  if (textAt(link, "subLinkType") === "EXISTS_SUBLINK") return isParentJoin(where, target, sources);
  if (textAt(link, "subLinkType") !== "ANY_SUBLINK" || !isEveryRow(where)) return false;
  const [column, key] = [at(link, "testexpr"), at(listAt(select, "targetList")[0], "ResTarget", "val")].map(fieldsOf);
  return column && key ? isReference(target, column.at(-1) ?? "", parent, key.at(-1) ?? "") : false;
}

/** True if a column of one table has the values of another table's key, and is no key itself. */
function isReference(target: Relation, column: string, parent: Relation, key: string): boolean {
  return parent.oid !== target.oid && isKeyOf(parent, key) && !isKeyOf(target, column);
}

function isKeyOf({ columns, indexes }: Relation, name: string): boolean {
  const number = columns.find((one) => one.name === name)?.number;
  return indexes.some((one) => one.unique && !one.partial && one.columns.length === 1 && one.columns[0] === number);
}

/** A column whose former values an UPDATE leaves in no row. */
export interface LostValues {
  readonly column: Column;
  /** True if all rows have NULL after the statement. */
  readonly isErased: boolean;
}

/**
 * The old columns of a table all of whose values an UPDATE loses. A column that may have NULL can be a new one that the
 * statement fills, so that overwriting counts only where each row has a value.
 */
export function lostValues(
  { before, statements }: TracedFile,
  statement: TracedStatement,
  table: Relation,
  resolve: Resolve,
): LostValues[] {
  const update = bodyOf(statement);
  const condition = at(update, "whereClause");
  const isWhole = isEveryRowOf(condition, table, resolve) && listAt(update, "fromClause").length === 0;
  const present = presentIn(condition);
  const earlier = statements.filter(({ number }) => number < statement.number);
  return listAt(update, "targetList").flatMap((target) => {
    const [name, value] = [textAt(target, "ResTarget", "name"), at(target, "ResTarget", "val")];
    const column = before.get(table.oid)?.columns.find((one) => one.name === name);
    const isErased = at(value, "A_Const", "isnull") === true;
    const isLost = isErased || (isFixed(value) && (column?.required === true || name === present));
    if (!column || !isLost || !(isWhole || name === present)) return [];
    return [update, ...earlier.map(bodyOf)].some((one) => copies(one, table, column.name))
      ? []
      : [{ column, isErased }];
  });
}

/** True for a value that depends on no row; the present time only says when a row was changed. */
function isFixed(value: unknown): boolean {
  const isTime = at(value, "SQLValueFunction") !== undefined || nodesOf(value, "FuncCall").some(isNow);
  return isEveryRow(value) && !isTime;
}

function isNow(call: Fields): boolean {
  return TIMES.has(functionName(call));
}

const TIMES: ReadonlySet<string> = new Set(["clock_timestamp", "now", "statement_timestamp", "transaction_timestamp"]);

/** The column of a condition IS NOT NULL or <> '': rows without a value have none to lose. */
function presentIn(condition: unknown): string | undefined {
  const test = at(condition, "NullTest");
  if (textAt(test, "nulltesttype") === "IS_NOT_NULL") return columnName(at(test, "arg"));
  const isUnequal = textAt(listAt(condition, "A_Expr", "name")[0], "String", "sval") === "<>";
  const text = at(condition, "A_Expr", "rexpr", "A_Const", "sval");
  return isUnequal && text && !at(text, "sval") ? columnName(at(condition, "A_Expr", "lexpr")) : undefined;
}

/** True if a statement writes the values of a column to another place: with a query, or to another column. */
function copies(statement: Fields, { name }: Relation, column: string): boolean {
  const query = at(statement, "query") ?? at(statement, "selectStmt");
  if (nodesOf(query, "RangeVar").some((one) => one.relname === name)) return true;
  return nodesOf(at(statement, "targetList"), "ColumnRef").some((one) => columnName({ ColumnRef: one }) === column);
}

/**
 * True if no row can have NULL in an old column at a statement: an earlier one of its transaction has replaced each NULL,
 * under a lock that keeps other writers out.
 */
export function isWithoutNull(
  { statements }: TracedFile,
  { transaction, number }: TracedStatement,
  { oid }: Relation,
  column: string,
): boolean {
  const touching = (one: TracedStatement) => one.touches.filter(({ before }) => before.oid === oid);
  const own = statements.filter((one) => one.transaction === transaction && !one.alone && one.number < number);
  const locked = own.findIndex((one) => touching(one).some(({ lock }) => blockedBy(lock)));
  const filled = own.findLastIndex((one) => touching(one).length > 0 && fills(one, column));
  const later = own.slice(filled + 1).filter((one) => touching(one).length > 0);
  return locked >= 0 && locked <= filled && later.every(isDefinition);
}

/** True for an UPDATE that leaves no NULL in a column. */
function fills(statement: TracedStatement, column: string): boolean {
  if (kindOf(statement) !== "UpdateStmt") return false;
  const update = bodyOf(statement);
  const condition = at(update, "whereClause");
  const test = at(condition, "NullTest");
  const isOfNull = textAt(test, "nulltesttype") === "IS_NULL" && columnName(at(test, "arg")) === column;
  if (listAt(update, "fromClause").length > 0 || !(isOfNull || condition === undefined)) return false;
  const targets = listAt(update, "targetList").map((one) => at(one, "ResTarget"));
  return targets.some((one) => textAt(one, "name") === column && isValue(at(one, "val")));
}

/** True for an expression that is never NULL. */
function isValue(expression: unknown): boolean {
  const constant = at(expression, "A_Const");
  if (constant) return at(constant, "isnull") !== true;
  const call = at(expression, "FuncCall");
  if (call) return isNow(call as Fields);
  const cast = at(expression, "TypeCast", "arg");
  return cast ? isValue(cast) : at(expression, "SQLValueFunction") !== undefined;
}
