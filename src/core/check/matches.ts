import type { Made, Origin } from "../trace/changed-relations.ts";
import type { Column, Relation } from "../trace/trace.ts";
import type { RuleMatch } from "./rule.ts";
import { namedAll, several, sqlName } from "./words.ts";

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
