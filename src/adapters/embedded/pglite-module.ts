import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Failure } from "../../core/failure/failure.ts";
import type { PgliteBackend } from "../../ports/pglite.ts";
import type { ArchiveEntry } from "../images/archive.ts";
import { optimiseLater } from "./wasm-optimiser.ts";

/** The part of PGlite that is used here. */
export interface PgliteModule {
  readonly PGlite: {
    create(options: PgliteOptions): Promise<Pglite>;
    /** The server's command line if none is given. */
    readonly defaultStartParams: readonly string[];
  };
  /** The file name of the base image beside the module; the bare package has neither this nor `FilesInMemory`. */
  readonly baseImage?: string;
  /** The file system of a database that begins with files; they are written in place. */
  readonly FilesInMemory?: new (
    files: Iterable<ArchiveEntry>,
  ) => object;
}

export interface PgliteOptions {
  /** Undefined for a database in memory. */
  readonly dataDir?: string;
  /** A file system in memory. */
  readonly fs?: object;
  /** The server's command line. */
  readonly startParams?: readonly string[];
}

/** A PGlite that pgstep started. */
export interface Pglite extends PgliteBackend {
  query(sql: string): Promise<{ readonly rows: readonly unknown[] }>;
  /** Its runtime, with the virtual file system of its server. */
  readonly Module: {
    readonly FS: { mkdirTree(path: string): void; writeFile(path: string, bytes: Uint8Array): void };
  };
  close(): Promise<void>;
}

export interface LoadedPglite {
  readonly module: PgliteModule;
  /** The URL that it was imported from. */
  readonly source: string;
  /** The directory of the base image and of the extensions' archives (`<name>.tar.gz`). */
  readonly directory: URL;
}

/**
 * Loads PGlite from the directory beside this program if it was built with the embedded database, else from the
 * package.
 * @throws Failure runtime-unsupported if neither exists
 */
export async function loadPglite(): Promise<LoadedPglite> {
  const built = new URL("./embedded/pglite.js", import.meta.url);
  const source = existsSync(fileURLToPath(built)) ? built.href : packaged();
  if (source === undefined) throw absent(undefined);
  await optimiseLater();
  try {
    const module: PgliteModule = await import(source);
    return { module, source, directory: new URL("./", source) };
  } catch (error) {
    throw absent(error);
  }
}

function packaged(): string | undefined {
  try {
    return import.meta.resolve("@electric-sql/pglite");
  } catch {
    return undefined;
  }
}

function absent(cause: unknown): Failure {
  const reason = cause instanceof Error ? ` (${cause.message})` : "";
  return new Failure(
    "runtime-unsupported",
    `Cannot start the embedded database: this build of pgstep does not include it${reason}`,
    { hint: "Install pgstep from npm with its embedded/ folder, or name a server with --url postgres://...", cause },
  );
}

/** PGlite's runtime sets the exit status of the whole process when it starts and stops. */
export async function keepingExitCode<T>(work: () => Promise<T>): Promise<T> {
  const exitCode = process.exitCode;
  try {
    return await work();
  } finally {
    process.exitCode = exitCode;
  }
}
