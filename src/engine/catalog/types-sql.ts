import { quoteText } from "../../core/sql/quote.ts";
import { FIRST_USER_OID, noMember, userObjectsSql } from "./user-objects.ts";

/** The objects to generate types for. */
export interface CatalogChoice {
  /** Undefined for all user schemas. */
  readonly schemas: readonly string[] | undefined;
  /** SQL expressions for the names of pgstep's own tables. */
  readonly hidden: readonly string[];
}

/**
 * One row whose `row` is a JSON object with a list for each part of the catalog. Definitions have names as in the
 * search path of the session, because people read them in comments; everything else is by oid.
 */
export function catalogSql({ schemas, hidden }: CatalogChoice): string {
  const isChosen = schemas ? `nspname IN (${list(schemas)})` : "true";
  const parts = Object.entries(PARTS).map(([name, sql]) => `'${name}', ${sql}`);
  return `WITH ${userObjectsSql(hidden)},
 chosen AS MATERIALIZED (SELECT oid, nspname FROM space WHERE ${isChosen}),
 columns AS MATERIALIZED (${COLUMNS})
 SELECT pg_catalog.json_build_object(${parts.join(",\n ")})::text AS row`;
}

const list = (names: readonly string[]) => names.map(quoteText).join(", ");

const rows = (select: string) =>
  `(SELECT COALESCE(pg_catalog.json_agg(pg_catalog.row_to_json(found)), '[]') FROM (${select}) AS found)`;

const comment = (catalog: string, oid: string) => `pg_catalog.obj_description(${oid}, '${catalog}')`;

const SCHEMAS = `(SELECT COALESCE(pg_catalog.json_agg(nspname ORDER BY nspname COLLATE "C"), '[]') FROM space)`;

/** All types, those of pg_catalog included: a column may have any of them. */
const TYPES = rows(`SELECT t.oid::pg_catalog.int8 AS id, n.nspname AS schema, t.typname AS name,
 CASE t.typtype WHEN 'b' THEN 'base' WHEN 'c' THEN 'composite' WHEN 'd' THEN 'domain' WHEN 'e' THEN 'enum'
   WHEN 'r' THEN 'range' WHEN 'm' THEN 'multirange' ELSE 'pseudo' END AS kind,
 CASE WHEN t.typcategory = 'A' AND t.typlen = -1 THEN t.typelem::pg_catalog.int8 ELSE 0 END AS element,
 t.typbasetype::pg_catalog.int8 AS base, t.typnotnull AS "notNull"
 FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace`);

/** The type modifier of a character type is its length plus a header of four bytes. */
const maxLength = (type: string, modifier: string) =>
  `CASE WHEN ${type} IN ('pg_catalog.varchar'::pg_catalog.regtype, 'pg_catalog.bpchar'::pg_catalog.regtype) AND ${modifier} > 4 THEN ${modifier} - 4 END`;

/**
 * The columns of each relation, as JSON. A column whose NOT NULL was never validated may hold NULL (PostgreSQL 18).
 * OFFSET keeps PostgreSQL from looking up each column.
 */
const COLUMNS = `SELECT a.attrelid, pg_catalog.json_agg(pg_catalog.json_build_object(
  'name', a.attname, 'number', a.attnum, 'type', a.atttypid::pg_catalog.int8,
  'sqlType', pg_catalog.format_type(a.atttypid, a.atttypmod), 'maxLength', ${maxLength("a.atttypid", "a.atttypmod")},
  'nullable', NOT (a.attnotnull AND k.conrelid IS NULL),
  'given', CASE WHEN a.attgenerated <> '' OR a.attidentity = 'a' THEN 'generated'
    WHEN a.atthasdef OR a.attidentity <> '' OR y.typdefault IS NOT NULL THEN 'defaulted' ELSE 'required' END,
  'comment', d.description) ORDER BY a.attnum) AS columns
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_description d ON d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objoid = a.attrelid AND d.objsubid = a.attnum
  LEFT JOIN (SELECT conrelid, conkey FROM pg_catalog.pg_constraint WHERE contype = 'n' AND NOT convalidated AND conrelid <> 0 OFFSET 0) k
    ON k.conrelid = a.attrelid AND k.conkey[1] = a.attnum
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND c.oid >= ${FIRST_USER_OID} GROUP BY a.attrelid`;

/**
 * Tables and views. Partitions, members of extensions and relations of other schemas are not chosen, but a view may read
 * them. Views include their query as the server stores it.
 */
const RELATIONS =
  rows(`SELECT c.oid::pg_catalog.int8 AS id, n.nspname AS schema, c.relname AS name, ${comment("pg_class", "c.oid")} AS comment,
 CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind,
 COALESCE(l.columns, '[]') AS columns, r.oid IS NOT NULL AND n.oid IN (SELECT oid FROM chosen) AND NOT c.relispartition AS chosen,
 (SELECT w.ev_action::pg_catalog.text FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_type = '1' AND c.relkind IN ('v', 'm')) AS query
 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN rel r ON r.oid = c.oid LEFT JOIN columns l ON l.attrelid = c.oid
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.oid >= ${FIRST_USER_OID} AND c.relpersistence <> 't'
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`);

