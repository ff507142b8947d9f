import { initialPrivileges } from "../catalog/schema-public.ts";
import type { DefaultPrivileges, Inventory } from "./inventory.ts";

/**
 * Statements that restore the owner, privileges and comment of schema public to those of a new database. None if the
 * schema belongs to a role that the connected role is not a member of.
 */
export function restorePublicSql({ publicSchema }: Inventory, serverVersion: number): string[] {
  const { exists, owned, mayCreate, mayGiveAway, standardOwner, grantees, asNew } = publicSchema;
  if (asNew || (exists ? !owned : !mayCreate)) return [];
  const owner = mayGiveAway ? standardOwner : (publicSchema.owner ?? "CURRENT_USER");
  const change = exists
    ? mayGiveAway && publicSchema.owner !== standardOwner && `ALTER SCHEMA public OWNER TO ${owner}`
    : `CREATE SCHEMA public AUTHORIZATION ${owner}`;
  // CASCADE also revokes grants that others made with a grant option.
  const former = exists ? [...new Set([...grantees, owner])] : [];
  return [
    ...(change ? [change] : []),
    ...former.map((grantee) => `REVOKE ALL ON SCHEMA public FROM ${grantee} CASCADE`),
    `GRANT ALL ON SCHEMA public TO ${owner}`,
    `GRANT ${initialPrivileges(serverVersion).join(", ")} ON SCHEMA public TO PUBLIC`,
    "COMMENT ON SCHEMA public IS 'standard public schema'",
  ];
}

const KINDS: Readonly<Record<string, string>> = {
  r: "TABLES",
  S: "SEQUENCES",
  f: "FUNCTIONS",
  T: "TYPES",
  n: "SCHEMAS",
  L: "LARGE OBJECTS",
};

/** The privileges that PUBLIC has by default (PostgreSQL documentation, 5.8 Privileges). */
const TO_EVERYONE: Readonly<Record<string, string>> = { f: "EXECUTE", T: "USAGE" };

/** Statements that reset a role's default privileges to PostgreSQL's; the server then removes the catalog entry. */
export function defaultPrivilegesSql({ role, kind, inPublic, grantees }: DefaultPrivileges): string[] {
  const alter = `ALTER DEFAULT PRIVILEGES FOR ROLE ${role}${inPublic ? " IN SCHEMA public" : ""}`;
  const objects = KINDS[kind];
  const revoked = grantees.map((grantee) => `${alter} REVOKE ALL ON ${objects} FROM ${grantee}`);
  // Default privileges of a schema only add to those of the database, so the default there is none.
  if (inPublic) return revoked;
  const everyone = TO_EVERYONE[kind];
  return [
    ...revoked,
    `${alter} GRANT ALL ON ${objects} TO ${role}`,
    ...(everyone ? [`${alter} GRANT ${everyone} ON ${objects} TO PUBLIC`] : []),
  ];
}
