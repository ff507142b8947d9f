import { Failure } from "../core/error.ts";
import { ServerFailure, type Session } from "../ports/session.ts";
import type { DatabaseContext } from "./context.ts";
import { completeHistorySql, createHistorySql, type TableNames, tableNames } from "./history-table.ts";
import { inTransaction } from "./journal.ts";
import type { RunLock } from "./lock.ts";
import type { DatabaseState } from "./look.ts";

/**
 * Makes the history table, or gives one made by hand or by an older runner the columns it lacks.
 * @throws Failure privilege-missing, statement-failed when another session has the table locked
 */
export async function prepareHistory(
  context: DatabaseContext,
  session: Session,
  state: DatabaseState,
  lock: RunLock,
): Promise<TableNames> {
  const { schema, table } = context.settings;
  const names = tableNames(context.settings);
  const present = state.columns.map((column) => column.name);
  const sql = state.historyExists ? completeHistorySql(names, present) : createHistorySql(names, state.schemaExists);
  try {
    if (sql)
      await inTransaction(
        session,
        [`SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = ${context.settings.lockTimeoutMs}`, sql],
        lock.guard,
      );
    return names;
  } catch (error) {
    if (!(error instanceof ServerFailure)) throw error;
    const { server } = error;
    if (server.code === "55P03") {
      throw new Failure(
        "statement-failed",
        `Cannot write the history ${schema}.${table}: another session has it locked`,
        {
          hint: "Run again at a quieter time, or raise --lock-timeout.",
          server,
          cause: error,
        },
      );
    }
    const what = `Cannot write the history ${schema}.${table}: ${server.message} (${server.code})`;
    if (!REFUSALS.has(server.code)) throw new Failure("statement-failed", what, { server, cause: error });
    throw new Failure("privilege-missing", what, {
      hint: state.historyExists
        ? `Connect as the owner of ${schema}.${table}.`
        : `Connect as a role that may create it, or: GRANT CREATE ON SCHEMA ${schema} TO ${state.role}.`,
      server,
      cause: error,
    });
  }
}

/** Of a role that may not, and of a database that is read-only. */
const REFUSALS = new Set(["42501", "25006"]);
