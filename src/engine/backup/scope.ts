import { quoteText } from "../../core/sql/quote.ts";
import type { Destruction } from "../../core/statements/data-loss.ts";
import type { Session } from "../../ports/session.ts";
import { USER_SCHEMA } from "../catalog/objects-sql.ts";

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
  const rows = await session.query(`WITH RECURSIVE reach(source, target) AS (
 SELECT inhparent, inhrelid FROM pg_catalog.pg_inherits ${references}
), scope(oid) AS (
 SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND ${USER_SCHEMA} AND (${named})
 UNION SELECT r.target FROM scope s JOIN reach r ON r.source = s.oid
)
SELECT c.oid::text AS oid, c.oid::pg_catalog.regclass::text AS name, (c.relkind = 'r')::text AS rows
FROM scope s JOIN pg_catalog.pg_class c ON c.oid = s.oid
WHERE c.relkind IN ('r', 'p')
 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
 AND NOT EXISTS (SELECT FROM pg_catalog.unnest(ARRAY[${own.map((name) => `pg_catalog.to_regclass(${quoteText(name)})`).join(", ")}]) AS o(oid) WHERE o.oid = c.oid)
ORDER BY name`);
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
