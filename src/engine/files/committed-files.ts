import { systemCode } from "../../core/failure/system-error.ts";
import type { DirectoryEntry, FileSystem } from "../../ports/file-system.ts";
import { joinPath } from "./environment-folders.ts";

/**
 * The files of a directory in an earlier commit, in the place of those on the disk. They can only be read.
 * @param texts the files by their paths below the directory
 */
export function committedFiles(directory: string, texts: ReadonlyMap<string, Uint8Array>): FileSystem {
  const below = (path: string) =>
    path
      .slice(directory.length)
      .replace(/^[/\\]+/, "")
      .replaceAll("\\", "/");
  const bytesOf = (path: string): Uint8Array => {
    const bytes = texts.get(below(path));
    if (bytes) return bytes;
    throw Object.assign(new Error(`no such file: ${path}`), { code: "ENOENT" });
  };
  const refuse = () => {
    throw new Error("files of a commit cannot be written");
  };
  return {
    list: (path) => entriesAt(below(path) === "" ? "" : `${below(path)}/`, texts),
    read: (path) => [bytesOf(path)],
    readStart: (path) => ({ bytes: bytesOf(path), whole: true }),
    create: refuse,
    replace: refuse,
    remove: refuse,
  };
}

/**
 * The disk with some files of a commit, and without some of its own.
 * @param texts the files by their paths, as `joinPath` writes them
 * @param hidden the paths of the files that are left out
 */
export function filesWith(
  now: FileSystem,
  texts: ReadonlyMap<string, Uint8Array>,
  hidden: ReadonlySet<string> = new Set(),
): FileSystem {
  const { beginHash: _, ...rest } = now;
  const { parts } = now;
  // These files have both scripts; reading them gives the part that was kept.
  const kept = new Set<string>();
  const textOf = (path: string) => (kept.has(path) ? undefined : texts.get(path));
  return {
    ...rest,
    list(directory) {
      const added = entriesAt(joinPath(directory, ""), texts);
      const names = new Set(added.map(({ name }) => name));
      const others = listIfThere(now, directory, added.length > 0);
      return [...others.filter(({ name }) => !names.has(name) && !hidden.has(joinPath(directory, name))), ...added];
    },
    read(path) {
      const text = textOf(path);
      return text ? [text] : now.read(path);
    },
    readStart(path) {
      const bytes = textOf(path);
      return bytes ? { bytes, whole: true } : now.readStart(path);
    },
    ...(parts && {
      parts: {
        keep(path, text) {
          kept.add(path);
          parts.keep(path, text);
        },
        whole(path) {
          const text = texts.get(path);
          return text ? [text] : parts.whole(path);
        },
      },
    }),
  };
}

/** The entries of the directory whose files have this prefix. */
function entriesAt(prefix: string, texts: ReadonlyMap<string, unknown>): DirectoryEntry[] {
  const entries = new Map<string, DirectoryEntry>();
  for (const file of texts.keys()) {
    if (!file.startsWith(prefix)) continue;
    const [name = "", ...rest] = file.slice(prefix.length).split("/");
    entries.set(name, { name, kind: rest.length > 0 ? "directory" : "file" });
  }
  return [...entries.values()];
}

/** @param mayLack true for a directory that may exist only in the commit */
function listIfThere(files: FileSystem, directory: string, mayLack: boolean): DirectoryEntry[] {
  try {
    return files.list(directory);
  } catch (error) {
    if (mayLack && systemCode(error) === "ENOENT") return [];
    throw error;
  }
}
