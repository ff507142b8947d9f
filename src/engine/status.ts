import { compareHistory, isApplied, isPending } from "../core/history.ts";
import type { StatusReport } from "../core/report.ts";
import type { DatabaseContext } from "./context.ts";
import { look } from "./look.ts";
import { readMigrations } from "./read-migrations.ts";
import { refuseUnsound } from "./scripts.ts";
import { withSession } from "./work-session.ts";

/**
 * What is applied and what is pending. Never writes.
 * @throws Failure directory-unreadable, files-unsound, history-foreign and those of connecting
 */
export async function readStatus(context: DatabaseContext): Promise<StatusReport> {
  const { settings, database } = context;
  const files = readMigrations(context.fileSystem, settings.directory);
  refuseUnsound(files.findings, "show the status");
  const state = await withSession(
    database,
    "read the history of",
    (session) => look(session, settings),
    context.signal,
  );
  const { environment } = settings;
  const entries = compareHistory(files.migrations, state.history, { environment, unfinished: state.unfinished });
  return {
    type: "status",
    database: database.description,
    environment,
    entries,
    applied: entries.filter(isApplied).length,
    pending: entries.filter(isPending).length,
    resetUnfinished: state.resetUnfinished,
    warnings: files.findings,
  };
}
