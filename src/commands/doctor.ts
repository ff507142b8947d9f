import type { Command } from "../core/command-line/command.ts";
import { Failure } from "../core/failure/failure.ts";
import { type Check, warning } from "../core/reports/diagnosis.ts";
import type { SettingsReport } from "../core/reports/report.ts";
import { backupChecks } from "../engine/doctor/backup-checks.ts";
import { examine } from "../engine/doctor/examine.ts";
import { filesCheck } from "../engine/doctor/files-check.ts";
import { settingsChecks } from "../engine/doctor/settings-checks.ts";
import { explainSettings } from "../engine/verbs/explain-settings.ts";
import type { Database } from "../ports/session.ts";
import type { Environment } from "./shared/environment.ts";

const NOT_CONNECTED = 2;
const FOUND_FAULTS = 3;

const SETTINGS_FIRST = "not examined: fix the settings first";

/** Settings shown beside the connection, because they say where pgstep looks. */
const PLACES: readonly string[] = ["directory", "schema", "table", "environment"];

export const doctor: Command<Environment> = {
  name: "doctor",
  effect: "reads",
  aliases: [],
  summary: "check files, connection and privileges; also: wait",
  description:
    "Shows the connection parameters and where each comes from, checks settings and files, connects step by step, and " +
    "says for each check whether it passed and how to fix it. Without a database it checks settings and files only. " +
    "Exits with 2 if it could not connect or the settings have errors, with 3 if it found another error. Never writes.",
  arguments: [],
  options: [],
  examples: [
    { line: "pgstep doctor", note: "when something fails, or before a deployment" },
    { line: "pgstep doctor --json", note: "one line for each check, for programs" },
  ],
  toleratesErrors: true,
  reportsSettingWarnings: true,
  async run(_, environment) {
    const { context, settings: resolved } = environment;
    const { settings, connection, failure, database } = await readSettings(environment);
    const places = settings
      .filter(({ name, value }) => PLACES.includes(name) && value !== undefined)
      .map(({ name, value = "", origin }) => ({ name, value, origin }));
    if (database && resolved.values.waitMs !== undefined) await waitFor(database, context.signal);
    const report = await examine(context, {
      values: [...connection, ...places],
      checks: localChecks(environment, failure),
      database: database ?? notExamined(environment, failure),
      probe: database && (await environment.probe()),
    });
    environment.report(report);
    if (failure || (database && !report.isConnected)) return NOT_CONNECTED;
    return report.errors > 0 ? FOUND_FAULTS : 0;
  },
};

/** The settings, and the database that they name; undefined if none is named or the settings have errors. */
async function readSettings(environment: Environment): Promise<SettingsReport & { readonly database?: Database }> {
  const { context, settings } = environment;
  const report = await explainSettings(settings, () => environment.explainDatabase(), context.fileSystem);
  if (report.failure) return report;
  try {
    const database = await environment.namedDatabase();
    return { ...report, ...(database && { database }) };
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    return { ...report, failure };
  }
}

/** The checks that need no database. */
async function* localChecks(environment: Environment, failure: Failure | undefined): AsyncGenerator<Check> {
  const { context, settings } = environment;
  yield* settingsChecks(settings, failure);
  // Errors in the settings may hide the one that names the directory.
  const isDirectoryKnown = settings.problems.length === 0 || settings.origins.directory.source !== "default";
  yield isDirectoryKnown ? await filesCheck(context) : warning("migrations", SETTINGS_FIRST);
  const { tools, policy } = await environment.backupMeans();
  if (!failure) yield* backupChecks(tools.store, policy);
}

/** The check in the place of those of the database. */
function notExamined(environment: Environment, failure: Failure | undefined): Check {
  return failure
    ? warning("connection", SETTINGS_FIRST)
    : warning("connection", "not examined: no database is named", environment.noDatabaseNamed().hint);
}

/** With --wait, waits for the server first; a failure shows up again in the examination. */
async function waitFor(database: Database, signal: AbortSignal): Promise<void> {
  try {
    await (await database.open(signal)).close();
  } catch (error) {
    if (!(error instanceof Failure) || signal.aborted) throw error;
  }
}
