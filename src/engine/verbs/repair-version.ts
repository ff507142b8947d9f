import { Failure } from "../../core/failure/failure.ts";
import { compareHistory, type Entry } from "../../core/migrations/history.ts";
import { withVersion } from "../../core/migrations/version.ts";
import type { RepairReport } from "../../core/reports/report.ts";
import type { Consent, ForgetConsent } from "../../ports/consent.ts";
import { readState } from "../history/read-state.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import { soundMigrations } from "./open-history.ts";
import { recordMigration } from "./record-migration.ts";
import { repair } from "./repair.ts";

/**
 * Repairs the history for one version, after confirmation: records the checksum of a changed file, or removes the row
 * of a version whose file is missing. Removes only a version that was named, because in an older checkout the files of
 * all newer versions are missing.
 * @throws Failure version-unknown, consent-missing, declined, and those of `repair` and `recordMigration`
 */
export async function repairVersion(
  context: DatabaseContext,
  version: string,
  consent: Consent & ForgetConsent,
): Promise<RepairReport> {
  const entry = await findEntry(context, version);
  if (entry.state !== "missing") return await repair(context, consent, entry.version);
  const agreed = { mayRecord: () => consent.mayForget(entry) };
  const { database } = await recordMigration(context, entry.version, "not-applied", agreed);
  return { type: "repair", database, version: entry.version, changed: [], updated: true, forgotten: true };
}

async function findEntry(context: DatabaseContext, version: string): Promise<Entry> {
  const { settings, database, signal } = context;
  const migrations = soundMigrations(context, "repair the history");
  const state = await withSession(database, "repair", (session) => readState(session, settings), signal);
  const entries = compareHistory(migrations, state, settings.environment);
  const found = withVersion(entries, version);
  if (found) return found;
  throw new Failure("version-unknown", `Cannot repair ${version}: there is no such version`, {
    hint: "Run pgstep status to see the versions.",
  });
}
