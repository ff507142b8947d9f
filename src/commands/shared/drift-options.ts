import { driftFindings } from "../../core/drift/words.ts";
import { Failure } from "../../core/failure/failure.ts";
import { type DriftOptions, findDrift } from "../../engine/drift/find-drift.ts";
import type { DatabaseContext } from "../../engine/session/context.ts";
import type { Environment } from "./environment.ts";

/** How the settings want a database compared with its migrations. */
export function driftOptions({ inDriftTrial, settings }: Environment): DriftOptions {
  return { inShadow: inDriftTrial, ignore: settings.values.driftIgnore ?? [] };
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
