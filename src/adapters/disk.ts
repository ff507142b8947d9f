import { closeSync, mkdirSync, openSync, readdirSync, readSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DirectoryEntry, FileSystem } from "../ports/file-system.ts";

/** Scanning parts of this size is half as fast again as scanning larger ones. */
const PART_BYTES = 65_536;
/** Read into and copied from without a pause in between, so one is enough for all readers. */
const SCRATCH = Buffer.allocUnsafeSlow(PART_BYTES);

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
      const length = readSync(descriptor, SCRATCH, 0, PART_BYTES, null);
      // A copy of what was read, so that ten thousand small files do not cost ten thousand large buffers.
      if (length > 0) yield Buffer.from(SCRATCH.subarray(0, length));
      // A regular file is read short only at its end.
      if (length < PART_BYTES) return;
    }
  } finally {
    closeSync(descriptor);
  }
}
