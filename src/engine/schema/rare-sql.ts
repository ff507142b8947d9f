import { noMember } from "../catalog/user-objects.ts";
import { flag, list, type ObjectQuery, routine, rowsOf, sortedOptions } from "./object-query.ts";

const SCHEMAS: ObjectQuery = {
  kind: "'schema'",
  name: "s.name",
  facts: {},
  from: `space s WHERE ${noMember("pg_namespace", "s.oid")} AND NOT s.hidden`,
};

/** Versions are left out: servers offer different ones. */
const EXTENSIONS: ObjectQuery = {
  kind: "'extension'",
  name: "quote_ident(o.extname)",
  facts: { schema: "o.extnamespace::regnamespace::text" },
  catalog: "pg_extension",
  from: "pg_extension o",
};

/** The name that PostgreSQL gives to an object without a type for its oid. */
const identityOf = (catalog: string) => `(pg_identify_object('${catalog}'::regclass, o.oid, 0)).identity`;

const STATISTICS: ObjectQuery = {
  kind: "'statistics object'",
  name: "s.name || '.' || quote_ident(o.stxname)",
  within: "o.stxrelid::regclass::text",
  facts: { definition: "pg_get_statisticsobjdef(o.oid)", target: "NULLIF(o.stxstattarget, -1)" },
  ...rowsOf("pg_statistic_ext", { join: " JOIN rel r ON r.oid = o.stxrelid" }),
  ifAny: "statistics",
};

const operator = (oid: string) => `NULLIF((${oid})::regoperator::text, '0')`;

function collations(serverVersion: number): ObjectQuery {
  const locale =
    serverVersion >= 170000
      ? "o.colllocale"
      : serverVersion >= 150000
        ? "o.colliculocale"
        : "CASE WHEN o.collprovider = 'i' THEN o.collcollate END";
  const ofLibc = (column: string) => `CASE WHEN o.collprovider = 'c' THEN ${column} END`;
  return {
    kind: "'collation'",
    name: identityOf("pg_collation"),
    facts: {
      provider: "o.collprovider::text",
      nondeterministic: flag("NOT o.collisdeterministic"),
      LC_COLLATE: ofLibc("o.collcollate"),
      LC_CTYPE: ofLibc("o.collctype"),
      locale,
      ...(serverVersion >= 160000 && { rules: "o.collicurules" }),
    },
    ...rowsOf("pg_collation"),
    ifAny: "collation",
  };
}

function publications(serverVersion: number): ObjectQuery {
  const hasLists = serverVersion >= 150000;
  const table = hasLists
    ? `concat_ws(' ', p.prrelid::regclass::text, '(' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname COLLATE "C") FROM pg_attribute a WHERE a.attrelid = p.prrelid AND a.attnum = ANY (p.prattrs)) || ')', 'WHERE ' || pg_get_expr(p.prqual, p.prrelid))`
    : "p.prrelid::regclass::text";
  return {
    kind: "'publication'",
    name: "quote_ident(o.pubname)",
    facts: {
      "all tables": flag("o.puballtables"),
      operations:
        "concat_ws(', ', CASE WHEN o.pubinsert THEN 'insert' END, CASE WHEN o.pubupdate THEN 'update' END, CASE WHEN o.pubdelete THEN 'delete' END, CASE WHEN o.pubtruncate THEN 'truncate' END)",
      "via root": flag("o.pubviaroot"),
      tables: list(table, "FROM pg_publication_rel p WHERE p.prpubid = o.oid"),
      ...(hasLists && {
        schemas: list("p.pnnspid::regnamespace::text", "FROM pg_publication_namespace p WHERE p.pnpubid = o.oid"),
      }),
      ...(serverVersion >= 180000 && { "generated columns": "NULLIF(o.pubgencols::text, 'n')" }),
    },
    ...rowsOf("pg_publication"),
    ifAny: "publication",
  };
}

