import type { DriftedObject } from "./drift-report.ts";
import { matchingPattern } from "./patterns.ts";
import { EXTENSION_OBJECTS, PLATFORMS, type Platform } from "./platforms.ts";

/** The environment of a database, as far as it creates objects by itself. */
export interface Surroundings {
  /** The names of the roles of its server that platforms are known by. */
  readonly roles: readonly string[];
  readonly extensions: readonly string[];
}

export interface Forgiven {
  readonly differences: readonly DriftedObject[];
  readonly ignored: number;
  readonly ofPlatform: number;
}

export function platformOf({ roles }: Surroundings): Platform | undefined {
  return PLATFORMS.find(({ role }) => roles.includes(role));
}

/**
 * Leaves out differences that patterns ignore, and those that come from the platform or from extensions.
 * @param patterns the user's
 * @param kinds the kinds of relations and other objects that contain some, by their names
 */
export function forgive(
  all: readonly DriftedObject[],
  surroundings: Surroundings,
  { patterns, kinds }: { readonly patterns: readonly string[]; readonly kinds: ReadonlyMap<string, string> },
): Forgiven {
  const ofPlatform = [
    ...(platformOf(surroundings)?.objects ?? []),
    ...surroundings.extensions.flatMap((name) =>
      Object.hasOwn(EXTENSION_OBJECTS, name) ? (EXTENSION_OBJECTS[name] ?? []) : [],
    ),
  ];
  const matches = (list: readonly string[], object: DriftedObject) =>
    matchingPattern(list, {
      ...object,
      kindOfWithin: object.within === null ? undefined : kinds.get(object.within),
    }) !== undefined;
  const isOwn = (object: DriftedObject) => matches(patterns, object);
  const isOfPlatform = (object: DriftedObject) =>
    !MADE_BY_USERS.has(`${object.state} ${object.kind}`) && matches(ofPlatform, object);
  const listed = all.filter((object) => !isImplied(object, all));
  const counted = listed.filter((object) => !isOwn(object));
  const differences = counted.filter((object) => !isOfPlatform(object));
  return { differences, ignored: listed.length - counted.length, ofPlatform: counted.length - differences.length };
}

/** Migrations create these on the tables of a platform, which does not drop them. */
const MADE_BY_USERS: ReadonlySet<string> = new Set(["missing trigger", "missing policy"]);

/** Objects of default privileges, by the kind of object that gets them. */
const FUTURE: Readonly<Record<string, string>> = {
  table: "tables",
  sequence: "sequences",
  function: "functions",
  procedure: "functions",
  type: "types",
  schema: "schemas",
};

/** True for privileges that an object got from default privileges which only the database has, and which are listed. */
function isImplied({ kind, state, name, details }: DriftedObject, all: readonly DriftedObject[]): boolean {
  if (kind !== "privileges" || state !== "added") return false;
  const [, grantee, of = "", schema] =
    /^of (its owner|"(?:[^"]|"")*"|\S+) on (\w+) ("(?:[^"]|"")*"|[^."]+)/s.exec(name) ?? [];
  const future = FUTURE[of];
  if (future === undefined) return false;
  return all.some(
    (one) =>
      one.kind === "privileges" &&
      one.state === "added" &&
      one.name.startsWith(`of ${grantee} on future ${future} `) &&
      (one.name.endsWith(` in schema ${schema}`) || !one.name.includes(" in schema ")) &&
      one.details.join() === details.join(),
  );
}
