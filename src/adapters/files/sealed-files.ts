import type { Seal } from "../../core/bundle/seal.ts";
import type { DirectoryEntry, FileSystem } from "../../ports/file-system.ts";

const PART_BYTES = 65_536;

/** The bundled files, read-only, in place of their directories; everything else is on the disk. */
export function sealedFiles({ roots, files }: Seal, disk: FileSystem): FileSystem {
  const contents = new Map(files.map(({ path, content }) => [path, content]));
  const places = roots.map(plain);
  const isSealed = (path: string) => places.some((root) => path === root || path.startsWith(`${root}/`));
  const bytesOf = (path: string): Buffer => {
    const place = plain(path);
    const content = contents.get(place);
    if (content === undefined) throw failed(problemAt(place), path);
    return Buffer.from(content, "base64");
  };
  /** The error code of node:fs for a path that is not a file. */
  const problemAt = (place: string): string => {
    const paths = [...contents.keys()];
    if (paths.some((path) => path.startsWith(`${place}/`))) return "EISDIR";
    return paths.some((path) => place.startsWith(`${path}/`)) ? "ENOTDIR" : "ENOENT";
  };
  const refuseSealed = (path: string) => {
    if (isSealed(plain(path))) throw failed("EROFS", path);
  };
  return {
    list(directory) {
      const place = plain(directory);
      if (!isSealed(place)) return disk.list(directory);
      const entries = new Map<string, DirectoryEntry>();
      for (const path of contents.keys()) {
        if (!path.startsWith(`${place}/`)) continue;
        const [name = "", ...deeper] = path.slice(place.length + 1).split("/");
        entries.set(name, { name, kind: deeper.length > 0 ? "directory" : "file" });
      }
      if (entries.size === 0) throw failed(contents.has(place) ? "ENOTDIR" : "ENOENT", directory);
      return [...entries.values()];
    },
    *read(path) {
      if (!isSealed(plain(path))) {
        yield* disk.read(path);
        return;
      }
      const bytes = bytesOf(path);
      for (let at = 0; at < bytes.length; at += PART_BYTES) yield bytes.subarray(at, at + PART_BYTES);
    },
    readStart(path) {
      if (!isSealed(plain(path))) return disk.readStart(path);
      const bytes = bytesOf(path);
      return { bytes: bytes.subarray(0, PART_BYTES), whole: bytes.length < PART_BYTES };
    },
    create(path, text) {
      refuseSealed(path);
      disk.create(path, text);
    },
    replace(path, text) {
      refuseSealed(path);
      disk.replace(path, text);
    },
    remove(path) {
      refuseSealed(path);
      disk.remove(path);
    },
  };
}

/** A path in the form of the bundle: with slashes, without redundant parts. */
function plain(path: string): string {
  return path
    .replaceAll("\\", "/")
    .replace(/\/{2,}/g, "/")
    .replace(/^(\.\/)+|\/$/g, "");
}

function failed(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: sealed, ${path}`), { code });
}
