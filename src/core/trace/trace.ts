import type { Node } from "../parse-tree/node.ts";
import type { Statement } from "../sql/statement.ts";
import type { LockMode } from "./lock-modes.ts";

/*
 * What the statements of a file were seen to do to relations that existed before the file. Relations that the file
 * itself has made are absent: nobody else can wait for them. Relations are identified by oid, because a name may change
 * hands within a file.
 */

/** A table, partitioned table, materialized view, view or foreign table. */
export interface Relation {
  readonly oid: number;
  /** As pg_class.relkind: "r", "p", "m", "v", "f". */
  readonly kind: string;
  readonly schema: string;
  readonly name: string;
  /** True for a partition of another table. */
  readonly isPartition: boolean;
  /** True for a partition, and for a table that inherits from another. */
  readonly isChild: boolean;
  /** True if row security is on and no policy lets anybody but the owner find a row. */
  readonly hidesRows: boolean;
  /** True if it is published and has no key that tells its rows apart: the server refuses UPDATE and DELETE. */
  readonly refusesUpdates: boolean;
  /** True for a materialized view without data. */
  readonly refusesReads: boolean;
  /** The privileges of queries on it that others than its owner have; the role is "PUBLIC" for everybody. */
  readonly grants: readonly Privilege[];
  readonly columns: readonly Column[];
  readonly constraints: readonly Constraint[];
  readonly indexes: readonly Index[];
  /** The policies of row security; undefined while that is off. */
  readonly policies: readonly Policy[] | undefined;
}

/** A policy of row security. */
export interface Policy {
  readonly name: string;
  /** False if a row has to fit it besides the others. */
  readonly permissive: boolean;
  /** As pg_policy.polcmd: "r", "a", "w", "d", "*" for all commands. */
  readonly command: string;
  /** True if it is for all roles. */
  readonly everyone: boolean;
  /** The condition of rows that a command finds; undefined for INSERT. */
  readonly using: string | undefined;
  /** The condition of rows that a command writes; undefined if it is `using`. */
  readonly check: string | undefined;
}

export interface Privilege {
  readonly role: string;
  /** "SELECT", "INSERT", "UPDATE" or "DELETE". */
  readonly privilege: string;
  /**
   * False if row security is on and no policy lets the role do that to any row; false for a view that reads with the
   * role's privileges, if these do not suffice.
   */
  readonly usable: boolean;
}

export interface Column {
  readonly number: number;
  readonly name: string;
  /** As format_type spells it: "character varying(10)"; a type outside pg_catalog as "schema.name", quoted as SQL needs it. */
  readonly type: string;
  /** The type of its values: for a domain the one that it is based on, if that is in pg_catalog. */
  readonly valueType: string;
  /** The oid of its type; of its elements' type for an array. */
  readonly typeOid: number;
  readonly required: boolean;
  /** True if an INSERT may omit it although it is required: it has a default, is generated or an identity. */
  readonly filled: boolean;
  /** True if PostgreSQL computes its values from other columns. */
  readonly generated: boolean;
  /** False if an INSERT cannot give it a value, because it is generated or always an identity. */
  readonly writable: boolean;
}

/** A CHECK, FOREIGN KEY, PRIMARY KEY, UNIQUE or EXCLUDE constraint of a table. */
export interface Constraint {
  readonly oid: number;
  readonly name: string;
  /** As pg_constraint.contype: "c", "f", "p", "u", "x". */
  readonly kind: string;
  readonly validated: boolean;
  /** The numbers of the table's columns that it names. */
  readonly columns: readonly number[];
  /** The oid of the table's own index that enforces it; 0 if none does. */
  readonly index: number;
  /** True for CHECK (column IS NOT NULL). */
  readonly requires: boolean;
  /** The relation that a foreign key refers to, and the numbers of its columns; undefined for other constraints. */
  readonly refersTo: { readonly relation: number; readonly columns: readonly number[] } | undefined;
}

