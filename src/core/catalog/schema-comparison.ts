import { enumeration } from "../text/display.ts";

/** A database object, identified by its kind and name. */
export interface SchemaObject {
  /** PostgreSQL's term: table, column, index ... */
  readonly kind: string;
  /** Schema-qualified, as SQL. */
  readonly name: string;
  /** The name of the containing object; null for a top-level object. */
  readonly within: string | null;
  /** Equal for equal definitions. */
  readonly digest: string;
}

/** The differences of two schemas, worded to follow "it": "leaves table a.b", "changes view a.c"; empty if none. */
export function schemaDifferences(before: readonly SchemaObject[], after: readonly SchemaObject[]): string[] {
  const [known, found] = [byKey(before), byKey(after)];
  const left = after.filter((object) => !known.has(keyOf(object)));
  const lost = before.filter((object) => !found.has(keyOf(object)));
  const changed = after.filter((object) => {
    const former = known.get(keyOf(object));
    return former !== undefined && former.digest !== object.digest;
  });
  return [
    ...worded("leaves", outermost(left)),
    ...worded("does not restore", outermost(lost)),
    ...worded("changes", changed),
  ];
}

function byKey(objects: readonly SchemaObject[]): Map<string, SchemaObject> {
  return new Map(objects.map((object) => [keyOf(object), object]));
}

function keyOf({ kind, name }: SchemaObject): string {
  return `${kind} ${name}`;
}

/** Omits the parts of objects that are listed themselves. */
function outermost(objects: readonly SchemaObject[]): SchemaObject[] {
  const names = new Set(objects.filter(({ within }) => within === null).map(({ name }) => name));
  return objects.filter(({ within }) => within === null || !names.has(within));
}

function worded(verb: string, objects: readonly SchemaObject[]): string[] {
  return objects.length === 0 ? [] : [`${verb} ${enumeration(objects.map(keyOf).sort())}`];
}
