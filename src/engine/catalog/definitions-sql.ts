/*
 * Queries that return the statements of a backup, in order, made by the server from its catalog. The search path must
 * be empty, so that all names include their schemas. Each query has one column: "sql".
 */

import {
  DEPENDENT_DEFINITIONS,
  DEPENDENT_REMOVALS,
  DEPENDENTS,
  NEEDED_ROUTINES,
  unlessGone,
  whereThere,
} from "./table-dependents-sql.ts";
import { DETAILS } from "./table-details-sql.ts";
import { USER_SCHEMA } from "./user-objects.ts";

const TABLES = "SELECT pg_catalog.unnest($oids$)";

/** The tables and the views: the objects with privileges, comments, triggers and indexes. */
const RELATIONS = `${DEPENDENTS}, relations AS (${TABLES} AS oid UNION SELECT oid FROM views)`;

/** Runs the statement only if its object and these roles (an array of names) exist: the server may be another one. */
const ifRoles = (roles: string, object: string, statement: string, lookup = "to_regclass") =>
  `pg_catalog.format('DO %L;', pg_catalog.format('BEGIN IF pg_catalog.${lookup}(%L) IS NOT NULL AND NOT EXISTS (SELECT FROM pg_catalog.unnest(%L::pg_catalog.name[]) AS r(name) WHERE pg_catalog.to_regrole(pg_catalog.quote_ident(r.name)) IS NULL) THEN EXECUTE %L; END IF; END', ${object}, ${roles}, ${statement}))`;

const SEQUENCE_OPTIONS = `pg_catalog.format('INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s%s', q.seqincrement, q.seqmin, q.seqmax, q.seqstart, q.seqcache, CASE WHEN q.seqcycle THEN ' CYCLE' ELSE '' END)`;

const SEQUENCES = `pg_catalog.pg_sequence q JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = q.seqrelid
 AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0 AND d.refobjid = ANY ($oids$)`;

/** Sequences that no column owns: those that the tables' defaults use, or all of them. */
const LONE_SEQUENCES = `pg_catalog.pg_sequence q JOIN pg_catalog.pg_class c ON c.oid = q.seqrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relpersistence <> 't' AND ${USER_SCHEMA}
 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i', 'e'))
 AND ($all$ OR EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_attrdef e ON e.oid = d.objid AND e.adrelid = ANY ($oids$)
  WHERE d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = c.oid))`;

/** Dropped first: foreign keys of other tables, views, and the existing tables. */
const REMOVALS = [
  `SELECT pg_catalog.format('ALTER TABLE IF EXISTS %s DROP CONSTRAINT IF EXISTS %I;', conrelid::pg_catalog.regclass, conname) AS sql
 FROM pg_catalog.pg_constraint WHERE contype = 'f' AND conparentid = 0 AND confrelid = ANY ($oids$) AND conrelid <> ALL ($oids$) ORDER BY 1`,
  DEPENDENT_REMOVALS,
  `SELECT 'DROP TABLE IF EXISTS ' || pg_catalog.string_agg(t.oid::pg_catalog.regclass::text, ', ' ORDER BY t.oid::pg_catalog.regclass::text) || ';' AS sql
 FROM (${TABLES} AS oid) t HAVING pg_catalog.count(*) > 0`,
  `SELECT pg_catalog.format('DROP SEQUENCE IF EXISTS %s;', q.seqrelid::pg_catalog.regclass) AS sql FROM ${SEQUENCES} ORDER BY 1`,
];

/** The types of the columns, with the types they are built from. */
const TYPES = `WITH RECURSIVE used(oid) AS (
 SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE a.attrelid = ANY ($oids$) AND a.attnum > 0 AND NOT a.attisdropped
 UNION SELECT x.oid FROM used u JOIN pg_catalog.pg_type t ON t.oid = u.oid, LATERAL (
  SELECT CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.typelem END WHERE t.typtype = 'd' OR t.typcategory = 'A'
  UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind = 'c' WHERE c.oid = t.typrelid AND NOT a.attisdropped) AS x(oid))`;

const CREATE_DOMAIN = `pg_catalog.format('CREATE DOMAIN %s AS %s%s%s', pg_catalog.format_type(t.oid, NULL), pg_catalog.format_type(t.typbasetype, t.typtypmod), COALESCE(' DEFAULT ' || pg_catalog.pg_get_expr(t.typdefaultbin, 0), ''), COALESCE((SELECT pg_catalog.string_agg(pg_catalog.format(' CONSTRAINT %I %s', k.conname, pg_catalog.pg_get_constraintdef(k.oid)), '' ORDER BY k.conname) FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'), '') || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END)`;

