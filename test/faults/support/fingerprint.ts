import type { PostgresServer } from "../../support/postgres-server.ts";

/**
 * Everything that migrations made in a database, a line each: relations, columns, constraints, indexes, routines, and
 * the number and sum of each table's rows. Bookkeeping is not among it.
 */
export async function fingerprint(server: PostgresServer, database: string): Promise<string[]> {
  const rows = await server.query(database, FINGERPRINT_SQL);
  return rows.map((row) => String(row.line)).sort();
}

/**
 * The rows of pgstep's own tables, a line each, without times: two databases that went the same way have the same. A
 * journal must be empty by then, and no lease may be held.
 */
export async function bookkeeping(server: PostgresServer, database: string): Promise<string[]> {
  const rows = await server.query(database, BOOKKEEPING_SQL);
  return rows.map((row) => String(row.line)).sort();
}

/** Names of indexes that are not fit for use; there must be none. */
export async function brokenIndexes(server: PostgresServer, database: string): Promise<string[]> {
  const rows = await server.query(
    database,
    "SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT (indisvalid AND indisready AND indislive)",
  );
  return rows.map((row) => String(row.name));
}

/** Table of pgstep's to the query for its lines; the tables are absent until they are needed. */
const RECORDS: Readonly<Record<string, string>> = {
  schema_migrations:
    "SELECT concat_ws(' ', 'applied', version, description, checksum, md5(down_script)) AS line FROM public.schema_migrations",
  schema_migrations_steps:
    "SELECT concat_ws(' ', 'journal', version, direction, statement) AS line FROM public.schema_migrations_steps",
  schema_migrations_lease:
    "SELECT 'lease is held' AS line FROM public.schema_migrations_lease WHERE expires_at > timezone('UTC', clock_timestamp())",
  schema_migrations_seeds: "SELECT concat_ws(' ', 'seed', name, checksum) AS line FROM public.schema_migrations_seeds",
  schema_migrations_repeatable:
    "SELECT concat_ws(' ', 'repeatable', name, checksum, views) AS line FROM public.schema_migrations_repeatable",
};

const BOOKKEEPING_SQL = Object.entries(RECORDS)
  .map(
    ([table, query]) => `SELECT unnest(xpath('//line/text()', query_to_xml(CASE
  WHEN to_regclass('public.${table}') IS NULL THEN 'SELECT WHERE false' ELSE $query$${query}$query$ END, false, false, '')))::text AS line`,
  )
  .join("\nUNION ALL ");

const FINGERPRINT_SQL = `
WITH own AS (
  SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'faults')
    AND NOT starts_with(c.relname, 'schema_migrations'))
SELECT 'schema ' || nspname AS line FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp'
UNION ALL SELECT format('relation %s %s', relkind, oid::regclass) FROM own
UNION ALL SELECT format('column %s %s of %s: %s %s %s', row_number() OVER (PARTITION BY attrelid ORDER BY attnum),
    attname, attrelid::regclass, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(d.adbin, d.adrelid))
  FROM pg_attribute a JOIN own ON own.oid = a.attrelid AND own.relkind IN ('r', 'v')
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE attnum > 0 AND NOT attisdropped
UNION ALL SELECT format('constraint %s of %s: %s', k.conname, k.conrelid::regclass, pg_get_constraintdef(k.oid))
  FROM pg_constraint k JOIN own ON own.oid = k.conrelid
UNION ALL SELECT format('index %s valid %s', pg_get_indexdef(i.indexrelid), i.indisvalid)
  FROM pg_index i JOIN own ON own.oid = i.indexrelid
UNION ALL SELECT format('view %s', pg_get_viewdef(oid)) FROM own WHERE relkind = 'v'
UNION ALL SELECT format('routine %s', pg_get_functiondef(p.oid)) FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('app', 'public')
UNION ALL SELECT format('rows of %s: %s', oid::regclass, query_to_xml(format(
    'SELECT count(*), md5(string_agg(t::text, E''\\n'' ORDER BY t::text)) FROM %s AS t', oid::regclass), false, false, ''))
  FROM own WHERE relkind = 'r'`;
