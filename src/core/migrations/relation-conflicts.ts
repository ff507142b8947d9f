import { namesIn, type RelationChange, type RelationName } from "../statements/relation-change.ts";

export interface CatalogRelation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** pg_class.relkind */
  readonly kind: string;
}

/** The relations of a database, and where a session creates new ones. */
export interface Catalog {
  readonly relations: readonly CatalogRelation[];
  /** Oids: the first is dropped together with the second. */
  readonly dependencies: readonly (readonly [dependent: number, on: number])[];
  readonly schemas: readonly string[];
  /** The value of the setting search_path. */
  readonly searchPath: string;
  /** The value of "$user" in the search path. */
  readonly role: string;
}

/**
 * Follows the statements of files, in order, and finds relations that they create although the database already has
 * them. Relations that an earlier statement dropped, renamed or created do not count, nor do temporary ones.
 */
export class RelationConflicts {
  readonly #catalog: Catalog;
  readonly #present = new Map<string, CatalogRelation>();
  readonly #dependents = new Map<number, number[]>();
  readonly #byOid = new Map<number, CatalogRelation>();
  readonly #schemas: Set<string>;
  /** Keys of the relations that the files have created so far. */
  readonly #made = new Set<string>();
  #searchPath: readonly string[] = [];
  #temporary = new Set<string>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    this.#schemas = new Set(catalog.schemas);
    for (const relation of catalog.relations) {
      this.#present.set(keyOf(relation.schema, relation.name), relation);
      this.#byOid.set(relation.oid, relation);
    }
    for (const [dependent, on] of catalog.dependencies) {
      const known = this.#dependents.get(on);
      if (known) known.push(dependent);
      else this.#dependents.set(on, [dependent]);
    }
    this.beginFile();
  }

  /** Each file starts with the session's own search path and without temporary tables. */
  beginFile(): void {
    this.#searchPath = namesIn(this.#catalog.searchPath);
    this.#temporary = new Set();
  }

  /** Applies one change. Returns the existing relation that it conflicts with, if any. */
  follow(change: RelationChange): CatalogRelation | undefined {
    switch (change.action) {
      case "create":
        return this.#create(change.relation, change.temporary);
      case "create-index": {
        const schema = this.#schemaOf(change.table);
        return schema === undefined ? undefined : this.#make(schema, change.name);
      }
      case "drop":
        for (const relation of change.relations) this.#drop(relation);
        return undefined;
      case "move":
        this.#move(change.relation, change);
        return undefined;
      case "search-path":
        this.#searchPath = change.schemas ?? namesIn(this.#catalog.searchPath);
        return undefined;
      default:
        this.#changeSchemas(change);
        return undefined;
    }
  }

  #create({ schema, name }: RelationName, temporary: boolean): CatalogRelation | undefined {
    const place = schema ?? this.#creationSchema();
    if (temporary || place === TEMPORARY) this.#temporary.add(name);
    else if (place !== undefined) return this.#make(place, name);
    return undefined;
  }

  #make(schema: string, name: string): CatalogRelation | undefined {
    const key = keyOf(schema, name);
    if (this.#made.has(key)) return undefined;
    this.#made.add(key);
    return this.#present.get(key);
  }

  #drop({ schema, name }: RelationName): void {
    if (this.#isTemporary({ schema, name })) {
      this.#temporary.delete(name);
      return;
    }
    const place = this.#schemaOf({ schema, name });
    if (place === undefined) return;
    const key = keyOf(place, name);
    this.#made.delete(key);
    const present = this.#present.get(key);
    if (present) this.#remove(present);
  }

  /** Indexes, sequences, views and partitions are dropped with the relation that they depend on. */
  #remove({ oid, schema, name }: CatalogRelation): void {
    if (!this.#present.delete(keyOf(schema, name))) return;
    for (const dependent of this.#dependents.get(oid) ?? []) {
      const relation = this.#byOid.get(dependent);
      if (relation) this.#remove(relation);
    }
  }

  #move(relation: RelationName, to: { readonly name?: string; readonly schema?: string }): void {
    const schema = this.#isTemporary(relation) ? undefined : this.#schemaOf(relation);
    if (schema === undefined) return;
    const key = keyOf(schema, relation.name);
    if (!this.#made.delete(key) && !this.#present.delete(key)) return;
    this.#made.add(keyOf(to.schema ?? schema, to.name ?? relation.name));
  }

  #changeSchemas(change: RelationChange): void {
    if (change.action === "create-schema") this.#schemas.add(change.schema);
    const gone = change.action === "drop-schemas" ? change.schemas : [];
    for (const schema of gone) {
      this.#schemas.delete(schema);
      for (const key of this.#made) if (key.startsWith(keyOf(schema, ""))) this.#made.delete(key);
      for (const relation of this.#present.values()) if (relation.schema === schema) this.#remove(relation);
    }
    if (change.action !== "rename-schema") return;
    const { schema, name } = change;
    this.#schemas.delete(schema);
    this.#schemas.add(name);
    const before = keyOf(schema, "");
    const moved = [...this.#made, ...this.#present.keys()].filter((key) => key.startsWith(before));
    for (const key of moved) {
      this.#made.delete(key);
      this.#present.delete(key);
      this.#made.add(keyOf(name, key.slice(before.length)));
    }
  }

  #isTemporary({ schema, name }: RelationName): boolean {
    return schema === TEMPORARY || (schema === undefined && this.#temporary.has(name));
  }

  /** The schema of a relation that a statement names; undefined for a temporary one. */
  #schemaOf(relation: RelationName): string | undefined {
    if (this.#isTemporary(relation)) return undefined;
    if (relation.schema !== undefined) return relation.schema;
    const found = this.#path().find((schema) => {
      const key = keyOf(schema, relation.name);
      return this.#made.has(key) || this.#present.has(key);
    });
    return found ?? this.#creationSchema();
  }

  #creationSchema(): string | undefined {
    return this.#path().find((schema) => schema === TEMPORARY || this.#schemas.has(schema));
  }

  #path(): string[] {
    return this.#searchPath.map((schema) => (schema === "$user" ? this.#catalog.role : schema));
  }
}

const TEMPORARY = "pg_temp";

function keyOf(schema: string, name: string): string {
  return `${schema}\0${name}`;
}
