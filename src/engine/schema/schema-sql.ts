import { keyOf, type ObjectKey } from "../../core/catalog/schema-object.ts";
import { quoteText } from "../../core/sql/quote.ts";
import { USER_SCHEMA } from "../catalog/objects-sql.ts";
import { type ObjectQuery, objectSelect, type Presence } from "./object-query.ts";
import { privilegeQueries } from "./privileges-sql.ts";
import { rareQueries } from "./rare-sql.ts";
import { relationQueries } from "./relations-sql.ts";
import { ROUTINE_AND_TYPE_QUERIES } from "./routines-sql.ts";

/*
 * The objects of a database's schema: everything that pg_dump writes of a schema, except for owners, the order of
 * columns, the versions of extensions, and values.
 */

/** pgstep's own objects, which are no part of the schema. */
export interface OwnObjects {
  /** SQL expressions for the names of its tables. */
  readonly tables: readonly string[];
  /** The schema that it created for them, unquoted; undefined for schema public, which every database has. */
  readonly schema: string | undefined;
}

/** The queries of a schema's objects. */
export interface SchemaQuery {
  readonly own: OwnObjects;
  readonly queries: readonly ObjectQuery[];
}

/**
 * The queries of everything that the schema has.
 * @param serverVersion as `Backend` has it
 * @param isPortable true to compare with the schema of another server
 * @param present what `PRESENT` found
 */
export function schemaQueries(
  serverVersion: number,
  isPortable: boolean,
  present: ReadonlySet<Presence>,
): readonly ObjectQuery[] {
  return [
    ...relationQueries(serverVersion),
    ...ROUTINE_AND_TYPE_QUERIES,
    ...rareQueries(serverVersion),
    ...privilegeQueries(serverVersion, isPortable, present),
  ].filter(({ ifAny }) => ifAny === undefined || present.has(ifAny));
}

/** One row whose `row` is a JSON list of [kind, name, within, digest]: equal digests for equal facts. */
export function digestsSql(query: SchemaQuery): string {
  const digest = "encode(sha256(convert_to(facts::text, 'UTF8')), 'base64')";
  return rowSql(query, `json_build_array(kind, name, within, ${digest})`, "");
}

/** One row whose `row` is a JSON list of [kind, name, facts]. @param keys the objects to return; undefined for all */
export function factsSql({ own, queries }: SchemaQuery, keys: readonly ObjectKey[] | undefined): string {
  const row = "json_build_array(kind, name, facts)";
  if (!keys) return rowSql({ own, queries }, row, "");
  const kinds = [...new Set(keys.map(({ kind }) => quoteText(kind)))];
  // The server applies the condition to each part of the UNION before it computes any facts.
  const where = ` WHERE kind || ' ' || name = ANY (ARRAY[${keys.map(keyOf).map(quoteText).join(", ")}]::text[])`;
  return rowSql({ own, queries: queries.filter(({ kind }) => kinds.some((one) => kind.includes(one))) }, row, where);
}

function rowSql({ own, queries }: SchemaQuery, row: string, where: string): string {
  const tables = own.tables.map((name) => `(to_regclass(${name})::oid)`).join(", ");
  // Members of extensions, and internal parts of types: the constructors and casts of ranges.
  return `WITH members AS MATERIALIZED (SELECT classid, objid FROM pg_depend
  WHERE deptype = 'e' OR deptype = 'i' AND classid IN ('pg_proc'::regclass, 'pg_cast'::regclass)),
 own AS MATERIALIZED (SELECT oid FROM (VALUES ${tables}) AS t(oid) WHERE oid IS NOT NULL),
 space AS MATERIALIZED (SELECT n.oid, quote_ident(n.nspname) AS name, n.nspname = ${quoteText(own.schema ?? "")} AS hidden FROM pg_namespace n WHERE ${USER_SCHEMA}),
 rel AS MATERIALIZED (SELECT c.oid, c.relkind, s.name || '.' || quote_ident(c.relname) AS name FROM pg_class c JOIN space s ON s.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c') AND c.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_class'::regclass) AND c.oid NOT IN (SELECT oid FROM own))
 SELECT COALESCE(json_agg(${row}), '[]')::text AS row FROM (
 ${queries.map(objectSelect).join("\n UNION ALL ")}) AS objects(kind, name, within, facts)${where}`;
}
