import { isNode, listAt, nodeAt, nodesAt, numberAt, parseNodeTree, type TreeNode } from "./node-tree.ts";

/** Facts about the relations and functions in a view's query, by object identifier. */
export interface Known {
  /** True if a column of a table or view never holds NULL. */
  isNotNull(relation: number, column: number): boolean;
  /** Built-in operators that return NULL only when an operand is NULL. */
  readonly strictOperators: ReadonlySet<number>;
  /** Built-in functions that return NULL only when an argument is NULL. */
  readonly strictFunctions: ReadonlySet<number>;
  /** Aggregates and window functions that never return NULL. */
  readonly countingFunctions: ReadonlySet<number>;
  /** Aggregates that return NULL only for no rows, or for rows that hold NULL. */
  readonly foldingFunctions: ReadonlySet<number>;
}

/**
 * For each column of a view, in order: true if it can never be NULL. Based on the query as the server parsed it;
 * unknown expressions count as nullable.
 * @param action `pg_rewrite.ev_action` of the view's SELECT rule
 */
export function notNullColumns(action: string, known: Known): readonly boolean[] {
  const tree = parseNodeTree(action);
  const query = Array.isArray(tree) ? tree[0] : tree;
  return isNode(query) ? columnsOf(query, { known, outer: undefined }) : [];
}

/** A query with its enclosing query, and the facts that its joins and conditions establish. */
interface Scope {
  readonly query: TreeNode;
  readonly known: Known;
  readonly outer: Scope | undefined;
  /** Range table entries that an outer join may fill with NULL. */
  readonly filledUp: ReadonlySet<number>;
  /** Columns ("entry.column") that WHERE or an inner join's condition proves to be not NULL. */
  readonly proved: ReadonlySet<string>;
  readonly ctes: ReadonlyMap<string, readonly boolean[]>;
}

type Around = Pick<Scope, "known"> & { readonly outer: Scope | undefined };

function columnsOf(query: TreeNode, { known, outer }: Around): readonly boolean[] {
  const ctes = new Map<string, readonly boolean[]>();
  const bare: Scope = { query, known, outer, filledUp: new Set(), proved: new Set(), ctes };
  for (const cte of nodesAt(query, "cteList")) {
    const inner = nodeAt(cte, "ctequery");
    // A recursive CTE is nullable in its recursive part, and therefore as a whole.
    if (inner) ctes.set(String(cte.fields.get("ctename")), columnsOf(inner, { known, outer: bare }));
  }
  const operation = nodeAt(query, "setOperations");
  if (operation) return columnsOfOperation(operation, bare);
  const filledUp = new Set<number>();
  const proved = new Set<string>();
  const from = nodeAt(query, "jointree");
  if (from) {
    collectFilledUp(from, false, filledUp);
    collectProved(from, proved, bare);
  }
  const scope: Scope = { ...bare, filledUp, proved };
  // Grouping sets set the columns they group by to NULL in some rows.
  const grouped = listAt(query, "groupingSets").length > 0;
  return nodesAt(query, "targetList")
    .filter((entry) => entry.fields.get("resjunk") !== "true")
    .map((entry) => !grouped && hasValue(nodeAt(entry, "expr"), scope));
}

/** UNION, INTERSECT, EXCEPT: a column is never NULL if neither side's is. */
function columnsOfOperation(operation: TreeNode, scope: Scope): readonly boolean[] {
  const sides = ["larg", "rarg"].map((side) => {
    const node = nodeAt(operation, side);
    if (!node) return [];
    return node.kind === "SETOPERATIONSTMT"
      ? columnsOfOperation(node, scope)
      : columnsOfEntry(numberAt(node, "rtindex"), scope);
  });
  const [left = [], right = []] = sides;
  return left.map((has, index) => has && right[index] === true);
}

function entryAt(index: number, { query }: Scope): TreeNode | undefined {
  return nodesAt(query, "rtable")[index - 1];
}

