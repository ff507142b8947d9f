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

/** A difference, as far as it decides whether it counts. */
export type Difference = Pick<DriftedObject, "state" | "kind" | "name" | "within" | "details">;

/** The kinds of relations and other objects that contain some, by their names. */
export type Kinds = ReadonlyMap<string, string>;

/** Who ignores a difference; undefined for one that counts. */
export type Ignoring = (object: Difference, kinds: Kinds) => "patterns" | "platform" | undefined;

/** @param patterns the user's */
export function ignoring(surroundings: Surroundings, patterns: readonly string[]): Ignoring {
  const ofPlatform = [
    ...(platformOf(surroundings)?.objects ?? []),
    ...surroundings.extensions.flatMap((name) =>
      Object.hasOwn(EXTENSION_OBJECTS, name) ? (EXTENSION_OBJECTS[name] ?? []) : [],
    ),
  ];
  return (object, kinds) => {
    const kindOfWithin = object.within === null ? undefined : kinds.get(object.within);
    const matches = (list: readonly string[]) => matchingPattern(list, { ...object, kindOfWithin }) !== undefined;
    if (matches(patterns)) return "patterns";
    return !MADE_BY_USERS.has(`${object.state} ${object.kind}`) && matches(ofPlatform) ? "platform" : undefined;
  };
}

/** Leaves out differences that are ignored. */
export function forgive(all: readonly DriftedObject[], isIgnoredBy: Ignoring, kinds: Kinds): Forgiven {
  const listed = all.filter((object) => !isImplied(object, all));
  const judged = listed.map((object) => ({ object, by: isIgnoredBy(object, kinds) }));
  return {
    differences: judged.flatMap(({ object, by }) => (by === undefined ? [object] : [])),
    ignored: judged.filter(({ by }) => by === "patterns").length,
    ofPlatform: judged.filter(({ by }) => by === "platform").length,
  };
}

/** The role that runs the migrations of a database, and the version of its server. */
export interface Migrator {
  /** As SQL. */
  readonly migrator: string;
  readonly serverVersion: number;
}

/**
 * True for privileges that the database has although its catalog does not say so: the migrating role owns the objects;
 * and until PostgreSQL 15 everybody may create objects in schema public, whether a migration has granted that or not.
 */
export function isHad({ state, kind, name, details }: Difference, { migrator, serverVersion }: Migrator): boolean {
  if (state !== "missing" || kind !== "privileges") return false;
  const isCreate = name === "of PUBLIC on schema public" && details.join() === "CREATE";
  return name.startsWith(`of ${migrator} on `) || (serverVersion < 150_000 && isCreate);
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
