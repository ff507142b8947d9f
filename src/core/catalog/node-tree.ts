/**
 * PostgreSQL's text form of a parsed query (pg_node_tree; src/backend/nodes/outfuncs.c), as `pg_rewrite.ev_action`
 * holds it: `{NODE :field value ...}`, `(list ...)`, words.
 */
export type TreeValue = TreeNode | readonly TreeValue[] | string;

export interface TreeNode {
  /** In capitals, without the suffix EXPR, which only some versions write. */
  readonly kind: string;
  readonly fields: ReadonlyMap<string, TreeValue>;
}

/** Parses the text; undefined if it is malformed or nested too deeply. */
export function parseNodeTree(text: string): TreeValue | undefined {
  const words = text.match(WORD) ?? [];
  let next = 0;

  let depth = 0;

  function value(): TreeValue {
    if (++depth > DEEPEST) throw new NotOfThatForm();
    const read = valueFrom(words[next++]);
    depth--;
    return read;
  }

  function valueFrom(word: string | undefined): TreeValue {
    if (word === "(") return list(")");
    if (word === "[") return list("]");
    if (word === "{") return node();
    if (word === undefined) throw new NotOfThatForm();
    return word.replace(/\\(.)/gs, "$1");
  }

  function list(end: string): TreeValue[] {
    const values: TreeValue[] = [];
    while (words[next] !== end) values.push(value());
    next++;
    return values;
  }

  function node(): TreeNode {
    const kind = (words[next++] ?? "").replace(/(?<=.)EXPR$/, "");
    const fields = new Map<string, TreeValue>();
    while (words[next] !== "}") {
      const field = words[next++];
      if (field === undefined) throw new NotOfThatForm();
      // The first word after a field's name is always its value; a constant has several.
      const values = [value()];
      while (words[next] !== "}" && !words[next]?.startsWith(":")) values.push(value());
      fields.set(field.slice(1), values.length === 1 ? (values[0] ?? "") : values);
    }
    next++;
    return { kind, fields };
  }

  try {
    return value();
  } catch (error) {
    if (error instanceof NotOfThatForm) return undefined;
    throw error;
  }
}

class NotOfThatForm extends Error {}

/** Deeper values would overflow the stack of some runtimes. */
const DEEPEST = 2_000;

const WORD = /[(){}[\]]|(?:\\.|[^\s(){}[\]\\])+/gs;

export function isNode(value: TreeValue | undefined): value is TreeNode {
  return value !== undefined && typeof value !== "string" && !Array.isArray(value);
}

/** A field whose value is a node; undefined if it is missing ("<>"). */
export function nodeAt(node: TreeNode, field: string): TreeNode | undefined {
  const value = node.fields.get(field);
  return isNode(value) ? value : undefined;
}

/** A field whose value is a list; empty if it is missing. */
export function listAt(node: TreeNode, field: string): readonly TreeValue[] {
  const value = node.fields.get(field);
  return Array.isArray(value) ? value : [];
}

/** The nodes in a list field. */
export function nodesAt(node: TreeNode, field: string): TreeNode[] {
  return listAt(node, field).filter(isNode);
}

/** A field whose value is a number; NaN if it is not one. */
export function numberAt(node: TreeNode, field: string): number {
  const value = node.fields.get(field);
  return typeof value === "string" ? Number(value) : Number.NaN;
}
