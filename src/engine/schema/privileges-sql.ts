import { initialPrivileges } from "../catalog/schema-public.ts";
import { FIRST_USER_OID, noMember } from "../catalog/user-objects.ts";
import { type CatalogName, type ObjectQuery, PREFIXES, type Presence, rowsOf } from "./object-query.ts";

/** How the schema is read for a comparison with that of another server. */
export interface Portable {
  /** The version, as `Backend` has it, whose new databases both are like; undefined for one fingerprint on all versions. */
  readonly like?: number;
}

/** Objects with privileges of one kind. */
interface Granted {
  /** In the words of GRANT, as SQL. */
  readonly kind: string;
  readonly name: string;
  readonly within?: string;
  readonly acl: string;
  /** The privileges of a new object, as aclitem[]. */
  readonly initial: string;
  readonly owner: string;
  readonly from: string;
  /** True for tables, which have MAINTAIN from PostgreSQL 17 on. */
  readonly maintains?: boolean;
  readonly ifAny?: Presence;
}

const initial = (kind: string, owner: string) => `acldefault('${kind}', ${owner})`;

/** All privileges on a table that every version has. */
const ON_TABLES = "ARRAY['DELETE', 'INSERT', 'REFERENCES', 'SELECT', 'TRIGGER', 'TRUNCATE', 'UPDATE']";

/**
 * An object for each role whose privileges differ from those of a new object, with the differences. The owner has no
 * name here, because owners differ from server to server: there its grant options are not comparable either, because
 * on another server the same role may not be the owner.
 */
function privileges(serverVersion: number, portable: Portable | undefined, granted: readonly Granted[]): ObjectQuery {
  const sources = granted.map(
    ({ kind, name, within = name, acl, initial: before, owner, from, maintains = false }) =>
      `SELECT ${kind}, ${name}, ${within}, ${acl}, ${before}, ${owner}, ${maintains} FROM ${from} AND ${acl} IS NOT NULL`,
  );
  const hasMaintain = portable ? "e.grantee <> o.owner OR e.privilege_type <> 'MAINTAIN'" : "true";
  const items = (list: string, privilege: string) =>
    `SELECT e.grantee, ${privilege} AS privilege FROM aclexplode(${list}) e WHERE ${hasMaintain}`;
  const isOption = portable ? "e.is_grantable AND e.grantee <> o.owner" : "e.is_grantable";
  const withOption = `CASE WHEN ${isOption} THEN e.privilege_type || ' WITH GRANT OPTION' ELSE e.privilege_type END`;
  const added = `${items("o.acl", withOption)} EXCEPT ${items("o.initial", withOption)}`;
  const removed = `${items("o.initial", "e.privilege_type")} EXCEPT ${items("o.acl", "e.privilege_type")}`;
  const change = `SELECT x.grantee, x.is_new, array_agg(x.privilege ORDER BY x.privilege COLLATE "C") AS privileges FROM (
 (SELECT *, true AS is_new FROM (${added}) n) UNION ALL (SELECT *, false FROM (${removed}) m)) x GROUP BY x.grantee, x.is_new`;
  // ALL includes MAINTAIN where it exists.
  const all = (option: string) =>
    `WHEN o.maintains AND g.is_new AND g.privileges @> ARRAY(SELECT p || '${option}' FROM unnest(${ON_TABLES}) p) THEN array_append(g.privileges, 'MAINTAIN${option}')`;
  const spelled =
    serverVersion < 170000
      ? `(SELECT array_agg(p ORDER BY p COLLATE "C") FROM unnest(CASE ${all("")} ${all(" WITH GRANT OPTION")} ELSE g.privileges END) p)`
      : "g.privileges";
  const grantee =
    "CASE g.grantee WHEN 0 THEN 'PUBLIC' WHEN o.owner THEN 'its owner' ELSE quote_ident(pg_get_userbyid(g.grantee)) END";
  return {
    kind: "CASE WHEN g.is_new THEN 'privileges' ELSE 'revoked privileges' END",
    name: `'of ' || ${grantee} || ' on ' || o.kind || ' ' || o.name`,
    within: 'o."within"',
    facts: { privileges: spelled },
    from: `(${sources.join("\n  UNION ALL ")}) AS o(kind, name, "within", acl, initial, owner, maintains) CROSS JOIN LATERAL (${change}) g`,
  };
}

