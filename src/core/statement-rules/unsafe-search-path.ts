import type { CheckRule } from "../check/rule.ts";
import { named } from "../check/words.ts";
import { at, bodyOf, kindOf, listAt, nodesOf, textAt } from "../parse-tree/node.ts";
import type { TracedStatement } from "../trace/trace.ts";

export const unsafeSearchPath: CheckRule = {
  id: "unsafe-search-path",
  group: "style",
  isStrict: true,
  title: "Unsafe search path",
  why: "A SECURITY DEFINER function has its owner's privileges, but the caller's search path. Whoever may create a table or function in a schema of that path decides what it does.",
  recipe: `CREATE FUNCTION <function>() RETURNS <type> LANGUAGE sql SECURITY DEFINER
  SET search_path = ''  -- then write <schema>.<table> in the body; or name trusted schemas, with pg_temp last
  AS $$ ... $$;`,
  examples: {
    bad: [
      { sql: "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'" },
      {
        given: "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        sql: "ALTER FUNCTION f(int) SECURITY DEFINER",
      },
      {
        sql: "CREATE FUNCTION f(a text) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
      },
    ],
    good: [
      { sql: "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'" },
      { sql: "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1'" },
      {
        sql: "CREATE FUNCTION f(a int, OUT b int) LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; ALTER FUNCTION f(int) SET search_path = ''",
      },
      {
        sql: "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; ALTER FUNCTION f SECURITY INVOKER",
      },
      { sql: "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; DROP FUNCTION f()" },
    ],
  },
  *find({ statements }) {
    const functions = new Map<string, Definition>();
    for (const statement of statements) follow(functions, statement);
    for (const { isDefiner, hasPath, name, statement } of functions.values()) {
      if (isDefiner && !hasPath) yield { statement, message: `${named(name)} uses the search path of its caller` };
    }
  },
};

/** A function as the statements of a file leave it; the file does not show the rest. */
interface Definition {
  readonly name: { readonly schema: string; readonly name: string };
  /** The statement that decides whose privileges it has. */
  readonly statement: TracedStatement;
  readonly isDefiner: boolean;
  readonly hasPath: boolean;
}

/** Takes over the change that a statement makes to functions. */
function follow(functions: Map<string, Definition>, statement: TracedStatement): void {
  const [kind, body] = [kindOf(statement), bodyOf(statement)];
  if (kind === "CreateFunctionStmt") {
    const inputs = listAt(body, "parameters").filter(
      (one) => !["FUNC_PARAM_OUT", "FUNC_PARAM_TABLE"].includes(textAt(one, "FunctionParameter", "mode") ?? ""),
    );
    const types = inputs.map((one) => typeWords(at(one, "FunctionParameter", "argType")));
    const name = nameOf(listAt(body, "funcname"));
    const { isDefiner = false, hasPath = false } = changes(listAt(body, "options"));
    functions.set(keyOf(name, types), { name, statement, isDefiner, hasPath });
  } else if (kind === "AlterFunctionStmt") {
    const name = nameOf(listAt(body, "func", "objname"));
    const change = changes(listAt(body, "actions"));
    const known = keysMeant(functions, at(body, "func"));
    for (const key of known.length > 0 ? known : [keyOf(name, argumentTypes(at(body, "func")))]) {
      const before = functions.get(key) ?? { name, statement, isDefiner: false, hasPath: false };
      functions.set(key, { ...before, ...change, ...(change.isDefiner !== undefined && { statement }) });
    }
  } else if (kind === "DropStmt") {
    for (const one of nodesOf(body, "ObjectWithArgs")) {
      for (const key of keysMeant(functions, one)) functions.delete(key);
    }
  }
}

/** The known functions that a name with or without argument types means. */
function keysMeant(functions: ReadonlyMap<string, Definition>, object: unknown): string[] {
  const name = nameOf(listAt(object, "objname"));
  if (at(object, "args_unspecified") !== true) {
    const key = keyOf(name, argumentTypes(object));
    return functions.has(key) ? [key] : [];
  }
  return [...functions].filter(([, one]) => named(one.name) === named(name)).map(([key]) => key);
}

function argumentTypes(object: unknown): string[] {
  return listAt(object, "objargs").map((one) => typeWords(at(one, "TypeName")));
}

function keyOf(name: Definition["name"], types: readonly string[]): string {
  return `${named(name)}(${types.join()})`;
}

function nameOf(parts: readonly unknown[]): Definition["name"] {
  const [name = "", schema = "public"] = parts.map((part) => textAt(part, "String", "sval") ?? "").reverse();
  return { schema, name };
}

function typeWords(type: unknown): string {
  const names = nodesOf(at(type, "names"), "String").map(({ sval }) => String(sval));
  return `${names.at(-1)}${listAt(type, "arrayBounds").length > 0 ? "[]" : ""}`;
}

/** The options that matter here; undefined for one that is not written. RESET search_path takes the path away. */
function changes(options: readonly unknown[]): { readonly isDefiner?: boolean; readonly hasPath?: boolean } {
  const found: { isDefiner?: boolean; hasPath?: boolean } = {};
  for (const option of options) {
    const [name, value] = [textAt(option, "DefElem", "defname"), at(option, "DefElem", "arg")];
    if (name === "security") found.isDefiner = at(value, "Boolean", "boolval") === true;
    const [setting, kind] = ["name", "kind"].map((key) => textAt(value, "VariableSetStmt", key));
    if (name !== "set" || (setting !== "search_path" && kind !== "VAR_RESET_ALL")) continue;
    found.hasPath = kind === "VAR_SET_VALUE" || kind === "VAR_SET_CURRENT";
  }
  return found;
}
