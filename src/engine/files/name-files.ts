import { type Finding, finding } from "../../core/failure/failure.ts";
import { type MigrationName, misspeltDirection, parseMigrationName } from "../../core/migrations/migration-name.ts";
import { versionKey } from "../../core/migrations/version.ts";
import type { FolderEntry } from "./environment-folders.ts";

/** A file whose name says that it is a migration or a down script. */
export interface NamedFile extends MigrationName {
  readonly path: string;
  /** The environment of its folder; undefined outside such folders. */
  readonly environment: string | undefined;
  /** Equal for equal versions. */
  readonly key: string;
}

/** The files that are named like migrations; the others that end in .sql are added to the findings. */
export function nameFiles(entries: readonly FolderEntry[], findings: Finding[]): NamedFile[] {
  const files: NamedFile[] = [];
  const names = new Set(entries.map(({ name }) => name));
  for (const { name, kind, path, environment } of entries) {
    const parsed = parseMigrationName(name);
    if (!parsed) continue;
    const misspelt = "problem" in parsed ? undefined : misspeltDirection(parsed, names);
    if (kind !== "file") {
      const what = kind === "directory" ? "is a directory" : "is not a regular file, or is a broken link";
      findings.push(
        finding("not-a-file", {
          message: `${name} ${what}`,
          hint: "Rename or remove it: a name that ends in .sql counts as a migration.",
          place: { path },
        }),
      );
    } else if ("problem" in parsed) {
      findings.push(
        finding("bad-name", {
          message: `${name} is not a migration name: ${parsed.problem}`,
          hint: "Rename it, e.g. 001_create_users.sql, or move it out of the directory.",
          place: { path },
        }),
      );
    } else if (misspelt) {
      findings.push(
        finding("bad-name", {
          message: `${name} would be a separate migration: it ends neither in .up.sql nor in .down.sql`,
          hint: `Did you mean ${misspelt}? If not, remove the dot before its last word.`,
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
