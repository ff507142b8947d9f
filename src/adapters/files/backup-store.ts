import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { readBackupName, unfinishedDatabase } from "../../core/backup/backup-file.ts";
import { systemWords } from "../../core/failure/system-error.ts";
import type { BackupSink, BackupStore } from "../../ports/backups.ts";
import { makeDirectory, requireOwnDirectory } from "./file-owner.ts";

/** Backups as files on this machine's disk; the port documents its methods. */
export const backupStore: BackupStore = {
  list(directory) {
    if (!existsSync(directory)) return [];
    return readdirSync(directory).flatMap((fileName) => {
      const name = readBackupName(fileName);
      if (!name) return [];
      const path = join(directory, fileName);
      return [{ ...name, path, bytes: statSync(path).size }];
    });
  },
  unfinished(directory, databaseName) {
    if (!existsSync(directory)) return [];
    const own = readdirSync(directory).filter((fileName) => unfinishedDatabase(fileName) === databaseName);
    return own.sort().map((fileName) => join(directory, fileName));
  },
  obstacle(directory) {
    const existing = nearestExisting(directory);
    try {
      if (!statSync(existing).isDirectory()) return `${existing} is not a directory`;
      accessSync(existing, constants.W_OK | constants.X_OK);
      return undefined;
    } catch (error) {
      return systemWords(error);
    }
  },
  freeBytes(directory) {
    try {
      const { bavail, bsize } = statfsSync(nearestExisting(directory));
      return bavail * bsize;
    } catch {
      return undefined;
    }
  },
  create(path) {
    requireOwnDirectory(path);
    makeDirectory(dirname(path), 0o700);
    return new FileSink(openSync(path, "wx", 0o600), path.endsWith(".gz") || path.endsWith(".gz.part"));
  },
  read: (path) => (path.endsWith(".gz") || path.endsWith(".gz.part") ? readMembers(path) : readParts(path)),
  rename: renameSync,
  remove(path) {
    // Bun fails if a parent of the path is a file, even with force.
    if (existsSync(path)) rmSync(path, { force: true });
  },
};

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}

/** Rows are written in blocks, to save a system call for each. */
const BLOCK_BYTES = 1 << 18;

class FileSink implements BackupSink {
  readonly #descriptor: number;
  readonly #compressed: boolean;
  readonly #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #filled = 0;

  constructor(descriptor: number, compressed: boolean) {
    this.#descriptor = descriptor;
    this.#compressed = compressed;
  }

  write(bytes: Uint8Array | string): void {
    let rest = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
    while (rest.length > 0) {
      const taken = rest.subarray(0, BLOCK_BYTES - this.#filled);
      this.#block.set(taken, this.#filled);
      this.#filled += taken.length;
      rest = rest.subarray(taken.length);
      if (this.#filled === BLOCK_BYTES) this.#flush();
    }
  }

  close(): void {
    try {
      this.#flush();
      fsyncSync(this.#descriptor);
    } finally {
      closeSync(this.#descriptor);
    }
  }

  #flush(): void {
    const block = this.#block.subarray(0, this.#filled);
    this.#filled = 0;
    if (block.length === 0) return;
    const bytes = this.#compressed ? sizedMember(gzipSync(block)) : block;
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#descriptor, bytes, written);
  }
}

/*
 * A compressed file is a sequence of gzip members, which RFC 1952 allows and every gunzip reads. Each has its length in
 * an extra field of its header (2.3.1.1), so that the file can be read member by member.
 */
const HEADER_BYTES = 10;
const FIELD_BYTES = 10;
const HAS_FIELD = 4;

function sizedMember(member: Uint8Array): Uint8Array {
  const field = Buffer.alloc(FIELD_BYTES);
  field.writeUInt16LE(FIELD_BYTES - 2, 0);
  field.write("PS", 2, "latin1");
  field.writeUInt16LE(4, 4);
  field.writeUInt32LE(member.length + FIELD_BYTES, 6);
  const header = Buffer.from(member.subarray(0, HEADER_BYTES));
  header[3] = HAS_FIELD;
  return Buffer.concat([header, field, member.subarray(HEADER_BYTES)]);
}

function* readMembers(path: string): Generator<Uint8Array> {
  const descriptor = openSync(path, "r");
  try {
    for (;;) {
      const head = readExactly(descriptor, HEADER_BYTES + FIELD_BYTES);
      if (head.length === 0) return;
      if (head.length < HEADER_BYTES + FIELD_BYTES || head.toString("latin1", 12, 14) !== "PS") {
        throw new Error("it was not compressed by pgstep, or is truncated");
      }
      const body = readExactly(descriptor, head.readUInt32LE(16) - head.length);
      yield gunzipSync(Buffer.concat([head, body]));
    }
  } finally {
    closeSync(descriptor);
  }
}

function readExactly(descriptor: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(descriptor, bytes, filled, length - filled, null);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

function* readParts(path: string): Generator<Uint8Array> {
  const descriptor = openSync(path, "r");
  try {
    const part = Buffer.allocUnsafe(BLOCK_BYTES);
    for (let length = readSync(descriptor, part); length > 0; length = readSync(descriptor, part)) {
      yield part.subarray(0, length);
    }
  } finally {
    closeSync(descriptor);
  }
}
