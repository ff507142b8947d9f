import {
  alterCommands,
  at,
  bodyOf,
  functionName,
  kindOf,
  listAt,
  nodesOf,
  type Parsed,
  textAt,
} from "../parse-tree/node.ts";
import type { Relation } from "./trace.ts";

/*
 * What a statement may have done to the names in a database, by its parse tree: the tracer asks the server only then. A
 * statement that was not parsed may have done anything.
 */

/** Frequent statements that make and take no names of things; relations that they make have their own kinds. */
const KEEPING: ReadonlySet<string | undefined> = new Set([
  "AlterTableStmt",
  "CommentStmt",
  "CreateTableAsStmt",
  "CreateStmt",
  "CreateTrigStmt",
  "DeleteStmt",
  "GrantStmt",
  "IndexStmt",
  "InsertStmt",
  "UpdateStmt",
  "VacuumStmt",
  "VariableSetStmt",
  "ViewStmt",
]);

const MAKING_RELATIONS: ReadonlySet<string | undefined> = new Set(["CreateStmt", "CreateTableAsStmt", "ViewStmt"]);

/** Objects whose DROP or RENAME takes names from nothing but themselves and relations. */
const RELATED: ReadonlySet<string | undefined> = new Set([
  "OBJECT_COLUMN",
  "OBJECT_INDEX",
  "OBJECT_MATVIEW",
  "OBJECT_POLICY",
  "OBJECT_TABCONSTRAINT",
  "OBJECT_TABLE",
  "OBJECT_TRIGGER",
  "OBJECT_VIEW",
]);

/** True if a statement may have made a relation. */
export function makesRelations(statement: Parsed): boolean {
  return MAKING_RELATIONS.has(kindOf(statement)) || changesThings(statement);
}

/** True if a statement may have made, renamed or dropped a thing that is no relation. */
export function changesThings(statement: Parsed): boolean {
  const [kind, body] = [kindOf(statement), bodyOf(statement)];
  if (kind === "AlterTableStmt" && textAt(body, "objtype") === "OBJECT_TYPE") return true;
  if (KEEPING.has(kind)) return isCascade(statement);
  if (kind === "SelectStmt") return nodesOf(body, "FuncCall").length > 0;
  const object = textAt(body, "removeType") ?? textAt(body, "renameType");
  return !RELATED.has(object) || isCascade(statement);
}

/** For a statement that may have changed privileges, which leaves no lock: true for a relation that it may concern. */
export function mayGrantOn(statement: Parsed, text: string): ((relation: Relation) => boolean) | undefined {
  const [kind, body] = [kindOf(statement), bodyOf(statement)];
  if (kind === "GrantStmt" && textAt(body, "targtype") === "ACL_TARGET_OBJECT") return ({ name }) => names(text, name);
  const isWide =
    kind === "GrantStmt" || kind === "DropOwnedStmt" || (isOpaque(kind) && /\b(?:grant|revoke)\b/i.test(text));
  return isWide ? () => true : undefined;
}

/** True if a statement may change what holds for relations that it does not lock. */
export function mayReachAll(statement: Parsed): boolean {
  const kind = kindOf(statement);
  if (kind === "RenameStmt") return textAt(bodyOf(statement), "renameType") === "OBJECT_SCHEMA";
  return kind === "CreatePublicationStmt" || kind === "AlterPublicationStmt";
}

/** True if the text of a statement of this kind may not show what it does. */
function isOpaque(kind: string | undefined): boolean {
  return kind === undefined || ["DoStmt", "CallStmt", "SelectStmt"].includes(kind);
}

/** Frequent statements that prepare no others and make no event triggers, unless the code of a trigger does. */
const LEAVING_SESSION: ReadonlySet<string | undefined> = new Set([
  ...KEEPING,
  "AlterEnumStmt",
  "CompositeTypeStmt",
  "CreateDomainStmt",
  "CreateEnumStmt",
  "CreateFunctionStmt",
  "CreateSchemaStmt",
  "DropStmt",
  "MergeStmt",
  "RenameStmt",
]);

/** True if a statement may leave prepared statements in the session, take them from it, or make event triggers. */
export function mayChangeSession(statement: Parsed): boolean {
  return !LEAVING_SESSION.has(kindOf(statement));
}

/** Commands of ALTER TABLE after which policies, or the privileges of others, decide what clients may do. */
const CHANGING_ACCESS: ReadonlySet<string | undefined> = new Set([
  "AT_ChangeOwner",
  "AT_EnableRowSecurity",
  "AT_SetRelOptions",
]);

/** True if a statement may grant privileges, switch row security on, or make a publication. */
export function mayChangeAccess(statement: Parsed): boolean {
  const [kind, body] = [kindOf(statement), bodyOf(statement)];
  if (kind === "GrantStmt" || mayChangeSession(statement)) return true;
  if (listAt(body, "schemaElts").length > 0 || (kind === "ViewStmt" && listAt(body, "options").length > 0)) return true;
  return alterCommands(statement).some((command) => CHANGING_ACCESS.has(textAt(command, "subtype")));
}

function isCascade(statement: Parsed): boolean {
  const parts = [bodyOf(statement), ...alterCommands(statement)];
  return parts.some((part) => at(part, "behavior") === "DROP_CASCADE");
}

