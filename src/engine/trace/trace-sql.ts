import { quoteText } from "../../core/sql/quote.ts";
import { LOCK_MODES, mayChange } from "../../core/trace/lock-modes.ts";
import type { Relation } from "../../core/trace/trace.ts";
import type { KeptQuery } from "../session/prepared-statements.ts";

/*
 * The queries of the tracer. They run inside the transaction of a trial run, under whatever search path the file has set:
 * each name of a type or a schema is read from the catalog.
 */

/** The first oid that initdb does not assign. */
const FIRST_OID = 16_384;
const KINDS = ["r", "p", "m", "v", "f"].map(quoteText).join(", ");

/** The condition of a policy, which is false for one that only hides rows; `kind` is a column with its condition. */
const conditionSql = (kind: string) => `COALESCE(pg_get_expr(${kind}, polrelid), '') <> 'false'`;

/** True if a policy lets the grantee of `aclexplode` use its privilege on some rows of `c`; 'r' is the policy of a SELECT. */
const POLICY_SQL = `EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polpermissive
 AND ${conditionSql("CASE privilege_type WHEN 'INSERT' THEN COALESCE(polwithcheck, polqual) ELSE polqual END")}
 AND polcmd::text IN ('*', CASE privilege_type WHEN 'SELECT' THEN 'r' WHEN 'INSERT' THEN 'a' WHEN 'UPDATE' THEN 'w' ELSE 'd' END)
 AND EXISTS (SELECT FROM unnest(polroles) role WHERE CASE WHEN role = 0 THEN true WHEN grantee = 0 THEN false ELSE pg_has_role(grantee, role, 'USAGE') END))`;

/**
 * False if the view `c` reads with the privileges of the grantee of `aclexplode`, which lacks them on a relation of the
 * view. A view without that option reads with those of its owner.
 */
const READS_SQL = `c.relkind <> 'v' OR COALESCE(array_to_string(c.reloptions, ' '), '') !~* 'security_invoker=(t|y|on|1)'
 OR NOT EXISTS (SELECT FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
 WHERE ev_class = c.oid AND refobjid NOT IN (c.oid, 0) AND NOT has_table_privilege(grantee, refobjid, 'SELECT') AND NOT has_any_column_privilege(grantee, refobjid, 'SELECT'))`;

/** True if row security is on, and no policy lets clients find a row. */
const HIDES_ROWS_SQL = `relrowsecurity AND (NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polpermissive AND ${conditionSql("polqual")})
 OR EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND NOT polpermissive AND polcmd::text IN ('*', 'r') AND 0 = ANY (polroles) AND NOT ${conditionSql("polqual")}))`;

/** True if a publication has the changes of `c`, and nothing tells its rows apart: then the server refuses UPDATE and DELETE. */
const REFUSES_UPDATES_SQL = `c.relkind IN ('r', 'p') AND EXISTS (SELECT FROM pg_publication WHERE pubupdate OR pubdelete)
 AND CASE relreplident WHEN 'f' THEN false WHEN 'n' THEN true
 ELSE NOT EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND CASE relreplident WHEN 'd' THEN indisprimary ELSE indisreplident END) END
 AND EXISTS (SELECT FROM pg_publication p JOIN pg_publication_tables pt USING (pubname) WHERE (pubupdate OR pubdelete) AND schemaname = n.nspname AND tablename = c.relname)`;

/** The facts of a relation `c` that follow from privileges, row security and publications. */
const ACCESS_SQL = {
  hidesRows: HIDES_ROWS_SQL,
  refusesUpdates: REFUSES_UPDATES_SQL,
  grants: `(SELECT json_agg(json_build_array(CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee) END, privilege_type, (NOT relrowsecurity OR ${POLICY_SQL}) AND (${READS_SQL})) ORDER BY grantee, privilege_type)
 FROM aclexplode(relacl) WHERE grantee <> relowner AND privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))`,
  policies: `CASE WHEN relrowsecurity THEN (SELECT COALESCE(json_agg(json_build_array(polname, polpermissive, polcmd, 0 = ANY (polroles),
 pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) ORDER BY polname), '[]') FROM pg_policy WHERE polrelid = c.oid) END`,
};

