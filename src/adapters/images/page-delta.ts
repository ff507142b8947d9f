import { dirname } from "node:path/posix";
import type { ArchiveEntry } from "./archive.ts";

/*
 * Two data directories differ in few of their pages: a schema of a hundred tables is 6 MB of changed pages, and half a
 * megabyte compressed, while the whole directory has 40 MB.
 */

/** As PostgreSQL writes its files, in bytes. */
const PAGE = 8192;

/** What a delta begins with, as JSON that a zero byte ends; the changed pages follow in order. */
interface Index {
  /** The size of each file that differs, in bytes, and the numbers of its changed pages. */
  readonly changed: readonly (readonly [path: string, size: number, pages: readonly number[]])[];
  readonly removed: readonly string[];
}

/** The pages in which a data directory differs from another one. */
export function pageDelta(before: Iterable<ArchiveEntry>, now: ReadonlyMap<string, Uint8Array>): Buffer {
  const base = new Map(filesOf(before).map(({ path, bytes }) => [path, bytes]));
  const changed: [string, number, number[]][] = [];
  const parts: Uint8Array[] = [];
  for (const [path, bytes] of now) {
    const old = base.get(path);
    const pages: number[] = [];
    for (let at = 0; at < bytes.length; at += PAGE) {
      const page = bytes.subarray(at, at + PAGE);
      if (Buffer.compare(page, old?.subarray(at, at + PAGE) ?? EMPTY_PAGE.subarray(0, page.length)) === 0) continue;
      pages.push(at / PAGE);
      parts.push(page);
    }
    if (!old || pages.length > 0 || old.length !== bytes.length) changed.push([path, bytes.length, pages]);
  }
  const index: Index = { changed, removed: [...base.keys()].filter((path) => !now.has(path)) };
  return Buffer.concat([Buffer.from(`${JSON.stringify(index)}\0`), ...parts]);
}

const EMPTY_PAGE = Buffer.alloc(PAGE);

/**
 * The data directory that `pageDelta` compared with this one. Some files are parts of the delta.
 * @param delta as `pageDelta` returned it
 */
export function withDelta(before: readonly ArchiveEntry[], delta: Buffer): ArchiveEntry[] {
  const end = delta.indexOf(0);
  const { changed, removed } = JSON.parse(delta.toString("utf8", 0, end)) as Index;
  const base = new Map(filesOf(before).map((entry) => [entry.path, entry]));
  for (const path of removed) base.delete(path);
  let from = end + 1;
  for (const [path, size, pages] of changed) {
    const old = base.get(path);
    const length = pages.reduce((sum, page) => sum + Math.min(PAGE, size - page * PAGE), 0);
    const part = delta.subarray(from, from + length);
    from += length;
    // The file of a new table or index has changed as a whole: its bytes are there already.
    const bytes = length === size ? part : patched(new Uint8Array(size), old?.bytes, pages, part);
    base.set(path, { path, isDirectory: false, mode: old?.mode ?? FILE_MODE, bytes });
  }
  const directories = before.filter(({ isDirectory }) => isDirectory);
  const known = new Set(directories.map(({ path }) => path));
  const more = [...new Set([...base.keys()].flatMap(directoriesOf))].filter((path) => !known.has(path));
  const made = more.map((path) => ({ path, isDirectory: true, mode: DIRECTORY_MODE, bytes: new Uint8Array() }));
  return [...directories, ...made, ...base.values()];
}

/** @param part the changed pages, one after the other */
function patched(
  bytes: Uint8Array,
  old: Uint8Array | undefined,
  pages: readonly number[],
  part: Uint8Array,
): Uint8Array {
  if (old) bytes.set(old.subarray(0, bytes.length));
  for (const [number, page] of pages.entries())
    bytes.set(part.subarray(number * PAGE, (number + 1) * PAGE), page * PAGE);
  return bytes;
}

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

function filesOf(entries: Iterable<ArchiveEntry>): ArchiveEntry[] {
  return [...entries].filter(({ isDirectory }) => !isDirectory);
}

/** The directories above a path, the outermost first. */
function directoriesOf(path: string): string[] {
  const parent = dirname(path);
  return parent === "." || parent === "/" ? [] : [...directoriesOf(parent), parent];
}
