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

/** Platforms change the privileges on PostgreSQL's own objects. */
const SYSTEM = ["schema pg_catalog", "schema information_schema"];

/** A difference, as far as it decides whether it counts. */
export type Difference = Pick<DriftedObject, "state" | "kind" | "name" | "within" | "details">;

/** The kinds of relations and other objects that contain some, by their names. */
export type Kinds = ReadonlyMap<string, string>;

/** Who ignores a difference; undefined for one that counts. */
export type Ignoring = (object: Difference, kinds: Kinds) => "patterns" | "platform" | undefined;

/** @param patterns the user's */
export function ignoring(surroundings: Surroundings, patterns: readonly string[]): Ignoring {
  const platform = platformOf(surroundings);
  const ofPlatform = [
    ...(platform ? [...platform.objects, ...SYSTEM] : []),
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

/** The differences between two schemas that do not count because one of these is that of a database, or both are. */
export interface IgnoredBetween {
  readonly ignoredBy: Ignoring;
  /** The states of objects that only a database has. */
  readonly states: readonly Difference["state"][];
}

/**
 * Ignores what the databases ignore. The first one sees a difference reversed: what is added is missing in it. A trigger or
 * policy that only one of two databases has counts, because the platform of the other has not created it.
 * @param first that of the first schema; undefined if it is not that of a database, as the second
 */
export function ignoredBetween(first: Ignoring | undefined, second: Ignoring | undefined): IgnoredBetween | undefined {
  if (!first && !second) return undefined;
  const ignoredBy: Ignoring = (object, kinds) => {
    const by = second?.(object, kinds) ?? first?.({ ...object, state: REVERSED[object.state] }, kinds);
    const isOfOne = first && second && object.state !== "changed" && MADE_BY_USERS.has(`missing ${object.kind}`);
    return isOfOne && by === "platform" ? undefined : by;
  };
  return { ignoredBy, states: [...(first ? ["missing" as const] : []), ...(second ? ["added" as const] : [])] };
}

const REVERSED = { added: "missing", missing: "added", changed: "changed" } as const;

/** The platform and the extensions whose own objects do not count. */
export function namesOf(surroundings: Surroundings): string[] {
  const platform = platformOf(surroundings);
  const extensions = surroundings.extensions.filter((name) => Object.hasOwn(EXTENSION_OBJECTS, name));
  return [...(platform ? [platform.name] : []), ...extensions];
}

/** Leaves out differences that are ignored. */
export function forgive(all: readonly DriftedObject[], isIgnoredBy: Ignoring, kinds: Kinds): Forgiven {
  const listed = all.filter((object) => object.state !== "added" || !isImplied(object, all));
  const judged = listed.map((object) => ({ object, by: isIgnoredBy(object, kinds) }));
  return {
    differences: judged.flatMap(({ object, by }) => (by === undefined ? [object] : [])),
    ignored: judged.filter(({ by }) => by === "patterns").length,
    ofPlatform: judged.filter(({ by }) => by === "platform").length,
  };
}

/**
 * True for privileges that the database has although its catalog does not say so, because the migrating role owns the
 * objects.
 * @param migrator the role that runs the migrations of the database, as SQL
 */
export function isHad({ state, kind, name }: Difference, migrator: string): boolean {
  return state === "missing" && kind === "privileges" && name.startsWith(`of ${migrator} on `);
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

/** True for privileges that an object got from default privileges which only the same schema has, and which are listed. */
export function isImplied({ kind, state, name, details }: Difference, all: readonly Difference[]): boolean {
  if (kind !== "privileges") return false;
  const [, grantee, of = "", schema] =
    /^of (its owner|"(?:[^"]|"")*"|\S+) on (\w+) ("(?:[^"]|"")*"|[^."]+)/s.exec(name) ?? [];
  const future = FUTURE[of];
  if (future === undefined) return false;
  return all.some(
    (one) =>
      one.kind === "privileges" &&
      one.state === state &&
      one.name.startsWith(`of ${grantee} on future ${future} `) &&
      (one.name.endsWith(` in schema ${schema}`) || !one.name.includes(" in schema ")) &&
      one.details.join() === details.join(),
  );
}
