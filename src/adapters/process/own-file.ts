import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { readSealEnd, SEAL_END_BYTES } from "../../core/bundle/seal-end.ts";

/** Executables that Bun compiles have their modules in a virtual file system. */
export const isExecutable = /^file:\/\/\/(\$bunfs|[A-Z]:\/~BUN)\//i.test(import.meta.url);

/** The file of this program. */
export const ownPath = isExecutable ? process.execPath : fileURLToPath(import.meta.url);

/** The file with the bundle of a program that nothing may be appended to. */
export function besideOf(path: string): string {
  return `${path}.sealed`;
}

/** True if this program may contain a bundle; reads only the end of its file. */
export function mayBeSealed(): boolean {
  return hasSealEnd(ownPath) || (isExecutable && hasSealEnd(besideOf(ownPath)));
}

function hasSealEnd(path: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch {
    return false;
  }
  try {
    const end = readAt(descriptor, fstatSync(descriptor).size - SEAL_END_BYTES, SEAL_END_BYTES);
    return readSealEnd(end) !== undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** The bytes at a position; fewer at the end of the file. */
export function readAt(descriptor: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  while (position >= 0 && filled < length) {
    const count = readSync(descriptor, bytes, filled, length - filled, position + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}
