import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describeTarget, type EmbeddedTarget } from "../../core/connection/target.ts";
import { Failure } from "../../core/failure/failure.ts";
import { systemWords } from "../../core/failure/system-error.ts";
import type { ExtraExtensions } from "../../core/stand-ins/stand-in.ts";
import type { Database } from "../../ports/session.ts";
import { makeDirectory } from "../files/file-owner.ts";
import { openSession } from "../session/open-session.ts";
import type { PostgresSession } from "../session/postgres-session.ts";
import { type EmbeddedLock, LOCK_FILE, lockDirectory } from "./embedded-lock.ts";
import { askPglite } from "./pglite-answer.ts";
import { PgliteExtensions } from "./pglite-extensions.ts";
import { imageOf, readBaseImage, startFiles, unpackBaseImage } from "./pglite-image.ts";
import { keepingExitCode, type LoadedPglite, loadPglite, type Pglite, type PgliteOptions } from "./pglite-module.ts";
import { type PgliteThread, startPgliteThread } from "./pglite-thread.ts";
import { PgliteWire } from "./pglite-wire.ts";

/**
 * PGlite inside this process, started at the first `open`. It has one backend, so only one session at a time; each
 * session starts as clean as on a server.
 */
export class PgliteDatabase implements Database {
  readonly description: string;
  readonly embedded = true;
  readonly #directory: string | undefined;
  readonly #parameters: Readonly<Record<string, string>> | undefined;
  readonly #image: Uint8Array | undefined;
  readonly #extensions: EmbeddedTarget["extensions"];
  #started: Started | undefined;
  /** A start in a thread that `prepare` has begun. */
  #starting: Promise<Started> | undefined;
  /** The thread, from the beginning of its start. */
  #thread: PgliteThread | undefined;
  #lock: EmbeddedLock | undefined;
  #wire: PgliteWire | undefined;
  #opening = false;

  constructor(target: EmbeddedTarget) {
    this.#directory = target.directory;
    this.#parameters = target.parameters;
    this.#image = target.image;
    this.#extensions = target.extensions;
    this.description = describeTarget(target);
  }

