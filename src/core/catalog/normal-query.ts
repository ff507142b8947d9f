/** A node of PostgreSQL's parse tree, as its parser prints it in JSON. */
type Node = Readonly<Record<string, unknown>>;

/** Parses one SQL statement. @returns its parse tree as JSON @throws Error if the text is not SQL */
export type ParseSql = (text: string) => unknown;

/** Fields with positions in the text. */
const PLACES = /^(?:location|.*_location|stmt_len|list_start|list_end|rexpr_list_start|rexpr_list_end)$/;

/**
 * The parse tree of a view or rule in a form that does not depend on the version of the server that spelled it. Until
 * version 15 a server writes the names of a query's columns with their table, even if the query has only one. This
 * function drops such a qualifier where the query has one source; with more sources it may mean something.
 */
export function normalQuery(tree: unknown): unknown {
  return normal(tree, undefined);
}

/** @param only the name of the only source of the query around */
function normal(tree: unknown, only: string | undefined): unknown {
  if (Array.isArray(tree)) return tree.map((part) => normal(part, only));
  if (!isNode(tree)) return tree;
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(tree)) {
    if (PLACES.test(name)) continue;
    if (name === "ColumnRef") fields[name] = { fields: normal(withoutQualifier(value, only), only) };
    else fields[name] = normal(value, name === "SelectStmt" ? onlySource(value) : only);
  }
  return fields;
}

/** The fields of a column reference, without the name of the only source. A whole row keeps it: `t.*` is not `*`. */
function withoutQualifier(reference: unknown, only: string | undefined): unknown {
  const fields = listAt(reference, "fields");
  const [qualifier, column] = fields;
  const isQualified = fields.length === 2 && isNode(column) && "String" in column;
  return isQualified && only !== undefined && textOf(qualifier) === only ? [column] : fields;
}

/** The name of a query's source if it has exactly one. */
function onlySource(query: unknown): string | undefined {
  const sources = listAt(query, "fromClause");
  return sources.length === 1 ? nameOfSource(sources[0]) : undefined;
}

function nameOfSource(source: unknown): string | undefined {
  if (!isNode(source)) return undefined;
  const [[kind, value] = []] = Object.entries(source);
  if (!isNode(value)) return undefined;
  if (kind === "RangeTableSample") return nameOfSource(value.relation);
  const alias = isNode(value.alias) ? value.alias.aliasname : undefined;
  if (typeof alias === "string") return alias;
  return kind === "RangeVar" && typeof value.relname === "string" ? value.relname : undefined;
}

function textOf(node: unknown): unknown {
  return isNode(node) && isNode(node.String) ? node.String.sval : undefined;
}

function listAt(node: unknown, field: string): readonly unknown[] {
  const list = isNode(node) ? node[field] : undefined;
  return Array.isArray(list) ? list : [];
}

function isNode(value: unknown): value is Node {
  return value !== null && typeof value === "object";
}
