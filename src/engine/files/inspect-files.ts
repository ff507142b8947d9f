import type { Settings } from "../../core/configuration/settings.ts";
import { type Header, runsIn } from "../../core/migrations/header.ts";
import { type Inspection, inspect } from "../../core/migrations/inspect.ts";
import type { Migration, SqlFile } from "../../core/migrations/migration.ts";
import { placeholdersIn } from "../../core/placeholders/placeholders.ts";
import type { ScanFile } from "./scan-files.ts";

/** Inspects the statements in all files of these migrations. */
export function inspectFiles(
  scan: ScanFile,
  migrations: readonly Migration[],
  { environment, placeholders }: Pick<Settings, "environment" | "placeholders">,
  database?: string,
): Map<SqlFile, Inspection> {
  const inspections = new Map<SqlFile, Inspection>();
  for (const { up, down } of migrations) {
    // Placeholder values may be known only where the migration runs.
    const options = (header: Header) => (runsIn(up.header, environment) ? placeholdersIn(header, placeholders) : {});
    for (const file of down ? [up, down] : [up]) {
      const { path, header } = file;
      inspections.set(file, inspect(path, header, scan(file, options(header)), database));
    }
  }
  return inspections;
}
