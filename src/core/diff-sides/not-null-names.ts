import { parentsOf } from "./heirs.ts";
import { splitName, unquoted } from "./names.ts";
import { columnsInOrder, factsOf, type SchemaSide, type SideObject } from "./side.ts";

/** The fact of a column that says how its NOT NULL constraint is named; absent for the name that PostgreSQL would give. */
const OWN_NAME = "own name of NOT NULL";

/** The names of the NOT NULL constraints of a table by its columns as SQL, those that PostgreSQL gives included. */
export function notNullNames(side: SchemaSide, table: string): Map<string, string> {
  const plain = unquoted(splitName(table)[1]);
  return new Map(
    [...columnsInOrder(side, table)].map(([column, name]) => [
      column,
      unquoted(name ?? `${plain}_${unquoted(column)}_not_null`),
    ]),
  );
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
