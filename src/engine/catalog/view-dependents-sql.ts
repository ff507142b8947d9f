/*
 * How views, and what depends on them, are taken down and put back: catalog queries of pgstep's own
 * (PostgreSQL documentation, system catalogs: pg_depend, pg_rewrite; functions pg_get_viewdef ...).
 */

/**
 * A relation's or routine's privileges as statements that make them just so, whatever default privileges added.
 * @param type of the default privileges: "r" for relations, "f" for routines
 */
function grants(acl: string, owner: string, object: string, type: "r" | "f"): string {
  const role = (oid: string) =>
    `CASE WHEN ${oid} = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(${oid})) END`;
  const byDefault = `(SELECT COALESCE(pg_catalog.string_agg(DISTINCT ', ' || ${role("b.grantee")}, ''), '') FROM pg_catalog.pg_default_acl d, pg_catalog.aclexplode(d.defaclacl) b WHERE d.defaclobjtype = '${type}')`;
  return `(SELECT pg_catalog.json_agg(s ORDER BY o, s) FROM (
 SELECT 0 AS o, 'REVOKE ALL ON ' || ${object} || ' FROM PUBLIC, ' || ${role(owner)} || ${byDefault} AS s
 UNION ALL SELECT 1, 'GRANT ' || a.privilege_type || ' ON ' || ${object} || ' TO ' || ${role("a.grantee")} || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
  FROM pg_catalog.aclexplode(COALESCE(${acl}, pg_catalog.acldefault('${type}', ${owner}))) a) AS x)`;
}

/** Statements of a query with one column, as a list. */
function statements(from: string, value: string, order = "1"): string {
  return `COALESCE((SELECT pg_catalog.json_agg(s) FROM (SELECT ${value} AS s ${from} ORDER BY ${order}) AS x), '[]'::json)`;
}

const VIEW_NAME = "c.oid::regclass::text";
const OPTIONS =
  "CASE WHEN c.reloptions IS NULL THEN '' ELSE ' WITH (' || pg_catalog.array_to_string(c.reloptions, ', ') || ')' END";
const QUERY = "pg_catalog.rtrim(pg_catalog.pg_get_viewdef(c.oid), '; ')";
const MATERIALIZED = "CASE WHEN c.relkind = 'm' THEN 'MATERIALIZED ' ELSE '' END";