const relation = (kind: "table" | "sequence", relkinds: string, type: string): Granted => ({
  kind: `'${kind}'`,
  name: "r.name",
  acl: "c.relacl",
  initial: initial(type, "c.relowner"),
  owner: "c.relowner",
  from: `rel r JOIN pg_class c ON c.oid = r.oid WHERE r.relkind IN (${relkinds})`,
  maintains: type === "r",
  ...(kind === "sequence" && { ifAny: kind }),
});

const global = (kind: string, ifAny: Presence, catalog: CatalogName, type: string): Granted => {
  const prefix = PREFIXES[catalog];
  return {
    kind: `'${kind}'`,
    name: `quote_ident(o.${prefix}name)`,
    acl: `o.${prefix}acl`,
    initial: initial(type, `o.${prefix}owner`),
    owner: `o.${prefix}owner`,
    from: rowsOf(catalog).from,
    ifAny,
  };
};

const GRANTED: readonly Granted[] = [
  relation("table", "'r', 'p', 'v', 'm', 'f'", "r"),
  relation("sequence", "'S'", "s"),
  {
    kind: "'column'",
    name: "r.name || '.' || quote_ident(a.attname)",
    within: "r.name",
    acl: "a.attacl",
    initial: "NULL::aclitem[]",
    owner: "c.relowner",
    from: "rel r JOIN pg_class c ON c.oid = r.oid JOIN pg_attribute a ON a.attrelid = r.oid AND NOT a.attisdropped WHERE true",
  },
  {
    kind: "CASE o.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END",
    name: "o.oid::regprocedure::text",
    acl: "o.proacl",
    initial: initial("f", "o.proowner"),
    owner: "o.proowner",
    from: rowsOf("pg_proc").from,
    ifAny: "routine",
  },
  {
    kind: "'type'",
    name: "s.name || '.' || quote_ident(o.typname)",
    acl: "o.typacl",
    initial: initial("T", "o.typowner"),
    owner: "o.typowner",
    from: rowsOf("pg_type").from,
    ifAny: "type",
  },
  global("foreign-data wrapper", "foreign-data wrapper", "pg_foreign_data_wrapper", "F"),
  global("server", "foreign-data wrapper", "pg_foreign_server", "S"),
  global("language", "language", "pg_language", "l"),
];

/**
 * Schema public is created with privileges for everyone. Until PostgreSQL 15 these include CREATE, and all versions have
 * one portable fingerprint: there revoking CREATE makes no difference.
 */
function schemaPrivileges(serverVersion: number, portable: Portable | undefined): Granted {
  const isPublic = "CASE WHEN s.name = 'public' THEN";
  const initially = initialPrivileges(portable?.like ?? serverVersion);
  const added = (privileges: readonly string[]) =>
    privileges.map((one) => ` || makeaclitem(0, o.nspowner, '${one}', false)`).join("");
  const ofNew = `acldefault('n', o.nspowner)${added(initially)}`;
  const isOneForAll = portable !== undefined && portable.like === undefined;
  const hidden = isOneForAll ? added(initially.filter((one) => one === "CREATE")) : "";
  return {
    kind: "'schema'",
    name: "s.name",
    acl: hidden === "" ? "o.nspacl" : `${isPublic} o.nspacl${hidden} ELSE o.nspacl END`,
    initial: `${isPublic} ${ofNew} ELSE ${initial("n", "o.nspowner")} END`,
    owner: "o.nspowner",
    from: `pg_namespace o JOIN space s ON s.oid = o.oid WHERE ${noMember("pg_namespace")} AND NOT s.hidden`,
  };
}

