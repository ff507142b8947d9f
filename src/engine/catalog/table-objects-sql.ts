import { CLASS, DEPENDENT_REMOVALS, DEPENDENTS } from "./table-dependents-sql.ts";
import { FIRST_USER_OID, USER_SCHEMA } from "./user-objects.ts";

/*
 * The objects that a backup of some tables has: the tables with their parts, views and functions that depend on them,
 * and what all of these need. The search path must be empty, so that all names include their schemas.
 */

const OF = (catalog: string) => `${CLASS(catalog)}::pg_catalog.oid`;

const PARTS = (relations: string) => `SELECT ${OF("pg_class")}, oid FROM ${relations}
 UNION ALL SELECT ${OF("pg_attrdef")}, oid FROM pg_catalog.pg_attrdef WHERE adrelid IN (SELECT oid FROM ${relations})
 UNION ALL SELECT ${OF("pg_constraint")}, oid FROM pg_catalog.pg_constraint WHERE conrelid IN (SELECT oid FROM ${relations})
 UNION ALL SELECT ${OF("pg_class")}, indexrelid FROM pg_catalog.pg_index WHERE indrelid IN (SELECT oid FROM ${relations})
 UNION ALL SELECT ${OF("pg_policy")}, oid FROM pg_catalog.pg_policy WHERE polrelid IN (SELECT oid FROM ${relations})
 UNION ALL SELECT ${OF("pg_trigger")}, oid FROM pg_catalog.pg_trigger WHERE tgrelid IN (SELECT oid FROM ${relations}) AND NOT tgisinternal
 UNION ALL SELECT ${OF("pg_rewrite")}, oid FROM pg_catalog.pg_rewrite WHERE ev_class IN (SELECT oid FROM ${relations})
 UNION ALL SELECT ${OF("pg_statistic_ext")}, oid FROM pg_catalog.pg_statistic_ext WHERE stxrelid IN (SELECT oid FROM ${relations})
 UNION ALL SELECT ${OF("pg_publication_rel")}, oid FROM pg_catalog.pg_publication_rel WHERE prrelid IN (SELECT oid FROM ${relations})
 UNION ALL SELECT ${OF("pg_class")}, d.objid FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
  WHERE d.classid = ${CLASS("pg_class")} AND d.refclassid = ${CLASS("pg_class")} AND d.refobjid IN (SELECT oid FROM ${relations}) AND d.deptype IN ('a', 'i')`;

/**
 * Indexes and keys of partitions whose parent is not in the backup: the parent makes them again when the partition is
 * attached.
 */
const MADE_BY_PARENT = `SELECT h.inhrelid AS oid FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_index i ON i.indexrelid = h.inhrelid
 JOIN pg_catalog.pg_index p ON p.indexrelid = h.inhparent WHERE i.indrelid = ANY ($oids$) AND p.indrelid <> ALL ($oids$)`;

/** What an object needs: by pg_depend, and the parts of types that pg_depend leads away from. */
const NEEDS = `SELECT d.refclassid, d.refobjid FROM pg_catalog.pg_depend d WHERE d.classid = n.class AND d.objid = n.oid AND d.deptype IN ('n', 'a', 'i', 'e')
  UNION ALL SELECT ${OF("pg_class")}, t.typrelid FROM pg_catalog.pg_type t WHERE n.class = ${CLASS("pg_type")} AND t.oid = n.oid AND t.typtype = 'c'
  UNION ALL SELECT ${OF("pg_constraint")}, k.oid FROM pg_catalog.pg_constraint k WHERE n.class = ${CLASS("pg_type")} AND k.contypid = n.oid`;

/** Tables and views are not followed: a foreign key or view that needs a missing one is left out of a restore. */
const FOLLOWED = `r.oid >= ${FIRST_USER_OID} AND (r.class <> ${CLASS("pg_class")} OR EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = r.oid
 AND (c.relkind = 'c' OR c.relkind = 'S' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend o WHERE o.classid = ${CLASS("pg_class")} AND o.objid = c.oid AND o.deptype IN ('a', 'i')))))`;

