import { quoteText } from "../../core/sql/quote.ts";

/*
 * Each query returns one row with one column, "row": a JSON array as text.
 */

/** FirstNormalObjectId (access/transam.h): objects with lower oids were created with the database. */
const MADE_LATER = "16384";

const rows = (select: string) =>
  `SELECT COALESCE(pg_catalog.json_agg(pg_catalog.row_to_json(found)), '[]')::text AS row FROM (${select}) AS found`;

const USER_SCHEMA = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/**
 * A condition: the object is in one of the named schemas, or in any user schema, and not a part of an extension.
 * @param belongs dependencies that exclude an object: 'e' on an extension, 'i' as of a constructor on its range type
 */
function chosen(schemas: readonly string[] | undefined, catalog: string, oid: string, belongs = "'e'"): string {
  const schema = schemas ? `n.nspname IN (${schemas.map(quoteText).join(", ")})` : USER_SCHEMA;
  return `${schema} AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass AND d.objid = ${oid} AND d.deptype IN (${belongs}))`;
}

const comment = (catalog: string, oid: string) => `pg_catalog.obj_description(${oid}, '${catalog}')`;

export const SCHEMAS_SQL = rows(
  `SELECT n.nspname AS name FROM pg_catalog.pg_namespace n WHERE ${USER_SCHEMA} ORDER BY n.nspname COLLATE "C"`,
);

/** All types, those of pg_catalog included: a column may have any of them. */
export const TYPES_SQL = rows(`SELECT t.oid::pg_catalog.int8 AS id, n.nspname AS schema, t.typname AS name,
 CASE t.typtype WHEN 'b' THEN 'base' WHEN 'c' THEN 'composite' WHEN 'd' THEN 'domain' WHEN 'e' THEN 'enum'
   WHEN 'r' THEN 'range' WHEN 'm' THEN 'multirange' ELSE 'pseudo' END AS kind,
 CASE WHEN t.typcategory = 'A' AND t.typlen = -1 THEN t.typelem::pg_catalog.int8 ELSE 0 END AS element,
 t.typbasetype::pg_catalog.int8 AS base, t.typnotnull AS "notNull"
 FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace`);

/** The type modifier of a character type is its length plus a header of four bytes. */
const maxLength = (type: string, modifier: string) =>
  `CASE WHEN ${type} IN ('pg_catalog.varchar'::pg_catalog.regtype, 'pg_catalog.bpchar'::pg_catalog.regtype) AND ${modifier} > 4 THEN ${modifier} - 4 END`;

/** A column whose NOT NULL was never validated may hold NULL (PostgreSQL 18). */
const VALIDATED = `NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND NOT k.convalidated AND k.conkey = ARRAY[a.attnum])`;

/** The columns of the relation `c`, as JSON. */
const COLUMNS = `(SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object(
  'name', a.attname, 'number', a.attnum, 'type', a.atttypid::pg_catalog.int8,
  'sqlType', pg_catalog.format_type(a.atttypid, a.atttypmod), 'maxLength', ${maxLength("a.atttypid", "a.atttypmod")},
  'nullable', NOT (a.attnotnull AND ${VALIDATED}),
  'given', CASE WHEN a.attgenerated <> '' OR a.attidentity = 'a' THEN 'generated'
    WHEN a.atthasdef OR a.attidentity <> '' OR y.typdefault IS NOT NULL THEN 'defaulted' ELSE 'required' END,
  'comment', pg_catalog.col_description(a.attrelid, a.attnum)) ORDER BY a.attnum), '[]')
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)`;

/** Tables and views, without partitions. Views include their query as the server stores it. */
export function relationsSql(schemas: readonly string[] | undefined, hidden: readonly string[]): string {
  return rows(`SELECT c.oid::pg_catalog.int8 AS id, n.nspname AS schema, c.relname AS name, ${comment("pg_class", "c.oid")} AS comment,
 CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind,
 ${COLUMNS} AS columns, c.oid::pg_catalog.int8 = ANY (ARRAY[${hidden.map((name) => `pg_catalog.to_regclass(${name})::pg_catalog.int8`).join(", ")}]::pg_catalog.int8[]) IS TRUE AS hidden,
 ${chosen(schemas, "pg_class", "c.oid")} AND NOT c.relispartition AS chosen,
 (SELECT r.ev_action::pg_catalog.text FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type = '1' AND c.relkind IN ('v', 'm')) AS query
 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.oid >= ${MADE_LATER} AND c.relpersistence <> 't'
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`);
}

export function enumsSql(schemas: readonly string[] | undefined): string {
  return rows(`SELECT t.oid::pg_catalog.int8 AS id, n.nspname AS schema, t.typname AS name, ${comment("pg_type", "t.oid")} AS comment,
 (SELECT COALESCE(pg_catalog.json_agg(e.enumlabel ORDER BY e.enumsortorder), '[]') FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid) AS labels
 FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE t.typtype = 'e' AND ${chosen(schemas, "pg_type", "t.oid")} ORDER BY n.nspname COLLATE "C", t.typname COLLATE "C"`);
}

export function domainsSql(schemas: readonly string[] | undefined): string {
  return rows(`SELECT t.oid::pg_catalog.int8 AS id, n.nspname AS schema, t.typname AS name, ${comment("pg_type", "t.oid")} AS comment,
 t.typbasetype::pg_catalog.int8 AS base, t.typnotnull AS "notNull", ${maxLength("t.typbasetype", "t.typtypmod")} AS "maxLength"
 FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE t.typtype = 'd' AND ${chosen(schemas, "pg_type", "t.oid")} ORDER BY n.nspname COLLATE "C", t.typname COLLATE "C"`);
}

