import { at, bodyOf, type Fields, functionName, kindOf, listAt, nodesOf, textAt } from "../parse-tree/node.ts";
import { bodyTexts, isTime, rowsReadInBody } from "./block-work.ts";
import { isBatch, isUnequal, namedQueries, type RangeVar, type Resolve } from "./resolve.ts";
import type { Relation, TracedFile, TracedStatement } from "./trace.ts";

/*
 * Which rows a statement changes or reads, as far as its text shows: how many rows a plan reads cannot be observed in an
 * empty database.
 */

/** Statements whose effects only the server knows. */
export function isOpaque(statement: TracedStatement): boolean {
  return ["DoStmt", "CallStmt", "SelectStmt", "ExecuteStmt", undefined].includes(kindOf(statement));
}

/** The existing relation whose rows a statement changes or copies, unless these are known to be few. */
export function rowsAtWork(file: TracedFile, statement: TracedStatement, resolve: Resolve): Relation | undefined {
  const body = bodyOf(statement);
  switch (kindOf(statement)) {
    case "UpdateStmt":
    case "DeleteStmt": {
      const target = resolve(at(body, "relation") as RangeVar);
      return target && !isFew(at(body, "whereClause"), target) && !isBatch(body) ? target : undefined;
    }
    case "MergeStmt":
      return resolve(at(body, "relation") as RangeVar) ?? sourceOf(at(body, "sourceRelation"), resolve);
    case "InsertStmt":
      return selected(at(body, "selectStmt"), resolve);
    case "CreateTableAsStmt":
      return at(body, "into", "skipData") === true ? undefined : selected(at(body, "query"), resolve);
    case "CopyStmt":
      return at(body, "is_from") === true ? undefined : resolve(at(body, "relation") as RangeVar);
    case "RefreshMatViewStmt":
      return at(body, "skipData") === true ? undefined : resolve(at(body, "relation") as RangeVar);
  }
  if (!isOpaque(statement) || at(body, "limitCount")) return undefined;
  const mayChange = mayChangeRows(file, statement);
  // The lock of a table that a query reads may be that of an earlier statement.
  const isQuery = sourceOf(at(body, "fromClause"), resolve) !== undefined && !mayChange && !at(body, "lockingClause");
  if (isQuery && !at(body, "intoClause")) return wholeRead(body, resolve);
  const changed = statement.touches.find(({ lock, scanned }) => scanned && (mayChange || lock !== "AccessShare"));
  if (changed) return changed.before;
  if (at(body, "intoClause")) return selected(statement.tree, resolve);
  return rowsReadInBody(file, statement, resolve);
}

/** True if a body has a statement that changes rows: a loop over the rows of an empty table does not reach it. */
export function mayChangeRows(file: TracedFile, statement: TracedStatement): boolean {
  return bodyTexts(file, statement).some((text) => /\b(?:update|delete|insert|merge)\b/i.test(text));
}

/** The existing relation that a query reads from end to end. An index has the least and the greatest value. */
function wholeRead(select: Fields, resolve: Resolve): Relation | undefined {
  const calls = nodesOf(at(select, "targetList"), "FuncCall").map(functionName);
  const isQuick = calls.some((name) => ["min", "max"].includes(name));
  const isOpen = isOpenQuery({ SelectStmt: select }, namedQueries(select), resolve);
  return isOpen && !isQuick ? sourceOf(at(select, "fromClause"), resolve) : undefined;
}

/** The existing relation that a SELECT reads; undefined if it reads none, or a limited number of rows. */
function selected(query: unknown, resolve: Resolve): Relation | undefined {
  const select = at(query, "SelectStmt");
  if (at(select, "limitCount")) return undefined;
  const relation = sourceOf(at(select, "fromClause"), resolve);
  if (relation) return isFew(at(select, "whereClause"), relation) ? undefined : relation;
  for (const side of ["larg", "rarg"]) {
    const part = at(select, side);
    const found = part ? selected({ SelectStmt: part }, resolve) : undefined;
    if (found) return found;
  }
  return sourceOf(at(select, "withClause"), resolve);
}

function sourceOf(node: unknown, resolve: Resolve): Relation | undefined {
  for (const name of nodesOf(node, "RangeVar")) {
    const relation = resolve(name);
    if (relation) return relation;
  }
  return undefined;
}

/** True if a condition holds for every row because it is absent or constant. */
export function isEveryRow(condition: unknown): boolean {
  return condition === undefined || nodesOf(condition, "ColumnRef").length + nodesOf(condition, "SubLink").length === 0;
}

