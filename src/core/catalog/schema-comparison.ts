import { enumeration } from "../text/display.ts";

/** One thing in a database, told apart from every other by its kind and its name. */
export interface SchemaObject {
  /** PostgreSQL's word: table, column, index ... */
  readonly kind: string;
  /** With its schema, as SQL. */
  readonly name: string;
  /** The name of what it is a part of; null for what stands by itself. */
  readonly within: string | null;
  /** The same for the same definition. */
  readonly digest: string;
}

/** What of a schema is not as it was, in words to be read behind "it": "leaves table a.b", "changes view a.c"; none when all is. */
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
    ...worded("does not bring back", outermost(lost)),
    ...worded("changes", changed),
  ];
}

function byKey(objects: readonly SchemaObject[]): Map<string, SchemaObject> {
  return new Map(objects.map((object) => [keyOf(object), object]));
}

function keyOf({ kind, name }: SchemaObject): string {
  return `${kind} ${name}`;
}

/** Without the parts of what is named itself. */
function outermost(objects: readonly SchemaObject[]): SchemaObject[] {
  const names = new Set(objects.filter(({ within }) => within === null).map(({ name }) => name));
  return objects.filter(({ within }) => within === null || !names.has(within));
}

function worded(verb: string, objects: readonly SchemaObject[]): string[] {
  return objects.length === 0 ? [] : [`${verb} ${enumeration(objects.map(keyOf).sort())}`];
}
