import crypto from "node:crypto";
import { writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import process from "node:process";
import { brotliCompressSync, constants } from "node:zlib";
import { DATA } from "../src/adapters/embedded/pglite-image.ts";
import { type ArchiveEntry, archiveOf } from "../src/adapters/images/archive.ts";

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

interface Instance {
  query(sql: string): Promise<{ readonly rows: readonly { readonly name: string }[] }>;
  close(): Promise<void>;
  readonly Module: {
    readonly FS: {
      readdir(path: string): string[];
      stat(path: string): { readonly mode: number };
      isDir(mode: number): boolean;
      readFile(path: string): Uint8Array;
    };
  };
}

const { PGlite } = (await import(moduleUrl)) as {
  PGlite: { create(options: { readonly initDbStartParams: readonly string[] }): Promise<Instance> };
};
// Segments of the usual 16 MB would be most of the image.
const database = await PGlite.create({ initDbStartParams: ["--wal-segsize=1"] });
await database.query("SELECT pg_switch_wal()");
await database.query("CHECKPOINT");
const { rows } = await database.query("SELECT pg_walfile_name(pg_current_wal_insert_lsn()) AS name");
const log = `pg_wal/${rows[0]?.name}`;
const { FS } = database.Module;
// A database that was closed needs no recovery when it starts.
await database.close();

function* entriesBelow(directory: string): Generator<ArchiveEntry> {
  for (const name of FS.readdir(`${DATA}/${directory}`).filter((one) => one !== "." && one !== "..")) {
    const entry = `${directory}${name}`;
    const { mode } = FS.stat(`${DATA}/${entry}`);
    const isDirectory = FS.isDir(mode);
    if (/^pg_wal\/[0-9A-F]{24}$/.test(entry) && entry !== log) continue;
    const bytes = isDirectory ? new Uint8Array() : FS.readFile(`${DATA}/${entry}`);
    yield { path: entry, isDirectory, mode: mode & 0o777, bytes };
    if (isDirectory) yield* entriesBelow(`${entry}/`);
  }
}

const archive = archiveOf(entriesBelow(""));
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
