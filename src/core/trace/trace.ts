import type { Statement } from "../sql/statement.ts";
import type { LockMode } from "./lock-modes.ts";

/*
 * What the statements of a file were seen to do to relations that existed before the file. Relations that the file
 * itself has made are absent: nobody else can wait for them. Relations are identified by oid, because a name may change
 * hands within a file.
 */

/** A parse tree of PostgreSQL's parser: an object with one key, the kind of the node. */
export type Tree = Readonly<Record<string, unknown>>;

/** A table, partitioned table, materialized view, view or foreign table. */
export interface Relation {
  readonly oid: number;
  /** As pg_class.relkind: "r", "p", "m", "v", "f". */
  readonly kind: string;
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly Column[];
}

export interface Column {
  readonly number: number;
  readonly name: string;
  /** As format_type spells it: "character varying(10)". */
  readonly type: string;
  readonly required: boolean;
  /** True if an INSERT may omit it although it is required: it has a default, is generated or an identity. */
  readonly filled: boolean;
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
  /** True if all rows were written anew, to another file. */
  readonly rewritten: boolean;
  /** True if rows were read from end to end, which for DDL means all of them. */
  readonly scanned: boolean;
}

export interface TracedStatement {
  readonly statement: Statement;
  /** Counted from 1. */
  readonly number: number;
  /** Undefined if the statement was not parsed. */
  readonly tree: Tree | undefined;
  /** The relations that it touched; empty for a statement that ran outside a transaction, which is not observed. */
  readonly touches: readonly Touch[];
  /** True if the statement ran in a transaction of its own, or outside any: no lock is held after it. */
  readonly alone: boolean;
}

/** The statements of a file that was applied to a shadow database. */
export interface TracedFile {
  readonly path: string;
  readonly statements: readonly TracedStatement[];
  /** The relations before the file, by oid. */
  readonly before: ReadonlyMap<number, Relation>;
  /** The relations after the file, by oid, those that it made included. */
  readonly after: ReadonlyMap<number, Relation>;
}
