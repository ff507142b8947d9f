import type { Tree } from "./trace.ts";

/*
 * Reading parse trees of PostgreSQL's parser (libpg-query). A node in a list is an object whose only key is the kind of
 * the node; a member that is false, zero or empty is absent.
 */

export type Node = Readonly<Record<string, unknown>>;

/** The kind of a statement: "AlterTableStmt"; undefined if the statement was not parsed. */
export function kindOf({ tree }: { readonly tree: Tree | undefined }): string | undefined {
  return tree && Object.keys(tree)[0];
}

/** The members of a statement; none if it was not parsed. */
export function bodyOf({ tree }: { readonly tree: Tree | undefined }): Node {
  return asNode(tree && Object.values(tree)[0]);
}

/** The value at the end of a path of keys; undefined if it is absent. */
export function at(node: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => asNode(value)[key], node);
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

/** The node itself and all nodes of this kind below it, without their wrappers. */
export function nodesOf(node: unknown, kind: string): Node[] {
  const found: Node[] = [];
  const open: unknown[] = [node];
  while (open.length > 0) {
    const one = open.pop();
    if (Array.isArray(one)) open.push(...one);
    else if (one !== null && typeof one === "object") {
      for (const [key, value] of Object.entries(one)) {
        if (key === kind) found.push(asNode(value));
        open.push(value);
      }
    }
  }
  return found;
}

/** The commands of an ALTER TABLE. */
export function alterCommands(statement: { readonly tree: Tree | undefined }): readonly Node[] {
  if (kindOf(statement) !== "AlterTableStmt") return [];
  return listAt(bodyOf(statement), "cmds").map((command) => asNode(at(command, "AlterTableCmd")));
}

function asNode(value: unknown): Node {
  return value !== null && typeof value === "object" ? (value as Node) : {};
}
