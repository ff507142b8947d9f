import type { Settings } from "../../core/configuration/settings.ts";
import type { Finding } from "../../core/failure/failure.ts";
import { type Header, runsIn } from "../../core/migrations/header.ts";
import { inspect } from "../../core/migrations/inspect.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import { placeholdersIn } from "../../core/placeholders/placeholders.ts";
import { scanBytes } from "../../core/scanner/scan.ts";
import type { FileSystem } from "../../ports/file-system.ts";

/** What the statements of all these migrations' files have wrong. */
export function inspectFiles(
  fileSystem: FileSystem,
  migrations: readonly Migration[],
  { environment, placeholders }: Pick<Settings, "environment" | "placeholders">,
  database?: string,
): Finding[] {
  return migrations.flatMap(({ up, down }) => {
    // Values may be known only where the migration is run.
    const options = (header: Header) => (runsIn(up.header, environment) ? placeholdersIn(header, placeholders) : {});
    return (down ? [up, down] : [up]).flatMap(
      ({ path, header }) => inspect(path, header, scanBytes(fileSystem.read(path), options(header)), database).findings,
    );
  });
}
