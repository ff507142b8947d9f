/** A catalog of objects that a reset drops by name; their internal dependents are dropped with them. */
interface Source {
  readonly catalog: string;
  /** The kind in PostgreSQL's words, as SQL over the catalog's row `o`. */
  readonly kind: string;
  /** The column with the schema; absent for objects outside schemas. */
  readonly space?: string;
  /** The role that owns it; NULL for objects that only a superuser may drop. */
  readonly owner: string;
  /** The object's identity for DROP, where `pg_identify_object` returns another one. */
  readonly identity?: string;
  readonly where?: string;
}

const RELATION_KINDS =
  "CASE o.relkind WHEN 'f' THEN 'foreign table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' ELSE 'table' END";

/** A type as SQL with its schema, whatever the search path is. */
const typeName = (oid: string) =>
  `(pg_catalog.pg_identify_object('pg_catalog.pg_type'::pg_catalog.regclass, ${oid}, 0)).identity`;

/** An aggregate without arguments is dropped as f(*); a procedure is identified by its argument modes too. */
const ROUTINE_IDENTITY = `CASE WHEN o.prokind = 'a' AND o.pronargs = 0 THEN pg_catalog.format('%I.%I(*)', n.nspname, o.proname)
 WHEN o.prokind = 'p' THEN pg_catalog.format('%I.%I(%s)', n.nspname, o.proname, (SELECT pg_catalog.string_agg(
   CASE o.proargmodes[a.place] WHEN 'o' THEN 'OUT ' WHEN 'b' THEN 'INOUT ' WHEN 'v' THEN 'VARIADIC ' ELSE 'IN ' END || ${typeName("a.type")}, ', ' ORDER BY a.place)
   FROM pg_catalog.unnest(COALESCE(o.proallargtypes, o.proargtypes::pg_catalog.oid[])) WITH ORDINALITY AS a(type, place))) END`;

/** PostgreSQL 15 identifies a transform in another form than DROP accepts. */
const TRANSFORM_IDENTITY = `pg_catalog.format('FOR %s LANGUAGE %I', ${typeName("o.trftype")}, (SELECT l.lanname FROM pg_catalog.pg_language l WHERE l.oid = o.trflang))`;

const TYPE_OWNER = (column: string) => `(SELECT t.typowner FROM pg_catalog.pg_type t WHERE t.oid = o.${column})`;

/** FirstNormalObjectId (access/transam.h): objects with lower oids were created with the database. */
const MADE_LATER = "o.oid >= 16384";

const SOURCES: readonly Source[] = [
  {
    catalog: "pg_class",
    kind: RELATION_KINDS,
    space: "relnamespace",
    owner: "o.relowner",
    where: "o.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')",
  },
  {
    catalog: "pg_proc",
    kind: "CASE o.prokind WHEN 'a' THEN 'aggregate' WHEN 'p' THEN 'procedure' ELSE 'function' END",
    space: "pronamespace",
    owner: "o.proowner",
    identity: ROUTINE_IDENTITY,
  },
  {
    catalog: "pg_type",
    kind: "CASE o.typtype WHEN 'd' THEN 'domain' ELSE 'type' END",
    space: "typnamespace",
    owner: "o.typowner",
  },
  { catalog: "pg_operator", kind: "'operator'", space: "oprnamespace", owner: "o.oprowner" },
  { catalog: "pg_opclass", kind: "'operator class'", space: "opcnamespace", owner: "o.opcowner" },
  { catalog: "pg_opfamily", kind: "'operator family'", space: "opfnamespace", owner: "o.opfowner" },
  { catalog: "pg_collation", kind: "'collation'", space: "collnamespace", owner: "o.collowner" },
  { catalog: "pg_conversion", kind: "'conversion'", space: "connamespace", owner: "o.conowner" },
  { catalog: "pg_statistic_ext", kind: "'statistics object'", space: "stxnamespace", owner: "o.stxowner" },
  { catalog: "pg_ts_parser", kind: "'text search parser'", space: "prsnamespace", owner: "NULL" },
  { catalog: "pg_ts_dict", kind: "'text search dictionary'", space: "dictnamespace", owner: "o.dictowner" },
  { catalog: "pg_ts_template", kind: "'text search template'", space: "tmplnamespace", owner: "NULL" },
  { catalog: "pg_ts_config", kind: "'text search configuration'", space: "cfgnamespace", owner: "o.cfgowner" },
  { catalog: "pg_extension", kind: "'extension'", owner: "o.extowner", where: "o.extname <> 'plpgsql'" },
  { catalog: "pg_event_trigger", kind: "'event trigger'", owner: "o.evtowner" },
  { catalog: "pg_publication", kind: "'publication'", owner: "o.pubowner" },
  { catalog: "pg_foreign_data_wrapper", kind: "'foreign-data wrapper'", owner: "o.fdwowner" },
  { catalog: "pg_foreign_server", kind: "'server'", owner: "o.srvowner" },
  { catalog: "pg_language", kind: "'language'", owner: "o.lanowner", where: MADE_LATER },
  { catalog: "pg_am", kind: "'access method'", owner: "NULL", where: MADE_LATER },
  {
    catalog: "pg_cast",
    kind: "'cast'",
    // Either type's owner may drop it.
    owner: `CASE WHEN pg_catalog.pg_has_role(current_user, ${TYPE_OWNER("castsource")}, 'USAGE') THEN ${TYPE_OWNER("castsource")} ELSE ${TYPE_OWNER("casttarget")} END`,
    where: MADE_LATER,
  },
  {
    catalog: "pg_transform",
    kind: "'transform'",
    owner: TYPE_OWNER("trftype"),
    identity: TRANSFORM_IDENTITY,
    where: MADE_LATER,
  },
];

