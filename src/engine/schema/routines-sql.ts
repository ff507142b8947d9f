import { flag, list, type ObjectQuery, routine, rowsOf } from "./object-query.ts";

const ROUTINES: ObjectQuery = {
  kind: "CASE o.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END",
  name: "o.oid::regprocedure::text",
  facts: { definition: "pg_get_functiondef(o.oid)" },
  ...rowsOf("pg_proc", { where: "o.prokind <> 'a'" }),
  ifAny: "routine",
};

const AGGREGATES: ObjectQuery = {
  kind: "'aggregate'",
  name: "o.oid::regprocedure::text",
  facts: {
    arguments: "pg_get_function_arguments(o.oid)",
    result: "pg_get_function_result(o.oid)",
    kind: "NULLIF(g.aggkind::text, 'n')",
    "transition function": routine("g.aggtransfn"),
    "state type": "format_type(g.aggtranstype, NULL)",
    "state space": "NULLIF(g.aggtransspace, 0)",
    "initial value": "g.agginitval",
    "final function": routine("g.aggfinalfn"),
    "final function gets arguments": flag("g.aggfinalextra"),
    "final function modifies": "g.aggfinalmodify::text",
    "combine function": routine("g.aggcombinefn"),
    "serial function": routine("g.aggserialfn"),
    "deserial function": routine("g.aggdeserialfn"),
    "moving transition function": routine("g.aggmtransfn"),
    "moving inverse function": routine("g.aggminvtransfn"),
    "moving final function": routine("g.aggmfinalfn"),
    "moving final function gets arguments": flag("g.aggmfinalextra"),
    "moving final function modifies": "g.aggmfinalmodify::text",
    "moving state type": "CASE WHEN g.aggmtranstype <> 0 THEN format_type(g.aggmtranstype, NULL) END",
    "moving state space": "NULLIF(g.aggmtransspace, 0)",
    "moving initial value": "g.aggminitval",
    "sort operator": "CASE WHEN g.aggsortop <> 0 THEN g.aggsortop::regoperator::text END",
    parallel: "NULLIF(o.proparallel::text, 'u')",
  },
  ...rowsOf("pg_proc", { join: " JOIN pg_aggregate g ON g.aggfnoid = o.oid" }),
  ifAny: "aggregate",
};

const TYPE_NAME = "s.name || '.' || quote_ident(o.typname)";

/** Types of these kinds (pg_type.typtype). */
const typesOf = (kinds: string, join = "", condition = "true") =>
  rowsOf("pg_type", { join, where: `o.typtype IN (${kinds}) AND ${condition}` });

const DOMAINS: ObjectQuery = {
  kind: "'domain'",
  name: TYPE_NAME,
  facts: {
    type: "format_type(o.typbasetype, o.typtypmod)",
    "not null": flag("o.typnotnull"),
    default: "o.typdefault",
    collation: "CASE WHEN o.typcollation <> b.typcollation THEN o.typcollation::regcollation::text END",
    // PostgreSQL 17 keeps NOT NULL as a constraint as well.
    checks: list(
      "format('%I %s', k.conname, pg_get_constraintdef(k.oid))",
      "FROM pg_constraint k WHERE k.contypid = o.oid AND k.contype = 'c'",
    ),
  },
  ...typesOf("'d'", " JOIN pg_type b ON b.oid = o.typbasetype"),
  ifAny: "domain",
};

const ENUMS: ObjectQuery = {
  kind: "'enum'",
  name: TYPE_NAME,
  facts: { labels: list("e.enumlabel", "FROM pg_enum e WHERE e.enumtypid = o.oid", "e.enumsortorder") },
  ...typesOf("'e'"),
  ifAny: "enum",
};

const RANGES: ObjectQuery = {
  kind: "'range'",
  name: TYPE_NAME,
  facts: {
    subtype: "format_type(g.rngsubtype, NULL)",
    collation:
      "(SELECT g.rngcollation::regcollation::text FROM pg_type b WHERE b.oid = g.rngsubtype AND g.rngcollation <> b.typcollation)",
    "operator class":
      "(SELECT format('%s.%I', c.opcnamespace::regnamespace, c.opcname) FROM pg_opclass c WHERE c.oid = g.rngsubopc AND NOT c.opcdefault)",
    "canonical function": routine("g.rngcanonical"),
    "subtype difference function": routine("g.rngsubdiff"),
    multirange: "format_type(g.rngmultitypid, NULL)",
  },
  ...typesOf("'r'", " JOIN pg_range g ON g.rngtypid = o.oid"),
  ifAny: "range",
};

/** Types with functions of their own. The arrays of types are parts of them. */
const BASE_TYPES: ObjectQuery = {
  kind: "'type'",
  name: TYPE_NAME,
  facts: {
    undefined: flag("NOT o.typisdefined"),
    input: routine("o.typinput"),
    output: routine("o.typoutput"),
    receive: routine("o.typreceive"),
    send: routine("o.typsend"),
    "modifier input": routine("o.typmodin"),
    "modifier output": routine("o.typmodout"),
    analyze: routine("o.typanalyze"),
    subscript: routine("o.typsubscript"),
    length: "o.typlen",
    "by value": flag("o.typbyval"),
    alignment: "o.typalign::text",
    storage: "o.typstorage::text",
    category: "o.typcategory::text",
    preferred: flag("o.typispreferred"),
    default: "o.typdefault",
    delimiter: "o.typdelim::text",
    element: "CASE WHEN o.typelem <> 0 THEN format_type(o.typelem, NULL) END",
    collatable: flag("o.typcollation <> 0"),
  },
  ...typesOf(
    "'b', 'p'",
    "",
    "(o.typtype = 'b' OR NOT o.typisdefined) AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = o.oid)",
  ),
  ifAny: "base type",
};

/** Functions, procedures, aggregates and types. Composite types are relations. */
export const ROUTINE_AND_TYPE_QUERIES: readonly ObjectQuery[] = [
  ROUTINES,
  AGGREGATES,
  DOMAINS,
  ENUMS,
  RANGES,
  BASE_TYPES,
];