export interface Index {
  readonly oid: number;
  readonly name: string;
  /** Includes those of primary keys. */
  readonly unique: boolean;
  /** The numbers of its columns, included ones at the end; 0 for an expression. */
  readonly columns: readonly number[];
  /** The access method: "btree". */
  readonly method: string;
  /** Operator class, collation and direction of each key column, as text that is equal for equal ones. */
  readonly orders: readonly string[];
  /** True if its WHERE leaves rows out. */
  readonly partial: boolean;
}

/**
 * A thing beside relations and columns that clients name in their queries: a function or procedure that is no trigger
 * function, a sequence that no column owns, an enum, domain, range or composite type, each value of an enum type, and
 * each attribute of a composite type. And an extension, whose functions and types they name.
 */
export interface NamedThing {
  readonly kind: "function" | "procedure" | "sequence" | "type" | "enum value" | "attribute" | "extension";
  /** Of the thing; of the type for an enum value or an attribute. */
  readonly oid: number;
  readonly schema: string;
  /** Of the thing; of the type for an enum value or an attribute. */
  readonly name: string;
  /** The argument types of a function, the label of an enum value, the name of an attribute, otherwise empty. */
  readonly detail: string;
  /** What a function returns, as pg_get_function_result spells it; the type of an attribute; otherwise empty. */
  readonly result: string;
  /** The numbers of arguments that a function may be called with. */
  readonly arguments: readonly [least: number, most: number];
}

/** What one statement was seen to do to a relation, and what the transaction holds by then. */
export interface Touch {
  /** As it was right before the statement. */
  readonly before: Relation;
  /** As it was right after it; undefined if the statement dropped the relation. */
  readonly after: Relation | undefined;
  /** The strongest lock that the transaction holds after the statement. */
  readonly lock: LockMode;
  /** The strongest lock that it held before the statement. */
  readonly held: LockMode | undefined;
  /** True if all rows were rewritten, to another file. */
  readonly rewritten: boolean;
  /** True if rows were read from end to end, which for DDL means all of them. */
  readonly scanned: boolean;
}

/** A trigger of a table. */
export interface Trigger {
  readonly name: string;
  /** The oid of its table. */
  readonly table: number;
  /** As pg_trigger.tgtype: the sum of 1 for each row, 2 before, 4 INSERT, 8 DELETE, 16 UPDATE. */
  readonly type: number;
  /** True if it has a WHEN. */
  readonly conditional: boolean;
}

export interface TracedStatement {
  readonly statement: Statement;
  /** Counted from 1. */
  readonly number: number;
  /** Undefined if the statement was not parsed. */
  readonly tree: Node | undefined;
  /** The relations that it touched; empty for a statement that ran outside a transaction, which is not observed. */
  readonly touches: readonly Touch[];
  /** True if the statement ran in a transaction of its own, or outside any: no lock is held after it. */
  readonly alone: boolean;
  /** The number of its transaction within the file, from 1; 0 for a statement that ran outside any. */
  readonly transaction: number;
  /** What could be named before the statement and not after it. */
  readonly lost: readonly NamedThing[];
  /** The sources of the project's own functions that it runs, also those that they call, or gives to a trigger. */
  readonly sources?: ReadonlyMap<string, string>;
  /** The triggers that run the function which it replaces. */
  readonly triggers?: readonly Trigger[];
  /** The server's message, if it rejected the statement until rows of earlier migrations were deleted. */
  readonly rejection?: string;
  /** The server's error about a row that was made up for a table and obeyed its constraints before the statement. */
  readonly rowMisfit?: { readonly code: string; readonly message: string };
  /** Constraints and domains that the values which it gives to existing rows violate, as SQL names them. */
  readonly misfits?: readonly string[];
}

/** The statements of a file that was applied to a shadow database. */
export interface TracedFile {
  readonly path: string;
  readonly statements: readonly TracedStatement[];
  /** The relations before the file, by oid. */
  readonly before: ReadonlyMap<number, Relation>;
  /** The relations after the file, by oid, those that it made included. */
  readonly after: ReadonlyMap<number, Relation>;
  readonly thingsBefore: readonly NamedThing[];
  readonly thingsAfter: readonly NamedThing[];
}