const SUBSCRIPTIONS: ObjectQuery = {
  kind: "'subscription'",
  name: "quote_ident(o.subname)",
  facts: { disabled: flag("NOT o.subenabled"), publications: sortedOptions("o.subpublications") },
  from: "pg_subscription o WHERE o.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())",
  ifAny: "subscription",
};

const EVENT_TRIGGERS: ObjectQuery = {
  kind: "'event trigger'",
  name: "quote_ident(o.evtname)",
  facts: {
    event: "o.evtevent",
    function: routine("o.evtfoid"),
    enabled: "NULLIF(o.evtenabled::text, 'O')",
    tags: sortedOptions("o.evttags"),
  },
  ...rowsOf("pg_event_trigger"),
  ifAny: "event trigger",
};

const OPERATORS: readonly ObjectQuery[] = [
  {
    kind: "'operator'",
    name: "o.oid::regoperator::text",
    facts: {
      result: "format_type(o.oprresult, NULL)",
      function: routine("o.oprcode"),
      commutator: operator("o.oprcom"),
      negator: operator("o.oprnegate"),
      "restriction estimator": routine("o.oprrest"),
      "join estimator": routine("o.oprjoin"),
      merges: flag("o.oprcanmerge"),
      hashes: flag("o.oprcanhash"),
    },
    ...rowsOf("pg_operator"),
    ifAny: "operator",
  },
  {
    kind: "'operator class'",
    name: identityOf("pg_opclass"),
    facts: {
      type: "format_type(o.opcintype, NULL)",
      family: "(pg_identify_object('pg_opfamily'::regclass, o.opcfamily, 0)).identity",
      default: flag("o.opcdefault"),
      storage: "CASE WHEN o.opckeytype <> 0 THEN format_type(o.opckeytype, NULL) END",
    },
    ...rowsOf("pg_opclass"),
    ifAny: "operator family",
  },
  {
    kind: "'operator family'",
    name: identityOf("pg_opfamily"),
    facts: {
      operators: list(
        "concat_ws(' ', m.amopstrategy, m.amopopr::regoperator, (SELECT 'ORDER BY ' || (pg_identify_object('pg_opfamily'::regclass, m.amopsortfamily, 0)).identity WHERE m.amopsortfamily <> 0))",
        "FROM pg_amop m WHERE m.amopfamily = o.oid",
      ),
      functions: list(
        "format('%s %s (%s, %s)', m.amprocnum, m.amproc::regprocedure, format_type(m.amproclefttype, NULL), format_type(m.amprocrighttype, NULL))",
        "FROM pg_amproc m WHERE m.amprocfamily = o.oid",
      ),
    },
    ...rowsOf("pg_opfamily"),
    ifAny: "operator family",
  },
];

const TEXT_SEARCH: readonly ObjectQuery[] = [
  {
    kind: "'text search parser'",
    name: identityOf("pg_ts_parser"),
    facts: {
      start: routine("o.prsstart"),
      "next token": routine("o.prstoken"),
      end: routine("o.prsend"),
      headline: routine("o.prsheadline"),
      "token types": routine("o.prslextype"),
    },
    ...rowsOf("pg_ts_parser"),
    ifAny: "text search parser",
  },
  {
    kind: "'text search template'",
    name: identityOf("pg_ts_template"),
    facts: { init: routine("o.tmplinit"), lexize: routine("o.tmpllexize") },
    ...rowsOf("pg_ts_template"),
    ifAny: "text search template",
  },
  {
    kind: "'text search dictionary'",
    name: identityOf("pg_ts_dict"),
    facts: {
      template: "(pg_identify_object('pg_ts_template'::regclass, o.dicttemplate, 0)).identity",
      options: "o.dictinitoption",
    },
    ...rowsOf("pg_ts_dict"),
    ifAny: "text search dictionary",
  },
  {
    kind: "'text search configuration'",
    name: identityOf("pg_ts_config"),
    facts: {
      parser: "(pg_identify_object('pg_ts_parser'::regclass, o.cfgparser, 0)).identity",
      mappings: list(
        "format('%s %s %s', m.maptokentype, m.mapseqno, m.mapdict::regdictionary)",
        "FROM pg_ts_config_map m WHERE m.mapcfg = o.oid",
        "m.maptokentype, m.mapseqno",
      ),
    },
    ...rowsOf("pg_ts_config"),
    ifAny: "text search configuration",
  },
];

