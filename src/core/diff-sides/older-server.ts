import type { Facts, ObjectFacts } from "../catalog/schema-object.ts";
import { NAME } from "./names.ts";
import { withNamesOfNotNull } from "./not-null-names.ts";
import type { SchemaSide, SideEntry } from "./side.ts";

/** The first major version of PostgreSQL that has something. */
export const SINCE = {
  namesOfNotNull: 18,
  maintainPrivilege: 17,
  unloggedSequences: 15,
  setAccessMethod: 15,
};

/**
 * The schema as a server of a major version has it. Statements between two such schemas run there: before 18 they name
 * no NOT NULL constraints, before 17 no privilege MAINTAIN, and before 15 they leave the sequences of an unlogged table
 * logged.
 */
export function asOnServer(side: SchemaSide, major: number): SchemaSide {
  if (major >= SINCE.namesOfNotNull) return withNamesOfNotNull(side);
  const entries = [...side.entries.values()].flatMap((entry) => entryOn(entry, major));
  const objects = [...side.objects].flatMap(([key, object]) => {
    const on = objectOn(object, major);
    return on ? [[key, on] as const] : [];
  });
  return {
    ...side,
    entries: new Map(entries.map((entry) => [entry.key, entry])),
    objects: new Map(objects),
    major,
  };
}

const WORD = " CONSTRAINT ";
const NOT_NULL = new RegExp(`^ CONSTRAINT ${NAME}( NOT NULL(?: NO INHERIT)?,?)$`);

/** A line of CREATE TABLE without the name of the NOT NULL at its end. */
function withoutName(line: string): string {
  const place = line.lastIndexOf(WORD);
  const [, notNull] = place === -1 ? [] : (NOT_NULL.exec(line.slice(place)) ?? []);
  return notNull === undefined ? line : line.slice(0, place) + notNull;
}

const VERB = /\b(?:GRANT|REVOKE) (?:GRANT OPTION FOR )?/;

/** All privileges on tables before MAINTAIN. */
const ALL_BEFORE = 7;

function entryOn(entry: SideEntry, major: number): SideEntry[] {
  const { type, statements } = entry;
  if (type === "TABLE") {
    return [{ ...entry, statements: statements.map((sql) => sql.split("\n").map(withoutName).join("\n")) }];
  }
  if (type === "SEQUENCE" && major < SINCE.unloggedSequences) {
    const left = statements.filter((sql) => !/^ALTER SEQUENCE [\s\S]* SET (?:UN)?LOGGED;$/.test(sql));
    return [{ ...entry, statements: left.map((sql) => sql.replace(/^CREATE UNLOGGED /, "CREATE ")) }];
  }
  if (major >= SINCE.maintainPrivilege || !type.endsWith("ACL")) return [entry];
  const left = statements.flatMap((sql) => {
    const verb = VERB.exec(sql);
    const start = verb ? verb.index + verb[0].length : 0;
    const end = sql.indexOf(" ON TABLE", start);
    const list = sql.slice(start, end);
    if (!verb || end === -1 || list === "ALL") return [sql];
    const kept = list.split(",").filter((one) => one !== "MAINTAIN");
    const words = kept.length === ALL_BEFORE ? "ALL" : kept.join(",");
    return kept.length === 0 ? [] : [sql.slice(0, start) + words + sql.slice(end)];
  });
  return left.length === 0 ? [] : [{ ...entry, statements: left }];
}

/** Undefined for privileges of which nothing is left. */
function objectOn(object: ObjectFacts, major: number): ObjectFacts | undefined {
  const { kind, facts } = object;
  if (kind === "sequence" && major < SINCE.unloggedSequences) {
    const { persistence: _, ...left } = facts;
    return { ...object, facts: left };
  }
  if (major >= SINCE.maintainPrivilege || !kind.endsWith("privileges") || !Array.isArray(facts.privileges))
    return object;
  const privileges = facts.privileges.filter((one) => !String(one).startsWith("MAINTAIN"));
  const left: Facts = { ...facts, privileges };
  return privileges.length === 0 ? undefined : { ...object, facts: left };
}
