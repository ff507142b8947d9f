import type {
  Catalog,
  CatalogType,
  CompositeType,
  DomainType,
  EnumType,
  Relation,
  Routine,
} from "../../core/catalog/catalog.ts";
import { type Known, notNullColumns } from "../../core/catalog/view-nullability.ts";
import { readInUsersPathSql } from "../../core/sql/own-sql.ts";
import type { Session } from "../../ports/session.ts";
import { jsonAnswer } from "../session/json-answer.ts";
import {
  compositesSql,
  domainsSql,
  enumsSql,
  KNOWN_SQL,
  relationsSql,
  routinesSql,
  SCHEMAS_SQL,
  TYPES_SQL,
} from "./types-sql.ts";

export interface CatalogChoice {
  /** Undefined for all user schemas. */
  readonly schemas: readonly string[] | undefined;
  /** SQL expressions for the names of pgstep's own tables. */
  readonly hidden: readonly string[];
}

interface ReadRelation extends Relation {
  readonly hidden: boolean;
  readonly chosen: boolean;
  /** The query of a view, as the server stores it; null for other relations. */
  readonly query: string | null;
}

interface ReadKnown {
  readonly operators: readonly number[];
  readonly functions: readonly number[];
  readonly counting: readonly number[];
  readonly folding: readonly number[];
}

/** Reads all objects that TypeScript types can describe, in one round trip. */
export async function readCatalog(session: Session, { schemas, hidden }: CatalogChoice): Promise<Catalog> {
  const ask = async <T>(sql: string): Promise<T[]> => {
    const [row] = await session.query(readInUsersPathSql(sql));
    return jsonAnswer<T[]>(row?.row, ["list of", {}]);
  };
  const [schemaNames, types, relations, enums, domains, composites, routines, known] = await Promise.all([
    ask<{ name: string }>(SCHEMAS_SQL),
    ask<CatalogType>(TYPES_SQL),
    ask<ReadRelation>(relationsSql(schemas, hidden)),
    ask<EnumType>(enumsSql(schemas)),
    ask<DomainType>(domainsSql(schemas)),
    ask<CompositeType>(compositesSql(schemas)),
    ask<Routine>(routinesSql(schemas)),
    ask<ReadKnown>(KNOWN_SQL),
  ]);
  const byId = new Map(types.map((type) => [type.id, type]));
  return {
    schemas: schemaNames.map(({ name }) => name),
    types: byId,
    relations: new Nullability(relations, byId, known[0]).relations(),
    enums,
    domains,
    composites,
    routines,
  };
}

/** Finds which columns can be NULL: a domain may forbid it, and a view's columns depend on its query. */
class Nullability {
  readonly #relations: ReadonlyMap<number, ReadRelation>;
  readonly #types: ReadonlyMap<number, CatalogType>;
  readonly #known: Known;
  readonly #views = new Map<number, readonly boolean[]>();

  constructor(
    relations: readonly ReadRelation[],
    types: ReadonlyMap<number, CatalogType>,
    known: ReadKnown | undefined,
  ) {
    this.#relations = new Map(relations.map((relation) => [relation.id, relation]));
    this.#types = types;
    this.#known = {
      isNotNull: (relation, column) => this.#isNotNull(relation, column),
      strictOperators: new Set(known?.operators),
      strictFunctions: new Set(known?.functions),
      countingFunctions: new Set(known?.counting),
      foldingFunctions: new Set(known?.folding),
    };
  }

  relations(): Relation[] {
    return [...this.#relations.values()]
      .filter(({ chosen, hidden }) => chosen && !hidden)
      .map((relation) => ({
        id: relation.id,
        schema: relation.schema,
        name: relation.name,
        comment: relation.comment,
        kind: relation.kind,
        columns: relation.columns.map((column) => ({
          ...column,
          nullable: !this.#isNotNull(relation.id, column.number),
        })),
      }));
  }

  #isNotNull(id: number, number: number): boolean {
    const relation = this.#relations.get(id);
    const index = relation?.columns.findIndex((column) => column.number === number) ?? -1;
    const column = relation?.columns[index];
    if (!relation || !column) return false;
    if (relation.query !== null) return this.#columnsOfView(relation, relation.query)[index] === true;
    return !column.nullable || this.#forbidsNull(column.type);
  }

  #columnsOfView({ id }: ReadRelation, query: string): readonly boolean[] {
    const found = this.#views.get(id);
    if (found) return found;
    // Rules can make views refer to each other in a circle.
    this.#views.set(id, []);
    const columns = notNullColumns(query, this.#known);
    this.#views.set(id, columns);
    return columns;
  }

  #forbidsNull(id: number): boolean {
    const type = this.#types.get(id);
    return type?.kind === "domain" && (type.notNull || this.#forbidsNull(type.base));
  }
}
