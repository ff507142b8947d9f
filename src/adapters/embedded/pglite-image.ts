import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { archiveEntries } from "./pglite-archive.ts";
import type { LoadedPglite } from "./pglite-module.ts";

/**
 * The archive of an empty database, as this version of PGlite makes it, or undefined where there is none: then PGlite
 * makes one itself, which takes several times as long and twice the memory.
 */
export function readBaseImage({ module, directory }: LoadedPglite): Buffer | undefined {
  if (module.baseImage === undefined) return undefined;
  try {
    return brotliDecompressSync(readFileSync(new URL(module.baseImage, directory)));
  } catch {
    return undefined;
  }
}

/** Writes the files of an empty database into an empty directory: quicker than PGlite does it through its own layers. */
export function unpackBaseImage(image: Buffer, directory: string): void {
  for (const { path, isDirectory, mode, bytes } of archiveEntries(image)) {
    const target = join(directory, path);
    if (isDirectory) mkdirSync(target, { recursive: true, mode });
    else writeFileSync(target, bytes, { mode, flag: "wx" });
  }
}