const VIEW = `SELECT 'pg_catalog.pg_class'::regclass::oid::text || ' ' || c.oid AS key, ${VIEW_NAME} AS name,
 CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END AS kind, NULL::text AS refused,
 'DROP ' || ${MATERIALIZED} || 'VIEW ' || ${VIEW_NAME} AS drop,
 'CREATE ' || ${MATERIALIZED} || 'VIEW ' || ${VIEW_NAME} || CASE WHEN c.relkind = 'm' AND am.amname IS NOT NULL THEN ' USING ' || pg_catalog.quote_ident(am.amname) ELSE '' END
  || ${OPTIONS} || COALESCE(' TABLESPACE ' || pg_catalog.quote_ident(ts.spcname), '') || ' AS ' || ${QUERY}
  || CASE WHEN c.relkind = 'v' THEN '' WHEN c.relispopulated THEN ' WITH DATA' ELSE ' WITH NO DATA' END AS create,
 'ALTER TABLE ' || ${VIEW_NAME} || ' OWNER TO ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner)) AS owner,
 ${grants("c.relacl", "c.relowner", VIEW_NAME, "r")} AS grants,
 ${statements(
   "FROM pg_catalog.pg_attribute t, pg_catalog.aclexplode(t.attacl) a WHERE t.attrelid = c.oid AND t.attacl IS NOT NULL AND NOT t.attisdropped",
   `'GRANT ' || a.privilege_type || ' (' || pg_catalog.quote_ident(t.attname) || ') ON ' || ${VIEW_NAME} || ' TO ' || CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END`,
 )} AS "columnGrants",
 COALESCE((SELECT pg_catalog.json_agg(pg_catalog.json_build_object('column', t.attname, 'sql', CASE WHEN d.objsubid = 0 THEN 'COMMENT ON ' || ${MATERIALIZED} || 'VIEW ' || ${VIEW_NAME}
   ELSE 'COMMENT ON COLUMN ' || ${VIEW_NAME} || '.' || pg_catalog.quote_ident(t.attname) END || ' IS ' || pg_catalog.quote_literal(d.description)) ORDER BY d.objsubid)
  FROM pg_catalog.pg_description d LEFT JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid AND t.attnum = d.objsubid AND d.objsubid > 0
  WHERE d.classoid = 'pg_catalog.pg_class'::regclass AND d.objoid = c.oid), '[]'::json) AS comments,
 (SELECT COALESCE(pg_catalog.json_agg(s ORDER BY o, s), '[]'::json) FROM (
  SELECT 0 AS o, 'ALTER VIEW ' || ${VIEW_NAME} || ' ALTER COLUMN ' || pg_catalog.quote_ident(t.attname) || ' SET DEFAULT ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS s
   FROM pg_catalog.pg_attrdef d JOIN pg_catalog.pg_attribute t ON t.attrelid = d.adrelid AND t.attnum = d.adnum WHERE d.adrelid = c.oid
  UNION ALL SELECT 1, pg_catalog.pg_get_indexdef(i.indexrelid) || COALESCE('; COMMENT ON INDEX ' || i.indexrelid::regclass || ' IS ' || pg_catalog.quote_literal(pg_catalog.obj_description(i.indexrelid, 'pg_class')), '')
   || CASE WHEN i.indisclustered THEN '; ALTER MATERIALIZED VIEW ' || ${VIEW_NAME} || ' CLUSTER ON ' || pg_catalog.quote_ident((SELECT n.relname FROM pg_catalog.pg_class n WHERE n.oid = i.indexrelid)) ELSE '' END
   FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid
  UNION ALL SELECT 2, pg_catalog.pg_get_ruledef(r.oid) FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid AND r.rulename <> '_RETURN'
  UNION ALL SELECT 3, pg_catalog.pg_get_triggerdef(t.oid) FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal
  UNION ALL SELECT 4, pg_catalog.pg_get_statisticsobjdef(e.oid) FROM pg_catalog.pg_statistic_ext e WHERE e.stxrelid = c.oid) AS x) AS parts
 FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam LEFT JOIN pg_catalog.pg_tablespace ts ON ts.oid = c.reltablespace
 JOIN closure n ON n.classid = 'pg_catalog.pg_class'::regclass AND n.objid = c.oid WHERE c.relkind IN ('v', 'm')`;

const ROUTINE_NAME = "p.oid::regprocedure::text";

const ROUTINE = `SELECT 'pg_catalog.pg_proc'::regclass::oid::text || ' ' || p.oid, ${ROUTINE_NAME}, 'function',
 CASE WHEN p.prokind = 'a' THEN pg_catalog.pg_describe_object('pg_catalog.pg_proc'::regclass, p.oid, 0) END,
 'DROP ROUTINE ' || ${ROUTINE_NAME}, CASE WHEN p.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(p.oid) END,
 'ALTER ROUTINE ' || ${ROUTINE_NAME} || ' OWNER TO ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(p.proowner)),
 ${grants("p.proacl", "p.proowner", `'ROUTINE ' || ${ROUTINE_NAME}`, "f")}, '[]'::json,
 ${statements(
   "FROM pg_catalog.pg_description d WHERE d.classoid = 'pg_catalog.pg_proc'::regclass AND d.objoid = p.oid",
   `pg_catalog.json_build_object('column', NULL, 'sql', 'COMMENT ON ROUTINE ' || ${ROUTINE_NAME} || ' IS ' || pg_catalog.quote_literal(d.description))`,
   "d.objsubid",
 )}, '[]'::json
 FROM pg_catalog.pg_proc p JOIN closure n ON n.classid = 'pg_catalog.pg_proc'::regclass AND n.objid = p.oid`;

const OTHER = `SELECT n.classid::text || ' ' || n.objid, pg_catalog.pg_describe_object(n.classid, n.objid, 0), 'other',
 pg_catalog.pg_describe_object(n.classid, n.objid, 0), NULL, NULL, NULL, '[]'::json, '[]'::json, '[]'::json, '[]'::json
 FROM closure n WHERE n.classid <> 'pg_catalog.pg_proc'::regclass
  AND NOT (n.classid = 'pg_catalog.pg_class'::regclass AND (SELECT c.relkind FROM pg_catalog.pg_class c WHERE c.oid = n.objid) IN ('v', 'm'))`;

