import { Failure } from "../../core/failure/failure.ts";
import { quoteText } from "../../core/sql/quote.ts";
import { nearest } from "../../core/text/spelling.ts";
import type { RelationName } from "../../ports/schema-dump.ts";
import type { Session } from "../../ports/session.ts";
import { USER_SCHEMA } from "../catalog/user-objects.ts";
import { ownTablesSql, type TableNames } from "../history/history-table.ts";
import { jsonAnswer } from "../session/json-answer.ts";

/** The relations of a database, as a dump treats them. */
export interface ChosenRelations {
  /** pgstep's own tables, with their sequences. */
  readonly own: readonly RelationName[];
  /** The schema of pgstep's tables, if it contains nothing else. */
  readonly ownSchema: string | null;
  /** Tables that pg_dump cannot lock, since the role may not read them. */
  readonly unreadable: readonly RelationName[];
}

const NAME = { schema: "text", name: "text" } as const;
const CHOSEN = { own: ["list of", NAME], ownSchema: "text?", unreadable: ["list of", NAME] } as const;

/** The role needs SELECT on a table and USAGE on its schema to lock the table. */
const READABLE =
  "pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT, UPDATE, DELETE, TRUNCATE')";

/** Reads which relations a dump leaves out. The search path must be pgstep's. */
export async function chooseRelations(session: Session, names: TableNames, schema: string): Promise<ChosenRelations> {
  const own = ownTablesSql(names).map((name) => `pg_catalog.to_regclass(${name})`);
  const named = (from: string) =>
    `(SELECT COALESCE(json_agg(json_build_object('schema', n.nspname, 'name', c.relname) ORDER BY n.nspname, c.relname), '[]')
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${from})`;
  const [row] = await session.query(`WITH own AS MATERIALIZED (
 SELECT t.oid FROM unnest(ARRAY[${own.join(", ")}]::oid[]) t(oid) WHERE t.oid IS NOT NULL),
 parts AS MATERIALIZED (SELECT oid FROM own
  UNION SELECT objid FROM pg_depend WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass
   AND refobjid IN (SELECT oid FROM own) AND deptype IN ('a', 'i'))
SELECT json_build_object('own', ${named("c.oid IN (SELECT oid FROM parts) AND c.relkind IN ('r', 'p', 'S')")},
 'ownSchema', (SELECT n.nspname FROM pg_namespace n WHERE n.nspname = ${quoteText(schema)} AND n.nspname <> 'public'
  AND NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind NOT IN ('i', 'I')
   AND c.oid NOT IN (SELECT oid FROM parts))
  AND NOT EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = n.oid)
  AND NOT EXISTS (SELECT FROM pg_type t WHERE t.typnamespace = n.oid AND t.typrelid = 0 AND t.typelem = 0)),
 'unreadable', ${named(`${USER_SCHEMA} AND c.relkind IN ('r', 'p') AND NOT (${READABLE})
  AND c.oid NOT IN (SELECT oid FROM parts)
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`)})::text AS row`);
  return jsonAnswer<ChosenRelations>(row?.row, CHOSEN);
}

/** A table whose rows are dumped. */
export interface RowTable extends RelationName {
  /** Its name as SQL. */
  readonly sql: string;
  readonly isPartitioned: boolean;
  /** In the order of the table, without generated ones. */
  readonly columns: readonly string[];
  /** SQL expressions that give the rows one order. */
  readonly order: readonly string[];
  /** Sequences that belong to a column. */
  readonly sequences: readonly { readonly name: string; readonly column: string; readonly descends: boolean }[];
}

const ROW_TABLE = {
  ...NAME,
  sql: "text",
  isPartitioned: "boolean",
  columns: ["list of", "text"],
  order: ["list of", "text"],
  sequences: ["list of", { name: "text", column: "text", descends: "boolean" }],
} as const;

/**
 * The tables with these names: as `table` or `schema.table`, or as SQL.
 * @throws Failure usage if there is no such table, or more than one
 */
export async function rowTables(session: Session, typed: readonly string[]): Promise<RowTable[]> {
  if (typed.length === 0) return [];
  const [row] = await session.query(TABLES);
  const tables = jsonAnswer<RowTable[]>(row?.row, ["list of", ROW_TABLE]);
  const found = typed.map((name) => {
    const matching = tables.filter((table) => [table.name, `${table.schema}.${table.name}`, table.sql].includes(name));
    const [table] = matching;
    if (table && matching.length === 1) return table;
    throw table ? several(name, matching) : missing(name, tables);
  });
  return [...new Set(found)].sort((one, other) => (one.sql < other.sql ? -1 : 1));
}

/** A collation of the database would make the order differ between servers. */
const TABLES = `SELECT COALESCE(json_agg(json_build_object('schema', n.nspname, 'name', c.relname,
 'sql', format('%I.%I', n.nspname, c.relname), 'isPartitioned', c.relkind = 'p',
 'columns', (SELECT COALESCE(json_agg(quote_ident(a.attname) ORDER BY a.attnum), '[]') FROM pg_attribute a
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''),
 'order', (SELECT COALESCE(json_agg(quote_ident(a.attname) || CASE WHEN a.attcollation <> 0 THEN ' COLLATE pg_catalog."C"' ELSE '' END
   ORDER BY k.place), '[]') FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY k(number, place)
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number WHERE i.indrelid = c.oid AND i.indisprimary),
 'sequences', (SELECT COALESCE(json_agg(json_build_object('name', format('%I.%I', sn.nspname, s.relname), 'column', quote_ident(a.attname),
   'descends', q.seqincrement < 0) ORDER BY s.relname), '[]')
  FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_namespace sn ON sn.oid = s.relnamespace
  JOIN pg_sequence q ON q.seqrelid = s.oid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
  WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.deptype IN ('a', 'i')))), '[]')::text AS row
 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${USER_SCHEMA} AND c.relkind IN ('r', 'p')`;

function missing(name: string, tables: readonly RowTable[]): Failure {
  const meant = nearest(
    name,
    tables.flatMap((table) => [table.name, `${table.schema}.${table.name}`]),
  );
  return new Failure("usage", `Cannot dump the rows of ${name}: there is no such table`, {
    hint: meant ? `Did you mean ${meant}?` : "Name a table of the database: --rows <table>,<table>.",
  });
}

function several(name: string, tables: readonly RowTable[]): Failure {
  return new Failure("usage", `Cannot dump the rows of ${name}: several schemas have such a table`, {
    hint: `Name one with its schema: --rows ${tables.map((table) => `${table.schema}.${table.name}`).join(" or --rows ")}.`,
  });
}