const OBJECTS = `${DEPENDENTS},
 roots(oid) AS (SELECT pg_catalog.unnest($oids$)),
 parts(class, oid) AS (${PARTS("roots")}),
 view_parts(class, oid) AS (${PARTS("views")} UNION ALL SELECT class, oid FROM dependents),
 needed(class, oid) AS (SELECT class, oid FROM parts UNION SELECT class, oid FROM view_parts
  UNION SELECT r.class, r.oid FROM needed n CROSS JOIN LATERAL (${NEEDS}) AS r(class, oid) WHERE ${FOLLOWED}),
 by_parent AS (${MADE_BY_PARENT}),
 objects(role, class, oid) AS (SELECT CASE WHEN (n.class, n.oid) IN (SELECT class, oid FROM parts) THEN 'table'
   WHEN (n.class, n.oid) IN (SELECT class, oid FROM view_parts) THEN 'dependent' ELSE 'needed' END, n.class, n.oid FROM needed n
  WHERE n.oid NOT IN (SELECT oid FROM by_parent)
  AND NOT (n.class = ${CLASS("pg_constraint")} AND n.oid IN (SELECT k.oid FROM pg_catalog.pg_constraint k JOIN by_parent b ON b.oid = k.conindid WHERE k.contype IN ('p', 'u'))))`;

/** `role` of each object, its `class` and `oid`; the schema, name and kind of a relation. */
const OBJECTS_QUERY = `${OBJECTS} SELECT o.role, o.class::text AS class, o.oid::text AS oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind
 FROM objects o LEFT JOIN pg_catalog.pg_class c ON o.class = ${CLASS("pg_class")} AND c.oid = o.oid LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`;

/** The relations that have no part in it, as `schema` and `name`: pg_dump need not lock them. */
const OTHER_RELATIONS = `${OBJECTS} SELECT n.nspname AS schema, c.relname AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE ${USER_SCHEMA} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.oid NOT IN (SELECT oid FROM objects WHERE class = ${CLASS("pg_class")}) ORDER BY 1, 2`;

const FOREIGN_KEYS = `pg_catalog.pg_constraint WHERE contype = 'f' AND conparentid = 0 AND confrelid = ANY ($oids$) AND conrelid <> ALL ($oids$)`;

/** Foreign keys of other tables, as `sql` that adds them, and `name`. */
const FOREIGN_KEYS_QUERY = `SELECT pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I %s;', conrelid::pg_catalog.regclass, conname, pg_catalog.pg_get_constraintdef(oid)) AS sql,
 conrelid::pg_catalog.regclass || ' ' || conname AS name FROM ${FOREIGN_KEYS} ORDER BY oid`;

/** Removes first what the restore creates again: foreign keys of other tables, views, and the existing tables. */
const REMOVALS = [
  `SELECT pg_catalog.format('ALTER TABLE IF EXISTS %s DROP CONSTRAINT IF EXISTS %I;', conrelid::pg_catalog.regclass, conname) AS sql FROM ${FOREIGN_KEYS} ORDER BY 1`,
  DEPENDENT_REMOVALS,
  `SELECT 'DROP TABLE IF EXISTS ' || pg_catalog.string_agg(t.oid::pg_catalog.regclass::text, ', ' ORDER BY t.oid::pg_catalog.regclass::text) || ';' AS sql
 FROM pg_catalog.unnest($oids$) AS t(oid) HAVING pg_catalog.count(*) > 0`,
  `SELECT pg_catalog.format('DROP SEQUENCE IF EXISTS %s;', d.objid::pg_catalog.regclass) AS sql FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
 WHERE d.classid = ${CLASS("pg_class")} AND d.refclassid = ${CLASS("pg_class")} AND d.refobjid = ANY ($oids$) AND d.deptype IN ('a', 'i') ORDER BY 1`,
];

/** Populated materialized views, those that others read first, as `name`: pg_dump's text leaves them empty. */
const FILLED_VIEWS = (
  where: string,
) => `${DEPENDENTS} SELECT c.oid::pg_catalog.regclass::text AS name FROM pg_catalog.pg_class c
 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN dependents d ON d.class = ${CLASS("pg_class")} AND d.oid = c.oid
 WHERE c.relkind = 'm' AND c.relispopulated AND ${USER_SCHEMA} AND ${where} ORDER BY COALESCE(d.depth, 0), 1`;

/** The queries for tables with these oids. */
export function tableObjectQueries(oids: readonly string[]) {
  const of = (query: string) => query.replaceAll("$oids$", () => `'{${oids.join(",")}}'::pg_catalog.oid[]`);
  return {
    objects: of(OBJECTS_QUERY),
    otherRelations: of(OTHER_RELATIONS),
    foreignKeys: of(FOREIGN_KEYS_QUERY),
    removals: REMOVALS.map(of),
    /** Those that read the tables. */
    filledViews: of(FILLED_VIEWS("d.oid IS NOT NULL")),
    allFilledViews: of(FILLED_VIEWS("true")),
  };
}
