import type { Migration } from "../../core/migrations/migration.ts";
import type { Session } from "../../ports/session.ts";
import { readMigrations } from "../files/read-migrations.ts";
import {
  type DatabaseState,
  readState,
  requireNoResetUnfinished,
  requireWritable,
  type TablePrivilege,
} from "../history/read-state.ts";
import { requireNoShadow } from "../history/shadow-note.ts";
import type { RunLock } from "../lock/run-lock.ts";
import { type LockedWork, withRunLock } from "../lock/take-lock.ts";
import { refuseUnsound } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";

/** The migrations of the directory. @throws Failure files-unsound when their names have errors */
export function soundMigrations(context: DatabaseContext, doing: string): readonly Migration[] {
  const { migrations, findings } = readMigrations(context);
  refuseUnsound(findings, doing);
  return migrations;
}

/**
 * The state of the database, for a command that will write to its history.
 * @param doing for messages: "Cannot <doing> app on localhost"
 * @throws Failure privilege-missing, reset-unfinished, shadow-in-use
 */
export async function lookToWrite(
  { settings }: DatabaseContext,
  session: Session,
  doing: string,
  needed?: readonly TablePrivilege[],
): Promise<DatabaseState> {
  const state = await readState(session, settings);
  requireWritable(state, doing, needed);
  requireNoResetUnfinished(state, doing);
  requireNoShadow(state, doing);
  return state;
}

/** Changes the history under the run lock, in its own session. @throws as `withRunLock` */
export async function changeHistory<Report extends object>(
  context: DatabaseContext,
  locked: LockedWork<Report>,
  change: (session: Session, lock: RunLock) => Promise<Report>,
): Promise<Report> {
  const work = (session: Session) => withRunLock(context, session, locked, (lock) => change(session, lock));
  return await withSession(context.database, locked.doing, work, context.signal);
}
