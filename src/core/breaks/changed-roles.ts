import { at, bodyOf, type Fields, kindOf, listAt, textAt } from "../parse-tree/node.ts";
import type { TracedFile, TracedStatement } from "../trace/trace.ts";

/* Roles that a file makes, and roles that can do less after a statement, privileges on single objects aside. */

/** The roles that a statement creates; a block creates one if it is missing. */
export function madeRoles(statement: TracedStatement): string[] {
  if (kindOf(statement) === "CreateRoleStmt") return [textAt(bodyOf(statement), "role") ?? ""];
  if (kindOf(statement) !== "DoStmt") return [];
  return [...statement.statement.text.matchAll(/\bcreate\s+(?:role|user)\s+"?(\w+)/gi)].map(([, role = ""]) => role);
}

/** Roles and databases that a statement takes from those who log in. */
export function changedRoles(file: TracedFile, statement: TracedStatement): { role: string; loss: string }[] {
  const body = bodyOf(statement);
  switch (kindOf(statement)) {
    case "DropRoleStmt":
      return listAt(body, "roles")
        .flatMap(roleName)
        .map((role) => ({ role, loss: "is dropped" }));
    case "DropOwnedStmt":
      return listAt(body, "roles")
        .flatMap(roleName)
        .map((role) => ({ role, loss: "loses all its privileges" }));
    case "AlterRoleSetStmt":
    case "AlterDatabaseSetStmt":
      return leavesPublic(file, body) ? [{ role: textAt(body, "role", "rolename") ?? "PUBLIC", loss: PATH_LOSS }] : [];
    case "AlterRoleStmt": {
      const isLocked = listAt(body, "options").some(
        (one) => textAt(one, "DefElem", "defname") === "canlogin" && !at(one, "DefElem", "arg", "Boolean", "boolval"),
      );
      return isLocked ? [{ role: textAt(body, "role", "rolename") ?? "", loss: "can no longer log in" }] : [];
    }
    case "RenameStmt": {
      const isName = ["OBJECT_ROLE", "OBJECT_DATABASE"].includes(textAt(body, "renameType") ?? "");
      return isName ? [{ role: textAt(body, "subname") ?? "", loss: `is now ${textAt(body, "newname")}` }] : [];
    }
    case "GrantRoleStmt":
      return at(body, "is_grant") === true || listAt(body, "opt").length > 0 ? [] : lostMemberships(file, body);
  }
  return [];
}

const PATH_LOSS = "no longer finds relations of the schema public by their names alone";

/** True for a search path without public, where that schema has relations. */
function leavesPublic({ before }: TracedFile, body: Fields): boolean {
  const setting = at(body, "setstmt");
  const isPath = textAt(setting, "name") === "search_path" && textAt(setting, "kind") === "VAR_SET_VALUE";
  const schemas = listAt(setting, "args").map((one) => textAt(one, "A_Const", "sval", "sval"));
  return isPath && !schemas.includes("public") && [...before.values()].some(({ schema }) => schema === "public");
}

function lostMemberships(file: TracedFile, body: Fields): { role: string; loss: string }[] {
  const groups = listAt(body, "granted_roles").flatMap((one) => textAt(one, "AccessPriv", "priv_name") ?? []);
  const isRegranted = (role: string) =>
    file.statements.some(
      (one) =>
        kindOf(one) === "GrantRoleStmt" &&
        at(bodyOf(one), "is_grant") === true &&
        listAt(bodyOf(one), "grantee_roles").flatMap(roleName).includes(role),
    );
  const roles = listAt(body, "grantee_roles").flatMap(roleName);
  return roles
    .filter((role) => !isRegranted(role))
    .map((role) => ({ role, loss: `is no longer a member of ${groups.join(", ")}` }));
}

/** None for CURRENT_USER and its like: migrations run as it. */
export function roleName(node: unknown): string[] {
  const role = at(node, "RoleSpec");
  if (textAt(role, "roletype") === "ROLESPEC_PUBLIC") return ["PUBLIC"];
  return textAt(role, "rolename") !== undefined ? [textAt(role, "rolename") ?? ""] : [];
}
