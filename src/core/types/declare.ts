import type { Catalog, CatalogType, Column, Named, Parameter, Relation, Routine } from "../catalog/catalog.ts";
import type { Declaration, Field, Shape, TableField } from "./declaration.ts";
import { arrayOf, type Driver, type Scalar, scalarOf } from "./driver-types.ts";
import { NameGiver, typeName } from "./names.ts";

export interface DeclareOptions {
  readonly driver: Driver;
  /** The user's own TypeScript for types ("int8") and columns ("users.meta", "public.users.meta"). */
  readonly overrides: ReadonlyMap<string, string>;
  /** The schema whose objects are named without a schema. */
  readonly mainSchema: string;
}

/** The declarations for a catalog, in the order of the catalog, each name used once. */
export function declareTypes(catalog: Catalog, options: DeclareOptions): Declaration[] {
  return new Declarer(catalog, options).all();
}

/** Names that the generated files declare or import, and globals that they use. */
const TAKEN = (
  "Json Database Record Date Uint8Array Int32Array Float32Array ColumnType Generated GeneratedAlways Insertable Selectable " +
  "Updateable"
).split(" ");

class Declarer {
  readonly #catalog: Catalog;
  readonly #options: DeclareOptions;
  /** By the type's object identifier. */
  readonly #named = new Map<number, string>();
  readonly #names = new NameGiver(TAKEN);

  constructor(catalog: Catalog, options: DeclareOptions) {
    this.#catalog = catalog;
    this.#options = options;
  }

  all(): Declaration[] {
    const { enums, domains, composites, relations, routines } = this.#catalog;
    // Tables get their names first: another enum must not rename a table's types.
    const relationNames = relations.map((one) => this.#nameOf(one, ["Insert", "Update", "Table"]));
    for (const one of [...enums, ...domains, ...composites]) this.#named.set(one.id, this.#nameOf(one));
    return [
      ...enums.map(
        (one): Declaration => ({
          kind: "enum",
          name: this.#nameOfType(one.id),
          comment: comment(one),
          labels: one.labels,
        }),
      ),
      ...domains.map(
        (one): Declaration => ({
          kind: "alias",
          name: this.#nameOfType(one.id),
          comment: comment(one),
          shape: this.#gives(one.base),
        }),
      ),
      ...composites.map(
        (one): Declaration => ({
          kind: "record",
          name: this.#nameOfType(one.id),
          comment: comment(one),
          fields: one.columns.map((column) => this.#field(column)),
        }),
      ),
      ...relations.map(
        (one, index): Declaration => ({
          kind: "relation",
          name: relationNames[index] ?? "",
          comment: comment(one),
          key: one.schema === this.#options.mainSchema ? one.name : `${one.schema}.${one.name}`,
          writable: one.kind === "table" || one.kind === "foreign table",
          fields: one.columns.map((column) => this.#tableField(one, column)),
        }),
      ),
      ...routines.flatMap((one) => this.#routine(one)),
    ];
  }

  #nameOf({ schema, name }: Named, endings: readonly string[] = []): string {
    const words = schema === this.#options.mainSchema ? name : `${schema}_${name}`;
    return this.#names.give(typeName(words), endings);
  }

  #nameOfType(id: number): string {
    return this.#named.get(id) ?? "";
  }

  #field(column: Column): Field {
    const shape = this.#gives(column.type);
    return {
      key: column.name,
      comment: columnComment(column, shape),
      shape,
      nullable: column.nullable,
      optional: false,
    };
  }

  #tableField({ schema, name }: Relation, column: Column): TableField {
    const { overrides } = this.#options;
    const own =
      overrides.get(`${schema}.${name}.${column.name}`) ??
      (schema === this.#options.mainSchema ? overrides.get(`${name}.${column.name}`) : undefined);
    const shape: Shape = own === undefined ? this.#gives(column.type) : { kind: "own", type: own };
    return {
      key: column.name,
      comment: columnComment(column, shape),
      shape,
      takes: own === undefined ? this.#takes(column.type) : shape,
      maxLength: column.maxLength,
      nullable: column.nullable,
      given: column.given,
    };
  }

  #routine(routine: Routine): Declaration[] {
    const base = this.#nameOf(routine, ["Arguments", "Result"]);
    const about = comment(routine, routine.signature);
    const declarations: Declaration[] = [];
    if (routine.takes.length > 0) {
      declarations.push({
        kind: "record",
        name: `${base}Arguments`,
        comment: about,
        fields: this.#parameters(routine.takes, "takes"),
      });
    }
    const name = `${base}Result`;
    const row = routine.gives.length > 0 ? this.#parameters(routine.gives, "gives") : this.#columnsOf(routine.result);
    const result = `${routine.returnsSet ? "A row" : "The result"} of ${routine.signature}.`;
    if (row) {
      declarations.push({ kind: "record", name, comment: result, fields: row });
    } else {
      const shape = this.#gives(routine.result);
      const isVoid = shape.kind === "scalar" && shape.type === "void";
      const nothing: Shape = { kind: "scalar", type: "null", zod: "z.null()" };
      declarations.push({
        kind: "alias",
        name,
        comment: result,
        shape: isVoid ? shape : { kind: "either", of: [shape, nothing] },
      });
    }
    return declarations;
  }

