import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import {
  askedVersions,
  controlText,
  defaultVersionOf,
  type ExtraExtensions,
  PGLITE_PACKAGES,
  parseControl,
  STAND_IN_COMMENTS,
  type StandIn,
} from "../../core/stand-ins/stand-in.ts";
import { archiveEntries } from "../images/archive.ts";
import type { Pglite } from "./pglite-module.ts";

/**
 * The extensions that PGlite ships: `<name>.tar.gz` beside it. Loading them at startup would double its time, so they
 * are unpacked just before something may need them. A database that keeps no data also gets extensions from npm
 * packages, and stand-ins for others.
 */
export class PgliteExtensions {
  readonly #pglite: Pglite;
  readonly #directory: URL;
  readonly #extra: ExtraExtensions | undefined;
  #areProvided = false;
  readonly #standIns = new Map<string, StandIn>();
  /** The versions of each stand-in that have files. */
  readonly #versions = new Map<string, Set<string>>();

  constructor(pglite: Pglite, directory: URL, extra?: ExtraExtensions) {
    this.#pglite = pglite;
    this.#directory = directory;
    this.#extra = extra;
  }

  /** Must be called with every message before it is run. */
  before(message: Buffer): void {
    if ((this.#areProvided && !this.#extra) || (message[0] !== QUERY && message[0] !== PARSE)) return;
    const text = message.toString("latin1");
    if (!this.#areProvided && NEEDS_FILES.test(text)) this.#provide();
    if (!this.#extra) return;
    for (const { name, version } of askedVersions(text)) this.#addVersion(this.#standIns.get(name), version);
  }

  /** For an existing database: its objects may need the extensions in any statement. */
  async provideIfUsed(): Promise<void> {
    const { rows } = await this.#pglite.query(USED);
    if (rows.length > 0) this.#provide();
  }

  #provide(): void {
    for (const name of readdirSync(this.#directory)) {
      if (name.endsWith(".tar.gz")) this.#unpack(readFileSync(new URL(name, this.#directory)));
    }
    if (this.#extra) this.#provideExtra(this.#extra);
    this.#areProvided = true;
  }

  #provideExtra({ standIns, packageDirectories }: ExtraExtensions): void {
    for (const standIn of shippedStandIns()) this.#add(standIn, STAND_IN_COMMENTS.ofPgstep);
    for (const [name, packageName] of Object.entries(PGLITE_PACKAGES)) {
      const archive = packageDirectories
        .map((directory) => join(directory, "node_modules", packageName, "dist", `${name}.tar.gz`))
        .find(existsSync);
      if (archive === undefined) continue;
      this.#standIns.delete(name);
      this.#unpack(readFileSync(archive));
    }
    for (const standIn of standIns) this.#add(standIn, STAND_IN_COMMENTS.ofFile);
  }

  #unpack(archive: Buffer): void {
    const { FS } = this.#pglite.Module;
    for (const { path, isDirectory, bytes } of archiveEntries(gunzipSync(archive))) {
      const target = `${ROOT}/${path}`;
      FS.mkdirTree(isDirectory ? target : target.slice(0, target.lastIndexOf("/")));
      if (!isDirectory) FS.writeFile(target, bytes);
    }
  }

  #add(standIn: StandIn, comment: string): void {
    const { name } = standIn;
    this.#standIns.set(name, standIn);
    this.#versions.set(name, new Set());
    this.#pglite.Module.FS.mkdirTree(EXTENSIONS);
    this.#write(`${name}.control`, controlText(standIn, comment));
    this.#addVersion(standIn, defaultVersionOf(standIn));
  }

  /** A version of a stand-in: it is created by the same SQL, and an update to or from another version does nothing. */
  #addVersion(standIn: StandIn | undefined, version: string): void {
    const versions = this.#versions.get(standIn?.name ?? "");
    if (!standIn || !versions || versions.has(version) || versions.size >= MOST_VERSIONS) return;
    this.#write(`${standIn.name}--${version}.sql`, standIn.sql);
    for (const other of versions) {
      this.#write(`${standIn.name}--${other}--${version}.sql`, "");
      this.#write(`${standIn.name}--${version}--${other}.sql`, "");
    }
    versions.add(version);
  }

  #write(name: string, text: string): void {
    this.#pglite.Module.FS.writeFile(`${EXTENSIONS}/${name}`, Buffer.from(text));
  }
}

/** Where PGlite's server is installed in its own file system. */
const ROOT = "/pglite";
const EXTENSIONS = `${ROOT}/share/postgresql/extension`;
const QUERY = 0x51;
const PARSE = 0x50;

/** Each has a file, and one for each pair. */
const MOST_VERSIONS = 20;

/** Mentions of server files: CREATE EXTENSION and views of the files, LOAD, functions in C, preloaded libraries. */
const NEEDS_FILES = /(?<!pg_)extension|pg_extension_update|\bload\b|libdir|language\s+["']?c\b|_libraries/i;

/** Returns rows if there is an extension, a function in C, or a function whose text may do any of the above. */
const USED = `SELECT 1 FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql'
 UNION ALL SELECT 1 FROM pg_catalog.pg_proc WHERE oid >= 16384
 AND (probin IS NOT NULL OR prosrc ~* 'extension|\\mload\\M|libdir|language|_libraries') LIMIT 1`;

/** Reads the stand-ins of pgstep: `<name>.sql` and `<name>.control`, beside the built program or this file. */
function shippedStandIns(): StandIn[] {
  const directory = ["./embedded/stand-ins/", "./stand-ins/"]
    .map((path) => new URL(path, import.meta.url))
    .find((url) => existsSync(fileURLToPath(url)));
  if (!directory) return [];
  const text = (name: string) => readFileSync(new URL(name, directory), "utf8");
  return readdirSync(directory)
    .filter((name) => name.endsWith(".sql"))
    .map((file) => {
      const name = file.slice(0, -".sql".length);
      const control = parseControl(text(`${name}.control`));
      if (typeof control === "number") throw new Error(`${name}.control:${control} cannot be read`);
      return { name, sql: text(file), control };
    });
}
