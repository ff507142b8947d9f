import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { type ArchiveEntry, archiveEntries } from "../images/archive.ts";
import { pageDelta, withDelta } from "../images/page-delta.ts";
import type { LoadedPglite } from "./pglite-module.ts";
import type { PgliteThread } from "./pglite-thread.ts";

/**
 * The archive of an empty database that this version of PGlite created, to be read only. Undefined if there is none: then
 * PGlite creates the database itself, which takes several times as long and twice the memory.
 */
export function readBaseImage({ module, directory }: LoadedPglite): Buffer | undefined {
  if (module.baseImage === undefined) return undefined;
  const { href } = new URL(module.baseImage, directory);
  try {
    if (read?.href !== href) read = { href, archive: brotliDecompressSync(readFileSync(new URL(href)), IN_ONE_PART) };
    return read.archive;
  } catch {
    return undefined;
  }
}

/** The archive that was read last: a process may start many databases. */
let read: { readonly href: string; readonly archive: Buffer } | undefined;

/** Writes the files of an empty database into an empty directory, which is faster than through PGlite. */
export function unpackBaseImage(image: Buffer, directory: string): void {
  for (const { path, isDirectory, mode, bytes } of archiveEntries(image)) {
    const target = join(directory, path);
    if (isDirectory) mkdirSync(target, { recursive: true, mode });
    else writeFileSync(target, bytes, { mode, flag: "wx" });
  }
}

/** Where PGlite keeps a database in its own file system. */
export const DATA = "/pglite/data";

/**
 * The difference of a database from an empty one, compressed. It needs only the part of the log from the checkpoint on;
 * the rest would be most of the image.
 */
export async function imageOf(thread: PgliteThread, loaded: LoadedPglite): Promise<Uint8Array | undefined> {
  const base = readBaseImage(loaded);
  if (!base) return undefined;
  await thread.query("SELECT pg_catalog.pg_switch_wal()");
  await thread.query("CHECKPOINT");
  const { rows } = await thread.query(
    "SELECT file_name, file_offset FROM pg_catalog.pg_walfile_name_offset(pg_catalog.pg_current_wal_insert_lsn())",
  );
  const { file_name: name, file_offset: offset } = rows[0] as { file_name: string; file_offset: number };
  const current = `pg_wal/${name}`;
  const files = new Map<string, Uint8Array>();
  for (const path of await thread.list(DATA)) {
    const isOldLog = /^pg_wal\/[0-9A-F]{24}$/.test(path) && path !== current;
    if (!isOldLog) files.set(path, await thread.readFile(`${DATA}/${path}`));
  }
  const log = files.get(current);
  if (!log) return undefined;
  log.fill(0, offset);
  return brotliCompressSync(pageDelta(archiveEntries(base), files), COMPRESSION);
}

/**
 * Room for the whole result, of which only the used part takes memory. Otherwise zlib makes thousands of parts, and to
 * join them takes as long as all else.
 */
const IN_ONE_PART = { chunkSize: 2 ** 27 };

/** Larger windows and better qualities take several times as long, and save a tenth. */
const COMPRESSION = { params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 24 } };

/**
 * The files of a database to start with; undefined for an empty one if the build has no base image.
 * @param image of the database, as `imageOf` returned it; undefined for an empty one
 * @throws Error for an image if the build has no base image
 */
export function startFiles(loaded: LoadedPglite, image: Uint8Array | undefined): ArchiveEntry[] | undefined {
  const base = readBaseImage(loaded);
  if (!base && image) throw new Error("an image without its base");
  if (!base) return undefined;
  const files = [...archiveEntries(Buffer.from(base))];
  return image ? withDelta(files, brotliDecompressSync(image, IN_ONE_PART)) : files;
}
