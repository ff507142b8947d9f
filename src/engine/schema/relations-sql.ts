import { flag, list, type ObjectQuery, sortedOptions } from "./object-query.ts";

/** The settings of a sequence as JSON. Bounds are text: a JSON number above 2^53 would change silently. */
const SEQUENCE = `jsonb_build_object('type', format_type(q.seqtypid, NULL), 'start', q.seqstart::text, 'increment', q.seqincrement::text,
 'max', q.seqmax::text, 'min', q.seqmin::text, 'cache', q.seqcache::text, 'cycle', q.seqcycle)`;

/** Rows of pg_depend: from a sequence to its column. */
const OF_SEQUENCE = "d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0";

const TABLESPACE = (oid: string) => `(SELECT s.spcname FROM pg_tablespace s WHERE s.oid = ${oid})`;

const OPTIONS = sortedOptions("o.reloptions");

const relation = (relkinds: string, join = "") =>
  ({
    catalog: "pg_class",
    from: `rel r JOIN pg_class o ON o.oid = r.oid${join} WHERE r.relkind IN (${relkinds})`,
  }) as const;

const RELATIONS: readonly ObjectQuery[] = [
  {
    kind: "'table'",
    name: "r.name",
    facts: {
      persistence: "NULLIF(o.relpersistence::text, 'p')",
      "access method": "(SELECT m.amname FROM pg_am m WHERE m.oid = o.relam AND m.amname <> 'heap')",
      tablespace: TABLESPACE("o.reltablespace"),
      "replica identity": "NULLIF(o.relreplident::text, 'd')",
      "row security": flag("o.relrowsecurity"),
      "forced row security": flag("o.relforcerowsecurity"),
      options: OPTIONS,
      "TOAST options": sortedOptions("w.reloptions"),
      "partition key": "pg_get_partkeydef(o.oid)",
      bound: "pg_get_expr(o.relpartbound, o.oid)",
      parents: list(
        "concat(i.inhparent::regclass::text, CASE WHEN i.inhdetachpending THEN ' (detach pending)' END)",
        "FROM pg_inherits i WHERE i.inhrelid = o.oid",
        "i.inhseqno",
      ),
      "row type": "CASE WHEN o.reloftype <> 0 THEN format_type(o.reloftype, NULL) END",
    },
    ...relation("'r', 'p'", " LEFT JOIN pg_class w ON w.oid = o.reltoastrelid"),
    ifAny: "table",
  },
  {
    kind: "CASE o.relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END",
    name: "r.name",
    facts: {
      query: "trim(pg_get_viewdef(o.oid), ' ;')",
      options: OPTIONS,
      "access method": "(SELECT m.amname FROM pg_am m WHERE m.oid = o.relam AND m.amname <> 'heap')",
      tablespace: TABLESPACE("o.reltablespace"),
    },
    ...relation("'v', 'm'"),
    ifAny: "view",
  },
  {
    // The sequence of an identity column is in the facts of its column.
    kind: "'sequence'",
    name: "r.name",
    within: "d.refobjid::regclass::text",
    facts: {
      settings: SEQUENCE,
      persistence: "NULLIF(o.relpersistence::text, 'p')",
      "owner column": "d.refobjid::regclass::text || '.' || quote_ident(a.attname)",
    },
    catalog: "pg_class",
    from: `rel r JOIN pg_class o ON o.oid = r.oid JOIN pg_sequence q ON q.seqrelid = o.oid
 LEFT JOIN pg_depend d ON ${OF_SEQUENCE} AND d.objid = o.oid AND d.deptype IN ('a', 'i')
 LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid WHERE d.deptype IS DISTINCT FROM 'i'`,
    ifAny: "sequence",
  },
  {
    kind: "'foreign table'",
    name: "r.name",
    facts: { server: "quote_ident(s.srvname)", options: sortedOptions("f.ftoptions") },
    ...relation("'f'", " JOIN pg_foreign_table f ON f.ftrelid = r.oid JOIN pg_foreign_server s ON s.oid = f.ftserver"),
    ifAny: "foreign table",
  },
  {
    kind: "'composite type'",
    name: "r.name",
    facts: {},
    catalog: "pg_type",
    from: "rel r JOIN pg_class c ON c.oid = r.oid JOIN pg_type o ON o.oid = c.reltype WHERE r.relkind = 'c'",
    ifAny: "composite type",
  },
];

