import type { Statement } from "../sql/statement.ts";

/** Statements that a read-only transaction refuses, whatever is in them. */
const REFUSED = /^(?:INSERT|DELETE|MERGE|CREATE|ALTER|DROP|COMMENT|GRANT|REVOKE|TRUNCATE|REINDEX|CLUSTER|REFRESH)\b/i;
const LIFTS =
  /read_only|read\s+write|set_config|pg_settings|characteristics|^RESET\s+ALL\b|^(?:SET|RESET)\b[^;]*U&"|^DISCARD\b|^CALL\b|^DO\b.*\b(?:COMMIT|RESET)\b/is;
/** What every dump of pg_dump has near its top. */
const OF_PG_DUMP = /^SELECT pg_catalog\.set_config\('search_path', '', false\);?$/;

/**
 * Whether a statement may take back default_transaction_read_only = on, or write without minding it, if it runs outside
 * a transaction. No text tells of a function of the database's own that does.
 */
export function mayLiftReadOnly({ text }: Statement): boolean {
  return !REFUSED.test(text) && !OF_PG_DUMP.test(text) && LIFTS.test(text);
}
