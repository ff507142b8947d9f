import { Failure } from "../../core/failure/failure.ts";
import { compareHistory, type Entry } from "../../core/migrations/history.ts";
import { sameVersion } from "../../core/migrations/version.ts";
import type { RepairReport } from "../../core/reports/report.ts";
import { quoteText } from "../../core/sql/quote.ts";
import type { Consent } from "../../ports/consent.ts";
import type { Session } from "../../ports/session.ts";
import { versionIs } from "../history/history-table.ts";
import type { RunLock } from "../lock/run-lock.ts";
import { prepareHistory } from "../run/prepare-history.ts";
import type { DatabaseContext } from "../session/context.ts";
import { inTransaction } from "../session/own-transaction.ts";
import { withSession } from "../session/with-session.ts";
import { readWhole } from "../step/session-settings.ts";
import { changeHistory, lookToWrite, soundMigrations } from "./open-history.ts";

/**
 * Records the checksums and down scripts of changed files in the history, after confirmation.
 * @param version of the only migration to repair; if absent, all changed ones
 * @throws Failure privilege-missing, consent-missing
 */
export async function repair(context: DatabaseContext, consent: Consent, version?: string): Promise<RepairReport> {
  const { settings, database, signal } = context;
  const migrations = soundMigrations(context, "repair the history");
  const doing = "repair the history of";
  const findChanged = async (session: Session) => {
    const state = await lookToWrite(context, session, doing, ["UPDATE"]);
    const entries = compareHistory(migrations, state, settings.environment);
    const isMeant = (entry: Entry) => version === undefined || sameVersion(entry.version, version);
    return { state, changed: entries.filter((entry) => entry.state === "changed" && isMeant(entry)) };
  };
  // No session and no lock is held while the user decides.
  const { changed: shown, state } = await withSession(database, doing, findChanged, signal);
  const reportOf = (entries: readonly Entry[]): RepairReport => ({
    type: "repair",
    database: database.description,
    ...(version !== undefined && { version }),
    changed: entries,
    updated: entries.length > 0,
    forgotten: false,
  });
  if (shown.length === 0) return reportOf([]);
  if (!(await consent.mayRepair(shown))) {
    throw new Failure("consent-missing", `Cannot repair the history of ${state.name}: it was not confirmed`, {
      hint: "Check the files, then run pgstep repair --yes.",
    });
  }
  const agreed = new Set(shown.map(({ version }) => version));
  let changed: readonly Entry[] = shown;
  const update = async (session: Session, lock: RunLock): Promise<RepairReport> => {
    const found = await findChanged(session);
    changed = found.changed.filter(({ version }) => agreed.has(version));
    const names = await prepareHistory(context, session, found.state, lock);
    if (changed.length > 0) {
      const updates = changed.map((entry) => updateSql(context, names.history, entry));
      await inTransaction(session, updates, lock.guard);
    }
    return reportOf(changed);
  };
  const lookUp = async (session: Session): Promise<RepairReport | string> => {
    const left = (await findChanged(session)).changed.filter(({ version }) => agreed.has(version));
    if (left.length > 0) return "The history was not updated. Run the command again.";
    return reportOf(changed);
  };
  return await changeHistory(context, { doing, lookUp }, update);
}

function updateSql(context: DatabaseContext, history: string, { migration, applied }: Entry): string {
  if (!migration || !applied) throw new Error("a changed migration has a file and a row");
  const down = migration.down ? `, down_script = ${quoteText(readWhole(context, migration.down.path))}` : "";
  return `UPDATE ONLY ${history} SET checksum = ${quoteText(migration.up.checksum)}${down} WHERE ${versionIs(applied.version)}`;
}
