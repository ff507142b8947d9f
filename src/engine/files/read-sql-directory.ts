import { Failure, type Finding } from "../../core/failure/failure.ts";
import { systemCode, systemWords } from "../../core/failure/system-error.ts";
import type { SqlFile } from "../../core/migrations/migration.ts";
import type { DirectoryEntry, FileSystem } from "../../ports/file-system.ts";
import { readSqlFile } from "./read-migrations.ts";

/** An SQL file that is not a migration. */
export interface NamedSqlFile {
  /** The file name without its ending. */
  readonly name: string;
  readonly file: SqlFile;
}

/** A directory that may be missing unless a setting names it. */
export interface OptionalDirectory {
  readonly path: string;
  /** True if a setting names it, so that it must exist. */
  readonly isNamed: boolean;
  /** For the message: "read repeatable objects from". */
  readonly doing: string;
}

/**
 * The SQL files of a directory, sorted by name, without those of its folders. None if the directory is missing and no
 * setting names it.
 * @throws Failure directory-unreadable
 */
export function readSqlDirectory(
  fileSystem: FileSystem,
  directory: OptionalDirectory,
  findings: Finding[],
): NamedSqlFile[] {
  const { path: parent } = directory;
  const files: NamedSqlFile[] = [];
  for (const { name: fileName, kind } of listDirectory(fileSystem, directory)) {
    if (kind !== "file" || !/\.sql$/i.test(fileName) || fileName.startsWith(".")) continue;
    const name = fileName.slice(0, -".sql".length);
    const path = /[/\\]$/.test(parent) ? `${parent}${fileName}` : `${parent}/${fileName}`;
    const file = readSqlFile(fileSystem, { path, name, environment: undefined }, findings);
    if (file) files.push({ name, file });
  }
  return files.sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** Its entries; none if it is missing and no setting names it. @throws Failure directory-unreadable */
export function listDirectory(
  fileSystem: FileSystem,
  { path, isNamed, doing }: OptionalDirectory,
): readonly DirectoryEntry[] {
  try {
    return fileSystem.list(path);
  } catch (cause) {
    if (systemCode(cause) === "ENOENT" && !isNamed) return [];
    throw new Failure("directory-unreadable", `Cannot ${doing} ${path}: ${systemWords(cause, "directory")}`, {
      hint: "Create it, check its permissions, or remove the setting that names it: pgstep config shows where it is set.",
      cause,
    });
  }
}