const FOREIGN_DATA: readonly ObjectQuery[] = [
  {
    kind: "'foreign-data wrapper'",
    name: "quote_ident(o.fdwname)",
    facts: {
      handler: routine("o.fdwhandler"),
      validator: routine("o.fdwvalidator"),
      options: sortedOptions("o.fdwoptions"),
    },
    ...rowsOf("pg_foreign_data_wrapper"),
    ifAny: "foreign-data wrapper",
  },
  {
    kind: "'server'",
    name: "quote_ident(o.srvname)",
    facts: {
      wrapper: "quote_ident(w.fdwname)",
      type: "o.srvtype",
      version: "o.srvversion",
      options: sortedOptions("o.srvoptions"),
    },
    ...rowsOf("pg_foreign_server", { join: " JOIN pg_foreign_data_wrapper w ON w.oid = o.srvfdw" }),
    ifAny: "foreign-data wrapper",
  },
  {
    // Its options hold passwords, and only some roles may read pg_user_mapping.
    kind: "'user mapping'",
    name: "format('%s on server %I', CASE WHEN o.umuser = 0 THEN 'PUBLIC' ELSE quote_ident(o.usename) END, o.srvname)",
    facts: {},
    from: "pg_user_mappings o",
    ifAny: "foreign-data wrapper",
  },
];

const OTHERS: readonly ObjectQuery[] = [
  {
    kind: "'cast'",
    name: "format('(%s AS %s)', format_type(o.castsource, NULL), format_type(o.casttarget, NULL))",
    facts: {
      function: routine("o.castfunc"),
      method: "o.castmethod::text",
      context: "o.castcontext::text",
    },
    ...rowsOf("pg_cast"),
    ifAny: "cast",
  },
  {
    kind: "'conversion'",
    name: identityOf("pg_conversion"),
    facts: {
      from: "pg_encoding_to_char(o.conforencoding)",
      to: "pg_encoding_to_char(o.contoencoding)",
      function: routine("o.conproc"),
      default: flag("o.condefault"),
    },
    ...rowsOf("pg_conversion"),
    ifAny: "conversion",
  },
  {
    kind: "'transform'",
    name: "format('for %s language %I', format_type(o.trftype, NULL), l.lanname)",
    facts: { "from SQL": routine("o.trffromsql"), "to SQL": routine("o.trftosql") },
    ...rowsOf("pg_transform", { join: " JOIN pg_language l ON l.oid = o.trflang" }),
    ifAny: "transform",
  },
  {
    kind: "'language'",
    name: "quote_ident(o.lanname)",
    facts: {
      trusted: flag("o.lanpltrusted"),
      handler: routine("o.lanplcallfoid"),
      inline: routine("o.laninline"),
      validator: routine("o.lanvalidator"),
    },
    ...rowsOf("pg_language"),
    ifAny: "language",
  },
  {
    kind: "'access method'",
    name: "quote_ident(o.amname)",
    facts: { handler: routine("o.amhandler"), type: "o.amtype::text" },
    ...rowsOf("pg_am"),
    ifAny: "access method",
  },
];

/** Schemas, extensions, and the objects that few databases have. @param serverVersion as `Backend` has it */
export function rareQueries(serverVersion: number): ObjectQuery[] {
  return [
    SCHEMAS,
    EXTENSIONS,
    STATISTICS,
    collations(serverVersion),
    publications(serverVersion),
    SUBSCRIPTIONS,
    EVENT_TRIGGERS,
    ...OPERATORS,
    ...TEXT_SEARCH,
    ...FOREIGN_DATA,
    ...OTHERS,
  ];
}