/** True if a condition holds for every row of a table, by what is known of its columns. */
export function isEveryRowOf(condition: unknown, target: Relation, resolve: Resolve): boolean {
  if (isEveryRow(condition)) return true;
  const holds = (part: unknown) => isEveryRowOf(part, target, resolve);
  const parts = listAt(condition, "BoolExpr", "args");
  switch (textAt(condition, "BoolExpr", "boolop")) {
    case "AND_EXPR":
      return parts.every(holds);
    case "OR_EXPR":
      return parts.some(holds);
  }
  const test = at(condition, "NullTest");
  if (test) return textAt(test, "nulltesttype") === "IS_NOT_NULL" && isRequired(at(test, "arg"), target);
  return isInOwnRows(condition, target, resolve) || isAboveFirst(condition, target) || isOfItself(condition);
}

/** True for `name = name`: NULL aside, it leaves no row out. */
function isOfItself(condition: unknown): boolean {
  const [left, right] = ["lexpr", "rexpr"].map((side) => columnName(at(condition, "A_Expr", side)));
  const isEqual = textAt(listAt(condition, "A_Expr", "name")[0], "String", "sval") === "=";
  const qualifiers = ["lexpr", "rexpr"].map((side) => listAt(condition, "A_Expr", side, "ColumnRef", "fields").length);
  return isEqual && left !== undefined && left === right && qualifiers.every((count) => count === 1);
}

/** True for `id IN (SELECT id FROM t)` and `EXISTS (SELECT FROM t)` about the rows of t itself, and `EXISTS (SELECT 1)`. */
function isInOwnRows(condition: unknown, target: Relation, resolve: Resolve): boolean {
  const link = at(condition, "SubLink");
  const select = at(link, "subselect", "SelectStmt");
  const [source, ...others] = listAt(select, "fromClause");
  const isConstant = at(select, "whereClause") === undefined && source === undefined;
  if (textAt(link, "subLinkType") === "EXISTS_SUBLINK" && isConstant && at(select, "targetList")) return true;
  if (others.length > 0 || resolve(at(source, "RangeVar") as RangeVar)?.oid !== target.oid) return false;
  const isCut = CUTTING.some((part) => at(select, part) !== undefined);
  if (isCut || !isEveryRowOf(at(select, "whereClause"), target, resolve)) return false;
  const [result] = listAt(select, "targetList").map((one) => columnName(at(one, "ResTarget", "val")));
  const isSame = columnName(at(link, "testexpr")) === result && isRequired(at(link, "testexpr"), target);
  const kind = textAt(link, "subLinkType");
  // Of several rows, EXISTS finds one; = ANY is IN.
  return kind === "EXISTS_SUBLINK" || (kind === "ANY_SUBLINK" && listAt(link, "operName").length === 0 && isSame);
}

/** The parts of a query that leave rows out. */
const CUTTING = ["distinctClause", "havingClause", "limitCount", "limitOffset", "lockingClause"];

/** Keys that count rows begin with 1: `id > 0` and `id >= 1` leave none out. */
function isAboveFirst(condition: unknown, { columns, indexes }: Relation): boolean {
  const [one, ...others] = comparisons(condition);
  const column = columns.find(({ name }) => name === one?.name);
  const limit = at(condition, "A_Expr", "rexpr", "A_Const");
  const value = Number(at(limit, "ival", "ival") ?? (at(limit, "ival") ? 0 : Number.NaN));
  if (!column?.required || !INTEGERS.has(column.valueType) || others.length > 0) return false;
  const isKey = indexes.some(({ unique, columns: [key, ...more] }) => unique && key === column.number && !more.length);
  return isKey && ((one?.operator === ">" && value <= 0) || (one?.operator === ">=" && value <= 1));
}

const INTEGERS: ReadonlySet<string> = new Set(["smallint", "integer", "bigint"]);

/**
 * True if a condition leaves the number of rows open: it compares no column with a value, but joins tables, or selects the
 * rows that a backfill has not reached.
 */
export function isUnbounded(condition: unknown, target: Relation, resolve: Resolve): boolean {
  if (isEveryRowOf(condition, target, resolve)) return true;
  const link = at(condition, "SubLink");
  if (link) return isOpenQuery(at(link, "subselect"), new Map(), resolve);
  const test = at(condition, "NullTest");
  if (test) return textAt(test, "nulltesttype") !== "IS_NULL" || !isRequired(at(test, "arg"), target);
  const parts = listAt(condition, "BoolExpr", "args");
  if (parts.length > 0) {
    if (hasTwoEnds(condition)) return false;
    const operator = textAt(condition, "BoolExpr", "boolop");
    if (operator === "NOT_EXPR" && at(parts[0], "SubLink")) return false;
    const isAnd = operator === "AND_EXPR";
    const isOpen = (part: unknown) => isUnbounded(part, target, resolve);
    return isAnd ? parts.every(isOpen) : parts.some(isOpen);
  }
  if (isExclusion(condition, target) || isOpenTime(condition, target)) return true;
  const sides = [at(condition, "A_Expr", "lexpr"), at(condition, "A_Expr", "rexpr")];
  return sides.every((side) => nodesOf(side, "ColumnRef").length > 0 && nodesOf(side, "SubLink").length === 0);
}

