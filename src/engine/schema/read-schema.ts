import { needsNormalForm, portableDigest } from "../../core/catalog/fingerprint.ts";
import type { ParseSql } from "../../core/catalog/normal-query.ts";
import {
  type Facts,
  keyOf,
  type ObjectFacts,
  type ObjectKey,
  type SchemaObject,
} from "../../core/catalog/schema-object.ts";
import { quoteText } from "../../core/sql/quote.ts";
import type { Session } from "../../ports/session.ts";
import { COMPARABLE } from "../catalog/indexes-sql.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";
import { BEGIN_OWN } from "../session/own-transaction.ts";
import { KEPT_STATEMENT } from "../session/prepared-statements.ts";
import { PRESENT, type Presence } from "./object-query.ts";
import {
  allQueries,
  digestsSql,
  factsSql,
  type OwnObjects,
  relationsSql,
  type SchemaQuery,
  schemaQueries,
  touchedSql,
} from "./schema-sql.ts";

/**
 * Reads the objects of the schema with their digests. Inside an open transaction it reads the state of that transaction,
 * and leaves it as it was.
 * @param own pgstep's own objects, which are left out
 * @throws ServerFailure, ConnectionLost
 */
export async function readSchema(session: Session, own: OwnObjects): Promise<SchemaObject[]> {
  return await reading(session, own, false, digests);
}

/**
 * The same for a comparison with the schema of another server: versions of PostgreSQL that spell the same object
 * differently give equal digests.
 */
export async function readPortableSchema(session: Session, own: OwnObjects, parse: ParseSql): Promise<SchemaObject[]> {
  return await reading(session, own, true, async (query) => {
    const objects = await digests(query);
    const unclear = await facts(query, objects.filter(needsNormalForm));
    const portable = new Map(unclear.map((object) => [keyOf(object), portableDigest(object, parse)]));
    return objects.map((object) => ({ ...object, digest: portable.get(keyOf(object)) ?? object.digest }));
  });
}

/**
 * Reads the facts of some objects, or of all, as `readSchema` reads the digests.
 * @param keys undefined for all objects
 * @param isPortable true for a comparison with the schema of another server
 */
export async function readFacts(
  session: Session,
  own: OwnObjects,
  keys: readonly ObjectKey[] | undefined,
  isPortable = false,
): Promise<ObjectFacts[]> {
  return keys?.length === 0 ? [] : await reading(session, own, isPortable, (query) => facts(query, keys));
}

/** The names of relations by their oids. */
export type RelationNames = ReadonlyMap<number, string>;

/** All objects of a schema. */
export interface WholeSchema {
  readonly objects: readonly SchemaObject[];
  readonly relations: RelationNames;
}

/** Reads the objects as `readSchema` does, and the oids of the relations. */
export async function readWholeSchema(session: Session, own: OwnObjects): Promise<WholeSchema> {
  return await reading(session, own, false, async (query) => ({
    objects: await digests(query),
    relations: new Map(await ask<[number, string][]>(session, relationsSql(query), NAMES)),
  }));
}

/** What the open transaction may have changed of a schema. */
export interface TouchedSchema {
  /** The oids of the relations that may have changed, or are dropped. */
  readonly locked: readonly number[];
  /** Their names now. */
  readonly relations: RelationNames;
  /** Those relations and their parts, with facts; and all other objects of the schema. */
  readonly objects: readonly TouchedObject[];
}

export interface TouchedObject extends SchemaObject {
  /** Undefined for what is not a part of a relation. */
  readonly facts: Facts | undefined;
}

/** Reads what may differ from the schema before the open transaction, which costs less than all of it. */
export async function readTouchedSchema(session: Session, own: OwnObjects): Promise<TouchedSchema> {
  const queries = allQueries(session.backend.serverVersion);
  return await inReading(session, async () => {
    const sql = await prepared(session, touchedSql({ own, queries }));
    const { locked, relations, objects } = await ask<TouchedAnswer>(session, sql, TOUCHED);
    return {
      locked,
      relations: new Map(relations),
      objects: objects.map(([kind, name, within, digest, found]) => ({
        ...{ kind, name, within, digest },
        facts: found ?? undefined,
      })),
    };
  });
}

interface TouchedAnswer {
  readonly locked: readonly number[];
  readonly relations: readonly [number, string][];
  readonly objects: readonly [string, string, string | null, string, Facts | null][];
}

const NAMES: Shape = ["list of", ["parts", ["number", "text"]]];
const TOUCHED: Shape = {
  locked: ["list of", "number"],
  relations: NAMES,
  objects: ["list of", ["parts", ["text", "text", "text?", "text", "anything"]]],
};

/** Planning the query takes several times as long as running it. @returns SQL that runs it */
async function prepared(session: Session, sql: string): Promise<string> {
  const [row] = await session.query(
    `SELECT EXISTS (SELECT FROM pg_prepared_statements WHERE name = ${quoteText(KEPT_STATEMENT)})::text AS row`,
  );
  return `${row?.row === "true" ? "" : `PREPARE ${KEPT_STATEMENT} AS ${sql}; `}EXECUTE ${KEPT_STATEMENT}`;
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

async function facts(reading: Reading, keys: readonly ObjectKey[] | undefined): Promise<ObjectFacts[]> {
  if (keys?.length === 0) return [];
  const rows = await ask<[string, string, Facts][]>(reading.session, factsSql(reading, keys), [
    "list of",
    ["parts", ["text", "text", "anything"]],
  ]);
  return rows.map(([kind, name, found]) => ({ kind, name, facts: found }));
}

async function ask<Value>(session: Session, sql: string, shape: Shape): Promise<Value> {
  const [row] = await session.query(sql);
  return jsonAnswer<Value>(row?.row, shape);
}

/** Compiling the query would take longer than running it, and its plan has hundreds of parts. */
const SETTINGS = `${COMPARABLE}; SET LOCAL jit = off`;

/** Runs `read` with the queries of what the schema has. */
async function reading<Result>(
  session: Session,
  own: OwnObjects,
  isPortable: boolean,
  read: (reading: Reading) => Promise<Result>,
): Promise<Result> {
  return await inReading(session, async () => {
    const present = new Set(await ask<Presence[]>(session, PRESENT, ["list of", "text"]));
    const queries = schemaQueries(session.backend.serverVersion, isPortable, present);
    return await read({ session, own, queries });
  });
}

/** Runs `read` in a transaction or a part of one, with settings that end with it. */
async function inReading<Result>(session: Session, read: () => Promise<Result>): Promise<Result> {
  const isInside = session.state.transaction === "open";
  const [begin, end] = isInside
    ? ["SAVEPOINT pgstep_schema", "ROLLBACK TO SAVEPOINT pgstep_schema; RELEASE SAVEPOINT pgstep_schema"]
    : [BEGIN_OWN, "ROLLBACK"];
  await session.execute(`${begin}; ${SETTINGS}`);
  try {
    return await read();
  } finally {
    await session.execute(end).catch(() => {});
  }
}
