import { OWN_SEARCH_PATH } from "../../core/sql/own-sql.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";

/**
 * COMMIT for everything that is reported as done, which must survive a server crash: if synchronous_commit is off, this
 * commit waits for the server's own disk, but for no standby. Every other value stays as the DBA chose it.
 * Send it in the message of the last bookkeeping, after RESET ALL.
 */
export const COMMIT =
  "SELECT pg_catalog.set_config('synchronous_commit', 'local', true) WHERE pg_catalog.current_setting('synchronous_commit') = 'off'; COMMIT";

/** Begins a transaction for bookkeeping, independent of the role's defaults. */
export const BEGIN_OWN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL exit_on_error = off";

/** The same for statements with schema-qualified names only. */
export const BEGIN_IN_OWN_PATH = `${BEGIN_OWN}; SET LOCAL search_path = ${OWN_SEARCH_PATH}`;

/**
 * Runs bookkeeping in its own transaction, in one message; leaves no transaction open if it fails.
 * @param guard of the run's lock
 */
export async function inTransaction(session: Session, statements: readonly string[], guard = ""): Promise<void> {
  try {
    await session.execute(`${BEGIN_OWN}; ${guard}${[...statements, COMMIT].join("; ")}`);
  } catch (error) {
    await session.execute("ROLLBACK").catch(() => {});
    throw error;
  }
}

/**
 * Runs `work` in one read-only snapshot, without timeouts and in pgstep's search path. The rollback at its end undoes all
 * settings, also behind a pooler.
 * @param settings more settings: `name = value`
 */
export async function inSnapshot<Result>(
  session: Session,
  work: () => Promise<Result>,
  settings: readonly string[] = [],
): Promise<Result> {
  await session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  try {
    const timeouts = ["statement_timeout = 0", "idle_in_transaction_session_timeout = 0"];
    if (session.backend.serverVersion >= 170_000) timeouts.push("transaction_timeout = 0");
    const all = [`search_path = ${OWN_SEARCH_PATH}`, ...timeouts, ...settings];
    await session.execute(all.map((one) => `SET LOCAL ${one};`).join(" "));
    return await work();
  } finally {
    await session.execute("ROLLBACK").catch(() => {});
  }
}

const TRIES = 3;

/**
 * Retries bookkeeping at the end of a run that a cancel request stopped: one meant for an earlier statement may arrive
 * late. Cancel requests continue meanwhile, because a commit may wait forever for a synchronous standby.
 */
export async function uncancelled<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const isCancelled = error instanceof ServerFailure && error.server.code === "57014";
      if (!isCancelled || tries === TRIES) throw error;
    }
  }
}
