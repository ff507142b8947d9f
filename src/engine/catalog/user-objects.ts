import { quoteText } from "../../core/sql/quote.ts";

/*
 * Which objects of a database are the user's. The model of a schema, generated types, reset and backups begin with this.
 */

/** FirstNormalObjectId (access/transam.h): objects with lower oids were created with the database. */
export const FIRST_USER_OID = 16384;

/** A condition on a row `n` of pg_namespace: the schema is not a system schema. */
export const USER_SCHEMA = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

const CLASS = (catalog: string) => `'pg_catalog.${catalog}'::pg_catalog.regclass`;

/**
 * The tables of a WITH clause that the queries of the user's objects share:
 * - `members` (classid, objid): members of extensions, and internal parts of types: the constructors and casts of ranges
 * - `space` (oid, nspname, name as SQL, hidden): the schemas; hidden is the one that pgstep created for its tables
 * - `rel` (oid, relkind, name as SQL): the relations in them, composite types included; without members and own tables
 * @param ownTables SQL expressions for the names of pgstep's own tables
 * @param ownSchema the name of the hidden schema, unquoted
 * @param only SQL for a few oids: then `rel` has only those relations, and `members` only what concerns them
 */
export function userObjectsSql(ownTables: readonly string[], ownSchema = "", only?: string): string {
  const ofOnly = (oid: string) => (only ? ` AND ${oid} IN (${only})` : "");
  const concerned = `classid IN (${CLASS("pg_class")}, ${CLASS("pg_type")}) AND objid IN (${only} UNION ALL SELECT reltype FROM pg_catalog.pg_class WHERE true${ofOnly("oid")}) AND `;
  const own = ownTables.map((name) => `pg_catalog.to_regclass(${name})`).join(", ");
  return `members AS MATERIALIZED (SELECT classid, objid FROM pg_catalog.pg_depend
  WHERE ${only ? concerned : ""}(deptype = 'e' OR deptype = 'i' AND classid IN (${CLASS("pg_proc")}, ${CLASS("pg_cast")}))),
 own AS MATERIALIZED (SELECT oid FROM pg_catalog.unnest(ARRAY[${own}]::pg_catalog.oid[]) AS t(oid) WHERE oid IS NOT NULL),
 space AS MATERIALIZED (SELECT n.oid, n.nspname, pg_catalog.quote_ident(n.nspname) AS name, n.nspname = ${quoteText(ownSchema)} AS hidden
  FROM pg_catalog.pg_namespace n WHERE ${USER_SCHEMA}),
 rel AS MATERIALIZED (SELECT c.oid, c.relkind, s.name || '.' || pg_catalog.quote_ident(c.relname) AS name
  FROM pg_catalog.pg_class c JOIN space s ON s.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')
  AND ${noMember("pg_class", "c.oid")} AND ${noMember("pg_type", "c.reltype")} AND c.oid NOT IN (SELECT oid FROM own)${ofOnly("c.oid")})`;
}

/** A condition: the object is not a member of an extension, which stands for its members. */
export function noMember(catalog: string, oid = "o.oid"): string {
  return `${oid} NOT IN (SELECT objid FROM members WHERE classid = ${CLASS(catalog)})`;
}
