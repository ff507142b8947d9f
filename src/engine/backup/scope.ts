import { quoteText } from "../../core/sql/quote.ts";
import type { Destruction } from "../../core/statements/data-loss.ts";
import type { Session } from "../../ports/session.ts";
import { userObjectsSql } from "../catalog/user-objects.ts";

/** A table that goes into a backup. */
export interface TableInScope {
  readonly oid: string;
  /** Quoted and with its schema. */
  readonly name: string;
  /** A partitioned table has no rows of its own. */
  readonly hasRows: boolean;
}

/**
 * The tables that these statements may affect, with their partitions and child tables; all tables if that is unknown.
 * A name without a schema matches every table of that name, as the search path at run time decides. The search path
 * must be empty here.
 * @param own the quoted names of pgstep's tables, which are excluded
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
  const rows = await session.query(`WITH RECURSIVE ${userObjectsSql(own.map(quoteText))}, reach(source, target) AS (
 SELECT inhparent, inhrelid FROM pg_catalog.pg_inherits ${references}
), scope(oid) AS (
 SELECT c.oid FROM pg_catalog.pg_class c JOIN space n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND (${named})
 UNION SELECT r.target FROM scope s JOIN reach r ON r.source = s.oid
)
SELECT r.oid::text AS oid, r.name, (r.relkind = 'r')::text AS rows FROM scope s JOIN rel r ON r.oid = s.oid WHERE r.relkind IN ('r', 'p') ORDER BY r.name`);
  return rows.map((row) => ({ oid: String(row.oid), name: String(row.name), hasRows: row.rows === "true" }));
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
