import { at, bodyOf, kindOf, listAt, textAt } from "../parse-tree/node.ts";
import type { RangeVar, Resolve } from "../trace/resolve.ts";
import type { Index, Relation, TracedFile, TracedStatement } from "../trace/trace.ts";

/*
 * The relations that statements outside a transaction work on, by their names: a trial run observes no locks of theirs.
 */

export interface OutsideWork {
  readonly relations: readonly Relation[];
  /** The indexes that it makes or makes again; empty if that is not what it does. */
  readonly indexes: readonly Pick<Index, "columns" | "method">[];
}

/** @param resolve finds what a name means before the statement */
export function outsideWork(file: TracedFile, statement: TracedStatement, resolve: Resolve): OutsideWork {
  const body = bodyOf(statement);
  const named = (name: unknown) => resolve(name as RangeVar | undefined) ?? [];
  switch (kindOf(statement)) {
    case "IndexStmt": {
      const relations = [named(at(body, "relation"))].flat();
      const [relation] = relations;
      return { relations, indexes: relation ? [indexOf(body, relation)] : [] };
    }
    case "ReindexStmt": {
      const name = at(body, "relation");
      const isIndex = textAt(body, "kind") === "REINDEX_OBJECT_INDEX";
      const relation = isIndex ? tableOf(file, textAt(name, "relname")) : resolve(name as RangeVar | undefined);
      const indexes = relation?.indexes.filter((one) => !isIndex || one.name === textAt(name, "relname")) ?? [];
      return { relations: relation ? [relation] : [], indexes };
    }
    case "DropStmt": {
      const names = listAt(body, "objects").map((one) => textAt(listAt(one, "List", "items").at(-1), "String", "sval"));
      return { relations: names.flatMap((name) => tableOf(file, name) ?? []), indexes: [] };
    }
    case "VacuumStmt": {
      const names = listAt(body, "rels").map((one) => at(one, "VacuumRelation", "relation"));
      return { relations: names.flatMap(named), indexes: [] };
    }
    default:
      return { relations: [named(at(body, "relation"))].flat(), indexes: [] };
  }
}

/** The table that has an index of this name. */
function tableOf({ before }: TracedFile, index: string | undefined): Relation | undefined {
  return [...before.values()].find(({ indexes }) => indexes.some(({ name }) => name === index));
}

function indexOf(body: unknown, { columns }: Relation): Pick<Index, "columns" | "method"> {
  const names = listAt(body, "indexParams").map((one) => textAt(one, "IndexElem", "name"));
  return {
    columns: names.map((name) => columns.find((column) => column.name === name)?.number ?? 0),
    method: textAt(body, "accessMethod") ?? "btree",
  };
}
