import { Failure } from "../../core/failure/failure.ts";
import type { RunReport } from "../../core/reports/report.ts";
import { settingOption } from "../../core/settings/setting-options.ts";
import { refreshFile } from "../../engine/dump/dump-file.ts";
import type { DatabaseContext } from "../../engine/session/context.ts";
import type { Environment } from "./environment.ts";

export const DUMP = settingOption("dump");

/**
 * Writes the schema file that the settings name, after a run that succeeded and changed something. If the file cannot be
 * written, the report says so: the migrations stay.
 */
export async function dumpAfterRun(
  { settings }: Environment,
  context: DatabaseContext,
  report: RunReport,
): Promise<RunReport> {
  const { dump: path } = settings.values;
  if (path === undefined || report.dryRun || report.failure) return report;
  const isChanged = report.steps.length > 0 || (report.repeatable?.length ?? 0) > 0;
  try {
    const file = await refreshFile(context, path, isChanged);
    if (file) context.emit({ type: "schema-dumped", file });
    return report;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { hint, code, message, server } = error;
    if (code === "interrupted" || code === "terminated") return { ...report, failure: error };
    const failure = new Failure("dump-after-run-failed", message, {
      hint: `The migrations are applied. ${hint ?? `Write the file again: pgstep dump --out ${path}`}`,
      cause: error,
      ...(server && { server }),
    });
    return { ...report, failure };
  }
}
