import { FIRST_USER_OID, noMember } from "../catalog/user-objects.ts";

/**
 * A query of objects of a schema. All parts are SQL. They may use the tables of `userObjectsSql`.
 */
export interface ObjectQuery {
  /** The kind in PostgreSQL's words: table, column, index ... Each kind is a text literal in it. */
  readonly kind: string;
  /** With its schema, as SQL; unique within its kind. */
  readonly name: string;
  /** The name of the object that it is dropped with, a relation; absent for top-level objects. */
  readonly within?: string;
  /**
   * Everything that defines the object, by names for people. A fact is NULL where it has PostgreSQL's default, so that
   * objects are equal on versions that do not have it yet.
   */
  readonly facts: Readonly<Record<string, string>>;
  readonly from: string;
  /**
   * A condition on rows of `from` that is true if a catalog row that holds a fact is new; names of other objects aside.
   * Absent if that cannot be said.
   * @param isNew the condition for an alias of such a row, false for NULL
   */
  readonly isChanged?: (isNew: (row: string) => string) => string;
  /** The catalog whose row `o` is the object; absent for parts of other objects, and for objects without a DROP. */
  readonly catalog?: CatalogName;
  /** True for relations and their parts, which cannot change without a lock on the relation. */
  readonly isOfRelation?: true;
  /**
   * Absent for objects that every database has. PostgreSQL needs more time to plan such a query than to run it, so the
   * queries for objects that do not exist are left out.
   */
  readonly ifAny?: Presence;
}

const ofClass = (catalog: string) => `'${catalog}'::regclass = ANY (found.classes)`;
const ofKind = (column: "relkinds" | "typtypes", kind: string) => `'${kind}' = ANY (found.${column})`;
/** Rows that were not created with the database. */
const madeLater = (catalog: string) => `EXISTS (SELECT FROM ${catalog} WHERE oid >= ${FIRST_USER_OID})`;

/** Conditions on the row of `presentSql`: the database may have such objects. */
const PRESENCE = {
  table: `${ofKind("relkinds", "r")} OR ${ofKind("relkinds", "p")}`,
  view: `${ofKind("relkinds", "v")} OR ${ofKind("relkinds", "m")}`,
  sequence: ofKind("relkinds", "S"),
  "foreign table": ofKind("relkinds", "f"),
  "composite type": ofKind("relkinds", "c"),
  trigger: ofClass("pg_trigger"),
  rewrite: ofClass("pg_rewrite"),
  policy: ofClass("pg_policy"),
  statistics: ofClass("pg_statistic_ext"),
  routine: ofClass("pg_proc"),
  aggregate: `EXISTS (SELECT FROM pg_proc WHERE prokind = 'a' AND oid >= ${FIRST_USER_OID})`,
  domain: ofKind("typtypes", "d"),
  enum: ofKind("typtypes", "e"),
  range: ofKind("typtypes", "r"),
  "base type": `${ofKind("typtypes", "b")} OR ${ofKind("typtypes", "p")}`,
  type: "found.typtypes IS NOT NULL",
  collation: ofClass("pg_collation"),
  operator: ofClass("pg_operator"),
  "operator family": ofClass("pg_opfamily"),
  "text search parser": ofClass("pg_ts_parser"),
  "text search template": ofClass("pg_ts_template"),
  "text search dictionary": ofClass("pg_ts_dict"),
  "text search configuration": ofClass("pg_ts_config"),
  conversion: ofClass("pg_conversion"),
  publication: "EXISTS (SELECT FROM pg_publication)",
  subscription: "EXISTS (SELECT FROM pg_subscription)",
  "event trigger": "EXISTS (SELECT FROM pg_event_trigger)",
  "foreign-data wrapper": "EXISTS (SELECT FROM pg_foreign_data_wrapper)",
  cast: madeLater("pg_cast"),
  transform: "EXISTS (SELECT FROM pg_transform)",
  language: madeLater("pg_language"),
  "access method": madeLater("pg_am"),
  "default privileges": "EXISTS (SELECT FROM pg_default_acl)",
  comment: `EXISTS (SELECT FROM pg_description WHERE objoid >= ${FIRST_USER_OID} OR classoid = 'pg_namespace'::regclass)`,
} as const satisfies Record<string, string>;

export type Presence = keyof typeof PRESENCE;

export const EVERYTHING: ReadonlySet<Presence> = new Set(Object.keys(PRESENCE) as Presence[]);

/** True if SQL reads one of these catalogs. */
export function mentions(sql: string, catalogs: readonly string[]): boolean {
  return catalogs.some((catalog) => new RegExp(`\\b${catalog}\\b`).test(sql));
}

