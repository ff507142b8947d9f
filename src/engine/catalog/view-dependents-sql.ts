/*
 * Catalog queries to drop and re-create views and their dependents
 * (PostgreSQL documentation, system catalogs: pg_depend, pg_rewrite; functions pg_get_viewdef ...).
 *
 * The search path must be empty, so that all names in the results include their schemas. Functions need no schema here;
 * catalogs do, as temporary tables would still come before them.
 */

import { FIRST_USER_OID } from "./user-objects.ts";

const RELATION = "'pg_catalog.pg_class'::regclass::oid";
const ROUTINE = "'pg_catalog.pg_proc'::regclass::oid";
const TYPE = "'pg_catalog.pg_type'::regclass::oid";
const RULE = "'pg_catalog.pg_rewrite'::regclass::oid";
const TRIGGER = "'pg_catalog.pg_trigger'::regclass::oid";
const DEFAULT = "'pg_catalog.pg_attrdef'::regclass::oid";
const STATISTICS = "'pg_catalog.pg_statistic_ext'::regclass::oid";

/**
 * `edges` lead from an object (`on_class`, `on_oid`) to a dependent (`class`, `oid`). A row type and its array count as
 * their relation, and the rule with a view's query as the view. A relation's own indexes, triggers, defaults, rules and
 * statistics are not its dependents.
 */
const EDGES = `
row_types(type, relation) AS (
  SELECT oid, typrelid FROM pg_catalog.pg_type WHERE typrelid <> 0
  UNION ALL SELECT typarray, typrelid FROM pg_catalog.pg_type WHERE typrelid <> 0
),
own(class, oid, relation) AS (
  SELECT ${RELATION}, indexrelid, indrelid FROM pg_catalog.pg_index
  UNION ALL SELECT ${TRIGGER}, oid, tgrelid FROM pg_catalog.pg_trigger
  UNION ALL SELECT ${DEFAULT}, oid, adrelid FROM pg_catalog.pg_attrdef
  UNION ALL SELECT ${RULE}, oid, ev_class FROM pg_catalog.pg_rewrite
  UNION ALL SELECT ${STATISTICS}, oid, stxrelid FROM pg_catalog.pg_statistic_ext
),
links AS (
  SELECT
    CASE WHEN d.refclassid = ${TYPE} THEN ${RELATION} ELSE d.refclassid END AS on_class,
    CASE WHEN d.refclassid = ${TYPE} THEN r.relation ELSE d.refobjid END AS on_oid,
    CASE WHEN q.oid IS NULL THEN d.classid ELSE ${RELATION} END AS class,
    COALESCE(q.ev_class, d.objid) AS oid
  FROM pg_catalog.pg_depend d
  LEFT JOIN row_types r ON d.refclassid = ${TYPE} AND r.type = d.refobjid
  LEFT JOIN pg_catalog.pg_rewrite q ON d.classid = ${RULE} AND q.oid = d.objid AND q.rulename = '_RETURN'
  WHERE d.refclassid IN (${RELATION}, ${TYPE}, ${ROUTINE}) AND d.deptype IN ('n', 'a') AND d.refobjid >= ${FIRST_USER_OID}
),
edges AS MATERIALIZED (
  SELECT DISTINCT l.on_class, l.on_oid, l.class, l.oid FROM links l
  WHERE l.on_oid IS NOT NULL AND (l.on_class, l.on_oid) <> (l.class, l.oid) AND NOT EXISTS (
    SELECT FROM own o WHERE (o.class, o.oid) = (l.class, l.oid) AND (${RELATION}, o.relation) = (l.on_class, l.on_oid))
)`;

/**
 * `dependents` are the listed relations and all objects that depend on them. Each has a higher level than those it
 * depends on; the limit ends a circle.
 */
const dependents = (roots: string) => `
dependents(class, oid) AS (
  SELECT ${RELATION}, root FROM unnest(${roots}) AS root
  UNION SELECT e.class, e.oid FROM dependents d JOIN edges e ON (e.on_class, e.on_oid) = (d.class, d.oid)
),
paths(class, oid, level) AS (
  SELECT class, oid, 0 FROM dependents
  UNION SELECT e.class, e.oid, p.level + 1 FROM paths p JOIN edges e ON (e.on_class, e.on_oid) = (p.class, p.oid)
  WHERE p.level < (SELECT count(*) FROM dependents)
),
levels(class, oid, level) AS (SELECT class, oid, max(level) FROM paths GROUP BY class, oid)`;

