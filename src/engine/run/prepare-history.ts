import { Failure } from "../../core/failure/failure.ts";
import { sqlName } from "../../core/reports/diagnosis.ts";
import { quoteText } from "../../core/sql/quote.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import {
  assertSql,
  completeHistorySql,
  createHistorySql,
  type TableNames,
  tableNames,
} from "../history/history-table.ts";
import type { DatabaseState } from "../history/read-state.ts";
import { holdersHint } from "../lock/relation-holders.ts";
import type { RunLock } from "../lock/run-lock.ts";
import type { DatabaseContext } from "../session/context.ts";
import { inTransaction } from "../session/own-transaction.ts";
import type { Run } from "../step/session-settings.ts";

/**
 * Creates the history table, or adds missing columns to one that was made by hand or by an older tool.
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
    if (sql) await inTransaction(session, [...waitsForHistory(context.settings), sql], lock.guard);
    return names;
  } catch (error) {
    if (!(error instanceof ServerFailure)) throw error;
    const { server } = error;
    if (server.code === "55P03") {
      throw new Failure(
        "statement-failed",
        `Cannot write the history ${schema}.${table}: another session has it locked`,
        {
          hint: await holdersHint(session, "Run again at a quieter time.", names.history),
          server,
          cause: error,
        },
      );
    }
    const what = `Cannot write the history ${schema}.${table}: ${server.message} (${server.code})`;
    if (!REFUSALS.has(server.code)) throw new Failure("statement-failed", what, { server, cause: error });
    throw new Failure("privilege-missing", what, {
      hint: state.historyExists
        ? `Connect as the owner of ${state.historyName}, which may add the columns it lacks.`
        : `Connect as a role that may create it, or run: ${createGrant(state, schema)}`,
      server,
      cause: error,
    });
  }
}

/** The settings under which the history is created or changed. */
export function waitsForHistory({ lockTimeoutMs }: DatabaseContext["settings"]): string[] {
  return ["SET LOCAL statement_timeout = 0", `SET LOCAL lock_timeout = ${lockTimeoutMs}`];
}

/** The GRANT that lets the role create the history table, and the schema if that is missing. */
function createGrant({ name, role, schemaExists }: DatabaseState, schema: string): string {
  const where = schemaExists ? `SCHEMA ${sqlName(schema)}` : `DATABASE ${sqlName(name)}`;
  return `GRANT CREATE ON ${where} TO ${sqlName(role)};`;
}

/**
 * Drops the schema that a run created for its tables, if it has no entries and no other objects. Needs the lock.
 * @returns true if the schema is dropped, including the lease table
 */
export async function dropEmptySchema({ session, names, lock }: Run): Promise<boolean> {
  const { schema, history, journal, lease } = names;
  try {
    const [found] = await session.query(
      `SELECT (pg_catalog.to_regclass(${quoteText(journal)}) IS NOT NULL)::text AS there`,
    );
    const written = found?.there === "true" ? [history, journal] : [history];
    const sql = written.flatMap((table) => [
      assertSql(`NOT EXISTS (SELECT FROM ${table})`, "not-empty"),
      `DROP TABLE ${table}`,
    ]);
    await inTransaction(
      session,
      [...sql, `DROP TABLE IF EXISTS ${lease}`, `DROP SCHEMA ${schema} RESTRICT`],
      lock.guardBeforeDrop,
    );
    return true;
  } catch (error) {
    // Its content is needed, or belongs to others.
    if (error instanceof ServerFailure) return false;
    throw error;
  }
}

/** insufficient_privilege, read_only_sql_transaction. */
const REFUSALS = new Set(["42501", "25006"]);
