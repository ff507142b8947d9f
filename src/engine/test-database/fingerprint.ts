import { createHash, type Hash } from "node:crypto";
import { directoryBeside } from "../../core/migrations/sibling-directory.ts";
import type { DirectoryEntry, FileSystem } from "../../ports/file-system.ts";
import type { Context } from "../session/context.ts";

/**
 * A checksum of everything that decides how a test database begins: the files, the settings that change their meaning,
 * and the version of pgstep.
 */
export function fingerprint({ fileSystem, settings, toolVersion }: Context, seeds: boolean): string {
  const { directory, repeatableDirectory, hooksDirectory, seedsDirectory } = settings;
  const { schema, table, environment, placeholders, hookFailure, layout } = settings;
  const hash = createHash("sha256");
  hash.update(JSON.stringify([toolVersion, layout, schema, table, environment, placeholders, hookFailure]));
  for (const path of [
    directory,
    repeatableDirectory ?? directoryBeside(directory, "repeatable"),
    hooksDirectory ?? directoryBeside(directory, "hooks"),
    ...(seeds ? [seedsDirectory ?? directoryBeside(directory, "seeds")] : []),
  ]) {
    hash.update("\0directory\0");
    addDirectory(hash, fileSystem, { path, isFolder: false });
  }
  return hash.digest("hex");
}

/** Adds the SQL files of a directory and of its folders, which may be those of environments. */
function addDirectory(
  hash: Hash,
  fileSystem: FileSystem,
  { path, isFolder }: { path: string; isFolder: boolean },
): void {
  for (const { name, kind } of entriesOf(fileSystem, path)) {
    if (kind === "directory" && !isFolder) addDirectory(hash, fileSystem, { path: `${path}/${name}`, isFolder: true });
    if (kind !== "file" || !/\.(?:sql|conf|toml|go)$/.test(name)) continue;
    hash.update(`\0${isFolder ? path.slice(path.lastIndexOf("/")) : ""}/${name}\0`);
    for (const bytes of (fileSystem.parts?.whole ?? fileSystem.read)(`${path}/${name}`)) hash.update(bytes);
  }
}

/** In the order of their names; none if the directory cannot be read, which the run reports where it matters. */
function entriesOf(fileSystem: FileSystem, path: string): DirectoryEntry[] {
  try {
    return fileSystem.list(path).sort((left, right) => (left.name < right.name ? -1 : 1));
  } catch {
    return [];
  }
}