const CREATE_COMPOSITE = `pg_catalog.format('CREATE TYPE %s AS (%s)', pg_catalog.format_type(t.oid, NULL), (SELECT pg_catalog.string_agg(pg_catalog.format('%I %s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum) FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.typrelid AND NOT a.attisdropped))`;

const ifNoType = (statement: string) =>
  `pg_catalog.format('DO %L;', pg_catalog.format('BEGIN IF pg_catalog.to_regtype(%L) IS NULL THEN EXECUTE %L; END IF; END', pg_catalog.format_type(t.oid, NULL), ${statement}))`;

/** Schemas, types, sequences and functions that the tables need, each created only if it is missing. */
const NEEDED = [
  `SELECT DISTINCT pg_catalog.format('CREATE SCHEMA IF NOT EXISTS %I;', n.nspname) AS sql FROM pg_catalog.pg_class c
 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY ($oids$) AND n.nspname <> 'public' ORDER BY 1`,
  `${TYPES} SELECT ${ifNoType(`pg_catalog.format('CREATE TYPE %s AS ENUM (%s)', pg_catalog.format_type(t.oid, NULL), (SELECT pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid))`)} AS sql
 FROM used u JOIN pg_catalog.pg_type t ON t.oid = u.oid WHERE t.typtype = 'e' ORDER BY t.oid`,
  // By age: a type that is built from another one is mostly newer.
  `${TYPES} SELECT ${ifNoType(`CASE t.typtype WHEN 'd' THEN ${CREATE_DOMAIN} ELSE ${CREATE_COMPOSITE} END`)} AS sql
 FROM used u JOIN pg_catalog.pg_type t ON t.oid = u.oid LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
 WHERE (t.typtype = 'd' OR c.relkind = 'c') AND t.typnamespace <> 'information_schema'::pg_catalog.regnamespace ORDER BY t.oid`,
  `SELECT pg_catalog.format('CREATE %sSEQUENCE %s AS %s %s;', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END, q.seqrelid::pg_catalog.regclass, pg_catalog.format_type(q.seqtypid, NULL), ${SEQUENCE_OPTIONS}) AS sql
 FROM ${SEQUENCES} JOIN pg_catalog.pg_class c ON c.oid = q.seqrelid WHERE d.deptype = 'a' ORDER BY 1`,
  `SELECT pg_catalog.format('CREATE SEQUENCE IF NOT EXISTS %s AS %s %s;', c.oid::pg_catalog.regclass, pg_catalog.format_type(q.seqtypid, NULL), ${SEQUENCE_OPTIONS}) AS sql
 FROM ${LONE_SEQUENCES} ORDER BY 1`,
  NEEDED_ROUTINES,
];

const COLUMN = `pg_catalog.format('%I %s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod))
 || CASE WHEN a.attcollation <> t.typcollation THEN (SELECT pg_catalog.format(' COLLATE %I.%I', n.nspname, k.collname) FROM pg_catalog.pg_collation k JOIN pg_catalog.pg_namespace n ON n.oid = k.collnamespace WHERE k.oid = a.attcollation) ELSE '' END
 || CASE a.attgenerated WHEN 's' THEN pg_catalog.format(' GENERATED ALWAYS AS (%s) STORED', pg_catalog.pg_get_expr(e.adbin, e.adrelid))
  WHEN 'v' THEN pg_catalog.format(' GENERATED ALWAYS AS (%s) VIRTUAL', pg_catalog.pg_get_expr(e.adbin, e.adrelid))
  ELSE COALESCE(' DEFAULT ' || pg_catalog.pg_get_expr(e.adbin, e.adrelid), '') END
 || COALESCE((SELECT pg_catalog.format(' GENERATED %s AS IDENTITY (SEQUENCE NAME %s %s)', CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, q.seqrelid::pg_catalog.regclass, ${SEQUENCE_OPTIONS})
  FROM ${SEQUENCES} WHERE d.deptype = 'i' AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum), '')
 || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END`;

