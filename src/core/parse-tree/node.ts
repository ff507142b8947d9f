/*
 * The trees of PostgreSQL's parser (libpg_query), and how to read them. The readers accept any value, because every field
 * of a tree may be absent.
 */

/**
 * A node of a statement's tree: one key, the node's kind, with its fields: `{ RangeVar: { relname: "users" } }`. A field
 * that can have only one kind holds the bare fields instead: `relation: { relname: "users" }`. Fields that are false, 0,
 * empty or absent are missing.
 */
export type Node = Readonly<Record<string, Fields>>;

/** The fields of a node: text, numbers, truth values, nodes, bare fields, or lists of them. */
export type Fields = Readonly<Record<string, unknown>>;

/** A statement with its tree, which is undefined if the statement was not parsed. */
export interface Parsed {
  readonly tree: Node | undefined;
}

/** The kind of a statement: "AlterTableStmt"; undefined if it was not parsed. */
export function kindOf({ tree }: Parsed): string | undefined {
  return tree && kindOfNode(tree);
}

/** The fields of a statement; none if it was not parsed. */
export function bodyOf({ tree }: Parsed): Fields {
  return asFields(tree && Object.values(tree)[0]);
}

/** The commands of an ALTER TABLE. */
export function alterCommands(statement: Parsed): readonly Fields[] {
  if (kindOf(statement) !== "AlterTableStmt") return [];
  return listAt(bodyOf(statement), "cmds").map((command) => asFields(at(command, "AlterTableCmd")));
}

/** The value at the end of a path of keys; undefined if it is absent. */
export function at(node: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => asFields(value)[key], node);
}

/** The list at the end of a path of keys; empty if it is absent. */
export function listAt(node: unknown, ...path: readonly string[]): readonly unknown[] {
  const value = at(node, ...path);
  return Array.isArray(value) ? value : [];
}

/** The text at the end of a path of keys. */
export function textAt(node: unknown, ...path: readonly string[]): string | undefined {
  const value = at(node, ...path);
  return typeof value === "string" ? value : undefined;
}

/** The name, without schema, of the function that a node calls or makes; empty if it has none. */
export function functionName(node: unknown): string {
  return textAt(listAt(node, "funcname").at(-1), "String", "sval") ?? "";
}

/** The nodes of each tree by their kinds: dozens of questions are asked about one. */
const known = new WeakMap<object, ReadonlyMap<string, readonly Fields[]>>();

/** The fields of all nodes of this kind in a tree, the tree itself included, in the order of the statement's text. */
export function nodesOf(tree: unknown, kind: string): readonly Fields[] {
  if (typeof tree !== "object" || tree === null) return [];
  const nodes = known.get(tree) ?? byKind(tree);
  known.set(tree, nodes);
  return nodes.get(kind) ?? [];
}

function byKind(tree: object): Map<string, Fields[]> {
  const nodes = new Map<string, Fields[]>();
  for (const [kind, fields] of walk(tree)) {
    const others = nodes.get(kind);
    if (others) others.push(fields);
    else nodes.set(kind, [fields]);
  }
  return nodes;
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
    const kind = kindOfNode(value);
    yield [kind, value[kind] ?? {}];
  }
}

/** Kinds begin with a capital letter, fields do not. */
function isNode(value: object): value is Node {
  const name = Array.isArray(value) ? "" : kindOfNode(value as Node);
  return name >= "A" && name < "[";
}

function kindOfNode(node: Node): string {
  for (const kind in node) return kind;
  return "";
}

function asFields(value: unknown): Fields {
  return value !== null && typeof value === "object" ? (value as Fields) : {};
}
