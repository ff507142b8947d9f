import {
  byKey,
  compareSchemas,
  isEqual,
  type SchemaDifferences,
  schemaDifferences,
} from "../../core/catalog/schema-comparison.ts";
import { type Facts, keyOf, type ObjectKey, type SchemaObject } from "../../core/catalog/schema-object.ts";
import type { Session } from "../../ports/session.ts";
import {
  type RelationNames,
  readFacts,
  readTouchedSchema,
  readWholeSchema,
  type TouchedSchema,
} from "./read-schema.ts";
import type { OwnObjects } from "./schema-sql.ts";

/** The schema of a database as it was at one moment, with all facts. A later state is read with this one as its base. */
export class SchemaState {
  readonly #own: OwnObjects;
  readonly #objects: ReadonlyMap<string, SchemaObject>;
  readonly #relations: RelationNames;
  readonly #facts: ReadonlyMap<string, Facts>;

  private constructor(
    own: OwnObjects,
    objects: ReadonlyMap<string, SchemaObject>,
    relations: RelationNames,
    facts: ReadonlyMap<string, Facts>,
  ) {
    this.#own = own;
    this.#objects = objects;
    this.#relations = relations;
    this.#facts = facts;
  }

  /** The state now. @throws ServerFailure, ConnectionLost */
  static async read(session: Session, own: OwnObjects): Promise<SchemaState> {
    return await new SchemaState(own, new Map(), new Map(), new Map()).later(session);
  }

  /** The state now, at any time after this one. @throws ServerFailure, ConnectionLost */
  async later(session: Session): Promise<SchemaState> {
    const { objects: found, relations } = await readWholeSchema(session, this.#own);
    const objects = byKey(found);
    const { added, changed } = compareSchemas(this.#objects, objects);
    const fresh = [...added, ...changed];
    // Long lists of keys cost more than the facts of the other objects.
    const wanted = fresh.length < objects.size / 2 ? fresh : undefined;
    const facts = new Map(this.#facts);
    for (const one of await readFacts(session, this.#own, wanted)) facts.set(keyOf(one), one.facts);
    return new SchemaState(this.#own, objects, relations, facts);
  }

  /**
   * The state now, inside of the open transaction that began with this one.
   * @throws ServerFailure, ConnectionLost
   */
  async inTransaction(session: Session): Promise<SchemaState> {
    const touched = await readTouchedSchema(session, this.#own);
    const objects = this.#with(touched);
    const differences = compareSchemas(this.#objects, objects);
    if (this.#mayChangeOthers(touched, differences)) return await this.later(session);
    const facts = new Map(this.#facts);
    const unknown: SchemaObject[] = [];
    const fresh = byKey(touched.objects);
    for (const object of [...differences.added, ...differences.changed]) {
      const found = fresh.get(keyOf(object))?.facts;
      if (found) facts.set(keyOf(object), found);
      else unknown.push(object);
    }
    for (const one of await readFacts(session, this.#own, unknown)) facts.set(keyOf(one), one.facts);
    const relations = new Map(this.#relations);
    for (const oid of touched.locked) relations.delete(oid);
    for (const [oid, name] of touched.relations) relations.set(oid, name);
    return new SchemaState(this.#own, objects, relations, facts);
  }

  /** How a later state differs from this one, in words; empty if it is equal. */
  differencesTo(later: SchemaState): string[] {
    const differences = compareSchemas(this.#objects, later.#objects);
    return isEqual(differences) ? [] : schemaDifferences(differences, { before: this.#facts, after: later.#facts });
  }

  /** The objects of this state in which what was touched is replaced. */
  #with({ locked, objects }: TouchedSchema): Map<string, SchemaObject> {
    const names = new Set(locked.map((oid) => this.#relations.get(oid)));
    const others = [...this.#objects].filter(([, object]) => {
      const relation = relationOf(object);
      return relation !== undefined && !names.has(relation);
    });
    return new Map([...others, ...byKey(objects)]);
  }

  /**
   * True if the change may show in the definitions of relations that are not locked: these contain the names of types,
   * routines, other relations and their columns.
   */
  #mayChangeOthers({ locked, relations }: TouchedSchema, { added, removed, changed }: SchemaDifferences): boolean {
    const isRenamed = locked.some((oid) => {
      const [before, now] = [this.#relations.get(oid), relations.get(oid)];
      return before !== undefined && now !== undefined && before !== now;
    });
    const isSwapped = removed.some(
      (one) => placeOf(one) !== undefined && added.some((other) => placeOf(other) === placeOf(one)),
    );
    return isRenamed || isSwapped || changed.some(({ kind }) => NAMING.has(kind));
  }
}

const RELATIONS = new Set(["table", "view", "materialized view", "sequence", "foreign table", "composite type"]);
const PARTS = new Set(["column", "constraint", "index", "trigger", "rule", "policy"]);
/** Kinds that no definition names. */
const UNNAMED = new Set([...PARTS, "privileges", "revoked privileges", "comment"]);
/** Kinds with parts that other definitions name, and that are no objects of their own: columns, labels. */
const NAMING = new Set(["view", "materialized view", "enum"]);

/** Where a removed and an added object may be one that was renamed; undefined for what no definition names. */
function placeOf({ kind, within }: SchemaObject): string | undefined {
  if (kind === "column") return `columns of ${within}`;
  return UNNAMED.has(kind) || RELATIONS.has(kind) ? undefined : kind;
}

/** The name of the relation that the object is, or is a part of; undefined if it can change without a lock on it. */
function relationOf({ kind, name, within }: ObjectKey & Pick<SchemaObject, "within">): string | undefined {
  if (RELATIONS.has(kind)) return name;
  return PARTS.has(kind) ? (within ?? undefined) : undefined;
}
