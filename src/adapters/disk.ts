import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, readSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DirectoryEntry, FileSystem } from "../ports/file-system.ts";

/** Scanning parts of this size is half as fast again as scanning larger ones. */
const PART_BYTES = 65_536;

/** The machine's disk; see the port for what it promises. */
export const disk: FileSystem = {
  list: (directory) =>
    readdirSync(directory, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      kind: entry.isFile() ? "file" : entry.isDirectory() ? "directory" : kindBehind(join(directory, entry.name)),
    })),
  read: readParts,
  create(path, text) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: "wx" });
  },
};

/** What a link, or an entry whose kind its directory does not tell, leads to. */
function kindBehind(path: string): DirectoryEntry["kind"] {
  try {
    const status = statSync(path);
    return status.isFile() ? "file" : status.isDirectory() ? "directory" : "other";
  } catch {
    return "other";
  }
}

function* readParts(path: string): Generator<Uint8Array> {
  const descriptor = openSync(path, "r");
  try {
    // A buffer no larger than needed: a megabyte for each of ten thousand small files keeps the collector busy.
    const size = Math.min(fstatSync(descriptor).size + 1, PART_BYTES);
    for (;;) {
      const part = Buffer.allocUnsafe(size);
      const length = readSync(descriptor, part, 0, size, null);
      if (length > 0) yield part.subarray(0, length);
      // A regular file is read short only at its end.
      if (length < size) return;
    }
  } finally {
    closeSync(descriptor);
  }
}
