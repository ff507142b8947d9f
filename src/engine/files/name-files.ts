import { type Finding, finding } from "../../core/failure/failure.ts";
import { type MigrationName, misspeltDirection, parseMigrationName } from "../../core/migrations/migration-name.ts";
import { versionKey } from "../../core/migrations/version.ts";
import type { FolderEntry } from "./environment-folders.ts";

/** A file whose name says that it is a migration or a down script. */
export interface NamedFile extends MigrationName {
  readonly path: string;
  /** Of whose folder it is; undefined when it is in none. */
  readonly environment: string | undefined;
  /** The same for the same versions. */
  readonly key: string;
}

/** The files that are named like migrations; the others that end in .sql go among the findings. */
export function nameFiles(entries: readonly FolderEntry[], findings: Finding[]): NamedFile[] {
  const files: NamedFile[] = [];
  const names = new Set(entries.map(({ name }) => name));
  for (const { name, kind, path, environment } of entries) {
    const parsed = parseMigrationName(name);
    if (!parsed) continue;
    const misspelt = "fault" in parsed ? undefined : misspeltDirection(parsed, names);
    if (kind !== "file") {
      const what = kind === "directory" ? "is a directory" : "is no regular file, or a link that leads nowhere";
      findings.push(
        finding("not-a-file", {
          message: `${name} ${what}`,
          hint: "Rename or remove it: a name that ends in .sql is taken for a migration.",
          place: { path },
        }),
      );
    } else if ("fault" in parsed) {
      findings.push(
        finding("bad-name", {
          message: `${name} is not a migration's name: ${parsed.fault}`,
          hint: "Rename it, e.g. 001_create_users.sql, or move it out of the directory.",
          place: { path },
        }),
      );
    } else if (misspelt) {
      findings.push(
        finding("bad-name", {
          message: `${name} would be a migration of its own: it ends neither in .up.sql nor in .down.sql`,
          hint: `Did you mean ${misspelt}? If not, leave out the dot before its last word.`,
          place: { path },
        }),
      );
    } else {
      const { version, name: migration, description, direction } = parsed;
      files.push({ version, name: migration, description, direction, path, environment, key: versionKey(version) });
    }
  }
  return files;
}
