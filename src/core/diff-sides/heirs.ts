import { factsOf, type SchemaSide } from "./side.ts";

/** The tables that a table inherits from, or is a partition of. */
export function parentsOf(side: SchemaSide, table: string): string[] {
  const { parents } = factsOf(side, "table", table) ?? {};
  return Array.isArray(parents) ? parents.map(String) : [];
}

/** True if a foreign key refers to the table, or to one that it inherits from. */
export function isReferenced(side: SchemaSide, table: string): boolean {
  const key = ` REFERENCES ${table}(`;
  const isOf = [...side.objects.values()].some(
    ({ kind, facts }) => kind === "constraint" && String(facts.definition).includes(key),
  );
  return isOf || parentsOf(side, table).some((parent) => isReferenced(side, parent));
}

/** The tables below a table, partitions included. */
export function heirsOf(side: SchemaSide, table: string): string[] {
  const below = [...side.relations.keys()].filter((one) => parentsOf(side, one).includes(table));
  return below.flatMap((one) => [one, ...heirsOf(side, one)]);
}

/** The names of the columns whose values are those of a column: its own, and those of heirs that are no partitions. */
export function storesOf(side: SchemaSide, table: string): (column: string) => string[] {
  const tables = [table, ...heirsOf(side, table).filter((one) => factsOf(side, "table", one)?.bound === undefined)];
  return (column) => tables.map((one) => `${one}.${column}`);
}

/** The columns whose values are rows of a table, or arrays of them. */
export function rowColumnsOf(side: SchemaSide, table: string): string[] {
  return [...side.objects.values()].flatMap(({ kind, name, facts }) =>
    kind === "column" && (facts.type === table || facts.type === `${table}[]`) ? [name] : [],
  );
}