/**
 * The columns of tables and composite types, and those of views that have a default. The order of columns is left out:
 * no down script restores it.
 */
function columns(serverVersion: number): ObjectQuery {
  // PostgreSQL 18 keeps NOT NULL as constraints, whose names older versions do not have.
  const hasConstraints = serverVersion >= 180000;
  const unusual = hasConstraints
    ? "WHEN NOT k.convalidated THEN 'not valid' WHEN k.connoinherit THEN 'not inherited' "
    : "";
  // OFFSET keeps PostgreSQL from looking up each column.
  const constraints =
    "(SELECT * FROM pg_constraint WHERE contype = 'n' AND (connoinherit OR NOT convalidated) OFFSET 0)";
  const join = hasConstraints ? `LEFT JOIN ${constraints} k ON k.conrelid = a.attrelid AND k.conkey[1] = a.attnum` : "";
  return {
    kind: "'column'",
    name: "r.name || '.' || quote_ident(a.attname)",
    within: "r.name",
    facts: {
      type: "format_type(a.atttypid, a.atttypmod)",
      "not null": `CASE WHEN NOT a.attnotnull THEN NULL ${unusual}ELSE 'yes' END`,
      default: "CASE WHEN a.attgenerated = '' THEN pg_get_expr(v.adbin, v.adrelid) END",
      generated: "CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END",
      expression: "CASE WHEN a.attgenerated <> '' THEN pg_get_expr(v.adbin, v.adrelid) END",
      identity: "CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END",
      "sequence settings": `CASE WHEN a.attidentity <> '' THEN (SELECT ${SEQUENCE} FROM pg_depend d JOIN pg_sequence q ON q.seqrelid = d.objid
 WHERE ${OF_SEQUENCE} AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'i') END`,
      collation: "CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END",
      storage: "CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END",
      compression: "NULLIF(a.attcompression::text, '')",
      statistics: serverVersion >= 170000 ? "a.attstattarget" : "NULLIF(a.attstattarget, -1)",
      options: sortedOptions("a.attoptions"),
      "foreign options": sortedOptions("a.attfdwoptions"),
      inherited: flag("NOT a.attislocal"),
    },
    // The settings of an identity column are those of its sequence.
    isChanged: (isNew) =>
      `${isNew("a")} OR ${isNew("v")} OR a.attidentity <> ''
 OR (a.attrelid, a.attnum) IN (SELECT n.conrelid, n.conkey[1] FROM pg_constraint n WHERE n.contype = 'n' AND ${isNew("n")})`,
    from: `pg_attribute a JOIN rel r ON r.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef v ON v.adrelid = a.attrelid AND v.adnum = a.attnum ${join}
 WHERE a.attnum > 0 AND NOT a.attisdropped AND (r.relkind IN ('r', 'p', 'f', 'c') OR r.relkind = 'v' AND a.atthasdef)`,
  };
}

/** Inherited constraints belong to the parent, NOT NULL to its column, the index of a constraint to the constraint. */
const CONSTRAINTS: ObjectQuery = {
  kind: "'constraint'",
  name: "r.name || '.' || quote_ident(k.conname)",
  within: "r.name",
  facts: {
    definition: "pg_get_constraintdef(k.oid)",
    "triggers disabled": flag(
      "EXISTS (SELECT FROM pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgisinternal AND t.tgenabled <> 'O')",
    ),
    invalid: flag("NOT i.indisvalid"),
    clustered: flag("i.indisclustered"),
    "replica identity": flag("i.indisreplident"),
    tablespace: TABLESPACE("x.reltablespace"),
  },
  isChanged: (isNew) =>
    `${isNew("k")} OR ${isNew("i")} OR ${isNew("x")} OR k.oid IN (SELECT t.tgconstraint FROM pg_trigger t WHERE ${isNew("t")})`,
  from: `pg_constraint k JOIN rel r ON r.oid = k.conrelid LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x')
 LEFT JOIN pg_class x ON x.oid = i.indexrelid WHERE k.contype NOT IN ('n', 't') AND k.conparentid = 0 AND k.conislocal`,
};

