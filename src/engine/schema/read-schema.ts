import { needsNormalForm, portableDigest } from "../../core/catalog/fingerprint.ts";
import type { ParseSql } from "../../core/catalog/normal-query.ts";
import {
  type Facts,
  type FoundObject,
  keyOf,
  type ObjectFacts,
  type ObjectKey,
  type SchemaObject,
} from "../../core/catalog/schema-object.ts";
import type { Row, Session } from "../../ports/session.ts";
import { COMPARABLE } from "../catalog/indexes-sql.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";
import { BEGIN_OWN } from "../session/own-transaction.ts";
import { type Presence, presentSql } from "./object-query.ts";
import type { Portable } from "./privileges-sql.ts";
import {
  digestsSql,
  factsSql,
  groupDigestsSql,
  groupsSql,
  type OwnObjects,
  type RelationNames,
  relationDigestsSql,
  type SchemaQuery,
  schemaQueries,
} from "./schema-sql.ts";

/**
 * Reads the objects of the schema with their digests. Inside an open transaction it reads the state of that transaction,
 * and leaves it as it was.
 * @param own pgstep's own objects, which are left out
 * @throws ServerFailure, ConnectionLost
 */
export async function readSchema(session: Session, own: OwnObjects): Promise<SchemaObject[]> {
  return await reading(session, own, undefined, digests);
}

/**
 * The same for a comparison with the schema of another server: versions of PostgreSQL that spell the same object
 * differently give equal digests.
 * @param parserFor gives a parser of the queries in some objects
 */
export async function readPortableSchema(
  session: Session,
  own: OwnObjects,
  parserFor: (objects: readonly ObjectFacts[]) => Promise<ParseSql>,
): Promise<SchemaObject[]> {
  return await reading(session, own, {}, async (query) => {
    const objects = await digests(query);
    const unclear = await facts(query, objects.filter(needsNormalForm));
    const parse = await parserFor(unclear);
    const portable = new Map(unclear.map((object) => [keyOf(object), portableDigest(object, parse)]));
    return objects.map((object) => ({ ...object, digest: portable.get(keyOf(object)) ?? object.digest }));
  });
}

/** How two schemas on different servers are read. */
export interface Shared {
  readonly portable: Portable;
  /** Catalogs that a role may not read; objects that need them are left out. */
  readonly unreadable: readonly string[];
}

/**
 * Reads the schema as digests of groups of objects, for a comparison with that of another server: a few rows instead of
 * all objects. Groups of equal objects are equal; others may still be, see `needsNormalForm`.
 */
export async function readGroups(
  session: Session,
  own: OwnObjects,
  { portable, unreadable }: Shared,
): Promise<ReadonlyMap<string, string>> {
  const read = async (query: SchemaQuery) => {
    const sql = groupDigestsSql(query);
    return new Map(await ask<[string, string][]>(session, sql, ["list of", ["parts", ["text", "text"]]]));
  };
  return await reading(session, own, portable, read, unreadable);
}

/** Reads for each of these relations the digests of the relation and of its parts; none for a missing one. */
export async function readDigestsOfRelations(
  session: Session,
  own: OwnObjects,
  relations: readonly RelationNames[],
): Promise<readonly (readonly string[])[]> {
  return await reading(session, own, undefined, async (query) => {
    const sql = relationDigestsSql(query, relations);
    const found = await ask<[number, string][]>(session, sql, ["list of", ["parts", ["number", "text"]]]);
    return relations.map((_, index) => found.flatMap(([at, digest]) => (at === index ? [digest] : [])));
  });
}

/** Reads the objects of some of these groups. */
export async function readObjectsOf(
  session: Session,
  own: OwnObjects,
  groups: readonly string[],
  { portable, unreadable }: Shared,
): Promise<FoundObject[]> {
  const read = (query: SchemaQuery) => found(session, groupsSql(query, groups));
  return await reading(session, own, portable, read, unreadable);
}

/** The system catalogs that the role may not read. */
export async function readUnreadable(session: Session): Promise<string[]> {
  const rows = await session.query(`SELECT c.relname::text AS name FROM pg_catalog.pg_class c
 WHERE c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND c.relkind IN ('r', 'v')
 AND NOT pg_catalog.has_any_column_privilege(c.oid, 'SELECT')`);
  return rows.map(({ name }) => String(name));
}

/**
 * Reads the facts of some objects, or of all, as `readSchema` reads the digests.
 * @param keys undefined for all objects
 * @param portable for a comparison with the schema of another server
 */
export async function readFacts(
  session: Session,
  own: OwnObjects,
  keys: readonly ObjectKey[] | undefined,
  portable?: Portable,
): Promise<FoundObject[]> {
  return keys?.length === 0 ? [] : await reading(session, own, portable, (query) => facts(query, keys));
}

/** A session that reads, and what it asks for. */
interface Reading extends SchemaQuery {
  readonly session: Session;
}

async function digests(reading: Reading): Promise<SchemaObject[]> {
  const rows = await ask<[string, string, string | null, string][]>(reading.session, digestsSql(reading), [
    "list of",
    ["list of", "text?"],
  ]);
  return rows.map(([kind, name, within, digest]) => ({ kind, name, within, digest }));
}

async function facts(reading: Reading, keys: readonly ObjectKey[] | undefined): Promise<FoundObject[]> {
  return keys?.length === 0 ? [] : await found(reading.session, factsSql(reading, keys));
}

async function found(session: Session, sql: string): Promise<FoundObject[]> {
  const shape: Shape = ["list of", ["parts", ["text", "text", "text?", "anything"]]];
  const rows = await ask<[string, string, string | null, Facts][]>(session, sql, shape);
  return rows.map(([kind, name, within, all]) => ({ kind, name, within, facts: all }));
}

export async function ask<Value>(session: Session, sql: string, shape: Shape): Promise<Value> {
  const [row] = await session.query(sql);
  return jsonAnswer<Value>(row?.row, shape);
}

/** Compiling the query would take longer than running it, and its plan has hundreds of parts. */
const SETTINGS = `${COMPARABLE}; SET LOCAL jit = off`;

/** Runs `read` with the queries of what the schema has. */
export async function reading<Result>(
  session: Session,
  own: OwnObjects,
  portable: Portable | undefined,
  read: (reading: Reading) => Promise<Result>,
  unreadable: readonly string[] = [],
): Promise<Result> {
  return await inReading(session, presentSql(unreadable), async ([found]) => {
    const present = new Set(jsonAnswer<Presence[]>(found?.row, ["list of", "text"]));
    const queries = schemaQueries(session.backend.serverVersion, portable, present, unreadable);
    return await read({ session, own, queries });
  });
}

/**
 * Runs `read` in a transaction or a part of one, with settings that end with it.
 * @param first a query that is sent with them; `read` receives its rows
 */
export async function inReading<Result>(
  session: Session,
  first: string,
  read: (rows: readonly Row[]) => Promise<Result>,
): Promise<Result> {
  const isInside = session.state.transaction === "open";
  const [begin, end] = isInside
    ? ["SAVEPOINT pgstep_schema", "ROLLBACK TO SAVEPOINT pgstep_schema; RELEASE SAVEPOINT pgstep_schema"]
    : [BEGIN_OWN, "ROLLBACK"];
  const rows = await session.query(`${begin}; ${SETTINGS}; ${first}`);
  try {
    return await read(rows);
  } finally {
    await session.execute(end).catch(() => {});
  }
}
