import { interruption } from "../../core/failure/failure.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import type { RunLock } from "../lock/run-lock.ts";
import type { DatabaseContext } from "../session/context.ts";
import { COMMIT } from "../session/own-transaction.ts";
import { isUnconfirmedCommit, unconfirmedCommit } from "../session/unconfirmed-commit.ts";

/** The connection that runs a reset. */
export interface ResetRun {
  readonly context: DatabaseContext;
  readonly session: Session;
  readonly lock: RunLock;
}

/** A statement of a reset; `about` names its object in failures. */
export interface Deletion {
  readonly sql: string;
  readonly about: string;
}

/** The server refused to delete something. Nothing of the transaction took effect. */
export class DeletionRefused extends Error {
  override readonly name = "DeletionRefused";
  readonly about: string;
  readonly failure: ServerFailure;
  constructor(about: string, failure: ServerFailure) {
    super(failure.message);
    this.about = about;
    this.failure = failure;
  }
}

/** Number of statements sent before awaiting their answers; the user can interrupt in between. */
const SENT_TOGETHER = 200;

/**
 * Runs `work` in one transaction that waits only briefly for locks, and rolls it back when anything in it fails. The
 * search path has only the system's schemas, so that names are unambiguous.
 * @throws ServerFailure when another run has taken over (`isLockLost`); Failure interrupted, terminated
 */
export async function inOneTransaction<Result>(run: ResetRun, work: () => Promise<Result>): Promise<Result> {
  const { context, session } = run;
  const { signal } = context;
  const cancel = () => void session.cancel().catch(() => {});
  // Awaited by itself: statements after a refused BEGIN would run in autocommit.
  await session.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  signal.addEventListener("abort", cancel);
  session.onNotice = (notice) => {
    if (isUnconfirmedCommit(notice)) context.emit(unconfirmedCommit("The deletion"));
  };
  try {
    await session.execute(settingsSql(run));
    const result = await work();
    refuseWhenAborted(context);
    await session.execute(COMMIT);
    return result;
  } catch (error) {
    await session.execute("ROLLBACK").catch(() => {});
    // A cancelled statement only reports the cancel, so report the interrupt; a lost connection is reported as it is.
    if (error instanceof ServerFailure || error instanceof DeletionRefused) refuseWhenAborted(context);
    throw error;
  } finally {
    session.onNotice = undefined;
    signal.removeEventListener("abort", cancel);
  }
}

function settingsSql({ context: { settings }, session, lock }: ResetRun): string {
  const values = [
    "search_path = pg_catalog, pg_temp",
    "client_min_messages = warning",
    "statement_timeout = 0",
    "idle_in_transaction_session_timeout = 0",
    `lock_timeout = ${settings.lockTimeoutMs}`,
  ];
  if (session.backend.serverVersion >= 170000) values.push("transaction_timeout = 0");
  return `${values.map((value) => `SET LOCAL ${value}; `).join("")}${lock.guardBeforeDrop}`;
}

/**
 * Runs statements within the open transaction, without waiting for the answers one by one.
 * @throws DeletionRefused for the first that the server refuses; Failure interrupted, terminated
 */
export async function runDeletions({ context, session }: ResetRun, deletions: readonly Deletion[]): Promise<void> {
  for (let start = 0; start < deletions.length; start += SENT_TOGETHER) {
    refuseWhenAborted(context);
    const together = deletions.slice(start, start + SENT_TOGETHER);
    const answers = together.map(async ({ sql, about }) => {
      try {
        await session.execute(sql);
      } catch (error) {
        throw error instanceof ServerFailure ? new DeletionRefused(about, error) : error;
      }
    });
    // The answers come in the order of sending, so the first rejection is the one that matters.
    await Promise.all(answers).catch(async (error: unknown) => {
      await Promise.allSettled(answers);
      throw error;
    });
  }
}

/** @throws Failure interrupted, terminated */
function refuseWhenAborted({ signal, database }: DatabaseContext): void {
  if (!signal.aborted) return;
  throw interruption(signal, `Cannot reset ${database.description}`, "Run pgstep status to see what is left.");
}
