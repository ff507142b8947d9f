import { parentsOf } from "./heirs.ts";
import { NAME, splitName, unquoted } from "./names.ts";
import { columnsInOrder, factsOf, type SchemaSide, type SideObject } from "./side.ts";

/** The fact of a column that says how its NOT NULL constraint is named; absent for the name that PostgreSQL would give. */
const OWN_NAME = "own name of NOT NULL";

const OWN = new RegExp(`^(?: {4}|\\t)(${NAME}) .* NOT NULL(?: NO INHERIT)?,?$`);

/**
 * The names of a table's own NOT NULL constraints by its columns as SQL, those that PostgreSQL gives included. pg_dump does
 * not write those that a child has only from its parent.
 */
export function notNullNames(side: SchemaSide, table: string): Map<string, string> {
  const [create = ""] = side.entries.get(`TABLE ${table}`)?.statements ?? [];
  const own = new Set(create.split("\n").map((line) => OWN.exec(line)?.[1]));
  const named = [...columnsInOrder(side, table)].filter(([column]) => own.has(column));
  return new Map(
    named.map(([column, name]) => [column, name === undefined ? usualName(table, column) : unquoted(name)]),
  );
}

/** The name, without quotes, that PostgreSQL gives to the NOT NULL constraint of a column. */
export function usualName(table: string, column: string): string {
  return `${unquoted(splitName(table)[1])}_${unquoted(column)}_not_null`;
}

/**
 * The schema with the names of its NOT NULL constraints among the facts. Those that a table has from its parent are left
 * out: no statement renames them.
 */
export function withNamesOfNotNull(side: SchemaSide): SchemaSide {
  const objects = new Map<string, SideObject>(side.objects);
  for (const [table, kind] of side.relations) {
    if (kind !== "table") continue;
    for (const [column, name] of columnsInOrder(side, table)) {
      const [key, object] = [`column ${table}.${column}`, side.objects.get(`column ${table}.${column}`)];
      const isInherited = parentsOf(side, table).some(
        (parent) => factsOf(side, "column", `${parent}.${column}`)?.["not null"] !== undefined,
      );
      if (name === undefined || !object || isInherited) continue;
      objects.set(key, { ...object, facts: { ...object.facts, [OWN_NAME]: unquoted(name) } });
    }
  }
  return { ...side, objects };
}
