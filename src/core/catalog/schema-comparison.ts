import { enumeration } from "../text/display.ts";
import { differenceWords } from "./difference-words.ts";
import { keyOf, type ObjectFacts, type ObjectKey, type SchemaObject } from "./schema-object.ts";

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
  const differences = { added: [] as SchemaObject[], removed: [] as SchemaObject[], changed: [] as SchemaObject[] };
  for (const [key, object] of after) {
    const former = before.get(key);
    if (!former) differences.added.push(object);
    else if (former !== object && former.digest !== object.digest) differences.changed.push(object);
  }
  for (const [key, object] of before) {
    if (!after.has(key)) differences.removed.push(object);
  }
  return differences;
}

export function byKey<Object extends ObjectKey>(objects: readonly Object[]): Map<string, Object> {
  return new Map(objects.map((object) => [keyOf(object), object]));
}

export function isEqual({ added, removed, changed }: SchemaDifferences): boolean {
  return added.length + removed.length + changed.length === 0;
}

/** The facts of the changed objects, by their keys. */
export interface ChangedFacts {
  readonly before: ReadonlyMap<string, Pick<ObjectFacts, "facts">>;
  readonly after: ReadonlyMap<string, Pick<ObjectFacts, "facts">>;
}

/** Verbs for the objects that a schema has in addition to another one, lacks, or defines differently. */
export interface SchemaVerbs {
  readonly added: string;
  readonly removed: string;
  readonly changed: string;
}

const AFTER_UNDOING: SchemaVerbs = { added: "leaves", removed: "does not restore", changed: "changes" };

/**
 * The differences in words that follow "it": "leaves table a.b", "changes column a.b.c (type text instead of
 * integer)"; empty if there are none.
 */
export function schemaDifferences(
  { added, removed, changed }: SchemaDifferences,
  facts: ChangedFacts,
  verbs: SchemaVerbs = AFTER_UNDOING,
): string[] {
  const inDetail = (object: SchemaObject): string => {
    const key = keyOf(object);
    const [before, after] = [facts.before.get(key)?.facts, facts.after.get(key)?.facts];
    const details = before && after ? differenceWords(before, after) : [];
    return details.length === 0 ? key : `${key} (${enumeration(details)})`;
  };
  return [
    ...worded(verbs.added, outermost(added).map(keyOf)),
    ...worded(verbs.removed, outermost(removed).map(keyOf)),
    ...worded(verbs.changed, changed.map(inDetail)),
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