/** The same where the database has none of them. */
const NO_ACCESS_SQL: typeof ACCESS_SQL = {
  hidesRows: "false",
  refusesUpdates: "false",
  grants: "NULL::json",
  policies: "NULL::json",
};

/** The type of a column that is none of PostgreSQL's own, as `OwnTypeFacts`. Its name does not depend on the search path. */
const OWN_TYPE_SQL = `(SELECT json_build_array(
 quote_ident(nspname) || '.' || CASE WHEN typcategory = 'A' THEN (SELECT quote_ident(e.typname) || '[]' FROM pg_type e WHERE e.oid = t.typelem) ELSE quote_ident(typname) END,
 (CASE WHEN typcategory = 'A' THEN typelem ELSE t.oid END)::int8, CASE WHEN typtype = 'd' AND typbasetype < ${FIRST_OID} THEN format_type(typbasetype, typtypmod) END)
 FROM pg_type t JOIN pg_namespace tn ON tn.oid = typnamespace WHERE t.oid = atttypid)`;

/** A relation `c` in the schema `n`, as `RelationFacts`. */
const relationSql = ({
  hidesRows,
  refusesUpdates,
  grants,
  policies,
}: typeof ACCESS_SQL) => `json_build_array(c.oid::int8, c.relkind, n.nspname, c.relname, c.relispartition, EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid),
 ${hidesRows}, ${refusesUpdates}, NOT relispopulated,
 ${grants},
 (SELECT json_agg(json_build_array(attnum, attname, CASE WHEN atttypid < ${FIRST_OID} THEN format_type(atttypid, atttypmod) END, atttypid::int8,
 attnotnull, atthasdef OR attidentity <> '', attgenerated <> '', attgenerated = '' AND attidentity <> 'a',
 CASE WHEN atttypid >= ${FIRST_OID} THEN ${OWN_TYPE_SQL} END) ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped),
 (SELECT json_agg(json_build_array(k.oid::int8, conname, contype, convalidated, COALESCE(conkey, '{}'), CASE contype WHEN 'f' THEN 0 ELSE conindid::int8 END, confrelid::int8, COALESCE(confkey, '{}'), contype = 'c' AND conbin::text ~ '^\\{NULLTEST :arg \\{VAR [^}]*\\} :nulltesttype 1 ') ORDER BY k.oid)
 FROM pg_constraint k WHERE conrelid = c.oid AND contype IN ('c', 'f', 'p', 'u', 'x')),
 (SELECT json_agg(json_build_array(i.oid::int8, i.relname, indisunique, indkey::int2[], amname, indclass::text, indcollation::text, indoption::text, indpred IS NOT NULL) ORDER BY i.oid)
 FROM pg_index JOIN pg_class i ON i.oid = indexrelid JOIN pg_am a ON a.oid = i.relam WHERE indrelid = c.oid),
 ${policies})`;

/** No JSON text has this character: it separates the relations of an answer. */
export const FORM_FEED = "\f";

/** All relations of a query, each as the text of `relationSql`. */
const allOf = (relation: string) => `COALESCE(string_agg(${relation}::text, chr(12)), '')`;

/**
 * A query for relations, and a shorter form of it for a database without privileges, row security and publications.
 * Executing a long query takes several times as long, even if most of it finds nothing.
 */
export type QueryForm = "complete" | "short";

function inBothForms({
  sql,
  ...query
}: Omit<KeptQuery, "sql"> & { sql(relation: string): string }): Readonly<Record<QueryForm, KeptQuery>> {
  return {
    complete: { ...query, sql: sql(relationSql(ACCESS_SQL)) },
    short: { ...query, name: `${query.name}_short`, sql: sql(relationSql(NO_ACCESS_SQL)) },
  };
}

