import { alterCommands, at, bodyOf, kindOf, nodesOf, type Parsed, textAt } from "../parse-tree/node.ts";
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

/** True if a statement may have changed privileges on a relation: that leaves no lock on it. */
export function mayGrantOn(statement: Parsed, text: string, relation: Relation): boolean {
  const [kind, body] = [kindOf(statement), bodyOf(statement)];
  if (kind === "GrantStmt") return textAt(body, "targtype") !== "ACL_TARGET_OBJECT" || names(text, relation.name);
  return kind === "DropOwnedStmt" || (mayHideGrants(kind) && /\b(?:grant|revoke)\b/i.test(text));
}

function mayHideGrants(kind: string | undefined): boolean {
  return kind === undefined || ["DoStmt", "CallStmt", "SelectStmt"].includes(kind);
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

function names(text: string, name: string): boolean {
  return text.toLowerCase().includes(name.replaceAll('"', '""').toLowerCase());
}
