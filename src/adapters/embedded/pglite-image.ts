import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { archiveEntries } from "./pglite-archive.ts";
import type { LoadedPglite } from "./pglite-module.ts";

/**
 * The archive of an empty database that this version of PGlite created. Undefined if there is none: then PGlite creates
 * the database itself, which takes several times as long and twice the memory.
 */
export function readBaseImage({ module, directory }: LoadedPglite): Buffer | undefined {
  if (module.baseImage === undefined) return undefined;
  try {
    return brotliDecompressSync(readFileSync(new URL(module.baseImage, directory)));
  } catch {
    return undefined;
  }
}

/** Writes the files of an empty database into an empty directory, which is faster than through PGlite. */
export function unpackBaseImage(image: Buffer, directory: string): void {
  for (const { path, isDirectory, mode, bytes } of archiveEntries(image)) {
    const target = join(directory, path);
    if (isDirectory) mkdirSync(target, { recursive: true, mode });
    else writeFileSync(target, bytes, { mode, flag: "wx" });
  }
}
