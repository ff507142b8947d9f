import { type ConcurrentIndex, concurrentIndex } from "../core/sql/index-statement.ts";
import type { Statement } from "../core/sql/statement.ts";
import { quoteText } from "../core/sql-text.ts";
import type { Session } from "../ports/session.ts";

/** What the catalog says of a statement that was started and not seen to end. */
export type Verdict =
  /** It took effect. */
  | "done"
  /** It left nothing, or nothing that running it again would stumble over. */
  | "not-done"
  /** The catalog cannot tell. */
  | "unknown";

/** Commands that may simply run again: their second run does what the first left undone. */
const REPEATABLE = /^(VACUUM|ANALYZE|REINDEX|CLUSTER|ALTER\s+SYSTEM)\b/i;

/**
 * Finds out whether a statement took effect. What a broken CREATE INDEX CONCURRENTLY left, an INVALID index, is dropped.
 * @param indexesBefore oids of the indexes its table had before, with commas between, when it builds one without a name
 * @param runAlone runs a statement outside a transaction
 */
export async function resolveDoubt(
  session: Session,
  statement: Statement,
  indexesBefore: string,
  runAlone: (sql: string) => Promise<unknown>,
): Promise<Verdict> {
  if (/^REINDEX\b/i.test(statement.text)) await dropReindexLeftovers(session, runAlone);
  if (REPEATABLE.test(statement.text)) return "not-done";
  const about = concurrentIndex(statement);
  if (!about) return "unknown";
  const found = await findIndex(session, about, indexesBefore);
  if (about.action === "drop") return found ? "not-done" : "done";
  if (!found) return "not-done";
  if (found.valid) return "done";
  // A backend that outlived its client may still be at work on it.
  if (found.building) return "unknown";
  await runAlone(`DROP INDEX CONCURRENTLY IF EXISTS ${found.name}`);
  return "not-done";
}

/**
 * Drops the INVALID indexes that a broken REINDEX CONCURRENTLY leaves beside the old ones, those of TOAST tables included
 * (PostgreSQL documentation, REINDEX, "Rebuilding Indexes Concurrently"); not those somebody is building just now.
 */
async function dropReindexLeftovers(session: Session, runAlone: (sql: string) => Promise<unknown>): Promise<void> {
  const rows = await session.query(`SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
 FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$' AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
 AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.relid = i.indrelid)`);
  for (const { name } of rows) await runAlone(`DROP INDEX CONCURRENTLY IF EXISTS ${String(name)}`);
}

interface FoundIndex {
  readonly name: string;
  readonly valid: boolean;
  readonly building: boolean;
}

/**
 * An index is always in the schema of its table, whatever the search path finds first. One without a name is known by
 * not having been there before.
 */
async function findIndex(
  session: Session,
  { index, table }: ConcurrentIndex,
  indexesBefore: string,
): Promise<FoundIndex | undefined> {
  const ofTable = `i.indrelid = pg_catalog.to_regclass(${quoteText(table ?? "")})`;
  let own = `c.oid = pg_catalog.to_regclass(${quoteText(index ?? "")})`;
  if (table && index) own = `${ofTable} AND c.relname = ${quoteText(plainName(index))}`;
  if (table && !index) own = `${ofTable} AND NOT i.indexrelid = ANY ('{${indexesBefore}}'::oid[])`;
  const [row] =
    await session.query(`SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, i.indisvalid::text AS valid,
 EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid)::text AS building
 FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'i' AND ${own}`);
  if (!row) return undefined;
  return { name: String(row.name), valid: row.valid === "true", building: row.building === "true" };
}

function plainName(quoted: string): string {
  return quoted.slice(1, -1).replaceAll('""', '"');
}
