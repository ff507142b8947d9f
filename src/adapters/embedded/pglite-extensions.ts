import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import {
  AVAILABLE_EXTENSIONS,
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
    if (!this.#areProvided && NEEDS_FILES.test(text.replaceAll(AVAILABLE_EXTENSIONS, ""))) this.#provide();
    if (!this.#extra) return;
    for (const { name, version } of askedVersions(text)) this.#addVersion(this.#standIns.get(name), version);
  }

  /** For an existing database: its objects may need its extensions in any statement. */
  async provideIfUsed(): Promise<void> {
    const { rows } = await this.#pglite.query(USED);
    const shipped = new Set(this.#archives());
    const used = (rows as readonly { readonly name: string }[]).map(({ name }) => `${name}${ARCHIVE}`);
    const isAll = used.some((archive) => !shipped.has(archive));
    const hasOther = this.#extra?.standIns.some(({ name }) => used.includes(`${name}${ARCHIVE}`)) === true;
    if (isAll || hasOther) this.#provide();
    else for (const archive of used) this.#unpackShipped(archive);
  }

  #archives(): string[] {
    return readdirSync(this.#directory).filter((name) => name.endsWith(ARCHIVE));
  }

  #unpackShipped(archive: string): void {
    this.#unpack(readFileSync(new URL(archive, this.#directory)));
  }

  #provide(): void {
    for (const archive of this.#archives()) this.#unpackShipped(archive);
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

const ARCHIVE = ".tar.gz";

/** Where PGlite's server is installed in its own file system. */
const ROOT = "/pglite";
const EXTENSIONS = `${ROOT}/share/postgresql/extension`;
const QUERY = 0x51;
const PARSE = 0x50;

/** Each has a file, and one for each pair. */
const MOST_VERSIONS = 20;

/** Mentions of server files: CREATE EXTENSION and views of the files, LOAD, functions in C, preloaded libraries. */
const NEEDS_FILES = /(?<!pg_)extension|pg_extension_update|\bload\b|libdir|language\s+["']?c\b|_libraries/i;

/**
 * The names of the extensions; an empty one if there is another function in C, or a function whose text may do any of the
 * above.
 */
const USED = `SELECT extname::text AS name FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql'
 UNION SELECT '' FROM pg_catalog.pg_proc WHERE oid >= 16384
 AND (prosrc ~* 'extension|\\mload\\M|libdir|language|_libraries' OR probin IS NOT NULL AND NOT EXISTS
 (SELECT FROM pg_catalog.pg_depend WHERE classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND objid = pg_proc.oid AND deptype = 'e'))`;

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
