import { quoteIdentifier, quoteText } from "../../core/sql/quote.ts";
import type { Destruction } from "../../core/statements/data-loss.ts";
import type { Session } from "../../ports/session.ts";
import { userObjectsSql } from "../catalog/user-objects.ts";
import { jsonAnswer } from "../session/json-answer.ts";

/** A table that goes into a backup. */
export interface TableInScope {
  readonly oid: string;
  /** Quoted and with its schema. */
  readonly name: string;
  /** Its plain names. */
  readonly schema: string;
  readonly relation: string;
  /** A partitioned table has no rows of its own. */
  readonly hasRows: boolean;
  /** The quoted columns whose values are copied; a table may have none. */
  readonly columns: readonly string[];
  /** False if the role cannot read all of its rows. */
  readonly isReadable: boolean;
  /** The size of its rows on disk. */
  readonly bytes: number;
  /** For a table of an extension: the rows that the extension itself does not create. */
  readonly condition: string | null;
}

const TABLE = {
  oid: "text",
  name: "text",
  schema: "text",
  relation: "text",
  hasRows: "boolean",
  columns: ["list of", "text"],
  isReadable: "boolean",
  bytes: "number",
  condition: "text?",
} as const;

/** Row security would hide rows from a role that it applies to. */
const READABLE = `pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT') AND NOT pg_catalog.row_security_active(c.oid)`;

/**
 * The tables that these statements may affect, with their partitions and child tables; all tables if that is unknown.
 * A name without a schema matches every table of that name, as the search path at run time decides. The search path
 * must be empty here.
 * @param own the quoted names of pgstep's tables, which are excluded
 * @param destructions undefined for the whole database
 */
export async function tablesInScope(
  session: Session,
  own: readonly string[],
  destructions: readonly Destruction[] | undefined,
): Promise<TableInScope[]> {
  const everything = destructions?.every(({ tables, schemas }) => tables.length + schemas.length > 0) !== true;
  const named = everything ? "true" : (destructions ?? []).flatMap(conditions).join(" OR ") || "false";
  const cascades = destructions?.some((one) => one.cascades) ?? false;
  const references = cascades
    ? "UNION ALL SELECT confrelid, conrelid FROM pg_catalog.pg_constraint WHERE contype = 'f'"
    : "";
  // Rows of an extension's tables that are the user's: its configuration.
  const ofExtensions =
    destructions === undefined
      ? `UNION ALL SELECT t.oid, t.condition FROM pg_catalog.pg_extension x, unnest(x.extconfig, x.extcondition) AS t(oid, condition)`
      : "";
  const [row] = await session.query(`WITH RECURSIVE ${userObjectsSql(own.map(quoteText))}, reach(source, target) AS (
 SELECT inhparent, inhrelid FROM pg_catalog.pg_inherits ${references}
), scope(oid) AS (
 SELECT c.oid FROM pg_catalog.pg_class c JOIN space n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND (${named})
 UNION SELECT r.target FROM scope s JOIN reach r ON r.source = s.oid
), found(oid, condition) AS (
 SELECT s.oid, NULL::text FROM scope s JOIN rel r ON r.oid = s.oid WHERE r.relkind IN ('r', 'p') ${ofExtensions}
)
SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object('oid', c.oid::text, 'name', pg_catalog.format('%I.%I', n.nspname, c.relname),
 'schema', n.nspname, 'relation', c.relname, 'hasRows', c.relkind = 'r', 'condition', f.condition, 'isReadable', ${READABLE},
 'bytes', CASE c.relkind WHEN 'r' THEN COALESCE(pg_catalog.pg_table_size(c.oid), 0) ELSE 0 END,
 'columns', (SELECT COALESCE(pg_catalog.json_agg(pg_catalog.quote_ident(a.attname) ORDER BY a.attnum), '[]') FROM pg_catalog.pg_attribute a
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''))
 ORDER BY n.nspname, c.relname), '[]')::text AS tables
 FROM found f JOIN pg_catalog.pg_class c ON c.oid = f.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')`);
  return jsonAnswer<TableInScope[]>(row?.tables, ["list of", TABLE]);
}

function conditions({ tables, schemas }: Destruction): string[] {
  return [
    ...tables.map(({ schema, name }) => {
      const inSchema = schema === undefined ? "" : ` AND n.nspname = ${quoteText(schema)}`;
      return `(c.relname = ${quoteText(name)}${inSchema})`;
    }),
    ...schemas.map((schema) => `n.nspname = ${quoteText(schema)}`),
  ];
}

/** True if any of these tables has a row. */
export async function holdRows(session: Session, tables: readonly TableInScope[]): Promise<boolean> {
  const filled = tables.filter(({ hasRows }) => hasRows).map(({ name }) => `EXISTS (SELECT FROM ONLY ${name})`);
  if (filled.length === 0) return false;
  const [row] = await session.query(`SELECT (${filled.join(" OR ")})::text AS filled`);
  return row?.filled === "true";
}

/** The table and the columns of its COPY, as the backup names them; undefined if no rows are copied. */
export function copyTarget({ name, hasRows, columns }: TableInScope): string | undefined {
  return hasRows && columns.length > 0 ? `${name} (${columns.join(", ")})` : undefined;
}

/** The source of its COPY TO. */
export function copySource(table: TableInScope): string | undefined {
  const { name, columns, condition } = table;
  if (condition === null || condition === "") return copyTarget(table);
  return `(SELECT ${columns.join(", ")} FROM ${name} ${condition})`;
}

/** True for the table with this quoted name. */
export function isTable({ schema, relation }: TableInScope, quoted: string): boolean {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(relation)}` === quoted;
}
