import { enumeration } from "../text/display.ts";
import { differenceWords } from "./difference-words.ts";
import { type Facts, keyOf, type ObjectKey, type SchemaObject } from "./schema-object.ts";

/** The differences of two schemas. */
export interface SchemaDifferences {
  /** Objects that only the second schema has. */
  readonly added: readonly SchemaObject[];
  /** Objects that only the first schema has. */
  readonly removed: readonly SchemaObject[];
  /** Objects of both with different digests. */
  readonly changed: readonly SchemaObject[];
}

export function compareSchemas(
  before: ReadonlyMap<string, SchemaObject>,
  after: ReadonlyMap<string, SchemaObject>,
): SchemaDifferences {
  const found = [...after.values()];
  return {
    added: found.filter((object) => !before.has(keyOf(object))),
    removed: [...before.values()].filter((object) => !after.has(keyOf(object))),
    changed: found.filter((object) => {
      const former = before.get(keyOf(object));
      return former !== undefined && former.digest !== object.digest;
    }),
  };
}

export function byKey<Object extends ObjectKey>(objects: readonly Object[]): Map<string, Object> {
  return new Map(objects.map((object) => [keyOf(object), object]));
}

export function isEqual({ added, removed, changed }: SchemaDifferences): boolean {
  return added.length + removed.length + changed.length === 0;
}

/** The facts of the changed objects, by their keys. */
export interface ChangedFacts {
  readonly before: ReadonlyMap<string, Facts>;
  readonly after: ReadonlyMap<string, Facts>;
}

/**
 * The differences in words that follow "it": "leaves table a.b", "changes column a.b.c (type text instead of
 * integer)"; empty if there are none.
 */
export function schemaDifferences({ added, removed, changed }: SchemaDifferences, facts: ChangedFacts): string[] {
  const inDetail = (object: SchemaObject): string => {
    const key = keyOf(object);
    const [before, after] = [facts.before.get(key), facts.after.get(key)];
    const details = before && after ? differenceWords(before, after) : [];
    return details.length === 0 ? key : `${key} (${enumeration(details)})`;
  };
  return [
    ...worded("leaves", outermost(added).map(keyOf)),
    ...worded("does not restore", outermost(removed).map(keyOf)),
    ...worded("changes", changed.map(inDetail)),
  ];
}

/** Omits the parts of objects that are listed themselves. */
function outermost(objects: readonly SchemaObject[]): SchemaObject[] {
  const names = new Set(objects.filter(({ within }) => within === null).map(({ name }) => name));
  return objects.filter(({ within }) => within === null || !names.has(within));
}

function worded(verb: string, objects: readonly string[]): string[] {
  return objects.length === 0 ? [] : [`${verb} ${enumeration([...objects].sort())}`];
}
