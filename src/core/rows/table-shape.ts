/*
 * Tables as they are seen by who makes up a row for them.
 */

/** A type of which a value is made up. */
export interface ValueType {
  readonly oid: number;
  /** As SQL names it, with its schema. */
  readonly name: string;
  /** As pg_type.typtype: "b" base, "c" composite, "d" domain, "e" enum, "r" range, "m" multirange. */
  readonly kind: string;
  /** As pg_type.typcategory: "N" numbers, "S" strings, "D" dates, "A" arrays ... */
  readonly category: string;
  /** The name in pg_type. */
  readonly typeName: string;
  /** The type of an array's elements, a domain's base or a range's values; 0 for none. */
  readonly of: number;
  /** The first label of an enum. */
  readonly label: string | null;
  /** The label of an enum that was added last. */
  readonly newest: string | null;
  /** The conditions of a domain. */
  readonly conditions: readonly string[];
  /** The types of a composite type's attributes, with their modifiers. */
  readonly attributes: readonly (readonly [type: number, modifier: number])[];
  /** The modifier of a domain's base. */
  readonly modifier: number;
  /** A value that the conditions of a domain allow, as an SQL expression. */
  readonly allowed?: string;
}

export interface TableColumn {
  readonly number: number;
  readonly name: string;
  readonly type: number;
  /** As pg_attribute.atttypmod. */
  readonly modifier: number;
  readonly required: boolean;
  /** True if it has a default or is an identity. */
  readonly filled: boolean;
  /** The default of a boolean column, as an SQL expression. */
  readonly usual: string | null;
}

/** A table that may get a row. */
export interface TableShape {
  readonly oid: number;
  /** As SQL names it, with its schema. */
  readonly name: string;
  /** Without the columns that PostgreSQL computes. */
  readonly columns: readonly TableColumn[];
  /** CHECK constraints: the name, the numbers of the columns, the condition. */
  readonly checks: readonly (readonly [name: string, columns: readonly number[], condition: string])[];
  /** Foreign keys: the own columns, the table that they refer to with its columns' names. */
  readonly references: readonly Reference[];
  /** The first bounds of a partition, and the columns that they are about; null for a table without partitions. */
  readonly bounds: string | null;
  readonly keys: readonly number[];
}

export interface Reference {
  readonly columns: readonly number[];
  readonly table: number;
  readonly tableName: string;
  readonly referred: readonly string[];
}
