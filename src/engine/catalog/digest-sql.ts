import { quoteText } from "../../core/sql/quote.ts";

/*
 * The objects of a database's schema, as rows of kind, name, within and digest. Everything that pg_dump writes of a
 * schema counts, except for the order of columns and for values, which no down script restores.
 */

const USER_SCHEMA = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/** Excludes the members of extensions, which the extension's own row covers. */
const noMember = (catalog: string, oid = "o.oid") =>
  `NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass AND d.objid = ${oid} AND d.deptype = 'e')`;

/** Privileges in a fixed order, with the owner's implied privileges written out. */
const privileges = (column: string, kind: string, owner: string) =>
  `(SELECT pg_catalog.string_agg(p::text, ' ' ORDER BY p::text COLLATE "C") FROM pg_catalog.unnest(COALESCE(${column}, pg_catalog.acldefault('${kind}', ${owner}))) AS p)`;

const RELATION_KIND =
  "CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' WHEN 'c' THEN 'composite type' ELSE 'table' END";

/** Catalogs of rare objects, of which only the existence is compared. */
const RARE = [
  "pg_cast",
  "pg_collation",
  "pg_conversion",
  "pg_default_acl",
  "pg_event_trigger",
  "pg_foreign_data_wrapper",
  "pg_foreign_server",
  "pg_language",
  "pg_opclass",
  "pg_operator",
  "pg_opfamily",
  "pg_publication",
  "pg_statistic_ext",
  "pg_transform",
  "pg_ts_config",
  "pg_ts_dict",
  "pg_user_mapping",
];

/** pg_user_mapping holds passwords, and only superusers may read it. */
function sourceOf(catalog: string): string {
  if (catalog === "pg_user_mapping") return "(SELECT umid AS oid FROM pg_catalog.pg_user_mappings)";
  return `pg_catalog.${catalog}`;
}

/**
 * One row whose `row` is a JSON list of [kind, name, within, digest].
 * @param hidden pgstep's own tables, as SQL with their schema
 * @param schema the schema of those tables, unquoted
 */