/**
 * `objects` are the dependents that can be re-created, views and routines, with their keywords in statements. An
 * aggregate has no definition.
 */
const OBJECTS = `
views AS (
  SELECT c.*, c.oid::regclass::text AS name, CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END AS word
  FROM dependents d JOIN pg_catalog.pg_class c ON d.class = ${RELATION} AND c.oid = d.oid WHERE c.relkind IN ('v', 'm')
),
objects AS (
  SELECT ${RELATION} AS class, v.oid, v.name, lower(v.word) AS kind, v.word,
    v.name AS granted, 'TABLE' AS altered, v.relowner AS owner, v.relacl AS acl, 'r'::"char" AS acl_type,
    format('CREATE %s %s', v.word, v.name)
      || COALESCE(' USING ' || quote_ident(am.amname), '')
      || COALESCE(' WITH (' || array_to_string(v.reloptions, ', ') || ')', '')
      || COALESCE(' TABLESPACE ' || quote_ident(ts.spcname), '')
      || ' AS ' || rtrim(pg_get_viewdef(v.oid), '; ')
      || CASE WHEN v.relkind = 'v' THEN '' WHEN v.relispopulated THEN ' WITH DATA' ELSE ' WITH NO DATA' END AS definition
  FROM views v
  LEFT JOIN pg_catalog.pg_am am ON am.oid = v.relam
  LEFT JOIN pg_catalog.pg_tablespace ts ON ts.oid = v.reltablespace
  UNION ALL
  SELECT d.class, p.oid, p.oid::regprocedure::text, 'function', 'ROUTINE',
    'ROUTINE ' || p.oid::regprocedure, 'ROUTINE', p.proowner, p.proacl, 'f',
    CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END
  FROM dependents d JOIN pg_catalog.pg_proc p ON d.class = ${ROUTINE} AND p.oid = d.oid
)`;

const role = (oid: string) => `CASE WHEN ${oid} = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(${oid})) END`;
const GRANTEE = `${role("a.grantee")} || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END`;

