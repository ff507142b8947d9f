/** The database objects that TypeScript types are generated from, ordered by schema, then by name. */
export interface Catalog {
  /** All schemas except the system's. */
  readonly schemas: readonly string[];
  /** The types of all columns, domains, composite types and routines, by object identifier. */
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
  /** The element type of an array; 0 for other types. */
  readonly element: number;
  /** The base type of a domain; 0 for other types. */
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
  /** In SQL notation: character varying(20). */
  readonly sqlType: string;
  /** The greatest length of a character type, in characters. */
  readonly maxLength: number | null;
  readonly nullable: boolean;
  /** Who sets the value: INSERT must, INSERT may (there is a default), or only the database. */
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

/** A function or procedure that SQL can call; no trigger functions, no aggregates. */
export interface Routine extends Named {
  readonly kind: "function" | "procedure";
  /** As in `CREATE FUNCTION`: add(a integer, b integer DEFAULT 1). */
  readonly signature: string;
  readonly takes: readonly Parameter[];
  /** The named columns of the result: OUT parameters, RETURNS TABLE. */
  readonly gives: readonly Parameter[];
  /** pg_proc.prorettype */
  readonly result: number;
  readonly returnsSet: boolean;
}

export interface Parameter {
  /** "" if it has no name. */
  readonly name: string;
  readonly type: number;
  readonly optional: boolean;
  readonly variadic: boolean;
}