/**
 * One row of JSON: `nodes` with what is said of each, `edges` from what is depended on to what depends on it. To be run
 * while nothing is in the search path, so that all names come out with their schemas.
 *
 * The row type of a view counts as the view; a rule counts as the relation it makes a view of; what is a view's own (an
 * index, a trigger, a default) is among its parts.
 */
export function dependentsSql(roots: readonly string[]): string {
  const relationOfType = `(SELECT t.typrelid FROM pg_catalog.pg_type t WHERE t.typrelid <> 0 AND (t.oid = d.refobjid OR t.typarray = d.refobjid))`;
  return `WITH RECURSIVE edges AS MATERIALIZED (
 SELECT CASE WHEN d.refclassid = 'pg_catalog.pg_type'::regclass THEN 'pg_catalog.pg_class'::regclass::oid ELSE d.refclassid END AS refclassid,
  CASE WHEN d.refclassid = 'pg_catalog.pg_type'::regclass THEN ${relationOfType} ELSE d.refobjid END AS refobjid,
  CASE WHEN r.rulename = '_RETURN' THEN 'pg_catalog.pg_class'::regclass::oid ELSE d.classid END AS classid,
  CASE WHEN r.rulename = '_RETURN' THEN r.ev_class ELSE d.objid END AS objid
 FROM pg_catalog.pg_depend d LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
 WHERE d.refclassid IN ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_type'::regclass, 'pg_catalog.pg_proc'::regclass) AND d.deptype IN ('n', 'a') AND d.refobjid >= 16384),
 foreign_edges AS MATERIALIZED (SELECT DISTINCT e.* FROM edges e WHERE e.refobjid IS NOT NULL AND NOT (e.refclassid = e.classid AND e.refobjid = e.objid)
  AND NOT (e.refclassid = 'pg_catalog.pg_class'::regclass AND e.refobjid = COALESCE(
   CASE e.classid WHEN 'pg_catalog.pg_class'::regclass THEN (SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = e.objid)
    WHEN 'pg_catalog.pg_trigger'::regclass THEN (SELECT t.tgrelid FROM pg_catalog.pg_trigger t WHERE t.oid = e.objid)
    WHEN 'pg_catalog.pg_attrdef'::regclass THEN (SELECT a.adrelid FROM pg_catalog.pg_attrdef a WHERE a.oid = e.objid)
    WHEN 'pg_catalog.pg_rewrite'::regclass THEN (SELECT w.ev_class FROM pg_catalog.pg_rewrite w WHERE w.oid = e.objid)
    WHEN 'pg_catalog.pg_statistic_ext'::regclass THEN (SELECT x.stxrelid FROM pg_catalog.pg_statistic_ext x WHERE x.oid = e.objid) END, 0))),
 closure (classid, objid) AS (SELECT 'pg_catalog.pg_class'::regclass::oid, oid FROM pg_catalog.unnest('{${roots.join(",")}}'::pg_catalog.oid[]) AS r(oid)
  UNION SELECT e.classid, e.objid FROM closure c JOIN foreign_edges e ON e.refclassid = c.classid AND e.refobjid = c.objid),
 nodes AS (${VIEW} UNION ALL ${ROUTINE} UNION ALL ${OTHER})
 SELECT pg_catalog.json_build_object('nodes', COALESCE((SELECT pg_catalog.json_agg(pg_catalog.row_to_json(n) ORDER BY n.name) FROM nodes n), '[]'::json),
  'edges', COALESCE((SELECT pg_catalog.json_agg(pg_catalog.json_build_array(e.refclassid::text || ' ' || e.refobjid, e.classid::text || ' ' || e.objid))
   FROM foreign_edges e JOIN closure a ON a.classid = e.refclassid AND a.objid = e.refobjid JOIN closure b ON b.classid = e.classid AND b.objid = e.objid), '[]'::json))::text AS row`;
}
