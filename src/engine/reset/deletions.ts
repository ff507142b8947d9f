import { quoteIdentifier } from "../../core/sql/quote.ts";
import type { Inventory, UserSchema } from "./inventory.ts";
import { defaultPrivilegesSql, restorePublicSql } from "./public.ts";
import type { Deletion } from "./transaction.ts";

/** An object to drop: its kind in PostgreSQL's words, its name as SQL, and the number of locks the DROP needs. */
export interface Droppable {
  readonly kind: string;
  readonly identity: string;
  readonly locks: number;
}

/**
 * The kinds dropped first and last; all other kinds come in between. Event triggers go first, so that none of them sees
 * or forbids later drops. Then dependents go before the objects they depend on, so that each DROP cascades to little
 * more than its own parts.
 */
const FIRST = ["event trigger", "publication", "view", "table", "sequence"];
const LAST = ["server", "foreign-data wrapper", "language", "access method", "schema"];

/** Kinds that are dropped together with another kind. */
const ALIKE: Readonly<Record<string, string>> = { "materialized view": "view", "foreign table": "table" };

/** The objects and schemas in the order in which to drop them; the schema public is not dropped. */
export function inOrder({ objects, schemas }: Pick<Inventory, "objects" | "schemas">): Droppable[] {
  // Objects with the fewest references go first; among equals the newest, because older objects cannot depend on them.
  const ordered = objects.toSorted((left, right) => rank(left) - rank(right) || left.uses - right.uses);
  return [...ordered, ...schemas.filter(({ name }) => name !== "public").map(asDroppable)];
}

function rank({ kind }: Droppable): number {
  const name = ALIKE[kind] ?? kind;
  return FIRST.includes(name) ? FIRST.indexOf(name) - FIRST.length : LAST.indexOf(name) + 1;
}

function asDroppable({ name }: UserSchema): Droppable {
  return { kind: "schema", identity: quoteIdentifier(name), locks: 1 };
}

/** Kinds that DROP spells differently from the catalog. */
const SPELLINGS: Readonly<Record<string, string>> = {
  "statistics object": "STATISTICS",
  "foreign-data wrapper": "FOREIGN DATA WRAPPER",
};

/** Kinds for which one DROP accepts only one object. */
const SINGLE = ["operator class", "operator family", "cast", "transform"];

/**
 * The number of objects that one statement drops. Not one each: after a statement that took more than a few locks, the
 * server goes through all locks of the transaction (LockReassignCurrentOwner in storage/lmgr/lock.c).
 */
const TOGETHER = 50;

/** The statements that drop all of these, in their order. */
export function dropStatements(droppables: readonly Droppable[]): Deletion[] {
  const groups: Droppable[][] = [];
  for (const one of droppables) {
    const group = groups.at(-1);
    const joins = group?.[0]?.kind === one.kind && !SINGLE.includes(one.kind) && group.length < TOGETHER;
    if (joins) group.push(one);
    else groups.push([one]);
  }
  return groups.map((group) => {
    const kind = group[0]?.kind ?? "";
    const names = group.map(({ identity }) => identity);
    const others = names.length > 1 ? ` or one of ${names.length - 1} more` : "";
    return {
      sql: `DROP ${SPELLINGS[kind] ?? kind.toUpperCase()} IF EXISTS ${names.join(", ")} CASCADE`,
      about: `${kind} ${names[0]}${others}`,
    };
  });
}

/** Deletes at most `limit` large objects, in any order. */
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

/** Restores schema public to its state in a new database. */
export function publicSchemaDeletions(inventory: Inventory, serverVersion: number): Deletion[] {
  return restorePublicSql(inventory, serverVersion).map((sql) => ({ sql, about: "privileges of schema public" }));
}

/** Deletes everything in one transaction. */
export function allDeletions(inventory: Inventory, serverVersion: number): Deletion[] {
  return [
    ...dropStatements(inOrder(inventory)),
    ...(inventory.largeObjects > 0 ? [largeObjectsDeletion(inventory.largeObjects)] : []),
    ...defaultPrivilegesDeletions(inventory),
    ...publicSchemaDeletions(inventory, serverVersion),
  ];
}
