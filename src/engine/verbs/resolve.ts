import { Failure } from "../../core/failure/failure.ts";
import type { Direction } from "../../core/migrations/migration.ts";
import { sameVersion } from "../../core/migrations/version.ts";
import type { ResolveReport } from "../../core/reports/report.ts";
import { equals, quoteText } from "../../core/sql/quote.ts";
import type { Session } from "../../ports/session.ts";
import { tableNames, versionIs } from "../history/history-table.ts";
import type { RunLock } from "../lock/run-lock.ts";
import type { DatabaseContext } from "../session/context.ts";
import { inTransaction } from "../session/own-transaction.ts";
import { changeHistory, lookToWrite } from "./open-history.ts";

/** The user's answer for a statement that was started and whose outcome is unknown. */
export type Resolution = "done" | "not-done";

/**
 * Resolves a migration's statement whose outcome is unknown: as done, so that the next run continues after it, or as
 * not done, so that the next run runs it again. Runs nothing itself.
 * @throws Failure nothing-in-doubt
 */
export async function resolve(
  context: DatabaseContext,
  version: string,
  resolution: Resolution,
): Promise<ResolveReport> {
  const { settings, database } = context;
  const { journal } = tableNames(settings);
  const doing = "resolve a statement in";
  let settled: { readonly report: ResolveReport; readonly entry: string } | undefined;
  const settle = async (session: Session, lock: RunLock): Promise<ResolveReport> => {
    const state = await lookToWrite(context, session, doing);
    const begun = state.unfinished.find((one) => sameVersion(one.version, version));
    const [row] = begun
      ? await session.query(
          `SELECT version, direction, statement::text AS statement FROM ONLY ${journal} WHERE ${versionIs(begun.version)} AND finished_at IS NULL ORDER BY statement`,
        )
      : [];
    if (!row) {
      throw new Failure("nothing-in-doubt", `Cannot resolve ${version}: no statement of it has an unknown outcome`, {
        hint: "Run pgstep status to see the current state, and pgstep up to continue.",
      });
    }
    const entry = [
      versionIs(String(row.version)),
      equals("direction", quoteText(String(row.direction))),
      equals("statement", String(Number(row.statement))),
    ].join(" AND ");
    const sql =
      resolution === "done"
        ? `UPDATE ONLY ${journal} SET finished_at = pg_catalog.timezone('UTC', pg_catalog.clock_timestamp()) WHERE ${entry}`
        : `DELETE FROM ONLY ${journal} WHERE ${entry}`;
    const report: ResolveReport = {
      type: "resolve",
      database: database.description,
      version: String(row.version),
      direction: row.direction as Direction,
      statement: Number(row.statement),
      resolution,
    };
    settled = { report, entry };
    await inTransaction(session, [sql], lock.guard);
    return report;
  };
  const lookUp = async (session: Session): Promise<ResolveReport | string> => {
    const [row] = settled
      ? await session.query(
          `SELECT (finished_at IS NOT NULL)::text AS done FROM ONLY ${journal} WHERE ${settled.entry}`,
        )
      : [];
    const isSettled = resolution === "done" ? row?.done === "true" : row === undefined;
    return settled && isSettled ? settled.report : "Nothing was resolved. Run the command again.";
  };
  return await changeHistory(context, { doing, lookUp }, settle);
}
