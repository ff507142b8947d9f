import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Failure } from "../../core/failure/failure.ts";

/** The part of PGlite that is used here. */
export interface PgliteModule {
  readonly PGlite: {
    create(options: PgliteOptions): Promise<Pglite>;
  };
  /** The file of its base image, beside it; the bare package has none. */
  readonly baseImage?: string;
}

export interface PgliteOptions {
  /** Undefined for one in memory. */
  readonly dataDir?: string;
  /** A tar archive of the database to begin with. */
  readonly loadDataDir?: Blob;
}

export interface Pglite {
  /** Runs whole frontend messages; `onRawData` gets views of memory that are valid during the call only. */
  execProtocolRawStream(
    messages: Uint8Array,
    options: { syncToFs?: boolean; onRawData: (bytes: Uint8Array) => void },
  ): Promise<void>;
  query(sql: string): Promise<{ readonly rows: readonly unknown[] }>;
  /** Its runtime, with the file system that its server sees. */
  readonly Module: {
    readonly FS: { mkdirTree(path: string): void; writeFile(path: string, bytes: Uint8Array): void };
  };
  close(): Promise<void>;
}

export interface LoadedPglite {
  readonly module: PgliteModule;
  /** Where its base image and the archives of its extensions (`<name>.tar.gz`) lie. */
  readonly directory: URL;
}

/**
 * PGlite, from beside this program when it was built with its embedded database, else from the package, as when it runs
 * from source.
 * @throws Failure runtime-unsupported when neither is there
 */
export async function loadPglite(): Promise<LoadedPglite> {
  const built = new URL("./embedded/pglite.js", import.meta.url);
  const source = existsSync(fileURLToPath(built)) ? built.href : packaged();
  if (source === undefined) throw absent(undefined);
  try {
    const module: PgliteModule = await import(source);
    return { module, directory: new URL("./", source) };
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
    `Cannot start the embedded database: this build of pgstep does not carry it${reason}`,
    { hint: "Install pgstep from npm with its embedded/ folder, or name a server with --url postgres://...", cause },
  );
}
