import { type AnyNode, type CallExpression, type Identifier, type Node, parse, type VariableDeclaration } from "acorn";

/** A change of a text. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Functions that esbuild puts into each CommonJS module; PackedProgram has its own. */
const HELPERS = new Set([
  ...["__create", "__defProp", "__getOwnPropDesc", "__getOwnPropNames", "__getProtoOf", "__hasOwnProp"],
  ...["__commonJS", "__copyProps", "__export", "__toCommonJS", "__toESM"],
]);

/**
 * A CommonJS module of esbuild as a function for `PackedProgram` (src/adapters/process/packed-program.ts): its imports
 * become calls of the function's first parameter.
 * @param idOf the identifier of an imported module, as an expression
 */
export function moduleAsFunction(name: string, code: string, idOf: (specifier: string) => string): string {
  const program = parse(code, { ecmaVersion: 2024, sourceType: "script" });
  const edits: Edit[] = [];
  const imports = importsOf(program);
  each(program, (node) => {
    const edit = editOf(node, idOf, imports);
    if (edit) edits.push({ start: node.start, end: node.end, ...edit });
  });
  for (const node of program.body) {
    if (node.type === "VariableDeclaration") edits.push(...withoutHelpers(node, code, edits));
    if (node.type === "ExpressionStatement" && isExport(node.expression)) edits.push({ ...node, text: "" });
  }
  // The text is stored as Latin-1. esbuild leaves other characters only in regular expressions.
  const ascii = applied(code, edits).replace(
    /[^\0-\x7f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `function ${name}($,__export,module,exports){${ascii}\n}`;
}

interface Imports {
  /** The variables of imported modules, and shorter names for them. */
  readonly names: ReadonlyMap<string, string>;
  /** The imports whose variable is not used: only the evaluation of the module counts. */
  readonly bare: ReadonlySet<Node>;
}

function importsOf(program: Node): Imports {
  const names = new Map<string, string>();
  const calls = new Map<string, Node>();
  const uses = new Map<string, number>();
  each(program, (node) => {
    if (node.type === "Identifier") uses.set(node.name, (uses.get(node.name) ?? 0) + 1);
    if (node.type !== "VariableDeclarator" || node.id.type !== "Identifier") return;
    if (!node.init || required(node.init) === undefined) return;
    names.set(node.id.name, `$${names.size}`);
    calls.set(node.id.name, node.init);
  });
  const bare = new Set([...calls].flatMap(([name, call]) => (uses.get(name) === 1 ? [call] : [])));
  return { names, bare };
}

/** The new text of a node, and its part that is replaced if it is not the whole. */
function editOf(
  node: AnyNode,
  idOf: (specifier: string) => string,
  { names, bare }: Imports,
): { readonly text: string; readonly end?: number } | undefined {
  switch (node.type) {
    case "CallExpression": {
      const specifier = required(node);
      if (specifier === undefined) return undefined;
      return { text: `$.${bare.has(node) ? "now" : "lazy"}(${idOf(specifier)})` };
    }
    case "ImportExpression":
      return node.source.type === "Literal"
        ? { text: `$.later(${idOf(String(node.source.value))})` }
        : { text: "$.import(", end: node.source.start };
    case "Identifier": {
      const short = names.get(node.name);
      return short === undefined ? undefined : { text: short };
    }
    default:
      return undefined;
  }
}

/** The declaration without esbuild's functions, as edits. */
function withoutHelpers(node: VariableDeclaration, code: string, edits: readonly Edit[]): Edit[] {
  const kept = node.declarations.filter(({ id }) => !HELPERS.has((id as Identifier).name));
  if (kept.length === node.declarations.length) return [];
  const parts = kept.map(({ start, end }) => applied(code, edits, start, end));
  return [{ start: node.start, end: node.end, text: kept.length === 0 ? "" : `${node.kind} ${parts.join(",")};` }];
}

/** True for esbuild's `module.exports = __toCommonJS(...)`, and its `0 && (module.exports = ...)`, a note for Node. */
function isExport(node: AnyNode): boolean {
  if (node.type === "LogicalExpression") return node.left.type === "Literal" && node.left.value === 0;
  if (node.type !== "AssignmentExpression") return false;
  return node.right.type === "CallExpression" && calleeOf(node.right) === "__toCommonJS";
}

/** The specifier in `require("...")` and in `__toESM(require("..."))`. */
function required(node: Node | null | undefined): string | undefined {
  const call = node as AnyNode | null | undefined;
  if (call?.type !== "CallExpression") return undefined;
  const [first] = call.arguments;
  if (calleeOf(call) === "__toESM") return required(first);
  return calleeOf(call) === "require" && first?.type === "Literal" ? String(first.value) : undefined;
}

function calleeOf({ callee }: CallExpression): string | undefined {
  return callee.type === "Identifier" ? callee.name : undefined;
}

/** The text between two positions, with the outermost edits. */
function applied(code: string, edits: readonly Edit[], from = 0, to = code.length): string {
  const inside = edits
    .filter(({ start, end }) => start >= from && end <= to)
    .sort((left, right) => left.start - right.start || right.end - left.end);
  let text = "";
  let position = from;
  for (const edit of inside) {
    if (edit.start < position) continue;
    text += code.slice(position, edit.start) + edit.text;
    position = edit.end;
  }
  return text + code.slice(position, to);
}

/** Visits a node and all nodes inside of it. */
function each(node: unknown, visit: (node: AnyNode) => void): void {
  if (Array.isArray(node)) {
    for (const one of node) each(one, visit);
  } else if (typeof node === "object" && node !== null && "type" in node && typeof node.type === "string") {
    visit(node as AnyNode);
    for (const value of Object.values(node)) if (typeof value === "object") each(value, visit);
  }
}
