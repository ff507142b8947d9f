import { basename, dirname, relative, resolve, sep } from "node:path";
import { systemCode } from "../../core/failure/system-error.ts";
import type { DirectoryEntry, FileSystem } from "../../ports/file-system.ts";

/** The disk with another text at one path, which need not exist: an editor's buffer that is not saved. */
export function bufferedFiles(files: FileSystem, path: string, bytes: Uint8Array): FileSystem {
  const place = resolve(path);
  const isIt = (other: string) => resolve(other) === place;
  const { beginHash: _, ...rest } = files;
  return {
    ...rest,
    list(directory) {
      if (resolve(directory) !== dirname(place)) return files.list(directory);
      const others = listIfThere(files, directory).filter(({ name }) => name !== basename(place));
      return [...others, { name: basename(place), kind: "file" }];
    },
    read: (other) => (isIt(other) ? [bytes] : files.read(other)),
    readStart: (other) => (isIt(other) ? { bytes, whole: true } : files.readStart(other)),
  };
}

function listIfThere(files: FileSystem, directory: string): DirectoryEntry[] {
  try {
    return files.list(directory);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** The path of a file below a directory, as reading the directory gives it; undefined for one that is elsewhere. */
export function pathBelow(directory: string, path: string): string | undefined {
  const within = relative(resolve(directory), resolve(path));
  if (within === "" || within.split(sep)[0] === ".." || resolve(within) === within) return undefined;
  return `${directory.replace(/[/\\]$/, "")}/${within.split(sep).join("/")}`;
}
