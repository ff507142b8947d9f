import { quoteIdentifier } from "../core/sql-text.ts";
import type { DatabaseObject, Inventory, UserSchema } from "./reset-inventory.ts";
import { defaultPrivilegesSql } from "./reset-public.ts";
import type { Deletion } from "./reset-transaction.ts";

/** Where DROP spells a kind otherwise than the catalog's description of it. */
const SPELLINGS: Readonly<Record<string, string>> = {
  "statistics object": "STATISTICS",
  "foreign-data wrapper": "FOREIGN DATA WRAPPER",
};

/**
 * What goes first and what goes last; all other kinds go in between. Event triggers first, so that none of them sees or
 * forbids what follows; then what depends on others before what others depend on, so that each DROP takes little more
 * with it than its own parts.
 */
const FIRST = ["event trigger", "publication", "materialized view", "view", "foreign table", "table", "sequence"];
const LAST = ["server", "foreign-data wrapper", "language", "access method"];

/** The DROP of each object with its number of locks, in the order in which they should run. */
export function orderedDeletions(objects: readonly DatabaseObject[]): (Deletion & { readonly locks: number })[] {
  return objects
    .toSorted((left, right) => rank(left) - rank(right) || (isRelation(left) ? left.uses - right.uses : 0))
    .map(({ kind, identity, locks }) => ({
      sql: `DROP ${SPELLINGS[kind] ?? kind.toUpperCase()} IF EXISTS ${identity} CASCADE`,
      about: `${kind} ${identity}`,
      locks,
    }));
}

function rank({ kind }: DatabaseObject): number {
  const name = kind === "materialized view" ? "view" : kind === "foreign table" ? "table" : kind;
  if (FIRST.includes(name)) return FIRST.indexOf(name) - FIRST.length;
  return LAST.indexOf(name) + 1;
}

function isRelation({ kind }: DatabaseObject): boolean {
  return FIRST.indexOf(kind) > FIRST.indexOf("publication");
}

export function schemaDeletion({ name }: UserSchema): Deletion {
  return { sql: `DROP SCHEMA IF EXISTS ${quoteIdentifier(name)} CASCADE`, about: `schema ${name}` };
}

/** Deletes at most so many large objects, whichever. */
export function largeObjectsDeletion(limit: number): Deletion {
  return {
    sql: `SELECT pg_catalog.lo_unlink(o.oid) FROM (SELECT oid FROM pg_catalog.pg_largeobject_metadata LIMIT ${limit}) AS o`,
    about: "large objects",
  };
}

export function defaultPrivilegesDeletions({ defaultPrivileges }: Inventory): Deletion[] {
  return defaultPrivileges.flatMap((one) =>
    defaultPrivilegesSql(one).map((sql) => ({ sql, about: `default privileges of ${one.role}` })),
  );
}
