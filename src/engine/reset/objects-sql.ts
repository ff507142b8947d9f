import { userObjectsSql } from "../catalog/user-objects.ts";
import { type CatalogName, type ObjectQuery, PREFIXES, schemaOf } from "../schema/object-query.ts";
import { allQueries } from "../schema/schema-sql.ts";

const typeOwner = (column: string) => `(SELECT t.typowner FROM pg_type t WHERE t.oid = o.${column})`;

/** The owners of objects that have none of their own, as SQL over the catalog's row `o`. */
const OWNERS: Readonly<Partial<Record<CatalogName, string>>> = {
  // Either type's owner may drop it.
  pg_cast: `CASE WHEN ${mayActAs(typeOwner("castsource"))} THEN ${typeOwner("castsource")} ELSE ${typeOwner("casttarget")} END`,
  pg_transform: typeOwner("trftype"),
  // Only a superuser may drop these.
  pg_ts_parser: "NULL",
  pg_ts_template: "NULL",
  pg_am: "NULL",
};

/** An aggregate without arguments is dropped as f(*); a procedure is identified by its argument modes too. */
const ROUTINE_NAME = `CASE WHEN o.prokind = 'a' AND o.pronargs = 0 THEN format('%I.%I(*)', s.nspname, o.proname)
 WHEN o.prokind = 'p' THEN format('%I.%I(%s)', s.nspname, o.proname, (SELECT string_agg(
   CASE o.proargmodes[a.place] WHEN 'o' THEN 'OUT ' WHEN 'b' THEN 'INOUT ' WHEN 'v' THEN 'VARIADIC ' ELSE 'IN ' END || format_type(a.type, NULL), ', ' ORDER BY a.place)
   FROM unnest(COALESCE(o.proallargtypes, o.proargtypes::oid[])) WITH ORDINALITY AS a(type, place))) END`;

/**
 * A query of everything that a reset drops by name, as one JSON object: the objects of the schema's model, without parts
 * of other objects and without the extension plpgsql. The search path must be `OWN_SEARCH_PATH`. For each object:
 * - `may`: the role may drop it, as owner of the object or of its schema, directly or through membership
 * - `uses`: how many objects refer to it, so that objects needed by others are dropped last
 * - `locks`: how many locks it takes to drop it with its own parts. Every part takes one: types, constraints, defaults,
 *   triggers ... (AcquireDeletionLock in catalog/dependency.c), not only relations.
 * - `ours`: it is one of `tables`
 * @param serverVersion as `Backend` has it
 * @param tables names of tables, as SQL values
 */
export function objectsSql(serverVersion: number, tables: readonly string[]): string {
  const ours = tables.map((table) => `to_regclass(${table})`).join(", ");
  return `WITH RECURSIVE ${userObjectsSql([])},
 roots AS MATERIALIZED (SELECT o.* FROM (${allQueries(serverVersion).flatMap(rootSql).join("\n UNION ALL ")}) AS o
   WHERE NOT (o.class = 'pg_extension'::regclass AND o.id = (SELECT e.oid FROM pg_extension e WHERE e.extname = 'plpgsql'))),
 parts (root_class, root, class, id) AS (SELECT class, id, class, id FROM roots
   UNION SELECT p.root_class, p.root, d.classid, d.objid FROM parts p JOIN pg_depend d
     ON d.refclassid = p.class AND d.refobjid = p.id AND d.deptype <> 'n'),
 locks AS (SELECT root_class AS class, root AS id, count(*) AS locks FROM parts GROUP BY root_class, root),
 uses AS (SELECT refclassid AS class, refobjid AS id, count(*) AS uses FROM pg_depend
   WHERE deptype <> 'i' GROUP BY refclassid, refobjid)
 SELECT json_build_object(
   'locks', (SELECT count(*) FROM (SELECT DISTINCT class, id FROM parts) AS distinct_parts),
   'objects', COALESCE((SELECT json_agg(json_build_object('kind', r.kind, 'identity', r.identity,
       'owner', pg_get_userbyid(r.owner), 'may', COALESCE(${mayActAs("r.owner")}, m.rolsuper) OR COALESCE(${mayActAs("n.nspowner")}, false),
       'uses', COALESCE(u.uses, 0), 'locks', l.locks, 'schema', n.nspname,
       'ours', COALESCE(r.class = 'pg_class'::regclass AND r.id IN (${ours}), false)) ORDER BY r.id DESC)
     FROM roots r JOIN locks l USING (class, id) LEFT JOIN uses u USING (class, id) LEFT JOIN pg_namespace n ON n.oid = r.space
     JOIN pg_roles m ON m.rolname = current_user), '[]'))::text AS row`;
}

/** The objects of a query by catalog and oid, with their kind and name for DROP; none for parts of other objects. */
function rootSql({ catalog, kind, name, from }: ObjectQuery): string[] {
  if (!catalog) return [];
  // Enums, ranges and composite types are dropped by DROP TYPE.
  const dropped = catalog === "pg_type" && kind !== "'domain'" ? "'type'" : kind;
  const identity = catalog === "pg_proc" ? `COALESCE(${ROUTINE_NAME}, ${name})` : name;
  const owner = OWNERS[catalog] ?? `o.${PREFIXES[catalog]}owner`;
  return [
    `SELECT '${catalog}'::regclass::oid AS class, o.oid AS id, (${dropped})::text AS kind, ${identity} AS identity, (${owner})::oid AS owner, (${schemaOf(catalog) ?? "NULL"})::oid AS space FROM ${from}`,
  ];
}

/** A condition: the role is the owner, or a member of it. */
export function mayActAs(owner: string): string {
  return `pg_catalog.pg_has_role(current_user, ${owner}, 'USAGE')`;
}
