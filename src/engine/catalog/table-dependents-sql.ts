/*
 * Views and functions that read the tables of a backup, or use their row types. A restore drops them before the tables,
 * and re-creates them afterwards.
 */

export const CLASS = (name: string) => `'pg_catalog.${name}'::pg_catalog.regclass`;

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

/** The statements of an object, and those that a restore can do without, by the setting that leaves them out. */
export interface ObjectStatements {
  readonly made: string;
  readonly dispensable: readonly { readonly setting: string; readonly sql: string }[];
}

/**
 * Skips the statements if the object that they create exists: the server looks first whether the role may create it, and
 * finds some kinds only by their unique index.
 */
export const unlessThere = (statements: ObjectStatements) =>
  `BEGIN ${execution(statements)}EXCEPTION WHEN duplicate_object OR duplicate_table OR duplicate_function OR duplicate_schema OR unique_violation OR insufficient_privilege THEN NULL; END`;

/** Warns and continues if the statements need a missing object: the rows matter more than a view or foreign key. */
export const unlessGone = (name: string, statements: ObjectStatements) =>
  `BEGIN ${execution(statements)}EXCEPTION WHEN undefined_table OR undefined_function OR undefined_object OR undefined_column OR invalid_schema_name THEN RAISE WARNING '% was not made again: %', ${inString(name)}, SQLERRM; END`;

function execution({ made, dispensable }: ObjectStatements): string {
  const others = dispensable.map(
    ({ setting, sql }) =>
      `IF pg_catalog.current_setting('${setting}', true) IS DISTINCT FROM 'off' THEN BEGIN EXECUTE ${inString(sql)}; EXCEPTION WHEN undefined_object OR insufficient_privilege THEN RAISE WARNING '%', SQLERRM; END; END IF; `,
  );
  return `EXECUTE ${inString(made)}; ${others.join("")}`;
}

/** A block of PL/pgSQL as a statement. */
export const block = (body: string) => `DO ${inString(body)};`;

/** A constant, which is all that DO accepts, for standard_conforming_strings. */
export function inString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
