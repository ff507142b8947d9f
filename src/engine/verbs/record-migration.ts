import { Failure } from "../../core/failure/failure.ts";
import { type Applied, isRecordedEmpty } from "../../core/migrations/history.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import { sameVersion, withVersion } from "../../core/migrations/version.ts";
import type { RecordReport } from "../../core/reports/report.ts";
import type { RecordConsent } from "../../ports/consent.ts";
import type { Session } from "../../ports/session.ts";
import { deleteEmptyRowSql, insertRowSql, type TableNames, tableNames, versionIs } from "../history/history-table.ts";
import type { DatabaseState } from "../history/read-state.ts";
import type { RunLock } from "../lock/run-lock.ts";
import { prepareHistory } from "../run/prepare-history.ts";
import type { DatabaseContext } from "../session/context.ts";
import { inTransaction } from "../session/own-transaction.ts";
import { withSession } from "../session/with-session.ts";
import { migrationStep, recordedFiles } from "./baseline.ts";
import { changeHistory, lookToWrite, soundMigrations } from "./open-history.ts";

/**
 * Corrects the history for one migration, after confirmation: records it as applied, or removes its row. Runs none of
 * its statements. Deletes its entries in the journal.
 * @throws Failure version-unknown, nothing-in-doubt when the history already says so, consent-missing
 */
export async function recordMigration(
  context: DatabaseContext,
  typed: string,
  recorded: RecordReport["recorded"],
  consent: RecordConsent,
): Promise<RecordReport> {
  const { settings, database, signal } = context;
  const doing = "correct the history of";
  const migration = recorded === "applied" ? findMigration(context, typed) : undefined;
  const version = migration?.version ?? typed;
  const isEmptyEntry = (row: Applied) => migration !== undefined && isRecordedEmpty(row, migration);
  const seen = async (session: Session): Promise<{ state: DatabaseState; row: Applied | undefined }> => {
    const state = await lookToWrite(context, session, doing, [recorded === "applied" ? "INSERT" : "DELETE"]);
    return {
      state,
      row: withVersion(
        state.history.filter((one) => !isEmptyEntry(one)),
        version,
      ),
    };
  };
  const required = async (session: Session) => {
    const found = await seen(session);
    requireOtherwise(version, recorded, found.row);
    return found;
  };
  // No session and no lock is held while the user decides.
  const { row } = await withSession(database, doing, required, signal);
  const report: RecordReport = {
    type: "recorded",
    database: database.description,
    version: row?.version ?? migration?.version ?? version,
    recorded,
  };
  await consent.mayRecord(migration?.name ?? report.version, recorded);
  const record = async (session: Session, lock: RunLock): Promise<RecordReport> => {
    const { state } = await required(session);
    const names = migration ? await prepareHistory(context, session, state, lock) : tableNames(settings);
    const begun = state.unfinished.find((one) => sameVersion(one.version, version));
    const forget = begun ? [`DELETE FROM ONLY ${names.journal} WHERE ${versionIs(begun.version)}`] : [];
    const empty = state.history.find((one) => sameVersion(one.version, version) && isEmptyEntry(one));
    const replaced = empty ? [deleteEmptyRowSql(names, empty.version)] : [];
    await inTransaction(session, [...forget, ...replaced, rowSql(context, names, report, migration)], lock.guard);
    return report;
  };
  const lookUp = async (session: Session): Promise<RecordReport | string> => {
    const found = await seen(session);
    const isDone = (recorded === "applied") === (found.row !== undefined);
    return isDone ? report : "Nothing was recorded. Run the command again.";
  };
  return await changeHistory(context, { doing, lookUp }, record);
}

function rowSql(
  context: DatabaseContext,
  names: TableNames,
  { version }: RecordReport,
  migration: Migration | undefined,
): string {
  if (!migration) return `DELETE FROM ONLY ${names.history} WHERE ${versionIs(version)}`;
  const step = migrationStep(migration);
  return insertRowSql(names, step, recordedFiles(context, step));
}

/** @throws Failure version-unknown */
function findMigration(context: DatabaseContext, version: string): Migration {
  const migration = withVersion(soundMigrations(context, "record a migration"), version);
  if (migration) return migration;
  throw new Failure("version-unknown", `Cannot record ${version} as applied: there is no such migration`, {
    hint: `Name a migration that is in ${context.settings.directory}.`,
  });
}

/** @throws Failure nothing-in-doubt when there is nothing to correct */
function requireOtherwise(version: string, recorded: RecordReport["recorded"], row: Applied | undefined): void {
  if ((recorded === "applied") !== (row !== undefined)) return;
  const is = row ? "applied" : "not applied";
  throw new Failure("nothing-in-doubt", `Cannot record ${version} as ${is}: the history says so already`, {
    hint: "Run pgstep status to see what is recorded.",
  });
}