/** The kinds of range table entries (RTEKind; src/include/nodes/parsenodes.h). */
const RELATION = 0;
const SUBQUERY = 1;
const JOIN = 2;
const VALUES = 5;
const CTE = 6;

/** The columns of a subquery or of a WITH query. */
function columnsOfEntry(index: number, scope: Scope): readonly boolean[] {
  const entry = entryAt(index, scope);
  const subquery = entry && nodeAt(entry, "subquery");
  if (subquery) return columnsOf(subquery, { known: scope.known, outer: scope });
  if (!entry || numberAt(entry, "rtekind") !== CTE) return [];
  const holder = scopeAbove(scope, numberAt(entry, "ctelevelsup"));
  return holder?.ctes.get(String(entry.fields.get("ctename"))) ?? [];
}

function scopeAbove(scope: Scope, levels: number): Scope | undefined {
  let found: Scope | undefined = scope;
  for (let level = 0; level < levels; level++) found = found?.outer;
  return found;
}

/** JoinType; src/include/nodes/nodes.h. */
const INNER_JOIN = 0;
const FILLS_UP: Readonly<Record<string, readonly number[]>> = { larg: [2, 3], rarg: [1, 2] };

function collectFilledUp(node: TreeNode, filled: boolean, into: Set<number>): void {
  const index = numberAt(node, "rtindex");
  if (filled && index > 0) into.add(index);
  for (const part of nodesAt(node, "fromlist")) collectFilledUp(part, filled, into);
  for (const side of ["larg", "rarg"]) {
    const part = nodeAt(node, side);
    if (part) collectFilledUp(part, filled || FILLS_UP[side]?.includes(numberAt(node, "jointype")) === true, into);
  }
}

/** Collects from the conditions that every result row meets: WHERE, and inner joins that are not inside outer ones. */
function collectProved(node: TreeNode, into: Set<string>, scope: Scope): void {
  if (node.kind === "JOIN" && numberAt(node, "jointype") !== INNER_JOIN) return;
  const condition = nodeAt(node, "quals");
  if (condition) proveBy(condition, into, scope);
  for (const part of nodesAt(node, "fromlist")) collectProved(part, into, scope);
  for (const side of ["larg", "rarg"]) {
    const part = nodeAt(node, side);
    if (part) collectProved(part, into, scope);
  }
}

/** Adds the columns that cannot be NULL if the condition is true. */
function proveBy(condition: TreeNode, into: Set<string>, scope: Scope): void {
  const parts = nodesAt(condition, "args");
  if (condition.kind === "BOOL" && condition.fields.get("boolop") === "and") {
    for (const part of parts) proveBy(part, into, scope);
  } else if (condition.kind === "NULLTEST" && condition.fields.get("nulltesttype") === "1") {
    const tested = nodeAt(condition, "arg");
    if (tested) prove(tested, into, scope);
  } else if (condition.kind === "OP" && scope.known.strictOperators.has(numberAt(condition, "opno"))) {
    for (const part of parts) prove(part, into, scope);
  } else if (condition.kind === "SCALARARRAYOP" && condition.fields.get("useOr") === "true") {
    const [tested] = parts;
    if (tested && scope.known.strictOperators.has(numberAt(condition, "opno"))) prove(tested, into, scope);
  }
}

function prove(expression: TreeNode, into: Set<string>, scope: Scope): void {
  if (expression.kind === "RELABELTYPE") {
    const argument = nodeAt(expression, "arg");
    if (argument) prove(argument, into, scope);
  } else if (expression.kind === "VAR" && numberAt(expression, "varlevelsup") === 0) {
    into.add(columnKey(expression));
    const alias = aliased(expression, scope);
    if (alias) prove(alias, into, scope);
  }
}

function columnKey(variable: TreeNode): string {
  return `${numberAt(variable, "varno")}.${numberAt(variable, "varattno")}`;
}