/** A condition: the schema is not a system schema. */
export const USER_SCHEMA = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/**
 * A query of everything that a reset drops by name, as one JSON object: objects in user schemas, and objects outside
 * schemas. Members of extensions and internal parts of other objects are excluded. For each object:
 * - `may`: the role may drop it, as owner of the object or of its schema, directly or through membership
 * - `uses`: how many objects refer to it, so that objects needed by others are dropped last
 * - `locks`: how many locks it takes to drop it with its own parts. Every part takes one: types, constraints, defaults,
 *   triggers ... (AcquireDeletionLock in catalog/dependency.c), not only relations.
 * - `ours`: it is one of `tables`
 * @param tables names of tables, as SQL values
 */
export function objectsSql(tables: readonly string[]): string {
  const ours = tables.map((table) => `pg_catalog.to_regclass(${table})`).join(", ");
  return `WITH RECURSIVE objects AS MATERIALIZED (${SOURCES.map(sourceSql).join("\n UNION ALL ")}),
 roots AS MATERIALIZED (SELECT o.* FROM objects o WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
   WHERE d.classid = o.class AND d.objid = o.id AND d.objsubid = 0 AND d.deptype IN ('e', 'i'))),
 parts (root_class, root, class, id) AS (SELECT class, id, class, id FROM roots
   UNION SELECT p.root_class, p.root, d.classid, d.objid FROM parts p JOIN pg_catalog.pg_depend d
     ON d.refclassid = p.class AND d.refobjid = p.id AND d.deptype <> 'n'),
 locks AS (SELECT root_class AS class, root AS id, count(*) AS locks FROM parts GROUP BY root_class, root),
 uses AS (SELECT refclassid AS class, refobjid AS id, count(*) AS uses FROM pg_catalog.pg_depend
   WHERE deptype <> 'i' GROUP BY refclassid, refobjid)
 SELECT pg_catalog.json_build_object(
   'locks', (SELECT count(*) FROM (SELECT DISTINCT class, id FROM parts) AS distinct_parts),
   'objects', COALESCE((SELECT pg_catalog.json_agg(pg_catalog.json_build_object('kind', r.kind,
       'identity', COALESCE(r.identity, (pg_catalog.pg_identify_object(r.class, r.id, 0)).identity),
       'owner', pg_catalog.pg_get_userbyid(r.owner), 'may', r.may, 'uses', COALESCE(u.uses, 0), 'locks', l.locks, 'schema', r.space,
       'ours', COALESCE(r.class = 'pg_catalog.pg_class'::pg_catalog.regclass AND r.id IN (${ours}), false)) ORDER BY r.id DESC)
     FROM roots r JOIN locks l USING (class, id) LEFT JOIN uses u USING (class, id)), '[]'))::text AS row`;
}

function sourceSql({ catalog, kind, space, owner, identity, where }: Source): string {
  const mayAsOwner =
    owner === "NULL" ? "(SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)" : has(owner);
  const conditions = [where, space && USER_SCHEMA].filter((condition) => condition !== undefined);
  return `SELECT 'pg_catalog.${catalog}'::pg_catalog.regclass::oid AS class, o.oid AS id, (${kind})::text AS kind,
 ${space ? "n.nspname" : "NULL"}::text AS space, (${owner})::oid AS owner, ${mayAsOwner}${space ? ` OR ${has("n.nspowner")}` : ""} AS may,
 (${identity ?? "NULL"})::text AS identity
 FROM pg_catalog.${catalog} o${space ? ` JOIN pg_catalog.pg_namespace n ON n.oid = o.${space}` : ""}
 WHERE ${conditions.join(" AND ") || "true"}`;
}

function has(owner: string): string {
  return `pg_catalog.pg_has_role(current_user, ${owner}, 'USAGE')`;
}