/** The relations with an oid above $1. */
export const RELATIONS_QUERY = inBothForms({
  name: "relations",
  parameters: "(oid)",
  sql: (relation) => `SELECT ${allOf(relation)} AS seen FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
 WHERE c.oid >= ${FIRST_OID} AND c.oid > $1 AND relkind IN (${KINDS}) AND relpersistence <> 't'`,
});

/**
 * The counters of all relations, as [oid, file node, scans]; if event triggers may lock others; and if the database has no
 * privileges, row security or publications. Counters that are as after CREATE are left out, see `afterCreate`: an answer of
 * thousands of tables takes long to write, and each transaction asks.
 */
export const COUNTERS_QUERY: KeptQuery = {
  name: "counters",
  parameters: "",
  sql: `SELECT COALESCE(json_agg(json_build_array(oid::int8, relfilenode::int8, scans)) FILTER (WHERE scans > 0 OR relfilenode <> CASE relkind WHEN 'p' THEN 0 ELSE oid END), '[]')::text AS seen,
 EXISTS (SELECT FROM pg_event_trigger WHERE evtenabled <> 'D')::text AS watched,
 (COALESCE(bool_and(relacl IS NULL AND NOT relrowsecurity), true) AND NOT EXISTS (SELECT FROM pg_default_acl) AND NOT EXISTS (SELECT FROM pg_publication))::text AS open
 FROM (SELECT oid, relkind, relfilenode, relacl, relrowsecurity, pg_stat_get_xact_numscans(oid) AS scans FROM pg_class
 WHERE oid >= ${FIRST_OID} AND relkind IN (${KINDS})) counted`,
};

/** The counters of a relation until it is scanned or rewritten: the name of its file is its oid. */
export function afterCreate({
  oid,
  kind,
}: Relation): { readonly fileNode: number; readonly scans: number } | undefined {
  if (kind === "v" || kind === "f") return undefined;
  return { fileNode: kind === "p" ? 0 : oid, scans: 0 };
}

/**
 * The relations with an oid up to $1 that the transaction has locked, as `LockedRelation`. It is asked after every
 * statement, so it is short: executing a long query takes several times as long, even if it finds nothing.
 */
export const LOCKED_QUERY: KeptQuery = {
  name: "locked",
  parameters: "(oid)",
  sql: `SELECT COALESCE(json_agg(json_build_array(l.oid::int8, modes, relfilenode::int8, pg_stat_get_xact_numscans(c.oid))), '[]')::text AS seen
 FROM (SELECT relation AS oid, array_agg(mode) AS modes FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'
 AND granted AND relation BETWEEN ${FIRST_OID} AND $1 GROUP BY relation) l
 LEFT JOIN pg_class c ON c.oid = l.oid WHERE c.oid IS NULL OR relkind IN (${KINDS})`,
};

/** Where statements change definitions, as pg_locks spells it. */
const CHANGING_MODES = LOCK_MODES.filter(mayChange).map((mode) => `${mode}Lock`);

/** `LOCKED_QUERY`, and as `read` the facts about those whose definition may have changed, but for the oids in $2. */
export const CHANGED_QUERY = inBothForms({
  name: "changed",
  parameters: "(oid, oid[])",
  sql: (
    relation,
  ) => `WITH locked AS MATERIALIZED (SELECT relation AS oid, array_agg(mode) AS modes FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'
 AND granted AND relation BETWEEN ${FIRST_OID} AND $1 GROUP BY relation)
 SELECT (SELECT COALESCE(json_agg(json_build_array(l.oid::int8, modes, relfilenode::int8, pg_stat_get_xact_numscans(c.oid))), '[]')::text
 FROM locked l LEFT JOIN pg_class c ON c.oid = l.oid WHERE c.oid IS NULL OR relkind IN (${KINDS})) AS seen,
 (SELECT ${allOf(relation)} FROM locked l JOIN pg_class c ON c.oid = l.oid JOIN pg_namespace n ON n.oid = relnamespace
 WHERE relkind IN (${KINDS}) AND modes && '{${CHANGING_MODES}}' AND l.oid <> ALL($2)) AS read`,
});

