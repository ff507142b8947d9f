import { quoteIdentifier } from "../../core/sql/quote.ts";
import type { Inventory, UserSchema } from "./inventory.ts";
import { defaultPrivilegesSql } from "./public.ts";
import type { Deletion } from "./transaction.ts";

/** What a DROP takes: its kind in PostgreSQL's words, its name as SQL, and the locks it needs. */
export interface Droppable {
  readonly kind: string;
  readonly identity: string;
  readonly locks: number;
}

/**
 * What goes first and what goes last; all other kinds go in between. Event triggers first, so that none of them sees or
 * forbids what follows; then what depends on others before what others depend on, so that each DROP takes little more
 * with it than its own parts.
 */
const FIRST = ["event trigger", "publication", "view", "table", "sequence"];
const LAST = ["server", "foreign-data wrapper", "language", "access method", "schema"];

/** Kinds that have their place with another. */
const ALIKE: Readonly<Record<string, string>> = { "materialized view": "view", "foreign table": "table" };

/** The objects and schemas in the order in which they should go; the schema public is not dropped. */
export function inOrder({ objects, schemas }: Pick<Inventory, "objects" | "schemas">): Droppable[] {
  // What fewer others refer to goes first; among equals the newest, which the older cannot have been made from.
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

/** Where DROP spells a kind otherwise than the catalog's description of it. */
const SPELLINGS: Readonly<Record<string, string>> = {
  "statistics object": "STATISTICS",
  "foreign-data wrapper": "FOREIGN DATA WRAPPER",
};

/** Kinds of which one DROP takes only one. */
const SINGLE = ["operator class", "operator family", "cast", "transform"];

/**
 * So many things are dropped by one statement. Not one each: at the end of a statement that took more than a few locks
 * the server goes through all locks of the transaction (LockReassignCurrentOwner in storage/lmgr/lock.c).
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
