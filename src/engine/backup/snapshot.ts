import { Failure } from "../../core/failure/failure.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import type { TableInScope } from "./scope.ts";

/** Rows are the same text in every session. */
export const ROW_SETTINGS = [
  "DateStyle = 'ISO'",
  "IntervalStyle = 'postgres'",
  "TimeZone = 'UTC'",
  "extra_float_digits = 3",
  "bytea_output = 'hex'",
  "row_security = off",
];

/** Each read returns the same text in the same order, and needs no name to be looked up. */
const SETTINGS = [
  "search_path = ''",
  "statement_timeout = 0",
  "idle_in_transaction_session_timeout = 0",
  "synchronize_seqscans = off",
  ...ROW_SETTINGS,
];

/**
 * Applies the settings for the rest of the transaction; pg_dump leaves its own.
 * @param lockTimeoutMs for reads of tables that are not locked yet
 */
export async function readAlike(session: Session, lockTimeoutMs = 0): Promise<void> {
  const settings = [...SETTINGS, `lock_timeout = ${lockTimeoutMs}`];
  if (session.backend.serverVersion >= 170_000) settings.push("transaction_timeout = 0");
  await session.execute(settings.map((setting) => `SET LOCAL ${setting};`).join(" "));
}

const TRIES = 4;

/**
 * Begins a transaction that reads one moment of the database, in which these tables cannot change their shape. The locks
 * are taken before the moment: a table that was rewritten in between would seem empty.
 * @param inScope reads the tables; called once before they are locked, and again after
 * @throws Failure backup-failed if the tables change again and again, or are locked for longer than the timeout
 */
export async function beginSnapshot(
  session: Session,
  lockTimeoutMs: number,
  inScope: () => Promise<readonly TableInScope[]>,
): Promise<readonly TableInScope[]> {
  for (let tries = 1; tries <= TRIES; tries++) {
    await session.execute("BEGIN READ ONLY");
    await readAlike(session, lockTimeoutMs);
    const before = await inScope();
    await session.execute("ROLLBACK");
    await session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    if (await lock(session, lockTimeoutMs, before)) {
      await readAlike(session);
      const after = await inScope();
      if (identity(before) === identity(after)) return after;
    }
    await session.execute("ROLLBACK");
  }
  throw new Failure("backup-failed", "Cannot back up: other sessions create and drop tables all the time", {
    hint: "Run it at a quieter time. Nothing was changed.",
  });
}

/** False if one of the tables does not exist any more. */
async function lock(session: Session, lockTimeoutMs: number, tables: readonly TableInScope[]): Promise<boolean> {
  const names = tables.filter(({ isReadable }) => isReadable).map(({ name }) => `ONLY ${name}`);
  if (names.length === 0) return true;
  try {
    await session.execute(
      `SET LOCAL lock_timeout = ${lockTimeoutMs}; SET LOCAL statement_timeout = 0; LOCK TABLE ${names.join(", ")} IN ACCESS SHARE MODE`,
    );
    return true;
  } catch (error) {
    if (error instanceof ServerFailure && ["42P01", "3F000"].includes(error.server.code)) return false;
    throw error;
  }
}

function identity(tables: readonly TableInScope[]): string {
  return tables.map(({ oid, name, isReadable }) => `${oid} ${name} ${isReadable}`).join("\n");
}