function indexes(serverVersion: number): ObjectQuery {
  const isTarget = serverVersion >= 170000 ? "a.attstattarget IS NOT NULL" : "a.attstattarget >= 0";
  return {
    kind: "'index'",
    name: "r.name || '.' || quote_ident(x.relname)",
    within: "r.name",
    facts: {
      definition: "pg_get_indexdef(i.indexrelid)",
      invalid: flag("NOT i.indisvalid"),
      clustered: flag("i.indisclustered"),
      "replica identity": flag("i.indisreplident"),
      tablespace: TABLESPACE("x.reltablespace"),
      // Only columns with an expression have them.
      statistics: `CASE WHEN i.indexprs IS NOT NULL THEN (SELECT jsonb_object_agg(a.attnum, a.attstattarget) FROM pg_attribute a WHERE a.attrelid = x.oid AND ${isTarget}) END`,
    },
    isChanged: (isNew) => `${isNew("i")} OR ${isNew("x")} OR i.indexprs IS NOT NULL`,
    // The index of a partition belongs to the partitioned index.
    from: `pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN rel r ON r.oid = i.indrelid
 WHERE NOT x.relispartition AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))`,
  };
}

/** A trigger that a partition has from its parent counts only if it is enabled differently. */
const TRIGGERS: ObjectQuery = {
  kind: "'trigger'",
  name: "r.name || '.' || quote_ident(t.tgname)",
  within: "r.name",
  facts: { definition: "pg_get_triggerdef(t.oid)", enabled: "NULLIF(t.tgenabled::text, 'O')" },
  from: `pg_trigger t JOIN rel r ON r.oid = t.tgrelid LEFT JOIN pg_trigger p ON p.oid = t.tgparentid
 WHERE CASE WHEN t.tgparentid = 0 THEN NOT t.tgisinternal ELSE t.tgenabled <> p.tgenabled AND NOT p.tgisinternal END`,
  ifAny: "trigger",
};

const RULES: ObjectQuery = {
  kind: "'rule'",
  name: "r.name || '.' || quote_ident(w.rulename)",
  within: "r.name",
  facts: { definition: "pg_get_ruledef(w.oid)", enabled: "NULLIF(w.ev_enabled::text, 'O')" },
  from: "pg_rewrite w JOIN rel r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN'",
  ifAny: "rewrite",
};

const POLICIES: ObjectQuery = {
  kind: "'policy'",
  name: "r.name || '.' || quote_ident(y.polname)",
  within: "r.name",
  facts: {
    command:
      "CASE y.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' ELSE 'all' END",
    restrictive: flag("NOT y.polpermissive"),
    roles: list(
      "CASE o.role WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(o.role)) END",
      "FROM unnest(y.polroles) AS o(role)",
    ),
    using: "pg_get_expr(y.polqual, y.polrelid)",
    check: "pg_get_expr(y.polwithcheck, y.polrelid)",
  },
  from: "pg_policy y JOIN rel r ON r.oid = y.polrelid",
  ifAny: "policy",
};

/** Relations and their parts. @param serverVersion as `Backend` has it */
export function relationQueries(serverVersion: number): ObjectQuery[] {
  const all = [...RELATIONS, columns(serverVersion), CONSTRAINTS, indexes(serverVersion), TRIGGERS, RULES, POLICIES];
  return all.map((query) => ({ ...query, isOfRelation: true }));
}
