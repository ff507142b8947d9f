import type { Statement } from "../sql/statement.ts";

/** Statements that a read-only transaction always rejects. */
const REFUSED = /^(?:INSERT|DELETE|MERGE|CREATE|ALTER|DROP|COMMENT|GRANT|REVOKE|TRUNCATE|REINDEX|CLUSTER|REFRESH)\b/i;
const LIFTS =
  /read_only|read\s+write|set_config|pg_settings|characteristics|^RESET\s+ALL\b|^(?:SET|RESET)\b[^;]*U&"|^DISCARD\b|^CALL\b|^DO\b.*\b(?:COMMIT|RESET)\b/is;
/** A statement near the top of every pg_dump file. */
const OF_PG_DUMP = /^SELECT pg_catalog\.set_config\('search_path', '', false\);?$/;

/**
 * True if a statement may turn off default_transaction_read_only, or write in spite of it, when it runs outside a
 * transaction. Functions of the database may do the same; no text shows it.
 */
export function mayLiftReadOnly({ text }: Statement): boolean {
  return !REFUSED.test(text) && !OF_PG_DUMP.test(text) && LIFTS.test(text);
}