/** True if a statement certainly left the definition of a relation alone, because it names others. */
export function leavesAlone(statement: Parsed, text: string, { name, indexes, isChild }: Relation): boolean {
  if (isCascade(statement) || isChild) return false;
  if (textAt(bodyOf(statement), "removeType") === "OBJECT_INDEX") return !indexes.some((one) => names(text, one.name));
  return KEEPING.has(kindOf(statement)) && !names(text, name);
}

const CHANGING_ROWS: ReadonlySet<string | undefined> = new Set(["DeleteStmt", "InsertStmt", "MergeStmt", "UpdateStmt"]);

/**
 * True if a statement changes rows and no definition, unless a trigger does: PostgreSQL refuses to change a relation that
 * the statement uses, and it calls none of the project's own functions.
 * @param isOwn true for the name of such a function, without schema
 */
export function changesRowsOnly(statement: Parsed, isOwn: (name: string) => boolean): boolean {
  if (!CHANGING_ROWS.has(kindOf(statement))) return false;
  return !nodesOf(statement.tree, "FuncCall").some((call) => isOwn(functionName(call)));
}

/** The names, without schema, of functions that a statement runs or gives to a trigger, and of others with a DO block. */
export function functionNames(statement: Parsed, text: string): string[] {
  const body = bodyOf(statement);
  switch (kindOf(statement)) {
    case "CallStmt":
      return [functionName(at(body, "funccall"))];
    case "CreateTrigStmt":
      return [functionName(body)];
    case "DoStmt":
      return calledIn(text);
    case "SelectStmt":
      return nodesOf(statement.tree, "FuncCall").map(functionName);
  }
  return [];
}

/** The name, without schema, of a trigger function that a statement may replace. */
export function replacedTriggerFunction(statement: Parsed): string | undefined {
  const body = bodyOf(statement);
  const isReplaced = kindOf(statement) === "CreateFunctionStmt" && at(body, "replace") === true;
  return isReplaced && textAt(listAt(body, "returnType", "names").at(-1), "String", "sval") === "trigger"
    ? functionName(body)
    : undefined;
}

/** The names in a text that may be those of called functions. */
export function calledIn(text: string): string[] {
  return [...new Set([...text.matchAll(/\b(\w+)"?\s*\(/g)].map(([, name = ""]) => name))];
}

/** True if a statement locks no relations but those that it names, event triggers aside. */
export function locksOnlyNamed(statement: Parsed): boolean {
  return ["CreateStmt", "IndexStmt"].includes(kindOf(statement) ?? "");
}

/** Types that cannot be domains, as the parser leaves them: it writes those of the SQL standard with pg_catalog. */
const PLAIN_TYPES: ReadonlySet<string | undefined> = new Set([
  ...["bigserial", "bytea", "date", "inet", "json", "jsonb", "serial", "smallserial", "text", "timestamptz", "uuid"],
  "pg_catalog",
]);

/**
 * True if a statement makes, changes or drops relations, renames none, and adds no CHECK and no column of a type that may
 * have one: then a single look at the relations shows all that it has done.
 */
export function definesRelations(statement: Parsed): boolean {
  if (kindOf(statement) === "DropStmt") return !changesThings(statement);
  const isAlter = kindOf(statement) === "AlterTableStmt" && !isCascade(statement) && !changesThings(statement);
  if (!isAlter) return locksOnlyNamed(statement);
  const { tree } = statement;
  const types = nodesOf(tree, "ColumnDef").map((column) =>
    textAt(listAt(column, "typeName", "names")[0], "String", "sval"),
  );
  const hasCheck = nodesOf(tree, "Constraint").some((one) => textAt(one, "contype") === "CONSTR_CHECK");
  return !hasCheck && types.every((one) => PLAIN_TYPES.has(one));
}

/** True for a kind of statement that changes the definitions of relations. */
export function changesDefinition(statement: Parsed): boolean {
  return ["AlterTableStmt", "CreateStmt", "DropStmt", "IndexStmt", "RenameStmt"].includes(kindOf(statement) ?? "");
}

/** The names, without schema, of relations that a statement certainly locks against changes by others. */
export function lockedNames(statement: Parsed): string[] {
  if (!["AlterTableStmt", "IndexStmt"].includes(kindOf(statement) ?? "")) return [];
  const referred = nodesOf(statement.tree, "Constraint").map((one) => at(one, "pktable"));
  return [at(bodyOf(statement), "relation"), ...referred].flatMap((one) => textAt(one, "relname") ?? []);
}

/** The names, without schema, of tables that a statement only refers to by foreign keys: it leaves their definitions alone. */
export function referredNames(statement: Parsed): string[] {
  if (!["AlterTableStmt", "CreateStmt"].includes(kindOf(statement) ?? "")) return [];
  const own = textAt(bodyOf(statement), "relation", "relname");
  const referred = nodesOf(statement.tree, "Constraint").map((one) => textAt(one, "pktable", "relname"));
  return referred.filter((name) => name !== undefined && name !== own) as string[];
}

/** The names of relations in a statement. */
export function relationNames({ tree }: Parsed): ReadonlySet<string> {
  const found = new Set<string>();
  const rest: unknown[] = [tree];
  while (rest.length > 0) {
    const value = rest.pop();
    if (typeof value !== "object" || value === null) continue;
    const name = textAt(value, "relname");
    if (name !== undefined) found.add(name);
    rest.push(...Object.values(value));
  }
  return found;
}

function names(text: string, name: string): boolean {
  return text.toLowerCase().includes(name.replaceAll('"', '""').toLowerCase());
}
