import type { ListedEntry } from "../../core/layout/format.ts";
import { parseMigrationName } from "../../core/migrations/migration-name.ts";
import type { DirectoryEntry, FileSystem } from "../../ports/file-system.ts";

export interface FolderEntries {
  /** Those of the directory, then those of its folders for environments. */
  readonly entries: readonly ListedEntry[];
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
  const entries: ListedEntry[] = [];
  const inFolders: ListedEntry[] = [];
  const misnamed: string[] = [];
  const unreadable: string[] = [];
  for (const entry of listed) {
    const { name, kind } = entry;
    const path = joinPath(directory, name);
    if (kind !== "directory" || parseMigrationName(name) || name.startsWith(".")) {
      entries.push({ ...entry, path });
      continue;
    }
    let inside: readonly DirectoryEntry[] = [];
    try {
      inside = fileSystem.list(path);
    } catch {
      unreadable.push(path);
    }
    entries.push({ ...entry, path, inside: inside.map((one) => ({ ...one, path: joinPath(path, one.name) })) });
    if (!inside.some((one) => isMigration(one.name))) continue;
    if (/[\s,]/.test(name)) misnamed.push(path);
    else inFolders.push(...inside.map((one) => ({ ...one, path: joinPath(path, one.name), environment: name })));
  }
  return { entries: [...entries, ...inFolders], misnamed, unreadable };
}

function isMigration(name: string): boolean {
  const parsed = parseMigrationName(name);
  return parsed !== undefined && "version" in parsed;
}

export function joinPath(directory: string, name: string): string {
  return directory.endsWith("/") || directory.endsWith("\\") ? `${directory}${name}` : `${directory}/${name}`;
}