/** The expression behind a column of a join or of GROUP BY. */
function aliased(variable: TreeNode, scope: Scope): TreeNode | undefined {
  const entry = entryAt(numberAt(variable, "varno"), scope);
  if (!entry) return undefined;
  const list = numberAt(entry, "rtekind") === JOIN ? "joinaliasvars" : "groupexprs";
  const value = listAt(entry, list)[numberAt(variable, "varattno") - 1];
  return isNode(value) ? value : undefined;
}

/** True if the expression is never NULL. */
function hasValue(expression: TreeNode | undefined, scope: Scope): boolean {
  if (!expression) return false;
  const { known } = scope;
  const parts = nodesAt(expression, "args");
  const argument = nodeAt(expression, "arg");
  const all = () => parts.every((part) => hasValue(part, scope));
  switch (expression.kind) {
    case "VAR":
      return variableHasValue(expression, scope);
    case "CONST":
      return expression.fields.get("constisnull") === "false";
    case "RELABELTYPE":
    case "COERCEVIAIO":
    case "COERCETODOMAIN":
    case "ARRAYCOERCE":
    case "COLLATE":
      return hasValue(argument, scope);
    case "COALESCE":
    case "MINMAX":
      return parts.some((part) => hasValue(part, scope));
    case "BOOL":
      return all();
    case "OP":
      return known.strictOperators.has(numberAt(expression, "opno")) && all();
    case "FUNC":
      return known.strictFunctions.has(numberAt(expression, "funcid")) && all();
    case "CASE":
      return (
        parts.every((when) => hasValue(nodeAt(when, "result"), scope)) &&
        hasValue(nodeAt(expression, "defresult"), scope)
      );
    case "AGGREF":
      return known.countingFunctions.has(numberAt(expression, "aggfnoid")) || foldsToValue(expression, scope);
    case "WINDOWFUNC":
      return known.countingFunctions.has(numberAt(expression, "winfnoid"));
    case "DISTINCT":
    case "NULLTEST":
    case "BOOLEANTEST":
    case "ARRAY":
    case "ROW":
      return true;
    case "SUBLINK":
      return SUBLINKS_WITH_VALUE.includes(numberAt(expression, "subLinkType"));
    case "SQLVALUEFUNCTION":
      return numberAt(expression, "op") !== CURRENT_SCHEMA;
    default:
      return false;
  }
}

/** SubLinkType: EXISTS (...) and ARRAY(...); src/include/nodes/primnodes.h. */
const SUBLINKS_WITH_VALUE = [0, 6];
/** SQLValueFunctionOp: the one that can be NULL; src/include/nodes/primnodes.h. */
const CURRENT_SCHEMA = 14;

function variableHasValue(variable: TreeNode, scope: Scope): boolean {
  const home = scopeAbove(scope, numberAt(variable, "varlevelsup"));
  const index = numberAt(variable, "varno");
  const entry = home && entryAt(index, home);
  if (!entry) return false;
  if (home.proved.has(columnKey(variable))) return true;
  if (home.filledUp.has(index)) return false;
  const column = numberAt(variable, "varattno");
  const kind = numberAt(entry, "rtekind");
  if (kind === RELATION) return home.known.isNotNull(numberAt(entry, "relid"), column);
  if (kind === SUBQUERY || kind === CTE) return columnsOfEntry(index, home)[column - 1] === true;
  if (kind === VALUES) {
    return listAt(entry, "values_lists").every((row) => {
      const value = Array.isArray(row) ? row[column - 1] : undefined;
      return isNode(value) && hasValue(value, home);
    });
  }
  return hasValue(aliased(variable, home), home);
}

/** With GROUP BY a group has at least one row; without it there may be none. */
function foldsToValue(aggregate: TreeNode, scope: Scope): boolean {
  return (
    scope.known.foldingFunctions.has(numberAt(aggregate, "aggfnoid")) &&
    listAt(scope.query, "groupClause").length > 0 &&
    nodeAt(aggregate, "aggfilter") === undefined &&
    numberAt(aggregate, "agglevelsup") === 0 &&
    nodesAt(aggregate, "args").every((entry) => hasValue(nodeAt(entry, "expr"), scope))
  );
}
