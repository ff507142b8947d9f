/*
 * Views and functions that read the tables of a backup, or use their row types. A restore drops them before the tables,
 * and re-creates them afterwards.
 */

const CLASS = (name: string) => `'pg_catalog.${name}'::pg_catalog.regclass`;

/** A row type, or an array of it, counts as its table; a view's rule counts as the view. */
const LINKS = `links(class, oid, onclass, "on") AS (
 SELECT CASE WHEN r.oid IS NULL THEN d.classid ELSE ${CLASS("pg_class")}::pg_catalog.oid END, COALESCE(r.ev_class, d.objid),
  CASE WHEN t.oid IS NULL THEN d.refclassid ELSE ${CLASS("pg_class")}::pg_catalog.oid END, CASE WHEN t.oid IS NULL THEN d.refobjid WHEN t.typrelid <> 0 THEN t.typrelid ELSE e.typrelid END
 FROM pg_catalog.pg_depend d LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = ${CLASS("pg_rewrite")} AND r.oid = d.objid AND r.rulename = '_RETURN'
 LEFT JOIN pg_catalog.pg_type t ON d.refclassid = ${CLASS("pg_type")} AND t.oid = d.refobjid LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem
 LEFT JOIN pg_catalog.pg_proc p ON d.classid = ${CLASS("pg_proc")} AND p.oid = d.objid AND p.prokind <> 'a'
 WHERE (r.oid IS NOT NULL OR p.oid IS NOT NULL) AND d.refclassid IN (${["pg_class", "pg_type", "pg_proc"].map(CLASS).join(", ")})
)`;

/** Each with the length of its longest path to a table. */
export const DEPENDENTS = `WITH RECURSIVE ${LINKS}, reading(class, oid, depth) AS (
 SELECT l.class, l.oid, 1 FROM links l WHERE l.onclass = ${CLASS("pg_class")} AND l."on" = ANY ($oids$) AND (l.class <> ${CLASS("pg_class")} OR l.oid <> ALL ($oids$))
 UNION SELECT l.class, l.oid, v.depth + 1 FROM reading v JOIN links l ON l.onclass = v.class AND l."on" = v.oid WHERE (l.class, l.oid) <> (v.class, v.oid)
), dependents AS (SELECT class, oid, pg_catalog.max(depth) AS depth FROM reading GROUP BY class, oid),
views AS (SELECT oid, depth FROM dependents WHERE class = ${CLASS("pg_class")}),
routines AS (SELECT oid, depth FROM dependents WHERE class = ${CLASS("pg_proc")})`;

const VIEW_KIND = "CASE c.relkind WHEN 'm' THEN 'MATERIALIZED ' ELSE '' END";

/** Dependents of other dependents come first. */
export const DEPENDENT_REMOVALS = `${DEPENDENTS} SELECT CASE WHEN c.oid IS NULL THEN pg_catalog.format('DROP ROUTINE IF EXISTS %s;', d.oid::pg_catalog.regprocedure)
 ELSE pg_catalog.format('DROP %sVIEW IF EXISTS %s;', ${VIEW_KIND}, d.oid::pg_catalog.regclass) END AS sql
 FROM dependents d LEFT JOIN pg_catalog.pg_class c ON d.class = ${CLASS("pg_class")} AND c.oid = d.oid ORDER BY d.depth DESC, 1`;

/** Warns and continues if the statement needs a missing object: the rows matter more than a view or foreign key. */
export const unlessGone = (name: string, statement: string) =>
  `pg_catalog.format('DO %L;', pg_catalog.format('BEGIN EXECUTE %L; EXCEPTION WHEN undefined_table OR undefined_function OR undefined_object OR undefined_column OR invalid_schema_name THEN RAISE WARNING ''%% was not made again: %%'', %L, SQLERRM; END', ${statement}, ${name}))`;

/** Runs the statement only if `lookup`, like to_regclass, finds the name. */
export const whereThere = (lookup: string, name: string, statement: string) =>
  `pg_catalog.format('DO %L;', pg_catalog.format('BEGIN IF pg_catalog.${lookup}(%L) IS NOT NULL THEN EXECUTE %L; END IF; END', ${name}, ${statement}))`;

/** Dependents of other dependents come last. */
export const DEPENDENT_DEFINITIONS = `${DEPENDENTS} SELECT CASE WHEN c.oid IS NULL THEN ${unlessGone("d.oid::pg_catalog.regprocedure::text", "pg_catalog.pg_get_functiondef(p.oid)")}
 ELSE ${unlessGone(
   "d.oid::pg_catalog.regclass::text",
   `pg_catalog.format('CREATE %sVIEW %s%s AS %s%s', ${VIEW_KIND}, c.oid::pg_catalog.regclass,
 COALESCE(' WITH (' || pg_catalog.array_to_string(c.reloptions, ', ') || ')', ''), pg_catalog.rtrim(pg_catalog.pg_get_viewdef(c.oid), ';'),
 CASE WHEN c.relkind = 'm' AND NOT c.relispopulated THEN ' WITH NO DATA' ELSE '' END)`,
 )} END AS sql
 FROM dependents d LEFT JOIN pg_catalog.pg_class c ON d.class = ${CLASS("pg_class")} AND c.oid = d.oid
 LEFT JOIN pg_catalog.pg_proc p ON d.class = ${CLASS("pg_proc")} AND p.oid = d.oid ORDER BY d.depth, 1`;

/** Functions that defaults, checks, indexes, policies, triggers and views need, each only if it is missing. */
export const NEEDED_ROUTINES = `${DEPENDENTS}, needing(class, oid) AS (
 SELECT ${CLASS("pg_attrdef")}, oid FROM pg_catalog.pg_attrdef WHERE adrelid = ANY ($oids$)
 UNION ALL SELECT ${CLASS("pg_constraint")}, oid FROM pg_catalog.pg_constraint WHERE conrelid = ANY ($oids$)
 UNION ALL SELECT ${CLASS("pg_class")}, indexrelid FROM pg_catalog.pg_index WHERE indrelid = ANY ($oids$)
 UNION ALL SELECT ${CLASS("pg_policy")}, oid FROM pg_catalog.pg_policy WHERE polrelid = ANY ($oids$)
 UNION ALL SELECT ${CLASS("pg_trigger")}, g.oid FROM pg_catalog.pg_trigger g WHERE NOT g.tgisinternal AND (g.tgrelid = ANY ($oids$) OR g.tgrelid IN (SELECT oid FROM views))
 UNION ALL SELECT ${CLASS("pg_rewrite")}, r.oid FROM pg_catalog.pg_rewrite r JOIN views v ON v.oid = r.ev_class
) SELECT ${"pg_catalog.format('DO %L;', pg_catalog.format('BEGIN IF pg_catalog.to_regprocedure(%L) IS NULL THEN EXECUTE %L; END IF; END', f.oid::pg_catalog.regprocedure::text, pg_catalog.pg_get_functiondef(f.oid)))"} AS sql
 FROM (SELECT DISTINCT p.oid FROM needing n JOIN pg_catalog.pg_depend d ON d.classid = n.class AND d.objid = n.oid AND d.refclassid = ${CLASS("pg_proc")}
  JOIN pg_catalog.pg_proc p ON p.oid = d.refobjid JOIN pg_catalog.pg_language l ON l.oid = p.prolang
  WHERE l.lanname NOT IN ('c', 'internal') AND p.prokind <> 'a' AND p.oid NOT IN (SELECT oid FROM routines)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = ${CLASS("pg_proc")} AND x.objid = p.oid AND x.deptype = 'e')) AS f ORDER BY 1`;
