import { parseMigrationName } from "../../core/migrations/migration-name.ts";
import type { DirectoryEntry, FileSystem } from "../../ports/file-system.ts";

/** An entry of the migrations directory, or of one of its folders for an environment. */
export interface FolderEntry extends DirectoryEntry {
  readonly path: string;
  /** The folder's name; undefined for files of every environment. */
  readonly environment: string | undefined;
}

export interface FolderEntries {
  readonly entries: readonly FolderEntry[];
  /** Skipped folders with migrations: no environment can have their name. */
  readonly misnamed: readonly string[];
  /** Folders that could not be read. */
  readonly unreadable: readonly string[];
}

/**
 * The entries of a directory and of its folders with migrations, each of which is for the environment of its name.
 * Folders without migrations, and hidden ones, are skipped.
 * @throws the error of the file system when the directory itself cannot be listed
 */
export function listFolders(fileSystem: FileSystem, directory: string): FolderEntries {
  const listed = fileSystem.list(directory);
  const entries: FolderEntry[] = listed.map((entry) => placed(entry, directory, undefined));
  const misnamed: string[] = [];
  const unreadable: string[] = [];
  for (const { name, kind } of listed) {
    if (kind !== "directory" || parseMigrationName(name) || name.startsWith(".")) continue;
    const path = joinPath(directory, name);
    let inside: readonly DirectoryEntry[];
    try {
      inside = fileSystem.list(path);
    } catch {
      unreadable.push(path);
      continue;
    }
    if (!inside.some((entry) => isMigration(entry.name))) continue;
    if (/[\s,]/.test(name)) misnamed.push(path);
    else entries.push(...inside.map((entry) => placed(entry, path, name)));
  }
  return { entries, misnamed, unreadable };
}

function isMigration(name: string): boolean {
  const parsed = parseMigrationName(name);
  return parsed !== undefined && "version" in parsed;
}

function placed({ name, kind }: DirectoryEntry, directory: string, environment: string | undefined): FolderEntry {
  return { name, kind, path: joinPath(directory, name), environment };
}

function joinPath(directory: string, name: string): string {
  return directory.endsWith("/") || directory.endsWith("\\") ? `${directory}${name}` : `${directory}/${name}`;
}
