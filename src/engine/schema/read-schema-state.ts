import type { Facts, ObjectKey, SchemaObject } from "../../core/catalog/schema-object.ts";
import type { Session } from "../../ports/session.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";
import { noteKept, PREPARED_NAMES, runKept } from "../session/prepared-statements.ts";
import { ask, inReading, reading } from "./read-schema.ts";
import { allQueries, type OwnObjects } from "./schema-sql.ts";
import { CATALOG_WRITES, othersSql, touchedSql, wholeSql } from "./state-sql.ts";

/** A schema, or the part of it that may have changed. */
export interface ReadState {
  readonly relations: readonly (readonly [oid: number, name: string, columns: ColumnNames | null])[];
  readonly objects: readonly KnownObject[];
  /** See `COUNTS`. */
  readonly counts: readonly number[];
}

/** An object with what defines it; its digest is the text of its facts. */
export interface KnownObject extends SchemaObject {
  readonly facts: Facts;
}

/** Names of columns by their numbers. */
export type ColumnNames = Readonly<Record<string, string>>;

/** The relations that the open transaction may have changed. */
export interface TouchedState extends ReadState {
  /** Those of their parts that it has not changed; `objects` has the others. */
  readonly unchanged: readonly ObjectKey[];
  /** Their oids, with those of dropped ones. */
  readonly locked: readonly number[];
  /** See `readCatalogWrites`. */
  readonly writes: string;
  /** True if other objects may have changed, even if `writes` is as it was before. */
  readonly wroteOthers: boolean;
}

type ObjectAnswer = readonly [kind: string, name: string, within: string | null, facts: Facts | null];
type Answer<State extends ReadState> = Omit<State, "objects" | "unchanged"> & {
  readonly objects: readonly ObjectAnswer[];
};

const OBJECTS: Shape = ["list of", ["parts", ["text", "text", "text?", "anything"]]];
const STATE = {
  relations: ["list of", ["parts", ["number", "text", ["maybe", ["record of", "text"]]]]],
  objects: OBJECTS,
  counts: ["list of", "number"],
} as const satisfies Shape;
const TOUCHED: Shape = { ...STATE, locked: ["list of", "number"], writes: "text", wroteOthers: "boolean" };

/** Reads all objects with their facts. @throws ServerFailure, ConnectionLost */
export async function readWholeState(session: Session, own: OwnObjects): Promise<ReadState> {
  return await reading(session, own, undefined, async (query) => {
    const answer = await ask<Answer<ReadState>>(session, wholeSql(query), STATE);
    return { ...answer, objects: knownOf(answer.objects) };
  });
}

/** A whole state as text, for `stateOf`. */
export function textOf({ relations, objects, counts }: ReadState): string {
  const answers = objects.map(({ kind, name, within, facts }): ObjectAnswer => [kind, name, within, facts]);
  return JSON.stringify({ relations, objects: answers, counts } satisfies Answer<ReadState>);
}

export function stateOf(text: string): ReadState {
  const answer = JSON.parse(text) as Answer<ReadState>;
  return { ...answer, objects: knownOf(answer.objects) };
}

/** Reads what may differ from the schema before the open transaction. @throws ServerFailure, ConnectionLost */
export async function readTouchedState(session: Session, own: OwnObjects): Promise<TouchedState> {
  const sql = touchedSql({ own, queries: queriesOf(session, true) });
  const answer = await askKept<Answer<TouchedState>>(session, "touched", sql, TOUCHED);
  const unchanged = answer.objects.filter(([, , , facts]) => facts === null);
  return { ...answer, objects: knownOf(answer.objects), unchanged: unchanged.map(([kind, name]) => ({ kind, name })) };
}

/** Reads all objects that are no parts of relations. @throws ServerFailure, ConnectionLost */
export async function readOthers(session: Session, own: OwnObjects): Promise<KnownObject[]> {
  const sql = othersSql({ own, queries: queriesOf(session, false) });
  return knownOf(await askKept<ObjectAnswer[]>(session, "others", sql, OBJECTS));
}

/**
 * How many rows of the catalogs of other objects this session has written. The number grows within a transaction; the
 * server may reset it between two.
 */
export async function readCatalogWrites(session: Session): Promise<string> {
  const [row] = await session.query(CATALOG_WRITES);
  return String(row?.row);
}

function queriesOf({ backend }: Session, areOfRelations: boolean) {
  return allQueries(backend.serverVersion).filter(({ isOfRelation = false }) => isOfRelation === areOfRelations);
}

async function askKept<Value>(session: Session, name: string, sql: string, shape: Shape): Promise<Value> {
  return await inReading(session, PREPARED_NAMES, async (names) => {
    noteKept(session, names);
    const [row] = await runKept(session, { name, parameters: "", sql }, "");
    return jsonAnswer<Value>(row?.row, shape);
  });
}

function knownOf(objects: readonly ObjectAnswer[]): KnownObject[] {
  return objects.flatMap(([kind, name, within, facts]) =>
    facts === null ? [] : [{ kind, name, within, facts, digest: JSON.stringify(facts) }],
  );
}
