import type { Finding } from "../core/error.ts";
import { type Header, runsIn } from "../core/header.ts";
import { inspect } from "../core/inspection.ts";
import type { Migration } from "../core/migration.ts";
import { placeholdersIn } from "../core/placeholders/placeholders.ts";
import type { Settings } from "../core/settings.ts";
import { scanBytes } from "../core/sql/scan.ts";
import type { FileSystem } from "../ports/file-system.ts";

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
