/**
 * A node of a statement's tree, as PostgreSQL's parser builds it: one key, the node's kind, with its fields:
 * `{ RangeVar: { relname: "users" } }`. A field that can have only one kind holds the bare fields instead:
 * `relation: { relname: "users" }`. Fields that are false, 0, empty or absent are missing.
 */
export type Node = Readonly<Record<string, Fields>>;

/** The fields of a node: text, numbers, truth values, nodes, bare fields, or lists of them. */
export type Fields = Readonly<Record<string, unknown>>;

/** The kind of a node: "AlterTableStmt". */
export function kindOf(node: Node): string {
  for (const kind in node) return kind;
  return "";
}

/** All nodes in a tree with their kinds, each before the nodes inside it, in the order of the statement's text. */
export function* walk(tree: unknown): Generator<readonly [kind: string, fields: Fields], void, undefined> {
  // A stack of its own, because a tree may be deeper than calls can be.
  const waiting = [tree];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== "object" || value === null) continue;
    const inside = Object.values(value);
    for (let index = inside.length - 1; index >= 0; index--) waiting.push(inside[index]);
    if (!isNode(value)) continue;
    const kind = kindOf(value);
    yield [kind, value[kind] ?? {}];
  }
}

/** Kinds begin with a capital letter, fields do not. */
function isNode(value: object): value is Node {
  const name = Array.isArray(value) ? "" : kindOf(value as Node);
  return name >= "A" && name < "[";
}