/** True if a condition selects what was before or after a time: mostly most of the rows. */
export function isOpenTime(condition: unknown, { columns }: Relation): boolean {
  const [one, ...others] = comparisons(condition);
  const column = columns.find(({ name }) => name === one?.name);
  const isOneEnd = others.length === 0 && one?.isConstant === true && /^[<>]=?$/.test(one.operator);
  return isOneEnd && column !== undefined && isTime(column);
}

/** True if a condition has a least and a greatest value for a column. */
function hasTwoEnds(condition: unknown): boolean {
  const ends = comparisons(condition).filter(({ isConstant, operator }) => isConstant && /^[<>]/.test(operator));
  return ends.some((one) => ends.some((other) => one.name === other.name && one.operator[0] !== other.operator[0]));
}

/** True if a condition leaves out the rows with some value of a column: <>, NOT IN, NOT LIKE, IS DISTINCT FROM. */
function isExclusion(condition: unknown, { columns }: Relation): boolean {
  const name = columnName(at(condition, "A_Expr", "lexpr"));
  return isUnequal(condition) && columns.some((column) => column.name === name);
}

/**
 * True if an item of FROM has an open number of rows of existing tables: a table, a join, or a query of them without a
 * limit.
 * @param named the queries of the statement's WITH
 */
export function isOpenSource(item: unknown, named: ReadonlyMap<string, unknown>, resolve: Resolve): boolean {
  const range = at(item, "RangeVar") as RangeVar | undefined;
  const own = range && !at(range, "schemaname") ? named.get(textAt(range, "relname") ?? "") : undefined;
  if (range) return own === undefined ? resolve(range) !== undefined : isOpenQuery(own, named, resolve);
  const join = at(item, "JoinExpr");
  if (join) {
    const sides = at(join, "jointype") === "JOIN_LEFT" ? ["larg"] : ["larg", "rarg"];
    return sides.every((side) => isOpenSource(at(join, side), named, resolve));
  }
  return isOpenQuery(at(item, "RangeSubselect", "subquery"), named, resolve);
}

function isOpenQuery(query: unknown, named: ReadonlyMap<string, unknown>, resolve: Resolve): boolean {
  const select = at(query, "SelectStmt");
  const from = listAt(select, "fromClause");
  const target = sourceOf(from, resolve);
  if (!target || at(select, "limitCount") || at(select, "havingClause")) return false;
  // A query of itself would not end.
  const others = new Map([...named].filter(([, one]) => one !== query));
  return (
    from.every((item) => isOpenSource(item, others, resolve)) && isUnbounded(at(select, "whereClause"), target, resolve)
  );
}

function isRequired(column: unknown, { columns }: Relation): boolean {
  const name = columnName(column);
  return columns.some((one) => one.name === name && one.required);
}

/** The name of a column without its table. */
export function columnName(column: unknown): string | undefined {
  return textAt(listAt(column, "ColumnRef", "fields").at(-1), "String", "sval");
}

/** True if a condition names rows by the values of a unique index, or by a range of its first column. */
function isFew(condition: unknown, { columns, indexes }: Relation): boolean {
  const [equal, bounded] = [new Set<number>(), new Map<number, string>()];
  for (const { operator, name, isConstant } of comparisons(condition)) {
    const number = columns.find((column) => column.name === name)?.number;
    if (number === undefined || !isConstant) continue;
    if (operator === "=") equal.add(number);
    else bounded.set(number, (bounded.get(number) ?? "") + operator);
  }
  const isRange = (number: number) => {
    const operators = (bounded.get(number) ?? "").replace("BETWEEN", "<>");
    return operators.includes("<") && operators.includes(">");
  };
  return indexes.some(
    ({ unique, partial, columns: keys }) =>
      unique && !partial && (keys.every((key) => equal.has(key)) || keys.slice(0, 1).some((key) => isRange(key))),
  );
}

interface Comparison {
  readonly operator: string;
  readonly name: string | undefined;
  readonly isConstant: boolean;
}

/** The comparisons of a column that all have to hold. */
function comparisons(condition: unknown): Comparison[] {
  const all = at(condition, "BoolExpr");
  if (all) return at(all, "boolop") === "AND_EXPR" ? listAt(all, "args").flatMap(comparisons) : [];
  const expression = at(condition, "A_Expr");
  if (!expression) return [];
  const [left, right] = [at(expression, "lexpr"), at(expression, "rexpr")];
  const operator = textAt(listAt(expression, "name")[0], "String", "sval") ?? "";
  const side = at(left, "ColumnRef") ? left : right;
  const name = columnName(side);
  const other = side === left ? right : left;
  return [{ operator: operator === "<>" ? "" : operator, name, isConstant: isEveryRow(other) }];
}
