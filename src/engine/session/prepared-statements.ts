import { quoteIdentifier, quoteText } from "../../core/sql/quote.ts";
import type { Session } from "../../ports/session.ts";

/** The prepared statement of a trial run: planning it for each file would take most of the time. */
export const KEPT_STATEMENT = "pgstep_touched";

/** Removes all other prepared statements of the session, which DEALLOCATE ALL cannot. @throws ServerFailure, ConnectionLost */
export async function deallocateOthers(session: Session): Promise<void> {
  const rows = await session.query(
    `SELECT name FROM pg_catalog.pg_prepared_statements WHERE name <> ${quoteText(KEPT_STATEMENT)}`,
  );
  if (rows.length === 0) return;
  await session.execute(rows.map(({ name }) => `DEALLOCATE ${quoteIdentifier(String(name))}`).join("; "));
}
