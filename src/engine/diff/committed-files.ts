import type { DirectoryEntry, FileSystem } from "../../ports/file-system.ts";

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
    list(path) {
      const prefix = below(path) === "" ? "" : `${below(path)}/`;
      const entries = new Map<string, DirectoryEntry>();
      for (const file of texts.keys()) {
        if (!file.startsWith(prefix)) continue;
        const [name = "", ...rest] = file.slice(prefix.length).split("/");
        entries.set(name, { name, kind: rest.length > 0 ? "directory" : "file" });
      }
      return [...entries.values()];
    },
    read: (path) => [bytesOf(path)],
    readStart: (path) => ({ bytes: bytesOf(path), whole: true }),
    create: refuse,
    replace: refuse,
    remove: refuse,
  };
}
