import { differenceWords } from "../catalog/difference-words.ts";
import { sameFacts } from "../catalog/fingerprint.ts";
import type { ParseSql } from "../catalog/normal-query.ts";
import { objectSql } from "../catalog/object-sql.ts";
import type { FoundObject } from "../catalog/schema-object.ts";
import type { DriftedObject } from "./drift-report.ts";

type Side = ReadonlyMap<string, FoundObject>;

/** The objects that may differ, of both sides, by their keys. */
export interface Sides {
  readonly database: Side;
  readonly migrations: Side;
}

/** The objects that differ; the parts of an object that only one side has are left out. @param parse see `sameFacts` */
export function differencesOf({ database, migrations }: Sides, parse: ParseSql): DriftedObject[] {
  const changed = [...database].flatMap(([key, live]) => {
    const made = migrations.get(key);
    return made && !sameFacts(live, made, parse) ? [changedObject(live, made)] : [];
  });
  const oneSided = [
    ...oneSidedObjects("added", database, migrations),
    ...oneSidedObjects("missing", migrations, database),
  ];
  return [...changed, ...oneSided]
    .map((object) => [placeOf(object), object] as const)
    .sort(byPlace)
    .map(([, one]) => one);
}

function changedObject(live: FoundObject, made: FoundObject): DriftedObject {
  const { kind, name, within } = live;
  const details = differenceWords(made.facts, live.facts);
  return { state: "changed", kind, name, within, details, database: objectSql(live), migrations: objectSql(made) };
}

/** The objects of one side that are no parts of others which only that side has. */
function oneSidedObjects(state: "added" | "missing", side: Side, other: Side): DriftedObject[] {
  const objects = [...side].filter(([key]) => !other.has(key)).map(([, object]) => object);
  const containers = new Set(objects.filter(({ within }) => within === null).map(({ name }) => name));
  const columns = new Set(objects.filter(({ kind }) => kind === "column").map(({ name }) => name));
  const isPart = ({ kind, name, within }: FoundObject) =>
    (within !== null && containers.has(within)) || (isAbout(kind) && endings(name).some((one) => columns.has(one)));
  const parts = new Map<string | null, FoundObject[]>();
  // The server returns them in no order.
  for (const object of objects.filter(isPart).sort((one, two) => (one.name < two.name ? -1 : 1)))
    parts.set(object.within, [...(parts.get(object.within) ?? []), object]);
  return objects
    .filter((object) => !isPart(object))
    .map((object) => {
      const { kind, name, within, facts } = object;
      const sql = objectSql(object, within === null ? parts.get(name) : undefined);
      const details = Array.isArray(facts.privileges) ? [facts.privileges.join(", ")] : [];
      const isAdded = state === "added";
      return { state, kind, name, within, details, database: isAdded ? sql : null, migrations: isAdded ? null : sql };
    });
}

/** True for a kind whose objects belong to another one that their names end with. */
export function isAbout(kind: string): boolean {
  return kind === "comment" || kind.endsWith("privileges");
}

/** The texts after each space: one of them is the name of the object that a comment or privilege is on. */
export function endings(name: string): string[] {
  return [...name.matchAll(/ /g)].map(({ index }) => name.slice(index + 1));
}

/** Objects in relations follow their relation. */
function placeOf({ within, kind, name }: DriftedObject): string {
  return within === null ? `${name}\0` : `${within}\0${kind}\0${name}`;
}

function byPlace([left]: readonly [string, DriftedObject], [right]: readonly [string, DriftedObject]): number {
  return left < right ? -1 : 1;
}