const TABLE_DEFINITIONS = [
  `SELECT pg_catalog.format('CREATE %sTABLE %s (%s)%s%s;', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END, c.oid::pg_catalog.regclass,
 (SELECT pg_catalog.string_agg(${COLUMN}, ', ' ORDER BY a.attnum) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef e ON e.adrelid = a.attrelid AND e.adnum = a.attnum WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
 CASE c.relkind WHEN 'p' THEN ' PARTITION BY ' || pg_catalog.pg_get_partkeydef(c.oid) ELSE '' END,
 COALESCE(' WITH (' || pg_catalog.array_to_string(c.reloptions, ', ') || ')', '')) AS sql
 FROM pg_catalog.pg_class c WHERE c.oid = ANY ($oids$) ORDER BY c.oid`,
  `SELECT pg_catalog.format('ALTER SEQUENCE %s OWNED BY %s.%I;', q.seqrelid::pg_catalog.regclass, d.refobjid::pg_catalog.regclass, a.attname) AS sql
 FROM ${SEQUENCES} JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid WHERE d.deptype = 'a' ORDER BY 1`,
];

const FOREIGN_KEY = `pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I %s', k.conrelid::pg_catalog.regclass, k.conname, pg_catalog.pg_get_constraintdef(k.oid))`;

/** The statement for a table, or for a view if that could be re-created. */
const ofView = (oid: string, statement: string) =>
  `CASE WHEN ${oid} = ANY ($oids$) THEN ${statement} || ';' ELSE ${whereThere("to_regclass", `${oid}::pg_catalog.regclass::text`, statement)} END`;

const COMPLETIONS = [
  `SELECT pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I %s;', k.conrelid::pg_catalog.regclass, k.conname, pg_catalog.pg_get_constraintdef(k.oid)) AS sql
 FROM pg_catalog.pg_constraint k WHERE k.conrelid = ANY ($oids$) AND (k.contype = 'c' OR k.contype IN ('p', 'u', 'x') AND k.conparentid = 0) ORDER BY k.contype DESC, k.oid`,
  `SELECT pg_catalog.pg_get_indexdef(i.indexrelid) || ';' AS sql FROM pg_catalog.pg_index i WHERE i.indrelid = ANY ($oids$) AND i.indisvalid
 AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
 AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = i.indexrelid) ORDER BY i.indexrelid`,
  `SELECT CASE WHEN c.relispartition THEN pg_catalog.format('ALTER TABLE %s ATTACH PARTITION %s %s;', h.inhparent::pg_catalog.regclass, c.oid::pg_catalog.regclass, pg_catalog.pg_get_expr(c.relpartbound, c.oid))
 ELSE pg_catalog.format('ALTER TABLE %s INHERIT %s;', c.oid::pg_catalog.regclass, h.inhparent::pg_catalog.regclass) END AS sql
 FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class c ON c.oid = h.inhrelid WHERE c.oid = ANY ($oids$) ORDER BY c.oid, h.inhseqno`,
  `SELECT pg_catalog.pg_get_statisticsobjdef(s.oid) || ';' AS sql FROM pg_catalog.pg_statistic_ext s WHERE s.stxrelid = ANY ($oids$) ORDER BY s.oid`,
  `SELECT CASE WHEN k.confrelid = ANY ($oids$) THEN ${FOREIGN_KEY} || ';' ELSE ${unlessGone("k.conrelid::pg_catalog.regclass || ' ' || k.conname", FOREIGN_KEY)} END AS sql
 FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid = ANY ($oids$) ORDER BY k.oid`,
  `SELECT ${whereThere("to_regclass", "k.conrelid::pg_catalog.regclass::text", FOREIGN_KEY)} AS sql
 FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.conparentid = 0 AND k.confrelid = ANY ($oids$) AND k.conrelid <> ALL ($oids$) ORDER BY k.oid`,
  DEPENDENT_DEFINITIONS,
  `${DEPENDENTS} SELECT ${ofView("i.indrelid", "pg_catalog.pg_get_indexdef(i.indexrelid)")} AS sql FROM pg_catalog.pg_index i JOIN views v ON v.oid = i.indrelid ORDER BY i.indexrelid`,
  `${DEPENDENTS} SELECT ${ofView("e.adrelid", "pg_catalog.format('ALTER VIEW %s ALTER COLUMN %I SET DEFAULT %s', e.adrelid::pg_catalog.regclass, a.attname, pg_catalog.pg_get_expr(e.adbin, e.adrelid))")} AS sql
 FROM pg_catalog.pg_attrdef e JOIN views v ON v.oid = e.adrelid JOIN pg_catalog.pg_attribute a ON a.attrelid = e.adrelid AND a.attnum = e.adnum ORDER BY 1`,
  `${RELATIONS} SELECT ${ofView(
    "g.tgrelid",
    `pg_catalog.pg_get_triggerdef(g.oid) || CASE g.tgenabled WHEN 'O' THEN '' ELSE pg_catalog.format('; ALTER TABLE %s %s TRIGGER %I', g.tgrelid::pg_catalog.regclass,
  CASE g.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, g.tgname) END`,
  )} AS sql
 FROM pg_catalog.pg_trigger g JOIN relations r ON r.oid = g.tgrelid WHERE NOT g.tgisinternal AND g.tgparentid = 0 ORDER BY g.oid`,
  `${RELATIONS} SELECT ${ofView("w.ev_class", "pg_catalog.rtrim(pg_catalog.pg_get_ruledef(w.oid), ';')")} AS sql FROM pg_catalog.pg_rewrite w JOIN relations r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN' ORDER BY w.oid`,
];

