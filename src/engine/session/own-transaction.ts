import { OWN_SEARCH_PATH } from "../../core/sql/own-sql.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";

/**
 * COMMIT for everything that is reported as done, which must outlive a crash of the server: where synchronous_commit is
 * off, this commit waits for the server's own disk, and for no standby. Every other value stays as the DBA chose it.
 * To be sent in the message of the last bookkeeping, after RESET ALL.
 */
export const COMMIT =
  "SELECT pg_catalog.set_config('synchronous_commit', 'local', true) WHERE pg_catalog.current_setting('synchronous_commit') = 'off'; COMMIT";

/** Begins a transaction for bookkeeping, whatever the defaults of the role are. */
export const BEGIN_OWN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL exit_on_error = off";

/** The same for statements that name everything with its schema. */
export const BEGIN_IN_OWN_PATH = `${BEGIN_OWN}; SET LOCAL search_path = ${OWN_SEARCH_PATH}`;

/**
 * Runs bookkeeping in a transaction of its own, in one message, and leaves none open when it fails.
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

const TRIES = 3;

/**
 * Bookkeeping at the end of a run, tried again where a cancel request refuses it: one that was meant for a statement
 * before may come late. The requests go on meanwhile, because a commit may wait for a synchronous standby for ever.
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