  #parameters(parameters: readonly Parameter[], direction: "gives" | "takes"): Field[] {
    return parameters.map(({ name, type, optional }, index) => ({
      key: name === "" ? `$${index + 1}` : name,
      comment: "",
      shape: direction === "gives" ? this.#gives(type) : this.#takes(type),
      nullable: true,
      optional,
    }));
  }

  /** The columns of a composite type, or of a table's row. */
  #columnsOf(type: number): Field[] | undefined {
    const { composites, relations, types } = this.#catalog;
    const found = types.get(type);
    if (found?.kind !== "composite") return undefined;
    const columns =
      composites.find(({ id }) => id === type)?.columns ??
      relations.find(({ schema, name }) => schema === found.schema && name === found.name)?.columns;
    return columns?.map((column) => ({ ...this.#field(column), nullable: true }));
  }

  #gives(type: number): Shape {
    return this.#shape(type, "gives");
  }

  #takes(type: number): Shape {
    return this.#shape(type, "takes");
  }

  #shape(id: number, direction: "gives" | "takes"): Shape {
    const type = this.#catalog.types.get(id);
    if (!type) return scalar({ type: "unknown", zod: "z.unknown()" });
    const own = this.#options.overrides.get(type.name) ?? this.#options.overrides.get(`${type.schema}.${type.name}`);
    if (own !== undefined) return { kind: "own", type: own };
    if (type.element !== 0) return this.#array(type, direction);
    const name = this.#named.get(id);
    if (type.kind === "enum" && name) return { kind: "named", name };
    if (type.kind === "domain") {
      const base = this.#shape(type.base, direction);
      return name && (direction === "gives" || same(base, this.#gives(type.base))) ? { kind: "named", name } : base;
    }
    return scalar(scalarOf(this.#options.driver, isBuiltIn(type) ? type.name : "text")[direction]);
  }

  #array(type: CatalogType, direction: "gives" | "takes"): Shape {
    const element = this.#catalog.types.get(type.element);
    const { parsed, elements, or } = arrayOf(
      this.#options.driver,
      element?.name ?? "",
      element !== undefined && isBuiltIn(element),
    );
    const plain = scalar({ type: "string", zod: "z.string()" });
    const of = this.#shape(type.element, direction);
    if (direction === "takes") return { kind: "array", of };
    if (!parsed) return plain;
    const array: Shape = { kind: "array", of: elements && element?.kind !== "enum" ? scalar(elements) : of };
    return or ? { kind: "either", of: [array, scalar(or)] } : array;
  }
}

function scalar(value: Scalar): Shape {
  return { kind: "scalar", ...value };
}

function same(one: Shape, other: Shape): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function isBuiltIn({ schema }: CatalogType): boolean {
  return schema === "pg_catalog";
}

function comment(named: Named, otherwise = ""): string {
  return named.comment ?? otherwise;
}

/** The comment, and the SQL type if TypeScript expresses less than SQL. */
function columnComment({ comment: text, sqlType }: Column, shape: Shape): string {
  const typeLines = shape.kind === "named" || PLAIN.has(sqlType) ? [] : [sqlType];
  return [...(text === null ? [] : [text]), ...typeLines].join("\n\n");
}

/** SQL types that TypeScript expresses fully. */
const PLAIN = new Set([
  "text",
  "integer",
  "boolean",
  "double precision",
  "json",
  "jsonb",
  "bytea",
  "text[]",
  "integer[]",
]);
