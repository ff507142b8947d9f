import { quoteText } from "../../core/sql/quote.ts";
import type { ConcurrentReindex } from "../../core/statements/reindex.ts";
import { builderSql, NOTED, noteSql, readRolledBack } from "../catalog/indexes-sql.ts";
import { runAlone, type StatementRun } from "./one-statement.ts";

/**
 * Finds the INVALID indexes that a failed REINDEX CONCURRENTLY leaves beside the old ones, including those of TOAST
 * tables (PostgreSQL documentation, REINDEX, "Rebuilding Indexes Concurrently"). Returns the part after SELECT, with
 * the index as `i`, its relation as `c` and its schema as `n`. `NOTED` must be the relation that the statement names.
 */
export function leftoversSql(reindex: ConcurrentReindex): string {
  const tables = tablesSql(reindex);
  const scope = tables
    ? `AND (i.indrelid IN (${tables}) OR i.indrelid IN (SELECT h.reltoastrelid FROM pg_class h WHERE h.oid IN (${tables})))`
    : "";
  return `FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$' AND pg_has_role(c.relowner, 'USAGE') ${scope}`;
}

function tablesSql({ kind, name }: ConcurrentReindex): string | undefined {
  if (name === undefined) return undefined;
  const tree = `SELECT ${NOTED} UNION SELECT relid FROM pg_partition_tree(${NOTED})`;
  if (kind === "TABLE") return tree;
  if (kind === "INDEX") return `SELECT x.indrelid FROM pg_index x WHERE x.indexrelid IN (${tree})`;
  return `SELECT r.oid FROM pg_class r JOIN pg_namespace s ON s.oid = r.relnamespace WHERE s.nspname = ${quoteText(name)}`;
}

interface Leftover {
  readonly oid: string;
  readonly qualified: string;
  readonly builder: string | null;
}

/** Drops the leftovers of a started statement, but no older ones and none that another session may be building. */
export async function dropLeftovers(
  of: StatementRun,
  reindex: ConcurrentReindex,
  before: readonly string[],
): Promise<void> {
  const leftover = `pg_catalog.json_build_object('oid', i.indexrelid::text, 'qualified', pg_catalog.format('%I.%I', n.nspname, c.relname), 'builder', ${builderSql("i.indrelid", "i.indexrelid")})`;
  const sql = `SELECT COALESCE(pg_catalog.json_agg(${leftover}), '[]')::text AS row ${leftoversSql(reindex)}`;
  const found = (await readRolledBack(of.run.session, noteSql(reindex.name), sql)) as Leftover[];
  for (const { oid, qualified, builder } of found) {
    if (builder === null && !before.includes(oid)) await runAlone(of, `DROP INDEX CONCURRENTLY IF EXISTS ${qualified}`);
  }
}
