import { driftFindings } from "../../core/drift/words.ts";
import { Failure, finding } from "../../core/failure/failure.ts";
import type { RunReport } from "../../core/reports/report.ts";
import { settingOption } from "../../core/settings/setting-options.ts";
import { type DriftOptions, findDrift } from "../../engine/drift/find-drift.ts";
import { recordFingerprint } from "../../engine/drift/fingerprint.ts";
import type { DatabaseContext } from "../../engine/session/context.ts";
import type { Environment } from "./environment.ts";

export const RECORD_FINGERPRINT = settingOption("recordFingerprint");

/** How the settings want a database compared with its migrations. */
export function driftOptions({ inDriftTrial, noteOf, settings }: Environment): DriftOptions {
  return { inShadow: inDriftTrial, noteOf, ignore: settings.values.driftIgnore ?? [] };
}

/**
 * Records the fingerprint of the schema after a run that succeeded and changed something, if the settings say so. Without
 * the fingerprint drift says less, so an error is only a warning.
 */
export async function recordAfterRun({ settings }: Environment, context: DatabaseContext, report: RunReport) {
  if (!settings.values.recordFingerprint || report.dryRun || report.failure) return;
  if (report.steps.length === 0 && (report.repeatable?.length ?? 0) === 0) return;
  try {
    await recordFingerprint(context);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const message = `the fingerprint of the schema was not recorded: ${error.message}`;
    context.emit({ type: "warning", finding: finding("drift-inexact", { message, hint: error.hint }) });
  }
}

/** @throws Failure drifted if the database is not as its applied migrations make it, and those of `findDrift` */
export async function requireNoDrift(environment: Environment, context: DatabaseContext): Promise<void> {
  const report = await findDrift(context, driftOptions(environment));
  for (const finding of report.warnings) context.emit({ type: "warning", finding });
  if (report.differences.length === 0) return;
  const message = `Cannot migrate ${report.database}: its schema is not as the applied migrations make it`;
  throw new Failure("drifted", message, {
    hint: "Write the changes into a migration, or undo them in the database. Nothing was changed. To see the SQL, run pgstep drift --verbose.",
    findings: driftFindings({ ...report, warnings: [] }),
  });
}