  async prepare(): Promise<void> {
    if (!this.#isInThread || this.#starting || this.#started) return;
    this.#starting = this.#start(await loadPglite());
    // An error is one of `open`.
    this.#starting.catch(() => {});
  }

  async open(): Promise<PostgresSession> {
    if (this.#opening || this.#wire?.isOpen) {
      throw new Failure("database-in-use", `Cannot open a second session of ${this.description}: it has only one`, {
        hint: "Use a PostgreSQL server for what needs several sessions: --url postgres://...",
      });
    }
    this.#opening = true;
    try {
      if (this.#wire?.isBroken) await this.#stop();
      if (this.#started) await clean(this.#started.pglite);
      else this.#started = await (this.#starting ?? this.#start(await loadPglite()));
      this.#wire = new PgliteWire(this.#started.pglite, this.#started.extensions);
      return await openSession(this.#wire, {
        user: "postgres",
        database: "postgres",
        password: undefined,
        startup: {},
        embedded: true,
        login: "postgres",
        cancel: async () => this.#thread?.stop(),
      });
    } finally {
      this.#opening = false;
    }
  }

  async image(): Promise<Uint8Array | undefined> {
    if (!this.#thread || this.#wire?.isOpen) return undefined;
    return await imageOf(this.#thread, await loadPglite());
  }

  async close(): Promise<void> {
    this.#wire?.destroy();
    await this.#stop();
    this.#unlock();
  }

  /** It is the one of a trial, which may have to be stopped. */
  get #isInThread(): boolean {
    return this.#directory === undefined && this.#parameters !== undefined;
  }

  async #start(loaded: LoadedPglite): Promise<Started> {
    try {
      return this.#directory === undefined
        ? await this.#startInMemory(loaded)
        : await this.#startIn(this.#directory, loaded);
    } catch (error) {
      this.#unlock();
      if (error instanceof Failure) throw error;
      const reason = systemWords(error);
      throw new Failure("connection-failed", `Cannot open ${this.description}: ${reason}`, {
        hint:
          this.#directory === undefined
            ? "Free some memory (it takes about half a gigabyte), or name a directory: pglite:<directory>."
            : "Check that the directory is writable and was created by this version, or name another one.",
        cause: error,
      });
    }
  }

  async #startInMemory(loaded: LoadedPglite): Promise<Started> {
    if (this.#isInThread) {
      const image = this.#image;
      const thread = startPgliteThread(loaded, startParams(loaded, this.#parameters), () => startFiles(loaded, image));
      this.#thread = thread;
      await thread.started;
      const extensions = new PgliteExtensions(thread, loaded.directory, this.#extensions);
      if (image) await extensions.provideIfUsed();
      return { pglite: thread, extensions };
    }
    const { FilesInMemory } = loaded.module;
    const files = FilesInMemory && startFiles(loaded, undefined);
    return start(loaded, files ? { fs: new FilesInMemory(files) } : {}, this.#extensions);
  }

  async #startIn(dataDir: string, loaded: LoadedPglite): Promise<Started> {
    makeDirectory(dataDir);
    this.#lock ??= lockDirectory(dataDir, this.description);
    const options = { dataDir, ...startParams(loaded, this.#parameters) };
    if (this.#prepare(dataDir, this.#lock)) return await makeDatabase(options, loaded, this.#lock);
    const started = await start(loaded, options);
    await started.extensions.provideIfUsed();
    return started;
  }

  /** Returns true if a database must be created in the directory. */
  #prepare(directory: string, lock: EmbeddedLock): boolean {
    if (lock.leftUnfinished) {
      removeDatabase(directory);
      return true;
    }
    const names = readdirSync(directory).filter((name) => !name.startsWith(LOCK_FILE));
    if (names.length === 0) return true;
    if (!names.includes("PG_VERSION")) {
      throw new Failure("settings", `Cannot open ${this.description}: the directory contains other files`, {
        hint: "Name an empty directory, or one that does not exist yet.",
      });
    }
    const version = readFileSync(join(directory, "PG_VERSION"), "utf8").trim();
    if (version === PG_VERSION) return false;
    throw new Failure(
      "settings",
      `Cannot open ${this.description}: it was created by PostgreSQL ${version}, and this is ${PG_VERSION}`,
      { hint: "Name another directory, or use the version of pgstep that created this one." },
    );
  }

  #unlock(): void {
    this.#lock?.release();
    this.#lock = undefined;
  }

  async #stop(): Promise<void> {
    const pglite = this.#thread ?? this.#started?.pglite;
    this.#thread = undefined;
    this.#starting = undefined;
    this.#started = undefined;
    this.#wire = undefined;
    if (pglite) await keepingExitCode(() => pglite.close());
  }
}

/** The major version that PGlite is built from. */
const PG_VERSION = "18";

/** A running server, and the extensions that it can be given later. */
interface Started {
  readonly pglite: Pglite;
  readonly extensions: PgliteExtensions;
}

function startParams(
  { module }: LoadedPglite,
  parameters: EmbeddedTarget["parameters"],
): Pick<PgliteOptions, "startParams"> {
  if (!parameters) return {};
  const given = Object.entries(parameters).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return { startParams: [...module.PGlite.defaultStartParams, ...given] };
}

async function start(
  { module, directory }: LoadedPglite,
  options: PgliteOptions,
  extra?: ExtraExtensions,
): Promise<Started> {
  const pglite = await keepingExitCode(() => module.PGlite.create(options));
  return { pglite, extensions: new PgliteExtensions(pglite, directory, extra) };
}

/** Creates a database in the directory; if that fails, removes its files. */
async function makeDatabase(
  options: PgliteOptions & { readonly dataDir: string },
  loaded: LoadedPglite,
  lock: EmbeddedLock,
): Promise<Started> {
  const { dataDir } = options;
  lock.setCreating(true);
  try {
    const image = readBaseImage(loaded);
    if (image) unpackBaseImage(image, dataDir);
    const started = await start(loaded, options);
    lock.setCreating(false);
    return started;
  } catch (error) {
    removeDatabase(dataDir);
    throw error;
  }
}

function removeDatabase(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (name !== LOCK_FILE) rmSync(join(directory, name), { recursive: true, force: true });
  }
}

/**
 * Resets what the previous session left in the one backend. The backend does not know which user the session began
 * with, so DISCARD ALL does not undo a SET SESSION AUTHORIZATION.
 */
async function clean(pglite: Pglite): Promise<void> {
  for (const sql of ["ROLLBACK", "SET SESSION AUTHORIZATION postgres", "DISCARD ALL"]) await askPglite(pglite, sql);
}
