import { type Completion, type Suggestion, starting } from "../../core/completion/suggestions.ts";
import { parseMigrationName } from "../../core/migrations/migration-name.ts";
import { compareVersions } from "../../core/migrations/version.ts";
import { printableLine } from "../../core/text/display.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import { listFolders } from "../files/environment-folders.ts";

/**
 * The lines that the shell's completion script reads: a word, a tab and its meaning; the last line names what the shell
 * completes itself (files, directories). Reads only the names of the migrations. If they cannot be read there are none:
 * an error would disturb the user's typing.
 * @param directory of the migrations, resolved only when needed
 * @param current the word at the cursor, up to the cursor
 */
export function completionLines(
  { suggestions, wanted, prefix }: Completion,
  current: string,
  fileSystem: FileSystem,
  directory: () => string,
): string[] {
  if (wanted === "version") return starting(versionSuggestions(fileSystem, directory, prefix), current).map(line);
  return [...suggestions.map(line), ...(wanted === undefined ? [] : [`:${wanted}`])];
}

function versionSuggestions(fileSystem: FileSystem, directory: () => string, prefix: string): Suggestion[] {
  try {
    return listFolders(fileSystem, directory())
      .entries.flatMap(({ name }) => parseMigrationName(name) ?? [])
      .flatMap((name) => ("problem" in name || name.direction === "down" ? [] : name))
      .sort((left, right) => compareVersions(left.version, right.version))
      .map(({ version, description }) => ({ text: prefix + version, note: description }));
  } catch {
    return [];
  }
}

function line({ text, note }: Suggestion): string {
  return `${text}\t${printableLine(note)}`;
}
