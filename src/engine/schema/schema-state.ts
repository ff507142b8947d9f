import {
  byKey,
  compareSchemas,
  isEqual,
  type SchemaDifferences,
  type SchemaVerbs,
  schemaDifferences,
} from "../../core/catalog/schema-comparison.ts";
import { keyOf, type ObjectKey, type SchemaObject } from "../../core/catalog/schema-object.ts";
import type { Session } from "../../ports/session.ts";
import {
  type ColumnNames,
  type KnownObject,
  type ReadState,
  readOthers,
  readTouchedState,
  readWholeState,
  stateOf,
  type TouchedState,
  textOf,
} from "./read-schema-state.ts";
import type { OwnObjects } from "./schema-sql.ts";

/** The schema of a database as it was at one moment. A later state is read with this one as its base. */
export class SchemaState {
  readonly #own: OwnObjects;
  readonly #objects: ReadonlyMap<string, KnownObject>;
  /** The relations by their oids. */
  readonly #relations: ReadonlyMap<number, RelationNames>;
  readonly #counts: readonly number[];

  private constructor(own: OwnObjects, objects: ReadonlyMap<string, KnownObject>, { relations, counts }: Names) {
    this.#own = own;
    this.#objects = objects;
    this.#relations = relations;
    this.#counts = counts;
  }

  /** The state now. @throws ServerFailure, ConnectionLost */
  static async read(session: Session, own: OwnObjects): Promise<SchemaState> {
    return SchemaState.#of(own, await readWholeState(session, own));
  }

  /** A state from its text. Only pgstep may have written it. */
  static ofText(own: OwnObjects, text: string): SchemaState {
    return SchemaState.#of(own, stateOf(text));
  }

  static #of(own: OwnObjects, read: ReadState): SchemaState {
    return new SchemaState(own, byKey(read.objects), { relations: namesOf(read), counts: read.counts });
  }

  /** For `ofText`. */
  get text(): string {
    const relations = [...this.#relations].map(([oid, { name, columns }]) => [oid, name, columns] as const);
    return textOf({ relations, objects: [...this.#objects.values()], counts: this.#counts });
  }

  /** The state now, at any time after this one. @throws ServerFailure, ConnectionLost */
  async later(session: Session): Promise<SchemaState> {
    return await SchemaState.read(session, this.#own);
  }

  /**
   * The state now, inside of the open transaction that began with this one.
   * @param writesBefore what `readCatalogWrites` returned before the first statement of the transaction
   * @throws ServerFailure, ConnectionLost
   */
  async inTransaction(session: Session, writesBefore?: string): Promise<SchemaState> {
    const touched = await readTouchedState(session, this.#own);
    const names = namesOf(touched);
    if (this.#hasRenamed(touched, names)) return await this.later(session);
    const touchedNames = new Set(touched.locked.map((oid) => this.#relations.get(oid)?.name));
    const hasOthers = touched.writes !== writesBefore || touched.wroteOthers || this.#hasOthers(touched, touchedNames);
    const others = hasOthers ? await readOthers(session, this.#own) : [];
    const kept = [...this.#objects].filter(([, object]) => {
      const relation = relationOf(object);
      return relation === undefined ? !hasOthers : !touchedNames.has(relation);
    });
    const unchanged = touched.unchanged.map(keyOf).map((key) => [key, this.#objects.get(key)] as const);
    const known = unchanged.filter((entry): entry is [string, KnownObject] => entry[1] !== undefined);
    if (known.length < unchanged.length) return await this.later(session);
    const objects = new Map([...kept, ...known, ...byKey(touched.objects), ...byKey(others)]);
    if (isNaming(compareSchemas(this.#objects, objects))) return await this.later(session);
    const relations = new Map(this.#relations);
    for (const oid of touched.locked) relations.delete(oid);
    for (const [oid, name] of names) relations.set(oid, name);
    return new SchemaState(this.#own, objects, { relations, counts: touched.counts });
  }

  /** How another state differs from this one, in words; empty if it is equal. @param verbs see `schemaDifferences` */
  differencesTo(later: SchemaState, verbs?: SchemaVerbs): string[] {
    const differences = compareSchemas(this.#objects, later.#objects);
    const facts = { before: this.#objects, after: later.#objects };
    return isEqual(differences) ? [] : schemaDifferences(differences, facts, verbs);
  }

  /** True if a relation or a column has another name: definitions of relations that are not locked may contain it. */
  #hasRenamed({ locked }: TouchedState, names: ReadonlyMap<number, RelationNames>): boolean {
    return locked.some((oid) => {
      const [before, now] = [this.#relations.get(oid), names.get(oid)];
      if (!before || !now) return false;
      const columns = Object.entries(before.columns).map(([number, name]) => [name, now.columns[number]] as const);
      return before.name !== now.name || columns.some(([name, later]) => later !== undefined && later !== name);
    });
  }

  /** True if objects that are no parts of relations may have changed together with relations or without a trace. */
  #hasOthers({ counts }: TouchedState, relations: ReadonlySet<string | undefined>): boolean {
    const isWithin = ({ within, ...object }: SchemaObject) =>
      within !== null && relations.has(within) && relationOf({ within, ...object }) === undefined;
    return counts.some((count, index) => count !== this.#counts[index]) || [...this.#objects.values()].some(isWithin);
  }
}

/** The names of a relation and its columns. */
interface RelationNames {
  readonly name: string;
  readonly columns: ColumnNames;
}

interface Names {
  readonly relations: ReadonlyMap<number, RelationNames>;
  readonly counts: readonly number[];
}

function namesOf({ relations }: ReadState): ReadonlyMap<number, RelationNames> {
  return new Map(relations.map(([oid, name, columns]) => [oid, { name, columns: columns ?? {} }]));
}

const RELATIONS = new Set(["table", "view", "materialized view", "sequence", "foreign table", "composite type"]);
const PARTS = new Set(["column", "constraint", "index", "trigger", "rule", "policy"]);
/** Kinds that no definition names, and relations, whose names are compared by their oids. */
const UNNAMED = new Set([...RELATIONS, ...PARTS, "privileges", "revoked privileges", "comment"]);

/**
 * True if definitions of objects that were not read again may contain another name now: an object may have been renamed,
 * which shows as a removed and an added object of one kind; a label of an enum may have been renamed as well.
 */
function isNaming({ added, removed, changed }: SchemaDifferences): boolean {
  const named = removed.filter(({ kind }) => !UNNAMED.has(kind));
  return (
    named.some(({ kind }) => added.some((one) => one.kind === kind)) || changed.some(({ kind }) => kind === "enum")
  );
}

/** The name of the relation that the object is, or is a part of; undefined if it can change without a lock on it. */
function relationOf({ kind, name, within }: ObjectKey & Pick<SchemaObject, "within">): string | undefined {
  if (RELATIONS.has(kind)) return name;
  return PARTS.has(kind) ? (within ?? undefined) : undefined;
}
