/**
 * PostgreSQL's text form of a parsed query (pg_node_tree; src/backend/nodes/outfuncs.c), as `pg_rewrite.ev_action`
 * holds it: `{NODE :field value ...}`, `(list ...)`, words.
 */
export type TreeValue = TreeNode | readonly TreeValue[] | string;

export interface TreeNode {
  /** In capitals, without the ending EXPR, which some versions write and others do not. */
  readonly kind: string;
  readonly fields: ReadonlyMap<string, TreeValue>;
}

/** The value that the text holds; undefined when it is not of that form, or very deep. */
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
      // The first word behind a field's name is its value, whatever it looks like; a constant's has several.
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

/** Deeper values would take more of the stack than every runtime has. */
const DEEPEST = 2_000;

const WORD = /[(){}[\]]|(?:\\.|[^\s(){}[\]\\])+/gs;

export function isNode(value: TreeValue | undefined): value is TreeNode {
  return value !== undefined && typeof value !== "string" && !Array.isArray(value);
}

/** The field of a node that is a node; undefined where there is none ("<>"). */
export function nodeAt(node: TreeNode, field: string): TreeNode | undefined {
  const value = node.fields.get(field);
  return isNode(value) ? value : undefined;
}

/** The field of a node that is a list; empty where there is none. */
export function listAt(node: TreeNode, field: string): readonly TreeValue[] {
  const value = node.fields.get(field);
  return Array.isArray(value) ? value : [];
}

/** The nodes of a list. */
export function nodesAt(node: TreeNode, field: string): TreeNode[] {
  return listAt(node, field).filter(isNode);
}

/** The field of a node that is a number; NaN where it is none. */
export function numberAt(node: TreeNode, field: string): number {
  const value = node.fields.get(field);
  return typeof value === "string" ? Number(value) : Number.NaN;
}
