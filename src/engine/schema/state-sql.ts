import { FIRST_USER_OID, userObjectsSql } from "../catalog/user-objects.ts";
import { listOf, type SchemaQuery, unionSql } from "./schema-sql.ts";

/*
 * The queries of `SchemaState`: the whole schema, and what an open transaction may have changed of it in a database that
 * no other session changes.
 */

/**
 * Locks from SHARE UPDATE EXCLUSIVE on: no statement changes a relation under a weaker one. Some statements lock only the
 * index.
 */
const LOCKED = `SELECT COALESCE(i.indrelid, l.relation) AS oid FROM pg_locks l LEFT JOIN pg_index i ON i.indexrelid = l.relation
  WHERE l.locktype = 'relation' AND l.pid = pg_backend_pid() AND l.granted AND l.relation >= ${FIRST_USER_OID} AND l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')`;

/** The catalogs of the objects that are no parts of relations; pg_type, which has a row for each relation, is not one. */
const CATALOGS_OF_OTHERS = [
  ..."pg_aggregate pg_am pg_amop pg_amproc pg_cast pg_collation pg_conversion pg_default_acl pg_description".split(" "),
  ..."pg_enum pg_event_trigger pg_extension pg_foreign_data_wrapper pg_foreign_server pg_language".split(" "),
  ..."pg_namespace pg_opclass pg_operator pg_opfamily pg_proc pg_publication pg_publication_namespace".split(" "),
  ..."pg_publication_rel pg_range pg_statistic_ext pg_subscription pg_transform pg_ts_config".split(" "),
  ..."pg_ts_config_map pg_ts_dict pg_ts_parser pg_ts_template pg_user_mapping".split(" "),
];

/** The number of rows that this session has written to those catalogs. It grows within a transaction. */
const WRITES = `(SELECT pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_inserted(c) + pg_catalog.pg_stat_get_xact_tuples_updated(c)
 + pg_catalog.pg_stat_get_xact_tuples_deleted(c)) FROM pg_catalog.unnest('{${CATALOGS_OF_OTHERS}}'::text[]) n, pg_catalog.to_regclass('pg_catalog.' || n) c)::text`;

/** One row whose `row` is the number of those rows, as text. */
export const CATALOG_WRITES = `SELECT ${WRITES} AS row`;

/** Domains, enums, ranges and base types; not the types of relations, and not arrays. */
const OWN_TYPE = "t.typtype <> 'c' AND t.typcategory <> 'A'";

/** Numbers of the objects whose removal no counter shows: types, and constraints of domains. */
const COUNTS = `json_build_array((SELECT count(*) FROM pg_type t WHERE t.oid >= ${FIRST_USER_OID} AND ${OWN_TYPE}),
 (SELECT count(*) FROM pg_constraint WHERE contypid > 0))`;

/** The row was written by the open transaction. */
const isNew = (row: string) => `age(${row}.xmin) <= (SELECT age(pg_current_xact_id_if_assigned()::xid))`;

/**
 * True if the transaction has written other objects in catalogs that nearly every transaction writes. Privileges take no
 * lock on their object. ALTER EXTENSION ADD writes only pg_depend, but locks the extension.
 */
const WROTE_OTHERS = `(current_setting('track_counts') <> 'on'
 OR EXISTS (SELECT FROM pg_type t WHERE t.oid >= ${FIRST_USER_OID} AND (${OWN_TYPE} OR t.typacl IS NOT NULL) AND ${isNew("t")})
 OR EXISTS (SELECT FROM pg_constraint k WHERE k.contypid > 0 AND ${isNew("k")})
 OR EXISTS (SELECT FROM pg_class c WHERE c.relacl IS NOT NULL AND c.oid >= ${FIRST_USER_OID} AND ${isNew("c")})
 OR CASE WHEN pg_stat_get_xact_tuples_updated('pg_attribute'::regclass) > 0 THEN EXISTS (SELECT FROM pg_attribute a WHERE a.attacl IS NOT NULL AND a.attrelid >= ${FIRST_USER_OID} AND ${isNew("a")}) ELSE false END
 OR EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'object' AND l.pid = pg_backend_pid() AND l.classid = 'pg_extension'::regclass))`;

/** [kind, name, within, facts] of objects. */
const OBJECTS = listOf("json_build_array(kind, name, within, facts)");

/** The columns of a row `r` of `rel`, as JSON: names by numbers. */
const COLUMNS =
  "(SELECT json_object_agg(a.attnum, a.attname) FROM pg_attribute a WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped)";
/** [oid, name, columns] of rows `r` of `rel`. */
const RELATIONS = listOf(`json_build_array(r.oid::int8, r.name, ${COLUMNS})`);

/** The fields of a JSON object: `relations` as `RELATIONS`, `objects` as `OBJECTS`, `counts` as `COUNTS`. */
const STATE = `'relations', (SELECT ${RELATIONS} FROM rel r), 'objects', ${OBJECTS}, 'counts', ${COUNTS}`;

/** One row whose `row` is a `STATE` of all objects. */
export function wholeSql({ own: { tables, schema }, queries }: SchemaQuery): string {
  return `WITH ${userObjectsSql(tables, schema)} SELECT json_build_object(${STATE})::text AS row FROM ${unionSql(queries)}`;
}

/** One row whose `row` is `OBJECTS`. */
export function othersSql({ own: { tables, schema }, queries }: SchemaQuery): string {
  return `WITH ${userObjectsSql(tables, schema)} SELECT ${OBJECTS}::text AS row FROM ${unionSql(queries)}`;
}

/**
 * One row whose `row` is a `STATE` of the relations that the open transaction has locked for a change, and their parts;
 * with `locked`, the oids of those relations, dropped ones included; `writes` as of `CATALOG_WRITES`; and `wroteOthers`.
 * Facts are null for a part that the transaction has not changed.
 * @param query.queries those of relations
 */
export function touchedSql({ own: { tables, schema }, queries }: SchemaQuery): string {
  return `WITH locked AS MATERIALIZED (${LOCKED}), ${userObjectsSql(tables, schema, "SELECT oid FROM locked")}
 SELECT json_build_object(${STATE}, 'locked', (SELECT COALESCE(json_agg(oid::int8), '[]') FROM locked),
 'writes', ${WRITES}, 'wroteOthers', ${WROTE_OTHERS})::text AS row FROM ${unionSql(queries, isNew)}`;
}
