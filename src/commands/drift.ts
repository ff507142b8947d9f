import type { Command } from "../core/command-line/command.ts";
import type { DriftReport } from "../core/drift/drift-report.ts";
import { differenceWords } from "../core/drift/words.ts";
import { Failure } from "../core/failure/failure.ts";
import { settingOption } from "../core/settings/setting-options.ts";
import { enumeration } from "../core/text/display.ts";
import { serverMajor } from "../engine/diff/server-major.ts";
import type { Source } from "../engine/diff/sources.ts";
import { findDrift } from "../engine/drift/find-drift.ts";
import { requireOfMigrations } from "../engine/drift/writable.ts";
import type { DatabaseContext } from "../engine/session/context.ts";
import { databaseSource } from "./shared/database-source.ts";
import { driftOptions } from "./shared/drift-options.ts";
import type { Environment } from "./shared/environment.ts";
import { REPEATABLE_DIRECTORY, WRITE_OPTIONS } from "./shared/options.ts";
import { checkWritten, descriptionToWrite, writeDifference } from "./shared/write-difference.ts";

/** The exit status if the schema differs. */
const DRIFTED = 3;

export const drift: Command<Environment> = {
  name: "drift",
  effect: "reads",
  aliases: [],
  summary: "compare the database with its applied migrations",
  description:
    "Runs the applied migrations on an empty database in memory, and reports what differs in the real one: objects " +
    "that were added, removed or changed by other means. It only reads from the database. --verbose shows the SQL of " +
    "both sides. Exits with 3 if anything differs. --write writes what the migrations lack as the next one.",
  arguments: [],
  findings: true,
  options: [
    settingOption("driftIgnore"),
    settingOption("shadowUrl"),
    settingOption("standInsDirectory"),
    settingOption("shadowTimeZone"),
    settingOption("placeholders"),
    REPEATABLE_DIRECTORY,
    ...WRITE_OPTIONS,
  ],
  examples: [
    { line: "pgstep drift", note: "was anything changed by hand?" },
    { line: "pgstep drift --verbose", note: "with the SQL of both sides" },
    { line: "pgstep drift --write 'hotfix'", note: "the migration that makes the change elsewhere" },
    { line: "pgstep drift --format junit > drift.xml", note: "in a nightly job" },
  ],
  async run(invocation, environment) {
    const description = descriptionToWrite(invocation);
    const context = await environment.databaseContext();
    const report = await findDrift(context, driftOptions(environment));
    if (report.differences.length === 0 || description === undefined) {
      environment.report(report);
      return report.differences.length > 0 ? DRIFTED : 0;
    }
    await requireOfMigrations(context, report.differences);
    const request = await ofDrift(environment, context);
    const written = await writeDifference(environment, invocation, request, description);
    const { files, versions } = written;
    if (files.length === 0) throw noStatements(report);
    environment.report({ ...report, files, versions });
    await checkWritten(environment, written);
    return 0;
  },
};

/** What the migrations lack, without what drift ignores. */
async function ofDrift(environment: Environment, context: DatabaseContext) {
  const to = await databaseSource(environment, context.database);
  const from: Source = { kind: "migrations", name: "the migrations" };
  return { from, to, renames: [], major: await serverMajor(context, [to], []) };
}

function noStatements({ database, differences }: DriftReport): Failure {
  const named = enumeration(differences.map(differenceWords));
  return new Failure("diff-incomplete", `Cannot write the drift of ${database} as a migration: ${named}`, {
    hint: "Write these changes by hand: pgstep new <description>; then run pgstep drift again.",
  });
}
