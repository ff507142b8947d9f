import type { Settings } from "../../core/configuration/settings.ts";
import type { Finding } from "../../core/failure/failure.ts";
import { type Header, runsIn } from "../../core/migrations/header.ts";
import { inspect } from "../../core/migrations/inspect.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import { placeholdersIn } from "../../core/placeholders/placeholders.ts";
import { scanBytes } from "../../core/scanner/scan.ts";
import type { FileSystem } from "../../ports/file-system.ts";

/** Checks the statements in all files of these migrations. */
export function inspectFiles(
  fileSystem: FileSystem,
  migrations: readonly Migration[],
  { environment, placeholders }: Pick<Settings, "environment" | "placeholders">,
  database?: string,
): Finding[] {
  return migrations.flatMap(({ up, down }) => {
    // Placeholder values may be known only where the migration runs.
    const options = (header: Header) => (runsIn(up.header, environment) ? placeholdersIn(header, placeholders) : {});
    return (down ? [up, down] : [up]).flatMap(
      ({ path, header }) => inspect(path, header, scanBytes(fileSystem.read(path), options(header)), database).findings,
    );
  });
}
