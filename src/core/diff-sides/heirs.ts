import { factsOf, type SchemaSide } from "./side.ts";

/** The tables that a table inherits from, or is a partition of. */
export function parentsOf(side: SchemaSide, table: string): string[] {
  const { parents } = factsOf(side, "table", table) ?? {};
  return Array.isArray(parents) ? parents.map(String) : [];
}

/** The tables below a table, partitions included. */
export function heirsOf(side: SchemaSide, table: string): string[] {
  const below = [...side.relations.keys()].filter((one) => parentsOf(side, one).includes(table));
  return below.flatMap((one) => [one, ...heirsOf(side, one)]);
}

export function isPartition(side: SchemaSide, table: string): boolean {
  return factsOf(side, "table", table)?.bound !== undefined;
}