/** Statements that restore the privileges, comments and parts of objects, by object and in order. */
const STATEMENTS = `
-- The privileges just so, whatever default privileges add when the object is made.
default_grantees(acl_type, names) AS (
  SELECT d.defaclobjtype, string_agg(DISTINCT ', ' || ${role("a.grantee")}, '')
  FROM pg_catalog.pg_default_acl d, aclexplode(d.defaclacl) a GROUP BY d.defaclobjtype
),
grants(class, oid, rank, sql) AS (
  SELECT o.class, o.oid, 0, format('REVOKE ALL ON %s FROM PUBLIC, %s%s', o.granted, ${role("o.owner")}, g.names)
  FROM objects o LEFT JOIN default_grantees g USING (acl_type)
  UNION ALL SELECT o.class, o.oid, 1, format('GRANT %s ON %s TO %s', a.privilege_type, o.granted, ${GRANTEE})
  FROM objects o, aclexplode(COALESCE(o.acl, acldefault(o.acl_type, o.owner))) a
),
column_grants(class, oid, rank, sql) AS (
  SELECT ${RELATION}, v.oid, 0, format('GRANT %s (%I) ON %s TO %s', a.privilege_type, t.attname, v.name, ${GRANTEE})
  FROM views v JOIN pg_catalog.pg_attribute t ON t.attrelid = v.oid AND NOT t.attisdropped, aclexplode(t.attacl) a
),
comments(class, oid, rank, "column", sql) AS (
  SELECT o.class, o.oid, d.objsubid, t.attname, format('COMMENT ON %s IS %L',
    CASE d.objsubid WHEN 0 THEN format('%s %s', o.word, o.name) ELSE format('COLUMN %s.%I', o.name, t.attname) END, d.description)
  FROM objects o
  JOIN pg_catalog.pg_description d ON d.classoid = o.class AND d.objoid = o.oid
  LEFT JOIN pg_catalog.pg_attribute t ON o.class = ${RELATION} AND t.attrelid = o.oid AND t.attnum = d.objsubid AND d.objsubid > 0
),
parts(class, oid, rank, sql) AS (
  SELECT ${RELATION}, v.oid, 0, format('ALTER VIEW %s ALTER COLUMN %I SET DEFAULT %s', v.name, t.attname, pg_get_expr(d.adbin, d.adrelid))
  FROM views v
  JOIN pg_catalog.pg_attrdef d ON d.adrelid = v.oid
  JOIN pg_catalog.pg_attribute t ON t.attrelid = d.adrelid AND t.attnum = d.adnum
  -- One statement for an index and what is said of it: restoreDetails runs each alone, and an index may be there already.
  UNION ALL SELECT ${RELATION}, v.oid, 1, pg_get_indexdef(c.oid)
    || COALESCE(format('; COMMENT ON INDEX %s IS ', c.oid::regclass) || quote_literal(obj_description(c.oid, 'pg_class')), '')
    || CASE WHEN i.indisclustered THEN format('; ALTER MATERIALIZED VIEW %s CLUSTER ON %I', v.name, c.relname) ELSE '' END
  FROM views v JOIN pg_catalog.pg_index i ON i.indrelid = v.oid JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  UNION ALL SELECT ${RELATION}, v.oid, 2, pg_get_ruledef(r.oid)
  FROM views v JOIN pg_catalog.pg_rewrite r ON r.ev_class = v.oid AND r.rulename <> '_RETURN'
  UNION ALL SELECT ${RELATION}, v.oid, 3, pg_get_triggerdef(t.oid)
  FROM views v JOIN pg_catalog.pg_trigger t ON t.tgrelid = v.oid AND NOT t.tgisinternal
  UNION ALL SELECT ${RELATION}, v.oid, 4, pg_get_statisticsobjdef(e.oid)
  FROM views v JOIN pg_catalog.pg_statistic_ext e ON e.stxrelid = v.oid
),
-- In the order in which they run: an index that a comment is about, and privileges of the owner's.
details(class, oid, place, rank, comment, "onlyNew", sql) AS (
  SELECT class, oid, 1, rank, NULL, false, sql FROM parts
  UNION ALL SELECT class, oid, 2, rank, COALESCE("column"::text, ''), false, sql FROM comments
  UNION ALL SELECT o.class, o.oid, 3, 0, NULL, false, format('ALTER %s %s OWNER TO %s', o.altered, o.name, ${role("o.owner")}) FROM objects o
  UNION ALL SELECT class, oid, 4, rank, NULL, rank = 0, sql FROM grants
  UNION ALL SELECT class, oid, 5, rank, NULL, false, sql FROM column_grants
)`;

/** Includes dependents that are neither views nor routines, to be refused by name. */
const NODES = `
nodes AS (
  SELECT l.level,
    COALESCE(o.name, pg_describe_object(d.class, d.oid, 0)) AS name,
    COALESCE(o.kind, 'other') AS kind,
    CASE WHEN o.definition IS NULL THEN pg_describe_object(d.class, d.oid, 0) END AS refused,
    'DROP ' || o.word || ' ' || o.name AS drop,
    o.definition AS create,
    COALESCE((SELECT json_agg(json_build_object('sql', s.sql, 'comment', s.comment, 'onlyNew', s."onlyNew") ORDER BY s.place, s.rank, s.sql)
      FROM details s WHERE (s.class, s.oid) = (d.class, d.oid)), '[]'::json) AS details
  FROM dependents d JOIN levels l USING (class, oid) LEFT JOIN objects o USING (class, oid)
)`;

/**
 * One row with a JSON list: the relations and all their dependents, each after the objects it depends on, and each with
 * its statements.
 * @param roots SQL for an array of oids of relations
 */
export function dependentsSql(roots: string): string {
  return `WITH RECURSIVE ${[EDGES, dependents(roots), OBJECTS, STATEMENTS, NODES].join(",")}
SELECT COALESCE(json_agg(row_to_json(n) ORDER BY n.level, n.name), '[]'::json)::text AS row FROM nodes n`;
}
