import { keyOf, type ObjectKey } from "../../core/catalog/schema-object.ts";
import { quoteText } from "../../core/sql/quote.ts";
import { USER_SCHEMA } from "../catalog/objects-sql.ts";
import { EVERYTHING, type ObjectQuery, objectSelect, type Presence } from "./object-query.ts";
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
  return queriesOf(serverVersion, isPortable, present).filter(({ ifAny }) => !ifAny || present.has(ifAny));
}

/** The queries of everything that a schema can have. */
export function allQueries(serverVersion: number): readonly ObjectQuery[] {
  return queriesOf(serverVersion, false, EVERYTHING);
}

function queriesOf(serverVersion: number, isPortable: boolean, present: ReadonlySet<Presence>): ObjectQuery[] {
  return [
    ...relationQueries(serverVersion),
    ...ROUTINE_AND_TYPE_QUERIES,
    ...rareQueries(serverVersion),
    ...privilegeQueries(serverVersion, isPortable, present),
  ];
}

const DIGEST = "encode(sha256(convert_to(facts::text, 'UTF8')), 'base64')";

function listOf(row: string): string {
  return `COALESCE(json_agg(${row}), '[]')`;
}

/** One row whose `row` is a JSON list of [kind, name, within, digest]: equal digests for equal facts. */
export function digestsSql(query: SchemaQuery): string {
  return rowSql(query, listOf(`json_build_array(kind, name, within, ${DIGEST})`));
}

/**
 * The part of the schema that the open transaction may have changed: everything of the relations that it has locked for
 * a change, and all objects that take no such lock. One row whose `row` is a JSON object: `locked` are the oids of those
 * relations, dropped ones included; `relations` are [oid, name]; `objects` are [kind, name, within, digest, facts], with
 * facts only of the relations.
 */
export function touchedSql(query: SchemaQuery): string {
  const row = `json_build_object('locked', (SELECT COALESCE(json_agg(oid::int8), '[]') FROM locked),
 'relations', (SELECT COALESCE(json_agg(json_build_array(oid::int8, name)), '[]') FROM scope),
 'objects', ${listOf(`json_build_array(kind, name, within, ${DIGEST}, CASE WHEN is_of_relation THEN facts END)`)})`;
  return rowSql(query, row, { scope: "SELECT * FROM rel WHERE oid IN (SELECT oid FROM locked)" });
}

/** One row whose `row` is a JSON list of [oid, name] of all relations. */
export function relationsSql({ own }: SchemaQuery): string {
  return `${tablesSql(own, ALL)} SELECT ${listOf("json_build_array(oid::int8, name)")}::text AS row FROM rel`;
}

/** One row whose `row` is a JSON list of [kind, name, facts]. @param keys the objects to return; undefined for all */
export function factsSql({ own, queries }: SchemaQuery, keys: readonly ObjectKey[] | undefined): string {
  const row = listOf("json_build_array(kind, name, facts)");
  if (!keys) return rowSql({ own, queries }, row);
  const kinds = [...new Set(keys.map(({ kind }) => quoteText(kind)))];
  // The server applies the condition to each part of the UNION before it computes any facts.
  const where = ` WHERE kind || ' ' || name = ANY (ARRAY[${keys.map(keyOf).map(quoteText).join(", ")}]::text[])`;
  const asked = queries.filter(({ kind }) => kinds.some((one) => kind.includes(one)));
  return rowSql({ own, queries: asked }, row, { where });
}

const ALL = "SELECT * FROM rel";

function rowSql({ own, queries }: SchemaQuery, row: string, { scope = ALL, where = "" } = {}): string {
  return `${tablesSql(own, scope)}
 SELECT (${row})::text AS row FROM (
 ${queries.map(objectSelect).join("\n UNION ALL ")}) AS objects(kind, name, within, facts, is_of_relation)${where}`;
}

/**
 * Locks from SHARE UPDATE EXCLUSIVE on: no statement changes a relation under a weaker one. Some statements lock only the
 * index.
 */
const LOCKED = `SELECT COALESCE(i.indrelid, l.relation) AS oid FROM pg_locks l LEFT JOIN pg_index i ON i.indexrelid = l.relation
  WHERE l.locktype = 'relation' AND l.pid = pg_backend_pid() AND l.granted AND l.relation >= 16384 AND l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')`;

/** The tables that object queries use. @param scope SQL for the relations that are asked for */
function tablesSql(own: OwnObjects, scope: string): string {
  const tables = own.tables.map((name) => `(to_regclass(${name})::oid)`).join(", ");
  // Members of extensions, and internal parts of types: the constructors and casts of ranges.
  return `WITH members AS MATERIALIZED (SELECT classid, objid FROM pg_depend
  WHERE deptype = 'e' OR deptype = 'i' AND classid IN ('pg_proc'::regclass, 'pg_cast'::regclass)),
 own AS MATERIALIZED (SELECT oid FROM (VALUES ${tables}) AS t(oid) WHERE oid IS NOT NULL),
 space AS MATERIALIZED (SELECT n.oid, quote_ident(n.nspname) AS name, n.nspname = ${quoteText(own.schema ?? "")} AS hidden FROM pg_namespace n WHERE ${USER_SCHEMA}),
 rel AS MATERIALIZED (SELECT c.oid, c.relkind, s.name || '.' || quote_ident(c.relname) AS name FROM pg_class c JOIN space s ON s.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c') AND c.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_class'::regclass) AND c.oid NOT IN (SELECT oid FROM own)),
 locked AS MATERIALIZED (${LOCKED}),
 scope AS MATERIALIZED (${scope})`;
}