/**
 * One row whose `row` is a JSON list of the conditions that are met. Objects in a schema depend on the schema.
 * @param unreadable catalogs that the role may not read
 */
export function presentSql(unreadable: readonly string[]): string {
  const readable = Object.entries(PRESENCE).filter(([, condition]) => !mentions(condition, unreadable));
  const met = readable.map(([name, condition]) => `CASE WHEN ${condition} THEN '${name}' END`);
  return `WITH found AS MATERIALIZED (SELECT
 (SELECT array_agg(DISTINCT classid) FROM pg_depend WHERE refobjid >= ${FIRST_USER_OID} OR refobjid = to_regnamespace('public')) AS classes,
 (SELECT array_agg(DISTINCT relkind) FROM pg_class WHERE oid >= ${FIRST_USER_OID}) AS relkinds,
 (SELECT array_agg(DISTINCT typtype) FROM pg_type WHERE oid >= ${FIRST_USER_OID} AND typcategory <> 'A') AS typtypes)
 SELECT to_json(array_remove(ARRAY[${met.join(", ")}], NULL))::text AS row FROM found`;
}

/** Catalogs of objects in schemas, with the prefix of their columns. */
const IN_SCHEMAS = {
  pg_class: "rel",
  pg_proc: "pro",
  pg_type: "typ",
  pg_operator: "opr",
  pg_opclass: "opc",
  pg_opfamily: "opf",
  pg_collation: "coll",
  pg_conversion: "con",
  pg_statistic_ext: "stx",
  pg_ts_parser: "prs",
  pg_ts_dict: "dict",
  pg_ts_template: "tmpl",
  pg_ts_config: "cfg",
} as const;

/** Catalogs of other objects. */
const OUTSIDE_SCHEMAS = {
  pg_extension: "ext",
  pg_event_trigger: "evt",
  pg_publication: "pub",
  pg_foreign_data_wrapper: "fdw",
  pg_foreign_server: "srv",
  pg_language: "lan",
  pg_am: "am",
  pg_cast: "cast",
  pg_transform: "trf",
} as const;

/** The prefix of a catalog's columns. Each of these catalogs has objects that DROP names. */
export const PREFIXES = { ...IN_SCHEMAS, ...OUTSIDE_SCHEMAS };

export type CatalogName = keyof typeof PREFIXES;

/** The schema's oid in a row `o` of the catalog; undefined for objects outside schemas. */
export function schemaOf(catalog: CatalogName): string | undefined {
  return catalog in IN_SCHEMAS ? `o.${PREFIXES[catalog]}namespace` : undefined;
}

/** The user's objects in a catalog, as its rows `o`; those in schemas with the schema as `s`. */
export function rowsOf(
  catalog: CatalogName,
  { join = "", where = "true" }: { readonly join?: string; readonly where?: string } = {},
) {
  const schema = schemaOf(catalog);
  const space = schema ? ` JOIN space s ON s.oid = ${schema}` : "";
  // OFFSET keeps PostgreSQL from joining its own thousands of rows first.
  const rows = `(SELECT * FROM ${catalog} WHERE oid >= ${FIRST_USER_OID} OFFSET 0) o`;
  return { catalog, from: `${rows}${space}${join} WHERE ${where} AND ${noMember(catalog)}` };
}

/** True, or absent. */
export function flag(condition: string): string {
  return `NULLIF(${condition}, false)`;
}

/** Storage parameters and options, whose order means nothing. */
export function sortedOptions(options: string): string {
  // Most objects have none: then the subquery is not run.
  return `CASE WHEN ${options} IS NOT NULL THEN (SELECT array_agg(o ORDER BY o COLLATE "C") FROM unnest(${options}) AS o) END`;
}

/** A list of texts; absent if empty. */
export function list(item: string, from: string, order = `${item} COLLATE "C"`): string {
  return `(SELECT array_agg(${item} ORDER BY ${order}) ${from})`;
}

/** A routine with its argument types; absent for 0. */
export function routine(oid: string): string {
  return `NULLIF((${oid})::regprocedure::text, '-')`;
}

/**
 * A query as SELECT of kind, name, within, facts.
 * @param isNew see `isChanged`: then facts are NULL if nothing is new
 */
export function objectSelect(
  { kind, name, within = "NULL", facts, from, isChanged }: ObjectQuery,
  isNew?: (row: string) => string,
): string {
  const pairs = Object.entries(facts).map(([label, value]) => `'${label}', ${value}`);
  const all = `jsonb_strip_nulls(jsonb_build_object(${pairs.join(", ")}))`;
  const asked = isNew && isChanged ? `CASE WHEN ${isChanged(isNew)} THEN ${all} END` : all;
  return `SELECT (${kind})::text, ${name}, (${within})::text, ${asked} FROM ${from}`;
}
