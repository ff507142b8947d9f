import { closeSync, mkdirSync, openSync, readdirSync, readSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DirectoryEntry, FileSystem } from "../ports/file-system.ts";

const PART_BYTES = 1_048_576;

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
    for (;;) {
      const part = Buffer.allocUnsafe(PART_BYTES);
      const length = readSync(descriptor, part, 0, PART_BYTES, null);
      if (length === 0) return;
      yield part.subarray(0, length);
    }
  } finally {
    closeSync(descriptor);
  }
}