const ROLES = `(SELECT pg_catalog.string_agg(CASE WHEN o.role = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(o.role)) END, ', ') FROM pg_catalog.unnest(p.polroles) AS o(role))`;

const KIND = "CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END";

const NAME = "c.oid::pg_catalog.regclass::text";

const grant = (target: string, acl: string, name = NAME, lookup = "to_regclass") =>
  `CASE WHEN x.grantee = 0 THEN ${whereThere(lookup, name, `pg_catalog.format('GRANT ${target} TO PUBLIC', ${acl})`)} ELSE ${ifRoles(
    "ARRAY[pg_catalog.pg_get_userbyid(x.grantee)]",
    name,
    `pg_catalog.format('GRANT ${target} TO %I%s', ${acl}, pg_catalog.pg_get_userbyid(x.grantee), CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)`,
    lookup,
  )} END AS sql`;

const ROUTINES = `${DEPENDENTS}, made AS (SELECT p.* FROM pg_catalog.pg_proc p WHERE p.oid IN (SELECT oid FROM routines))`;
const ROUTINE = "p.oid::pg_catalog.regprocedure::text";

const PROTECTION = [
  `SELECT pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', c.oid::pg_catalog.regclass) || CASE WHEN c.relforcerowsecurity THEN pg_catalog.format(' ALTER TABLE %s FORCE ROW LEVEL SECURITY;', c.oid::pg_catalog.regclass) ELSE '' END AS sql
 FROM pg_catalog.pg_class c WHERE c.oid = ANY ($oids$) AND c.relrowsecurity ORDER BY 1`,
  `SELECT ${ifRoles(
    "ARRAY(SELECT pg_catalog.pg_get_userbyid(o.role) FROM pg_catalog.unnest(p.polroles) AS o(role) WHERE o.role <> 0)",
    "p.polrelid::pg_catalog.regclass::text",
    `pg_catalog.format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', p.polname, p.polrelid::pg_catalog.regclass, CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
  CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END, ${ROLES},
  COALESCE(' USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')', ''), COALESCE(' WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')', ''))`,
  )} AS sql
 FROM pg_catalog.pg_policy p WHERE p.polrelid = ANY ($oids$) ORDER BY p.oid`,
  `${RELATIONS} SELECT ${ifRoles(
    "ARRAY[pg_catalog.pg_get_userbyid(c.relowner)]",
    NAME,
    `pg_catalog.format('ALTER ' || ${KIND} || ' %s OWNER TO %I', c.oid::pg_catalog.regclass, pg_catalog.pg_get_userbyid(c.relowner))`,
  )} AS sql FROM relations r JOIN pg_catalog.pg_class c ON c.oid = r.oid WHERE pg_catalog.pg_get_userbyid(c.relowner) <> current_user ORDER BY 1`,
  `${RELATIONS} SELECT ${whereThere("to_regclass", NAME, `pg_catalog.format('REVOKE ALL ON TABLE %s FROM PUBLIC', c.oid::pg_catalog.regclass)`)} AS sql FROM relations r JOIN pg_catalog.pg_class c ON c.oid = r.oid WHERE c.relacl IS NOT NULL ORDER BY 1`,
  `${RELATIONS} SELECT ${grant("%s ON TABLE %s", "x.privilege_type, c.oid::pg_catalog.regclass")} FROM relations r JOIN pg_catalog.pg_class c ON c.oid = r.oid, pg_catalog.aclexplode(c.relacl) AS x ORDER BY 1`,
  `${RELATIONS} SELECT ${grant("%s (%I) ON TABLE %s", "x.privilege_type, a.attname, a.attrelid::pg_catalog.regclass", "a.attrelid::pg_catalog.regclass::text")} FROM relations r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND NOT a.attisdropped, pg_catalog.aclexplode(a.attacl) AS x ORDER BY 1`,
  `SELECT ${grant("%s ON SEQUENCE %s", "x.privilege_type, c.oid::pg_catalog.regclass")} FROM ${SEQUENCES} JOIN pg_catalog.pg_class c ON c.oid = q.seqrelid, pg_catalog.aclexplode(c.relacl) AS x ORDER BY 1`,
  `${RELATIONS} SELECT ${whereThere(
    "to_regclass",
    NAME,
    `pg_catalog.format('COMMENT ON %s %s IS %L', CASE WHEN m.objsubid > 0 THEN 'COLUMN' ELSE ${KIND} END,
  c.oid::pg_catalog.regclass::text || CASE WHEN m.objsubid > 0 THEN '.' || pg_catalog.quote_ident(a.attname) ELSE '' END, m.description)`,
  )} AS sql
 FROM relations r JOIN pg_catalog.pg_class c ON c.oid = r.oid JOIN pg_catalog.pg_description m ON m.objoid = c.oid AND m.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
 LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = m.objsubid AND m.objsubid > 0 ORDER BY 1`,
  `${ROUTINES} SELECT ${ifRoles("ARRAY[pg_catalog.pg_get_userbyid(p.proowner)]", ROUTINE, `pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', ${ROUTINE}, pg_catalog.pg_get_userbyid(p.proowner))`, "to_regprocedure")} AS sql
 FROM made p WHERE pg_catalog.pg_get_userbyid(p.proowner) <> current_user ORDER BY 1`,
  `${ROUTINES} SELECT ${whereThere("to_regprocedure", ROUTINE, `pg_catalog.format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', ${ROUTINE})`)} AS sql FROM made p WHERE p.proacl IS NOT NULL ORDER BY 1`,
  `${ROUTINES} SELECT ${grant("%s ON ROUTINE %s", `x.privilege_type, ${ROUTINE}`, ROUTINE, "to_regprocedure")} FROM made p, pg_catalog.aclexplode(p.proacl) AS x ORDER BY 1`,
  `${ROUTINES} SELECT ${whereThere("to_regprocedure", ROUTINE, `pg_catalog.format('COMMENT ON ROUTINE %s IS %L', ${ROUTINE}, m.description)`)} AS sql
 FROM made p JOIN pg_catalog.pg_description m ON m.objoid = p.oid AND m.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass ORDER BY 1`,
];

/** Drops the existing tables and creates them without rows. */
export function openingQueries(oids: readonly string[], all: boolean): string[] {
  return [...REMOVALS, ...NEEDED, ...TABLE_DEFINITIONS].map((query) => withOids(query, oids, all));
}

/** Completes the tables after their rows: constraints, indexes, views, privileges. */
export function closingQueries(oids: readonly string[]): string[] {
  return [...COMPLETIONS, ...PROTECTION, ...DETAILS].map((query) => withOids(query, oids));
}

/** The sequences that the tables' columns own, as `name`. */
export function sequencesQuery(oids: readonly string[]): string {
  return withOids(`SELECT q.seqrelid::pg_catalog.regclass::text AS name FROM ${SEQUENCES} ORDER BY 1`, oids);
}

/** Sequences that no column owns, as `name`, with `up` if they ascend: those that are needed, or `all`. */
export function loneSequencesQuery(oids: readonly string[], all: boolean): string {
  return withOids(
    `SELECT c.oid::pg_catalog.regclass::text AS name, (q.seqincrement > 0)::text AS up FROM ${LONE_SEQUENCES} ORDER BY 1`,
    oids,
    all,
  );
}

/** The columns to COPY for each table: `oid`, and `columns` as a comma-separated list of quoted names. */
export function columnsQuery(oids: readonly string[]): string {
  return withOids(
    `SELECT c.oid::text AS oid, pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns
 FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
 WHERE c.oid = ANY ($oids$) GROUP BY c.oid`,
    oids,
  );
}

function withOids(query: string, oids: readonly string[], all = false): string {
  return query.replaceAll("$oids$", `'{${oids.join(",")}}'::pg_catalog.oid[]`).replaceAll("$all$", String(all));
}
