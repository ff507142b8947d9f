import {
  byKey,
  compareSchemas,
  isEqual,
  type SchemaDifferences,
  schemaDifferences,
} from "../../core/catalog/schema-comparison.ts";
import {
  type Facts,
  keyOf,
  type ObjectFacts,
  type ObjectKey,
  type SchemaObject,
} from "../../core/catalog/schema-object.ts";
import type { Session } from "../../ports/session.ts";
import { readFacts, readSchema } from "./read-schema.ts";
import type { OwnObjects } from "./schema-sql.ts";

/** The objects of a schema by their keys. */
export type Schema = ReadonlyMap<string, SchemaObject>;

/**
 * The schema of a database as it was at one moment, with all facts. It follows the database through many changes
 * without reading all facts again each time: only those of objects with another digest.
 */
export class KnownSchema {
  readonly #own: OwnObjects;
  #objects: Schema = new Map();
  readonly #facts = new Map<string, Facts>();

  constructor(own: OwnObjects) {
    this.#own = own;
  }

  get objects(): Schema {
    return this.#objects;
  }

  /** The schema of the database now, to compare with others. @throws ServerFailure, ConnectionLost */
  async read(session: Session): Promise<Schema> {
    return byKey(await readSchema(session, this.#own));
  }

  /** Takes over the schema of the database. @param now as just read from it @throws ServerFailure, ConnectionLost */
  async follow(session: Session, now: Schema): Promise<void> {
    const { added, removed, changed } = compareSchemas(this.#objects, now);
    for (const object of removed) this.#facts.delete(keyOf(object));
    const fresh = [...added, ...changed];
    // Long lists of keys cost more than the facts of the other objects.
    const wanted = fresh.length < now.size / 2 ? fresh : undefined;
    for (const { facts, ...key } of await this.#read(session, fresh.length === 0 ? [] : wanted)) {
      this.#facts.set(keyOf(key), facts);
    }
    this.#objects = now;
  }

  /** How the schema of the database differs from this one, in words; empty if it is equal. */
  async differencesTo(session: Session, now: Schema): Promise<string[]> {
    const differences = compareSchemas(this.#objects, now);
    if (isEqual(differences)) return [];
    return schemaDifferences(differences, {
      before: this.#facts,
      after: await this.#changedFacts(session, differences),
    });
  }

  async #changedFacts(session: Session, { changed }: SchemaDifferences): Promise<ReadonlyMap<string, Facts>> {
    const found = await this.#read(session, changed);
    return new Map(found.map((object) => [keyOf(object), object.facts]));
  }

  #read(session: Session, keys: readonly ObjectKey[] | undefined): Promise<ObjectFacts[]> {
    return readFacts(session, this.#own, keys);
  }
}

/** The differences of two schemas in words, without the details of changed objects. */
export function differencesBetween(before: Schema, after: Schema): string[] {
  return schemaDifferences(compareSchemas(before, after), { before: new Map(), after: new Map() });
}
