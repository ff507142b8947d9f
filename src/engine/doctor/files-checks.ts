import { Failure } from "../../core/failure/failure.ts";
import { type Check, fault, good, warning } from "../../core/reports/diagnosis.ts";
import { inspectFiles } from "../files/inspect-files.ts";
import { gapFindings, readMigrations } from "../files/read-migrations.ts";
import type { Context } from "../session/context.ts";

const TOPIC = "migrations";

/** Checks that the directory can be read, and that its files have no findings. */
export function filesChecks({ fileSystem, settings }: Context): Check[] {
  try {
    const files = readMigrations(fileSystem, settings.directory);
    const { migrations, findings } = files;
    const all = [
      ...findings,
      ...gapFindings(files, settings.directory),
      ...inspectFiles(fileSystem, migrations, settings),
    ];
    const errors = all.filter(({ severity }) => severity === "error").length;
    const warnings = all.length - errors;
    const there = `${migrations.length} in ${settings.directory}`;
    const see = "Run pgstep validate to see them.";
    if (errors > 0) return [fault(TOPIC, `${there}, with ${errors === 1 ? "an error" : `${errors} errors`}`, see)];
    if (migrations.length === 0)
      return [
        warning(
          TOPIC,
          `none in ${settings.directory}`,
          "Name another directory with --dir, or run pgstep new <description>.",
        ),
      ];
    if (warnings > 0)
      return [warning(TOPIC, `${there}, with ${warnings === 1 ? "a warning" : `${warnings} warnings`}`, see)];
    return [good(TOPIC, `${there}, no findings`)];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [fault(TOPIC, error.message, error.hint)];
  }
}