/** The chosen types of a kind (pg_type.typtype). @param facts SQL over the row `t`, with names */
const types = (kind: string, facts: string, join = "") =>
  rows(`SELECT t.oid::pg_catalog.int8 AS id, n.nspname AS schema, t.typname AS name, ${comment("pg_type", "t.oid")} AS comment, ${facts}
 FROM pg_catalog.pg_type t JOIN chosen n ON n.oid = t.typnamespace${join}
 WHERE t.typtype = '${kind}' AND ${noMember("pg_type", "t.oid")} ORDER BY n.nspname COLLATE "C", t.typname COLLATE "C"`);

const ENUMS = types(
  "e",
  "(SELECT COALESCE(pg_catalog.json_agg(e.enumlabel ORDER BY e.enumsortorder), '[]') FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid) AS labels",
);

const DOMAINS = types(
  "d",
  `t.typbasetype::pg_catalog.int8 AS base, t.typnotnull AS "notNull", ${maxLength("t.typbasetype", "t.typtypmod")} AS "maxLength"`,
);

/** Without the row types of tables. */
const COMPOSITES = types(
  "c",
  "COALESCE(l.columns, '[]') AS columns",
  " JOIN rel r ON r.oid = t.typrelid AND r.relkind = 'c' LEFT JOIN columns l ON l.attrelid = r.oid",
);

/** Arguments of a routine by their modes: i IN, o OUT, b INOUT, v VARIADIC, t a column of RETURNS TABLE. */
const parameters = (modes: string) => `(SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object(
  'name', COALESCE(p.proargnames[x.place], ''), 'type', x.type::pg_catalog.int8,
  'optional', x.takes > p.pronargs - p.pronargdefaults AND x.mode IN ('i', 'b', 'v'), 'variadic', x.mode = 'v') ORDER BY x.place), '[]')
  FROM (SELECT u.place, u.type, COALESCE(p.proargmodes[u.place], 'i') AS mode,
    count(*) FILTER (WHERE COALESCE(p.proargmodes[u.place], 'i') IN ('i', 'b', 'v')) OVER (ORDER BY u.place) AS takes
    FROM pg_catalog.unnest(COALESCE(p.proallargtypes, p.proargtypes::pg_catalog.oid[])) WITH ORDINALITY AS u(type, place)) AS x
  WHERE x.mode IN (${modes}))`;

const ROUTINES = rows(`SELECT n.nspname AS schema, p.proname AS name, ${comment("pg_proc", "p.oid")} AS comment,
 CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind,
 pg_catalog.format('%s(%s)', p.proname, pg_catalog.pg_get_function_arguments(p.oid)) AS signature,
 ${parameters("'i', 'b', 'v'")} AS takes, ${parameters("'o', 'b', 't'")} AS gives,
 p.prorettype::pg_catalog.int8 AS result, p.proretset AS "returnsSet"
 FROM pg_catalog.pg_proc p JOIN chosen n ON n.oid = p.pronamespace
 WHERE p.prokind IN ('f', 'p') AND p.prorettype NOT IN ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype)
 AND ${noMember("pg_proc", "p.oid")}
 ORDER BY n.nspname COLLATE "C", p.proname COLLATE "C", pg_catalog.pg_get_function_identity_arguments(p.oid) COLLATE "C"`);

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

const ids = (select: string) =>
  `(SELECT COALESCE(pg_catalog.json_agg(f.id::pg_catalog.int8), '[]') FROM (${select}) AS f(id))`;

const functionsNamed = (names: readonly string[]) =>
  ids(`SELECT p.oid FROM pg_catalog.pg_proc p WHERE p.oid < ${FIRST_USER_OID} AND ${isFunctionNamed(names)}`);

/** Excludes those of ranges: `lower` and `upper` of a range without that bound are NULL. */
const isFunctionNamed = (names: readonly string[]) =>
  `p.proname IN (${list(names)}) AND p.prorettype <> 'pg_catalog.anyelement'::pg_catalog.regtype`;

/**
 * The oids of the operators and functions in `Known`. Excluded are casts from jsonb, which return NULL for a JSON null
 * (PostgreSQL 18), and geometric operators (category G), which return NULL where nothing meets; `||` returns no NULL.
 */
const KNOWN = `pg_catalog.json_build_object(
 'operators', ${ids(`SELECT o.oid FROM pg_catalog.pg_operator o WHERE o.oid < ${FIRST_USER_OID} AND o.oprname IN (${list(OPERATORS)})
   AND o.oprleft NOT IN (SELECT t.oid FROM pg_catalog.pg_type t WHERE t.typcategory = 'G')`)},
 'functions', ${ids(`SELECT p.oid FROM pg_catalog.pg_proc p WHERE p.oid < ${FIRST_USER_OID} AND ${isFunctionNamed(FUNCTIONS)}
   UNION SELECT k.castfunc FROM pg_catalog.pg_cast k WHERE k.oid < ${FIRST_USER_OID} AND k.castfunc <> 0 AND k.castsource <> 'pg_catalog.jsonb'::pg_catalog.regtype`)},
 'counting', ${functionsNamed(COUNTING)}, 'folding', ${functionsNamed(FOLDING)})`;

const PARTS = {
  schemas: SCHEMAS,
  types: TYPES,
  relations: RELATIONS,
  enums: ENUMS,
  domains: DOMAINS,
  composites: COMPOSITES,
  routines: ROUTINES,
  known: KNOWN,
};
