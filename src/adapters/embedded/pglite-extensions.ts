import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { archiveEntries } from "../images/archive.ts";
import type { Pglite } from "./pglite-module.ts";

/**
 * The extensions that PGlite ships: `<name>.tar.gz` beside it. Loading them at startup would double its time, so they
 * are unpacked just before something may need them.
 */
export class PgliteExtensions {
  readonly #pglite: Pglite;
  readonly #directory: URL;
  #areProvided = false;

  constructor(pglite: Pglite, directory: URL) {
    this.#pglite = pglite;
    this.#directory = directory;
  }

  /** Must be called with every message before it is run. */
  before(message: Buffer): void {
    if (this.#areProvided || (message[0] !== QUERY && message[0] !== PARSE)) return;
    if (NEEDS_FILES.test(message.toString("latin1"))) this.#provide();
  }

  /** For an existing database: its objects may need the extensions in any statement. */
  async provideIfUsed(): Promise<void> {
    const { rows } = await this.#pglite.query(USED);
    if (rows.length > 0) this.#provide();
  }

  #provide(): void {
    const { FS } = this.#pglite.Module;
    for (const name of readdirSync(this.#directory)) {
      if (!name.endsWith(".tar.gz")) continue;
      for (const { path, isDirectory, bytes } of archiveEntries(
        gunzipSync(readFileSync(new URL(name, this.#directory))),
      )) {
        const target = `${ROOT}/${path}`;
        FS.mkdirTree(isDirectory ? target : target.slice(0, target.lastIndexOf("/")));
        if (!isDirectory) FS.writeFile(target, bytes);
      }
    }
    this.#areProvided = true;
  }
}

/** Where PGlite's server is installed in its own file system. */
const ROOT = "/pglite";
const QUERY = 0x51;
const PARSE = 0x50;

/** Mentions of server files: CREATE EXTENSION and its catalogs, LOAD, functions in C, preloaded libraries. */
const NEEDS_FILES = /extension|\bload\b|libdir|language\s+["']?c\b|_libraries/i;

/** Returns rows if there is an extension, a function in C, or a function whose text may do any of the above. */
const USED = `SELECT 1 FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql'
 UNION ALL SELECT 1 FROM pg_catalog.pg_proc WHERE oid >= 16384
 AND (probin IS NOT NULL OR prosrc ~* 'extension|\\mload\\M|libdir|language|_libraries') LIMIT 1`;
