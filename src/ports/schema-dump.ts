import type { Session } from "./session.ts";

/** The part of a schema: everything, or the part before or after the rows of the tables. */
export type SchemaSection = "whole" | "pre-data" | "post-data";

/** A relation, by its plain names. */
export interface RelationName {
  readonly schema: string;
  readonly name: string;
}

export interface SchemaDumpRequest {
  readonly section: SchemaSection;
  /** Writes who owns the objects. */
  readonly owners: boolean;
  /** Writes GRANT and REVOKE. */
  readonly privileges: boolean;
  /** Only these relations, without what they need; undefined for the whole database. */
  readonly only?: readonly RelationName[];
  /** Tables, views and sequences that are left out. */
  readonly except?: readonly RelationName[];
  /** Schemas that are left out with everything in them. */
  readonly exceptSchemas?: readonly string[];
  /** Writes before each object which row of which catalog it comes from. */
  readonly identified?: boolean;
  /** How long to wait for the lock of a table, in milliseconds; 0 is without limit. */
  readonly lockTimeoutMs: number;
}

/** PostgreSQL's pg_dump, for schemas; rows are copied by other means. */
export interface SchemaDump {
  /** Its major version: it refuses servers of a newer one. */
  readonly major: number;
  /**
   * Returns the SQL that creates the schema, as pg_dump writes it, without anything that differs from run to run or
   * that only psql or newer servers understand.
   *
   * Must be called in an open transaction, REPEATABLE READ and READ ONLY, whose moment it sees. Locks the tables
   * ACCESS SHARE. Until the transaction ends, the search path is empty and other settings are pg_dump's; nothing else
   * stays in the session. If it fails, it ends the transaction.
   * @throws ServerFailure if the server refuses a query; ConnectionLost; Failure dump-failed, interrupted, terminated
   */
  write(session: Session, request: SchemaDumpRequest, signal: AbortSignal): Promise<string>;
}
