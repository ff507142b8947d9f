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
import { beginHash } from "./hash-thread.ts";
import { replaceFile } from "./replace-file.ts";

/** Scanning parts of this size is 50% faster than scanning larger ones. */
const PART_BYTES = 65_536;
/** Shared by all readers: its content is copied, or valid only until the next call. */
const SCRATCH = Buffer.allocUnsafeSlow(PART_BYTES);

/** The machine's disk; the port documents its methods. */
export const disk: FileSystem = {
  list: (directory) =>
    readdirSync(directory, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      kind: entry.isFile() ? "file" : entry.isDirectory() ? "directory" : kindBehind(join(directory, entry.name)),
    })),
  read: readParts,
  readStart,
  beginHash,
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

/** Level by level: where /proc and similar file systems refuse, Node's own recursion never ends. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectory(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process created it first. If it is not a directory, writing into it fails.
    if (!existsSync(path)) throw error;
  }
}

/** The kind of a link's target, or of an entry whose kind the directory does not tell. */
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

/** A read returns fewer bytes only at the end of a regular file. */
function isLast(length: number): boolean {
  return length < PART_BYTES;
}

function* readParts(path: string): Generator<Uint8Array> {
  const descriptor = openSync(path, "r");
  try {
    // The bytes are copied, so that ten thousand small files do not need ten thousand large buffers.
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
