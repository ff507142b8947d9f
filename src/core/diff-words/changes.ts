import { differenceWords } from "../catalog/difference-words.ts";
import type { ObjectFacts } from "../catalog/schema-object.ts";
import type { SideDifferences } from "../diff-sides/comparison.ts";
import { grantOf } from "../diff-sides/grants.ts";
import { splitName } from "../diff-sides/names.ts";
import type { SchemaSide } from "../diff-sides/side.ts";

/** One difference of two schemas, for people. */
export interface SchemaChange {
  readonly change: "added" | "removed" | "changed";
  /** "table public.orders" */
  readonly object: string;
  /** "type text instead of integer"; empty for an object that only one schema has. */
  readonly details: readonly string[];
}

const PARTS: ReadonlySet<string> = new Set(["column", "constraint", "index", "trigger", "rule", "policy"]);

/** The differences in words, without the parts of objects that are listed themselves. */
export function schemaChanges(from: SchemaSide, to: SchemaSide, left: SideDifferences): SchemaChange[] {
  const only = (keys: readonly string[], side: SchemaSide, other: SchemaSide) =>
    keys.filter((key) => {
      const object = side.objects.get(key);
      return object && !isPartOfNew(object, other);
    });
  const changes: SchemaChange[] = [
    ...only(left.added, to, from).map((object) => ({ change: "added" as const, object, details: [] })),
    ...only(left.removed, from, to).map((object) => ({ change: "removed" as const, object, details: [] })),
    ...left.changed.flatMap((object) => {
      const [before, after] = [from.objects.get(object)?.facts, to.objects.get(object)?.facts];
      return before && after ? [{ change: "changed" as const, object, details: differenceWords(before, after) }] : [];
    }),
  ];
  changes.push(...otherPrivileges(from, to, left, changes));
  if (changes.length > 0) return changes.sort((one, other) => (one.object < other.object ? -1 : 1));
  // Only pg_dump's text differs: the name of the sequence of an identity column, or of an inherited NOT NULL constraint.
  const all = (keys: readonly string[], change: SchemaChange["change"]) =>
    keys.map((object) => ({ change, object, details: [] }));
  return [...all(left.added, "added"), ...all(left.removed, "removed"), ...all(left.changed, "changed")];
}

/** The objects with differences in pg_dump's statements for privileges that no change of a role's explains. */
function otherPrivileges(
  from: SchemaSide,
  to: SchemaSide,
  left: SideDifferences,
  changes: readonly SchemaChange[],
): SchemaChange[] {
  const keys = [...left.added, ...left.removed, ...left.changed];
  const grants = keys
    .flatMap((key) => [from, to].flatMap(({ entries }) => entries.get(key) ?? []))
    .flatMap(({ type, statements }) => (type.endsWith("ACL") ? statements : []))
    .flatMap((sql) => grantOf(sql) ?? []);
  const objects = new Set(grants.map(({ kind, name }) => `${kind} ${name}`));
  const isKnown = (object: string) =>
    changes.some((one) => one.object === object || one.object.endsWith(` on ${object}`));
  return [...objects]
    .filter((object) => !isKnown(object))
    .map((object) => ({ change: "changed", object: `privileges on ${object}`, details: [] }));
}

function isPartOfNew({ kind, name }: ObjectFacts, other: SchemaSide): boolean {
  return PARTS.has(kind) && !other.relations.has(splitName(name)[0]);
}