export function schemaSql(hidden: readonly string[], schema: string): string {
  // pgstep itself creates the schema of its history.
  const ownSchema = schema === "public" ? "" : `AND n.nspname <> ${quoteText(schema)}`;
  const relation = `pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)`;
  const part = (kind: string, name: string, definition: string, from: string) =>
    `SELECT ${kind}, ${relation} || '.' || pg_catalog.quote_ident(${name}), ${relation}, ${definition} FROM ${from}`;
  const visible = (join: string) => relationsIn(join, hidden);
  const selects = [
    `SELECT 'schema', pg_catalog.quote_ident(n.nspname), NULL::text, pg_catalog.concat_ws('|', n.nspowner::text, ${privileges("n.nspacl", "n", "n.nspowner")})
 FROM pg_catalog.pg_namespace n WHERE ${USER_SCHEMA} ${ownSchema}`,
    `SELECT ${RELATION_KIND}, ${relation}, NULL, pg_catalog.concat_ws('|', c.relpersistence, c.relreplident, c.relrowsecurity::text, c.relforcerowsecurity::text, c.relowner::text, c.reloptions::text, c.reltablespace::text,
 pg_catalog.pg_get_partkeydef(c.oid), pg_catalog.pg_get_expr(c.relpartbound, c.oid), CASE WHEN c.relkind IN ('v','m') THEN pg_catalog.pg_get_viewdef(c.oid) END,
 (SELECT pg_catalog.string_agg(i.inhparent::pg_catalog.regclass::text, ' ' ORDER BY i.inhseqno) FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid),
 (SELECT s::text FROM (SELECT q.seqtypid, q.seqstart, q.seqincrement, q.seqmax, q.seqmin, q.seqcycle FROM pg_catalog.pg_sequence q WHERE q.seqrelid = c.oid) AS s),
 ${privileges("c.relacl", "r", "c.relowner")}) FROM ${visible("pg_catalog.pg_class c")}`,
    part(
      "'column'",
      "a.attname",
      "pg_catalog.concat_ws('|', pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull::text, a.attidentity, a.attgenerated, a.attcollation::text, a.attacl::text, a.attoptions::text, pg_catalog.pg_get_expr(v.adbin, v.adrelid))",
      `${visible("pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef v ON v.adrelid = a.attrelid AND v.adnum = a.attnum JOIN pg_catalog.pg_class c ON c.oid = a.attrelid")} AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind <> 'S'`,
    ),
    part(
      "'constraint'",
      "k.conname",
      "pg_catalog.concat_ws('|', k.convalidated::text, pg_catalog.pg_get_constraintdef(k.oid))",
      // The column's row covers NOT NULL.
      `${visible("pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid")} AND k.contype <> 'n'`,
    ),
    part(
      "'index'",
      "x.relname",
      "pg_catalog.concat_ws('|', i.indisvalid::text, i.indisclustered::text, i.indisreplident::text, pg_catalog.pg_get_indexdef(i.indexrelid))",
      // The constraint's row covers its index.
      `${visible("pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_class c ON c.oid = i.indrelid")} AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p','u','x'))`,
    ),
    part(
      "'trigger'",
      "t.tgname",
      "pg_catalog.concat_ws('|', t.tgenabled::text, pg_catalog.pg_get_triggerdef(t.oid))",
      `${visible("pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid")} AND NOT t.tgisinternal`,
    ),
    part(
      "'rule'",
      "r.rulename",
      "pg_catalog.concat_ws('|', r.ev_enabled::text, pg_catalog.pg_get_ruledef(r.oid))",
      `${visible("pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class")} AND r.rulename <> '_RETURN'`,
    ),
    part(
      "'policy'",
      "y.polname",
      "pg_catalog.concat_ws('|', y.polcmd::text, y.polpermissive::text, y.polroles::text, pg_catalog.pg_get_expr(y.polqual, y.polrelid), pg_catalog.pg_get_expr(y.polwithcheck, y.polrelid))",
      visible("pg_catalog.pg_policy y JOIN pg_catalog.pg_class c ON c.oid = y.polrelid"),
    ),
    `SELECT CASE o.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END, o.oid::pg_catalog.regprocedure::text, NULL,
 pg_catalog.concat_ws('|', o.proowner::text, ${privileges("o.proacl", "f", "o.proowner")}, CASE WHEN o.prokind = 'a' THEN (SELECT (g.aggtransfn, g.aggfinalfn, g.aggtranstype, g.agginitval, g.aggkind)::text FROM pg_catalog.pg_aggregate g WHERE g.aggfnoid = o.oid) ELSE pg_catalog.pg_get_functiondef(o.oid) END)
 FROM pg_catalog.pg_proc o JOIN pg_catalog.pg_namespace n ON n.oid = o.pronamespace WHERE ${USER_SCHEMA} AND ${noMember("pg_proc")}`,
    `SELECT CASE o.typtype WHEN 'd' THEN 'domain' WHEN 'e' THEN 'enum' WHEN 'r' THEN 'range' WHEN 'm' THEN 'multirange' ELSE 'type' END, pg_catalog.format('%I.%I', n.nspname, o.typname), NULL,
 pg_catalog.concat_ws('|', o.typowner::text, ${privileges("o.typacl", "T", "o.typowner")}, CASE WHEN o.typtype = 'd' THEN pg_catalog.format_type(o.typbasetype, o.typtypmod) END, o.typnotnull::text, o.typdefault, o.typcollation::text,
 (SELECT pg_catalog.string_agg(e.enumlabel, '|' ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = o.oid),
 (SELECT pg_catalog.string_agg(k.conname || pg_catalog.pg_get_constraintdef(k.oid), '|' ORDER BY k.conname) FROM pg_catalog.pg_constraint k WHERE k.contypid = o.oid),
 (SELECT g.rngsubtype::pg_catalog.regtype::text FROM pg_catalog.pg_range g WHERE g.rngtypid = o.oid))
 FROM pg_catalog.pg_type o JOIN pg_catalog.pg_namespace n ON n.oid = o.typnamespace
 WHERE ${USER_SCHEMA} AND o.typtype IN ('d','e','r','m','b') AND o.typelem = 0 AND ${noMember("pg_type")}`,
    `SELECT 'extension', pg_catalog.quote_ident(o.extname), NULL, o.extversion FROM pg_catalog.pg_extension o`,
    `SELECT 'comment on ' || i.type, i.identity, i.identity, m.description FROM pg_catalog.pg_description m, LATERAL pg_catalog.pg_identify_object(m.classoid, m.objoid, m.objsubid) i
 WHERE m.objoid >= 16384 AND i.identity IS NOT NULL`,
    ...RARE.map(
      (catalog) =>
        `SELECT i.type, i.identity, NULL, '' FROM ${sourceOf(catalog)} o, LATERAL pg_catalog.pg_identify_object('pg_catalog.${catalog}'::pg_catalog.regclass, o.oid, 0) i WHERE o.oid >= 16384 AND ${noMember(catalog)}`,
    ),
  ];
  return `SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_array(kind, name, within, pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(definition, pg_catalog.getdatabaseencoding())), 'hex'))), '[]')::text AS row FROM (
${selects.join("\nUNION ALL ")}) AS objects(kind, name, within, definition)`;
}

/** The relations in user schemas, without members of extensions. */
function relationsIn(join: string, hidden: readonly string[]): string {
  const own = hidden.map((name) => `c.oid IS DISTINCT FROM pg_catalog.to_regclass(${quoteText(name)})`).join(" AND ");
  return `${join} JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ${USER_SCHEMA} AND c.relkind IN ('r','p','v','m','S','f','c') AND ${own} AND ${noMember("pg_class", "c.oid")}`;
}
