import { closeSync, fstatSync, openSync, readFileSync, type Stats, statSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { cacheDirectory } from "../images/cache-directory.ts";

/** Compiled code of this program in the user's cache directory. */
export interface CodeCache {
  readonly path: string;
  /** Undefined if there is none that may be used. */
  readonly kept: KeptCode | undefined;
}

/** A text and the code that V8 compiled it to. */
export interface KeptCode {
  readonly text: string;
  readonly code: Buffer;
}

/** Before the text and the code: a checksum of both, and the length of the text. */
const HEAD_BYTES = 8;
const OTHERS_MAY_WRITE = 0o022;

/**
 * The compiled code for this program and this Node; undefined where none can be kept. Only V8 reads what V8 wrote;
 * NODE_DISABLE_COMPILE_CACHE, a variable of Node, turns it off.
 */
export function codeCache(digest: string): CodeCache | undefined {
  const { bun, deno, node } = process.versions;
  if (bun !== undefined || deno !== undefined || process.env.NODE_DISABLE_COMPILE_CACHE) return undefined;
  const directory = cacheDirectory();
  if (directory === undefined) return undefined;
  const path = join(directory, "code", `${digest}-node-${node}-${process.arch}.bin`);
  return { path, kept: readCode(path) };
}

/** Code is run, so it must be whole, and only this user may have written it. */
function readCode(path: string): KeptCode | undefined {
  try {
    const descriptor = openSync(path, "r");
    try {
      if (![statSync(dirname(path)), fstatSync(descriptor)].every(isOwn)) return undefined;
      const content = readFileSync(descriptor);
      const end = HEAD_BYTES + content.readUInt32LE(4);
      if (content.readUInt32LE(0) !== checksum(content.subarray(4))) return undefined;
      return { text: content.toString("latin1", HEAD_BYTES, end), code: content.subarray(end) };
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

function isOwn({ uid, mode }: Stats): boolean {
  const own = process.geteuid?.();
  return own === undefined || (uid === own && (mode & OTHERS_MAY_WRITE) === 0);
}

/** The content of the file. */
export function fileOf({ text, code }: KeptCode): Buffer {
  const content = Buffer.concat([Buffer.alloc(HEAD_BYTES), Buffer.from(text, "latin1"), code]);
  content.writeUInt32LE(text.length, 4);
  content.writeUInt32LE(checksum(content.subarray(4)), 0);
  return content;
}

function checksum(content: Buffer): number {
  return process.getBuiltinModule("node:zlib").crc32(content);
}
