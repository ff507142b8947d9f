import { quoteIdentifier } from "../sql/quote.ts";
import type { Made, Origin } from "../trace/changed-relations.ts";
import type { Column, Relation, TracedFile, TracedStatement } from "../trace/trace.ts";
import type { RuleMatch } from "./rule.ts";

/** PostgreSQL's reserved words: as names they need quotes. */
const RESERVED = new Set(
  (
    "all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column " +
    "concurrently constraint create cross current_catalog current_date current_role current_schema current_time " +
    "current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze from " +
    "full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit " +
    "localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references " +
    "returning right select session_user similar some symmetric system_user table tablesample then to trailing true union " +
    "unique user using variadic verbose when where window with"
  ).split(" "),
);

/** A name as SQL spells it, with quotes only if it needs them. */
export function sqlName(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) && !RESERVED.has(name) ? name : quoteIdentifier(name);
}

/** A relation as SQL names it, without the schema public: `notes`, `app."Notes"`. */
export function named({ schema, name }: Pick<Relation, "schema" | "name">): string {
  return schema === "public" ? sqlName(name) : `${sqlName(schema)}.${sqlName(name)}`;
}

/** Several relations: "notes", "notes and tags", "notes and 3 more tables". */
export function namedAll(relations: readonly Pick<Relation, "schema" | "name">[]): string {
  return several([...new Set(relations.map(named))], "tables");
}

/** Several words of a kind: "a", "a and b", "a and 3 more columns". */
export function several(words: readonly string[], kind: string): string {
  const [first = "", second, ...others] = words;
  if (second === undefined) return first;
  return others.length === 0 ? `${first} and ${second}` : `${first} and ${words.length - 1} more ${kind}`;
}

/** How long a lock of this statement is held: "until the statement ends", or until COMMIT and what runs before it. */
export function until({ statements }: TracedFile, { transaction, alone, number }: TracedStatement): string {
  const later = alone ? 0 : statements.filter((one) => one.transaction === transaction && one.number > number).length;
  if (later === 0) return "until it ends";
  return `until COMMIT, after ${later === 1 ? "one more statement" : `${later} more statements`}`;
}

/** One match for each statement, at the first of the places in it. */
export function matchesOf<Place extends Origin>(
  places: readonly Place[],
  words: (found: readonly [Place, ...Place[]]) => Pick<RuleMatch, "message" | "recipe">,
): RuleMatch[] {
  const byStatement = new Map<Origin["statement"], [Place, ...Place[]]>();
  for (const place of places) {
    const found = byStatement.get(place.statement);
    if (found) found.push(place);
    else byStatement.set(place.statement, [place]);
  }
  return [...byStatement].map(([statement, found]) => {
    const offsets = found.map(({ at = 0 }) => at);
    return { statement, at: Math.min(...offsets), ...words(found) };
  });
}

/** Parts of tables in words: "a foreign key and an index of users". @param kind the plural of their kind */
export function partWords<Part extends { readonly relation: Relation }>(
  parts: readonly Part[],
  words: (part: Part) => string,
  kind: string,
): string {
  return `${several(parts.map(words), kind)} of ${namedAll(parts.map(({ relation }) => relation))}`;
}

/** Columns in words: "name and email of users". */
export function columnWords(columns: readonly Made<Column>[]): string {
  return partWords(columns, ({ part }) => sqlName(part.name), "columns");
}

/** Columns with their types: "name (character varying(40)) and country (character(2)) of users". */
export function typedColumnWords(columns: readonly Made<Column>[]): string {
  return partWords(columns, ({ part: { name, type } }) => `${sqlName(name)} (${type})`, "columns");
}
