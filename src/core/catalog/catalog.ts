/** What of a database can be told in TypeScript. Everything is in a stable order: by schema, then by name. */
export interface Catalog {
  /** All schemas of the user's. */
  readonly schemas: readonly string[];
  /** By object identifier: every type that a column, domain, composite type or routine has. */
  readonly types: ReadonlyMap<number, CatalogType>;
  readonly relations: readonly Relation[];
  readonly enums: readonly EnumType[];
  readonly domains: readonly DomainType[];
  readonly composites: readonly CompositeType[];
  readonly routines: readonly Routine[];
}

/** An object by its names, with its COMMENT. */
export interface Named {
  readonly schema: string;
  readonly name: string;
  readonly comment: string | null;
}

export interface CatalogType {
  readonly id: number;
  readonly schema: string;
  /** pg_type.typname: int4, timestamptz, mood. */
  readonly name: string;
  readonly kind: "base" | "composite" | "domain" | "enum" | "pseudo" | "range" | "multirange";
  /** Of an array, the type of its elements; 0 for everything else. */
  readonly element: number;
  /** Of a domain, what it is based on; 0 for everything else. */
  readonly base: number;
  readonly notNull: boolean;
}

export interface Relation extends Named {
  readonly id: number;
  readonly kind: "table" | "view" | "materialized view" | "foreign table";
  readonly columns: readonly Column[];
}

export interface Column {
  readonly name: string;
  /** 1-based; numbers of dropped columns are missing. */
  readonly number: number;
  readonly type: number;
  /** As SQL writes it: character varying(20). */
  readonly sqlType: string;
  /** The greatest length of a character type, in characters. */
  readonly maxLength: number | null;
  readonly nullable: boolean;
  /** Who gives it a value: the INSERT must, the INSERT may (there is a default), only the database does. */
  readonly given: "required" | "defaulted" | "generated";
  readonly comment: string | null;
}

export interface EnumType extends Named {
  readonly id: number;
  readonly labels: readonly string[];
}

export interface DomainType extends Named {
  readonly id: number;
  readonly base: number;
  readonly maxLength: number | null;
  readonly notNull: boolean;
}

export interface CompositeType extends Named {
  readonly id: number;
  readonly columns: readonly Column[];
}

/** A function or procedure that SQL can call; not a trigger's, not an aggregate. */
export interface Routine extends Named {
  readonly kind: "function" | "procedure";
  /** As in `CREATE FUNCTION`: add(a integer, b integer DEFAULT 1). */
  readonly signature: string;
  readonly takes: readonly Parameter[];
  /** The columns of what comes back, where it has names of its own: OUT parameters, RETURNS TABLE. */
  readonly gives: readonly Parameter[];
  /** pg_proc.prorettype */
  readonly result: number;
  readonly returnsSet: boolean;
}

export interface Parameter {
  /** "" where it has none. */
  readonly name: string;
  readonly type: number;
  readonly optional: boolean;
  readonly variadic: boolean;
}