/** The relations with the oids in $1, as `RelationFacts`. */
export const FACTS_QUERY = inBothForms({
  name: "facts",
  parameters: "(oid[])",
  sql: (relation) => `SELECT ${allOf(relation)} AS seen FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
 WHERE c.oid = ANY($1)`,
});

/** Members of extensions are left out: they come and go with their extension. */
function notOfExtension(catalog: string): string {
  return `NOT EXISTS (SELECT FROM pg_depend WHERE classid = '${catalog}'::regclass AND objid = o.oid AND deptype = 'e')`;
}

/** All things that clients can name, as `ThingFacts`. */
export const THINGS_QUERY: KeptQuery = {
  name: "things",
  parameters: "",
  sql: `SELECT COALESCE(json_agg(json_build_array(kind, things.oid::int8, nspname, name, detail, result, least, most)), '[]')::text AS seen FROM (
 SELECT CASE prokind WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind, o.oid, pronamespace AS schema, proname AS name,
 oidvectortypes(proargtypes) AS detail, COALESCE(pg_get_function_result(o.oid), '') AS result, pronargs - pronargdefaults AS least, pronargs AS most FROM pg_proc o
 WHERE o.oid >= ${FIRST_OID} AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) AND ${notOfExtension("pg_proc")}
 UNION ALL SELECT 'sequence', o.oid, relnamespace, relname, '', '', 0, 0 FROM pg_class o WHERE relkind = 'S' AND o.oid >= ${FIRST_OID} AND relpersistence <> 't'
 AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = o.oid AND deptype IN ('a', 'i', 'e') AND refclassid IN ('pg_class'::regclass, 'pg_extension'::regclass))
 UNION ALL SELECT 'type', o.oid, typnamespace, typname, '', '', 0, 0 FROM pg_type o WHERE o.oid >= ${FIRST_OID} AND typtype IN ('d', 'e', 'r') AND ${notOfExtension("pg_type")}
 UNION ALL SELECT 'type', o.oid, typnamespace, typname, '', '', 0, 0 FROM pg_class c JOIN pg_type o ON o.oid = reltype
 WHERE relkind = 'c' AND c.oid >= ${FIRST_OID} AND ${notOfExtension("pg_type")}
 UNION ALL SELECT 'attribute', reltype, relnamespace, relname, attname, format_type(atttypid, atttypmod), 0, 0 FROM pg_class o
 JOIN pg_attribute ON attrelid = o.oid AND attnum > 0 AND NOT attisdropped WHERE relkind = 'c' AND o.oid >= ${FIRST_OID}
 UNION ALL SELECT 'extension', oid, extnamespace, extname, '', '', 0, 0 FROM pg_extension WHERE oid >= ${FIRST_OID}
 UNION ALL SELECT 'enum value', enumtypid, typnamespace, typname, enumlabel, '', 0, 0 FROM pg_enum JOIN pg_type o ON o.oid = enumtypid
 ) things JOIN pg_namespace n ON n.oid = schema WHERE NOT starts_with(nspname, 'pg_temp')`,
};

/** The sources of the functions with the names in $1 that do not belong to extensions, each with its name. */
export const SOURCES_QUERY: KeptQuery = {
  name: "sources",
  parameters: "(name[])",
  sql: `SELECT COALESCE(json_agg(json_build_array(proname, prosrc)), '[]')::text AS seen FROM pg_proc o
 WHERE proname = ANY($1) AND oid >= ${FIRST_OID} AND prokind IN ('f', 'p') AND ${notOfExtension("pg_proc")}`,
};

/** The triggers that run a function with the name $1, as `Trigger`. */
export const TRIGGERS_QUERY: KeptQuery = {
  name: "triggers",
  parameters: "(name)",
  sql: `SELECT COALESCE(json_agg(json_build_array(tgname, tgrelid::int8, tgtype, tgqual IS NOT NULL) ORDER BY tgrelid, tgname), '[]')::text AS seen
 FROM pg_trigger JOIN pg_proc p ON p.oid = tgfoid WHERE proname = $1 AND NOT tgisinternal`,
};
