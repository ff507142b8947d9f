import crypto from "node:crypto";
import { writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import process from "node:process";
import { brotliCompressSync, constants } from "node:zlib";

/*
 * Creates an empty database and writes it as an archive: `<module of PGlite> <archive>`. Runs in its own process with a
 * fixed clock and fixed random bytes: initdb writes both into its files, and two builds must give the same bytes.
 */

const [moduleUrl = "", path = ""] = process.argv.slice(2);
const NOW = Date.UTC(2025, 0, 1);
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(value?: number | string) {
    super(value ?? NOW);
  }
  static override now(): number {
    return NOW;
  }
} as DateConstructor;
performance.now = () => 0;
crypto.randomFillSync = <Filled extends NodeJS.ArrayBufferView>(view: Filled): Filled => {
  Buffer.from(view.buffer, view.byteOffset, view.byteLength).fill(7);
  return view;
};
syncBuiltinESMExports();

const { PGlite } = (await import(moduleUrl)) as {
  PGlite: { create(): Promise<{ dumpDataDir(compression: "none"): Promise<Blob> }> };
};
const database = await PGlite.create();
const archive = Buffer.from(await (await database.dumpDataDir("none")).arrayBuffer());
writeFileSync(
  path,
  brotliCompressSync(archive, {
    params: {
      // The best quality saves another tenth and takes half a minute.
      [constants.BROTLI_PARAM_QUALITY]: 9,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: archive.length,
    },
  }),
);
process.exit(0);
