import { compareHistory, isApplied, isPending, nothingPending } from "../../core/migrations/history.ts";
import { compareRepeatables } from "../../core/repeatable/repeatable.ts";
import type { StatusReport } from "../../core/reports/report.ts";
import { gapFindings, readMigrations } from "../files/read-migrations.ts";
import { tableNames } from "../history/history-table.ts";
import { readState } from "../history/read-state.ts";
import { readRepeatables } from "../repeatable/plan.ts";
import { readRecords } from "../repeatable/records.ts";
import { refuseUnsound } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";

/** How many slices of the history are compared with the files: 1,000 rows in slices of 16. */
const SLICES = 64;

/**
 * Reads which migrations are applied and which are pending. Never writes.
 * @param details false if nothing but versions and states is shown; then rows that equal their files need not travel,
 *   and what the history says about them stays unknown
 * @throws Failure directory-unreadable, files-unsound, history-foreign and those of connecting
 */
export async function readStatus(context: DatabaseContext, details = true): Promise<StatusReport> {
  const { settings, database } = context;
  const files = readMigrations(context);
  refuseUnsound(files.findings, "show the status");
  const repeatables = readRepeatables(context, files.layout);
  refuseUnsound(repeatables.findings, "show the status");
  const expected = details
    ? undefined
    : { rows: nothingPending(files.migrations, settings.environment), slices: SLICES };
  const { state, records } = await withSession(
    database,
    "read the history of",
    async (session) => {
      const state = await readState(session, settings, expected);
      return { state, records: state.repeatableExists ? await readRecords(session, tableNames(settings)) : [] };
    },
    context.signal,
  );
  const repeatable = compareRepeatables(repeatables.files, records, settings.environment);
  const { environment } = settings;
  const entries = compareHistory(files.migrations, state, environment);
  return {
    type: "status",
    database: database.description,
    environment,
    entries,
    applied: entries.filter(isApplied).length,
    pending: entries.filter(isPending).length,
    ...(repeatable.length > 0 && { repeatable }),
    resetUnfinished: state.resetUnfinished,
    afterUpUnfinished: state.afterUpUnfinished,
    isProtected: state.isProtected,
    warnings: [...files.findings, ...gapFindings(files, settings.directory, entries)],
  };
}