export function compositesSql(schemas: readonly string[] | undefined): string {
  return rows(`SELECT t.oid::pg_catalog.int8 AS id, n.nspname AS schema, t.typname AS name, ${comment("pg_type", "t.oid")} AS comment, ${COLUMNS} AS columns
 FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
 WHERE c.relkind = 'c' AND ${chosen(schemas, "pg_type", "t.oid")} ORDER BY n.nspname COLLATE "C", t.typname COLLATE "C"`);
}

/** Arguments of a routine by their modes: i IN, o OUT, b INOUT, v VARIADIC, t a column of RETURNS TABLE. */
const parameters = (modes: string) => `(SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object(
  'name', COALESCE(p.proargnames[x.place], ''), 'type', x.type::pg_catalog.int8,
  'optional', x.takes > p.pronargs - p.pronargdefaults AND x.mode IN ('i', 'b', 'v'), 'variadic', x.mode = 'v') ORDER BY x.place), '[]')
  FROM (SELECT u.place, u.type, COALESCE(p.proargmodes[u.place], 'i') AS mode,
    count(*) FILTER (WHERE COALESCE(p.proargmodes[u.place], 'i') IN ('i', 'b', 'v')) OVER (ORDER BY u.place) AS takes
    FROM pg_catalog.unnest(COALESCE(p.proallargtypes, p.proargtypes::pg_catalog.oid[])) WITH ORDINALITY AS u(type, place)) AS x
  WHERE x.mode IN (${modes}))`;

export function routinesSql(schemas: readonly string[] | undefined): string {
  return rows(`SELECT n.nspname AS schema, p.proname AS name, ${comment("pg_proc", "p.oid")} AS comment,
 CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind,
 pg_catalog.format('%s(%s)', p.proname, pg_catalog.pg_get_function_arguments(p.oid)) AS signature,
 ${parameters("'i', 'b', 'v'")} AS takes, ${parameters("'o', 'b', 't'")} AS gives,
 p.prorettype::pg_catalog.int8 AS result, p.proretset AS "returnsSet"
 FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE p.prokind IN ('f', 'p') AND p.prorettype NOT IN ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype)
 AND ${chosen(schemas, "pg_proc", "p.oid", "'e', 'i'")}
 ORDER BY n.nspname COLLATE "C", p.proname COLLATE "C", pg_catalog.pg_get_function_identity_arguments(p.oid) COLLATE "C"`);
}

/** Names of operators, and of functions, whose result is NULL only for NULL. `jsonb ->` is not among them. */
const OPERATORS = "= <> < <= > >= + - * / % ^ || ~~ !~~ ~~* !~~* ~ !~ ~* !~* && @> <@ & | # << >>".split(" ");
const FUNCTIONS = (
  "abs age ascii bit_length btrim cardinality ceil ceiling char_length character_length chr clock_timestamp concat " +
  "current_database date_bin date_trunc decode div encode exp floor gcd gen_random_uuid greatest initcap isfinite " +
  "json_build_array json_build_object jsonb_build_array jsonb_build_object justify_days justify_hours justify_interval " +
  "lcm left length ln log lower lpad ltrim make_date make_interval make_time make_timestamp make_timestamptz md5 mod " +
  "nextval now num_nonnulls num_nulls octet_length pi position power quote_ident quote_literal quote_nullable random " +
  "repeat replace reverse right round row_to_json rpad rtrim sha256 sign split_part sqrt starts_with " +
  "statement_timestamp strpos substr to_hex to_json to_jsonb transaction_timestamp translate trunc unaccent upper " +
  "uuidv4 uuidv7"
).split(" ");
const COUNTING = "count row_number rank dense_rank percent_rank cume_dist grouping regr_count".split(" ");
const FOLDING = (
  "max min sum avg bool_and bool_or every bit_and bit_or array_agg string_agg json_agg jsonb_agg json_object_agg " +
  "jsonb_object_agg"
).split(" ");

const list = (names: readonly string[]) => names.map(quoteText).join(", ");

const ids = (select: string) =>
  `(SELECT COALESCE(pg_catalog.json_agg(f.id::pg_catalog.int8), '[]') FROM (${select}) AS f(id))`;

const functionsNamed = (names: readonly string[]) =>
  ids(`SELECT p.oid FROM pg_catalog.pg_proc p WHERE p.oid < ${MADE_LATER} AND ${isFunctionNamed(names)}`);

/** Excludes those of ranges: `lower` and `upper` of a range without that bound are NULL. */
const isFunctionNamed = (names: readonly string[]) =>
  `p.proname IN (${list(names)}) AND p.prorettype <> 'pg_catalog.anyelement'::pg_catalog.regtype`;

/**
 * The oids of the operators and functions in `Known`. Excluded are casts from jsonb, which return NULL for a JSON null
 * (PostgreSQL 18), and geometric operators (category G), which return NULL where nothing meets; `||` returns no NULL.
 */
export const KNOWN_SQL = rows(`SELECT
 ${ids(`SELECT o.oid FROM pg_catalog.pg_operator o WHERE o.oid < ${MADE_LATER} AND o.oprname IN (${list(OPERATORS)})
   AND o.oprleft NOT IN (SELECT t.oid FROM pg_catalog.pg_type t WHERE t.typcategory = 'G')`)} AS operators,
 ${ids(`SELECT p.oid FROM pg_catalog.pg_proc p WHERE p.oid < ${MADE_LATER} AND ${isFunctionNamed(FUNCTIONS)}
   UNION SELECT k.castfunc FROM pg_catalog.pg_cast k WHERE k.oid < ${MADE_LATER} AND k.castfunc <> 0 AND k.castsource <> 'pg_catalog.jsonb'::pg_catalog.regtype`)} AS functions,
 ${functionsNamed(COUNTING)} AS counting, ${functionsNamed(FOLDING)} AS folding`);
