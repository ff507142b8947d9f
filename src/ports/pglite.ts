/** A running PGlite, which runs messages of PostgreSQL's protocol. */
export interface PgliteBackend {
  /** Runs whole frontend messages; `onRawData` gets views of memory that are valid during the call only. */
  execProtocolRawStream(
    messages: Uint8Array,
    options: { syncToFs?: boolean; onRawData: (bytes: Uint8Array) => void },
  ): Promise<void>;
  /** Runs several messages, one by one; absent where nothing is saved by that. */
  runAll?(messages: readonly Uint8Array[], onRawData: (bytes: Uint8Array) => void): Promise<void>;
}

/** The part of the calling program's PGlite instance that a session uses. */
export interface CallersPglite extends PgliteBackend {
  readonly waitReady: Promise<void>;
  readonly closed: boolean;
  runExclusive<T>(work: () => Promise<T>): Promise<T>;
  _runExclusiveTransaction<T>(work: () => Promise<T>): Promise<T>;
}

/** An instance whose database can be copied. */
export interface CopiedPglite extends CallersPglite {
  dumpDataDir(compression: "none"): Promise<Blob>;
  exec(sql: string): Promise<unknown>;
  close(): Promise<void>;
}

/** The calling program's class PGlite, or a function that creates an instance with options of its own. */
export type PgliteMaker<Instance> = PgliteClass<Instance> | ((options: PgliteStart) => Promise<Instance>);

/** `create` makes instances as well; its type has parts for extensions that would hide the type of the instance. */
interface PgliteClass<Instance> {
  new (...given: never[]): Instance;
  create(options: PgliteStart): Promise<unknown>;
}

/** Options that pgstep passes on to PGlite. */
export interface PgliteStart {
  /** The image of a database to start with. */
  readonly loadDataDir?: Blob;
}
