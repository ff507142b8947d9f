import { at, type Fields, listAt, nodesOf, textAt } from "../parse-tree/node.ts";
import type { Relation, TracedFile, TracedStatement } from "./trace.ts";

/* The relations and queries that the names in a file mean, and the queries that a LIMIT bounds. */

/** A name as the parser gives it. */
export type RangeVar = Fields;

/** Finds the relation that a name meant before a statement; undefined for one that its file made. */
export type Resolve = (name: RangeVar | undefined) => Relation | undefined;

/** The statements of a file in order, each with the meaning of names before it. */
export function* inOrder(file: TracedFile): Iterable<{ statement: TracedStatement; resolve: Resolve }> {
  const changed = new Map<number, Relation | undefined>();
  const resolve: Resolve = (name) => {
    const [relname, schema] = [textAt(name, "relname"), textAt(name, "schemaname")];
    let found: Relation | undefined;
    for (const [oid, before] of file.before) {
      const one = changed.has(oid) ? changed.get(oid) : before;
      if (!one || one.name !== relname || (schema ?? one.schema) !== one.schema) continue;
      if (!found || one.schema === "public") found = one;
    }
    return found;
  };
  for (const statement of file.statements) {
    yield { statement, resolve };
    for (const { before, after } of statement.touches) changed.set(before.oid, after);
  }
}

/** The queries of a WITH, by name. */
export function namedQueries(statement: unknown): ReadonlyMap<string, unknown> {
  const queries = listAt(statement, "withClause", "ctes").map((one) => at(one, "CommonTableExpr"));
  return new Map(queries.map((one) => [textAt(one, "ctename") ?? "", at(one, "ctequery")]));
}

/** True if an UPDATE or DELETE works on the rows that a query with a LIMIT selects; a LIMIT elsewhere bounds no row. */
export function isBatch(statement: Fields, outer: ReadonlyMap<string, unknown> = new Map()): boolean {
  const named = new Map([...outer, ...namedQueries(statement)]);
  const parts = conjuncts(at(statement, "whereClause"));
  if (parts.some((part) => isBoundedPart(part, named))) return true;
  const items = [...listAt(statement, "fromClause"), ...listAt(statement, "usingClause")];
  return items.some((item) => isBoundedItem(item, named) && isJoined(item, statement));
}

/** The conditions that all have to hold. */
function conjuncts(condition: unknown): unknown[] {
  const isAnd = textAt(condition, "BoolExpr", "boolop") === "AND_EXPR";
  return isAnd ? listAt(condition, "BoolExpr", "args").flatMap(conjuncts) : [condition];
}

const BOUNDING: readonly unknown[] = ["=", "<", "<=", "BETWEEN"];

/** IN, = ANY, EXISTS, or a comparison with the end of a batch. */
function isBoundedPart(part: unknown, named: ReadonlyMap<string, unknown>): boolean {
  const link = at(part, "SubLink");
  const isExists = textAt(link, "subLinkType") === "EXISTS_SUBLINK";
  if (isExists) return listAt(link, "subselect", "SelectStmt", "fromClause").some((one) => isBoundedItem(one, named));
  if (link) return listAt(link, "operName").length === 0 && isBounded(at(link, "subselect"), named);
  const operator = textAt(listAt(part, "A_Expr", "name")[0], "String", "sval");
  const links = BOUNDING.includes(operator) ? nodesOf(at(part, "A_Expr", "rexpr"), "SubLink") : [];
  return links.some((one) => isBounded(at(one, "subselect"), named));
}

/** True if a query with a LIMIT, its own or that of a query which it reads, gives its rows. */
export function isBounded(query: unknown, named: ReadonlyMap<string, unknown>): boolean {
  const select = at(query, "SelectStmt");
  // A query of itself would not end.
  const others = new Map([...[...named].filter(([, one]) => one !== query), ...namedQueries(select)]);
  const change = at(query, "UpdateStmt") ?? at(query, "DeleteStmt");
  if (!select || at(select, "limitCount")) return change ? isBatch(change as Fields, others) : select !== undefined;
  const isBoundedSource = listAt(select, "fromClause").some((item) => isBoundedItem(item, others));
  return isBoundedSource || isBatch({ whereClause: at(select, "whereClause") }, others);
}

/** LATERAL runs its query for each row. */
function isBoundedItem(item: unknown, named: ReadonlyMap<string, unknown>): boolean {
  const join = at(item, "JoinExpr");
  const sides = at(join, "jointype") === "JOIN_LEFT" ? ["larg"] : ["larg", "rarg"];
  if (join) return sides.some((side) => isBoundedItem(at(join, side), named));
  const name = at(item, "RangeVar", "schemaname") ? undefined : textAt(item, "RangeVar", "relname");
  const isLateral = at(item, "RangeSubselect", "lateral") === true;
  return !isLateral && isBounded(at(item, "RangeSubselect", "subquery") ?? named.get(name ?? ""), named);
}

/** True if the condition of an UPDATE or DELETE compares rows with those of an item of its FROM; <> leaves most in. */
export function isJoined(item: unknown, statement: Fields): boolean {
  const names = namesOf(item);
  const parts = conjuncts(at(statement, "whereClause")).filter((part) => !isUnequal(part));
  return parts.some((part) => {
    const qualifiers = nodesOf(part, "ColumnRef").map((one) => {
      const [qualifier, column] = nodesOf(one, "String").map((field) => textAt(field, "sval"));
      return column === undefined ? undefined : qualifier;
    });
    return qualifiers.some((one) => (one === undefined ? qualifiers.length > 1 : names.includes(one)));
  });
}

function namesOf(item: unknown): (string | undefined)[] {
  const join = at(item, "JoinExpr");
  if (join) return [at(join, "larg"), at(join, "rarg")].flatMap(namesOf);
  const [fields] = Object.values(item as Fields);
  return [textAt(fields, "alias", "aliasname") ?? textAt(fields, "relname")];
}

const EXCLUDING: readonly unknown[] = ["<>", "!~", "!~*", "!~~", "!~~*"];

/** True for a comparison that leaves most rows in: <>, NOT LIKE, IS DISTINCT FROM. */
export function isUnequal(condition: unknown): boolean {
  const operator = textAt(listAt(condition, "A_Expr", "name")[0], "String", "sval");
  return EXCLUDING.includes(operator) || textAt(condition, "A_Expr", "kind") === "AEXPR_DISTINCT";
}
