import type { Catalog, CatalogType, Relation } from "../../core/catalog/catalog.ts";
import { type Known, notNullColumns } from "../../core/catalog/view-nullability.ts";
import { readInUsersPathSql } from "../../core/sql/own-sql.ts";
import type { Session } from "../../ports/session.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";
import { type CatalogChoice, catalogSql } from "./types-sql.ts";

/** The server's answer. */
interface Answer extends Omit<Catalog, "types" | "relations"> {
  readonly types: readonly CatalogType[];
  readonly relations: readonly ReadRelation[];
  readonly known: ReadKnown;
}

interface ReadRelation extends Relation {
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

const LIST: Shape = ["list of", {}];
const ANSWER: Shape = {
  ...{ schemas: ["list of", "text"], known: {} },
  ...{ types: LIST, relations: LIST, enums: LIST, domains: LIST, composites: LIST, routines: LIST },
};

/** Reads all objects that TypeScript types can describe, in one round trip. */
export async function readCatalog(session: Session, choice: CatalogChoice): Promise<Catalog> {
  const [row] = await session.query(readInUsersPathSql(catalogSql(choice)));
  const { known, ...answer } = jsonAnswer<Answer>(row?.row, ANSWER);
  const types = new Map(answer.types.map((type) => [type.id, type]));
  return { ...answer, types, relations: new Nullability(answer.relations, types, known).relations() };
}

/** Finds which columns can be NULL: a domain may forbid it, and a view's columns depend on its query. */
class Nullability {
  readonly #relations: ReadonlyMap<number, ReadRelation>;
  readonly #types: ReadonlyMap<number, CatalogType>;
  readonly #known: Known;
  readonly #views = new Map<number, readonly boolean[]>();

  constructor(relations: readonly ReadRelation[], types: ReadonlyMap<number, CatalogType>, known: ReadKnown) {
    this.#relations = new Map(relations.map((relation) => [relation.id, relation]));
    this.#types = types;
    this.#known = {
      isNotNull: (relation, column) => this.#isNotNull(relation, column),
      strictOperators: new Set(known.operators),
      strictFunctions: new Set(known.functions),
      countingFunctions: new Set(known.counting),
      foldingFunctions: new Set(known.folding),
    };
  }

  relations(): Relation[] {
    return [...this.#relations.values()]
      .filter(({ chosen }) => chosen)
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
