import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { DirectoryEntry, FileStart, FileSystem } from "../../ports/file-system.ts";
import { replaceFile } from "./replace-file.ts";

/** Scanning parts of this size is half as fast again as scanning larger ones. */
const PART_BYTES = 65_536;
/** One is enough for all readers: what it holds is copied, or handed out only until the next call. */
const SCRATCH = Buffer.allocUnsafeSlow(PART_BYTES);

/** The machine's disk; see the port for what it promises. */
export const disk: FileSystem = {
  list: (directory) =>
    readdirSync(directory, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      kind: entry.isFile() ? "file" : entry.isDirectory() ? "directory" : kindBehind(join(directory, entry.name)),
    })),
  read: readParts,
  readStart,
  create(path, text) {
    makeDirectory(dirname(path));
    writeFileSync(path, text, { flag: "wx" });
  },
  replace(path, text) {
    makeDirectory(dirname(path));
    replaceFile(path, text);
  },
  remove: (path) => rmSync(path, { force: true }),
};

/** Level by level: where /proc and its like refuse, Node's own recursion never ends. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectory(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    // Somebody else was quicker. If it is no directory, writing into it will tell.
    if (!existsSync(path)) throw error;
  }
}

/** What a link, or an entry whose kind its directory does not tell, leads to. */
function kindBehind(path: string): DirectoryEntry["kind"] {
  try {
    const status = statSync(path);
    return status.isFile() ? "file" : status.isDirectory() ? "directory" : "other";
  } catch {
    return "other";
  }
}

function readStart(path: string): FileStart {
  const descriptor = openSync(path, "r");
  try {
    const length = readSync(descriptor, SCRATCH, 0, PART_BYTES, null);
    return { bytes: SCRATCH.subarray(0, length), whole: isLast(length) };
  } finally {
    closeSync(descriptor);
  }
}

/** A regular file is read short only at its end. */
function isLast(length: number): boolean {
  return length < PART_BYTES;
}

function* readParts(path: string): Generator<Uint8Array> {
  const descriptor = openSync(path, "r");
  try {
    // A copy of what was read, so that ten thousand small files do not cost ten thousand large buffers.
    let length = readSync(descriptor, SCRATCH, 0, PART_BYTES, null);
    if (length > 0) yield Buffer.from(SCRATCH.subarray(0, length));
    if (isLast(length)) return;
    const part = Buffer.allocUnsafeSlow(PART_BYTES);
    do {
      length = readSync(descriptor, part, 0, PART_BYTES, null);
      if (length > 0) yield part.subarray(0, length);
    } while (!isLast(length));
  } finally {
    closeSync(descriptor);
  }
}
