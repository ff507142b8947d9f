import { Failure } from "../../core/failure/failure.ts";
import type { ProtectionReport } from "../../core/reports/report.ts";
import { readSql } from "../../core/sql/own-sql.ts";
import { quoteIdentifier, quoteText } from "../../core/sql/quote.ts";
import type { UnprotectConsent } from "../../ports/consent.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { NOW_UTC, type TableNames, tableNames } from "../history/history-table.ts";
import { PROTECTION_SETTING, protectedBySettingSql, protectedByTableSql } from "../history/protection.ts";
import { type DatabaseState, readState, requireWritable } from "../history/read-state.ts";
import { requireNoShadow } from "../history/shadow-note.ts";
import type { DatabaseContext } from "../session/context.ts";
import { inTransaction } from "../session/own-transaction.ts";
import { withSession } from "../session/with-session.ts";

/**
 * Marks the database as protected: `reset`, `restore`, and undoing more than one migration are refused until the mark
 * is cleared. The mark is a setting of the database, or a table if the role may not change that setting.
 * @throws Failure privilege-missing when the role may do neither
 */
export async function protect(context: DatabaseContext): Promise<ProtectionReport> {
  const { database, settings, signal } = context;
  const work = async (session: Session): Promise<ProtectionReport> => {
    const state = await readState(session, settings);
    requireWritable(state, "protect");
    requireNoShadow(state, "protect");
    const report = { type: "protection", database: database.description, isProtected: true } as const;
    if (state.isProtected) return { ...report, hasChanged: false };
    try {
      await inTransaction(session, [setSql(state, "SET", " = 'on'")]);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await makeTable(context, session, state);
    }
    return { ...report, hasChanged: true };
  };
  return await withSession(database, "protect", work, signal);
}

/**
 * Clears the marks, after the database's name was confirmed.
 * @throws Failure consent-missing, privilege-missing
 */
export async function unprotect(context: DatabaseContext, consent: UnprotectConsent): Promise<ProtectionReport> {
  const { database, settings, signal } = context;
  const report = { type: "protection", database: database.description, isProtected: false } as const;
  const seen = await withSession(database, "unprotect", (session) => readState(session, settings), signal);
  requireWritable(seen, "unprotect");
  if (!seen.isProtected) return { ...report, hasChanged: false };
  // No session is held while the user decides.
  await consent.mayUnprotect(seen.name);
  const names = tableNames(settings);
  const work = async (session: Session) => {
    const oids = { database: "d.oid", schema: "n.oid" };
    const [row] = await session.query(
      readSql(
        `SELECT ${names.protection} AS name, (${protectedByTableSql(names, oids)})::text AS by_table, (${protectedBySettingSql(oids)})::text AS by_setting
 FROM pg_database d LEFT JOIN pg_namespace n ON nspname=${quoteText(settings.schema)}::name WHERE datname=current_database()`,
      ),
    );
    if (row?.by_table === "true") await inTransaction(session, [`DROP TABLE ${String(row.name)}`]);
    if (row?.by_setting === "true") await inTransaction(session, [setSql(seen, "RESET", "")]);
  };
  try {
    await withSession(database, "unprotect", work, signal);
  } catch (error) {
    if (!(error instanceof Failure && error.code === "privilege-missing")) throw error;
    const { code, message, server } = error;
    const hint = "Connect as the role that protected the database, or as a superuser.";
    throw new Failure(code, message, { hint, ...(server && { server }), cause: error });
  }
  return { ...report, hasChanged: true };
}

function setSql({ name }: DatabaseState, verb: "SET" | "RESET", value: string): string {
  return `ALTER DATABASE ${quoteIdentifier(name)} ${verb} ${PROTECTION_SETTING}${value}`;
}

/** @throws Failure privilege-missing */
async function makeTable({ settings }: DatabaseContext, session: Session, state: DatabaseState): Promise<void> {
  const names = tableNames(settings);
  const columns = `protected_by text NOT NULL DEFAULT session_user, protected_at timestamp without time zone NOT NULL DEFAULT ${NOW_UTC}`;
  try {
    await inTransaction(session, [
      ...(state.schemaExists ? [] : [`CREATE SCHEMA IF NOT EXISTS ${names.schema}`]),
      `CREATE TABLE IF NOT EXISTS ${await nameOfTable(session, names)} (${columns})`,
    ]);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw new Failure(
      "privilege-missing",
      `Cannot protect ${state.name}: ${state.role} may neither change the database's settings nor create a table`,
      {
        hint: `Connect as a superuser, or: GRANT CREATE ON SCHEMA ${names.schema} TO ${quoteIdentifier(state.role)}.`,
        server: error.server,
        cause: error,
      },
    );
  }
}

async function nameOfTable(session: Session, { protection }: TableNames): Promise<string> {
  const [row] = await session.query(`SELECT ${protection} AS name`);
  return String(row?.name);
}

function isRefusal(error: unknown): error is ServerFailure {
  return error instanceof ServerFailure && error.server.code === "42501";
}
