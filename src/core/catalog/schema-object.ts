/** A database object, identified by its kind and name. */
export interface SchemaObject extends ObjectKey {
  /** The name of the object that it is dropped with; null for a top-level object. */
  readonly within: string | null;
  /** SHA-256 or the text of its facts: equal for equal definitions, read in the same way. */
  readonly digest: string;
}

export interface ObjectKey {
  /** PostgreSQL's term: table, column, index ... */
  readonly kind: string;
  /** With its schema, as SQL. */
  readonly name: string;
}

/** Everything that defines an object, by names for people. A fact that is absent has PostgreSQL's default. */
export type Facts = Readonly<Record<string, Fact>>;

export type Fact = string | number | boolean | readonly Fact[] | { readonly [name: string]: Fact };

export interface ObjectFacts extends ObjectKey {
  readonly facts: Facts;
}

/** An object with what defines it, and the name of the object that it is dropped with. */
export type FoundObject = ObjectFacts & Pick<SchemaObject, "within">;

/** The key of an object in maps and queries. */
export function keyOf({ kind, name }: ObjectKey): string {
  return `${kind} ${name}`;
}