const OBJECTS_OF =
  "CASE o.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END";

/** The role that runs the migrations: the owner of pgstep's tables. Its name differs from server to server. */
const IS_MIGRATOR =
  "o.defaclrole = COALESCE((SELECT min(c.relowner::int8)::oid FROM pg_class c WHERE c.oid IN (SELECT oid FROM own)), (SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user))";

/** Default privileges in a schema add to those of the database. */
const defaults = (isPortable: boolean): Granted => ({
  kind: `'future ' || ${OBJECTS_OF}`,
  name: isPortable
    ? `concat(CASE WHEN ${IS_MIGRATOR} THEN 'of the migrating role' ELSE 'of ' || quote_ident(pg_get_userbyid(o.defaclrole)) END, ' in schema ' || s.name)`
    : "concat('of ', pg_get_userbyid(o.defaclrole), ' in schema ' || s.name)",
  acl: "o.defaclacl",
  initial:
    "CASE WHEN o.defaclnamespace = 0 THEN acldefault(CASE o.defaclobjtype WHEN 'S' THEN 's' ELSE o.defaclobjtype END, o.defaclrole) ELSE NULL::aclitem[] END",
  owner: "o.defaclrole",
  from: "pg_default_acl o LEFT JOIN space s ON s.oid = o.defaclnamespace WHERE true",
  maintains: true,
  ifAny: "default privileges",
});

/** The place of a comment's object in the tree: the relation that contains it, or the object itself. */
const COMMENTED = `CASE m.classoid WHEN 'pg_class'::regclass THEN COALESCE((SELECT i.indrelid FROM pg_index i WHERE i.indexrelid = m.objoid), m.objoid)
 WHEN 'pg_constraint'::regclass THEN (SELECT k.conrelid FROM pg_constraint k WHERE k.oid = m.objoid)
 WHEN 'pg_trigger'::regclass THEN (SELECT t.tgrelid FROM pg_trigger t WHERE t.oid = m.objoid)
 WHEN 'pg_policy'::regclass THEN (SELECT y.polrelid FROM pg_policy y WHERE y.oid = m.objoid)
 WHEN 'pg_rewrite'::regclass THEN (SELECT w.ev_class FROM pg_rewrite w WHERE w.oid = m.objoid) ELSE 0 END`;

/** Extensions have their comment from the server's files, which differ from version to version. */
const COMMENTS: ObjectQuery = {
  kind: "'comment'",
  name: "'on ' || i.type || ' ' || i.identity",
  within: `COALESCE((SELECT r.oid::regclass::text FROM pg_class r WHERE r.oid = ${COMMENTED}), i.identity)`,
  facts: { text: "m.description" },
  from: `pg_description m CROSS JOIN LATERAL pg_identify_object(m.classoid, m.objoid, m.objsubid) i
 WHERE (m.objoid >= ${FIRST_USER_OID} OR m.classoid = 'pg_namespace'::regclass AND m.objoid = to_regnamespace('public') AND m.description <> 'standard public schema')
 AND m.classoid <> 'pg_extension'::regclass AND i.identity IS NOT NULL AND (m.classoid, m.objoid) NOT IN (SELECT classid, objid FROM members)`,
  ifAny: "comment",
};

/** Privileges, default privileges and comments. @param portable undefined for a schema of the same server */
export function privilegeQueries(
  serverVersion: number,
  portable: Portable | undefined,
  present: ReadonlySet<Presence>,
): ObjectQuery[] {
  const all = [...GRANTED, schemaPrivileges(serverVersion, portable), defaults(portable !== undefined)];
  const granted = all.filter(({ ifAny }) => ifAny === undefined || present.has(ifAny));
  return [privileges(serverVersion, portable, granted), COMMENTS];
}
