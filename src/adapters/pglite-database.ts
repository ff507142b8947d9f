import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describeTarget, type EmbeddedTarget } from "../core/connection/target.ts";
import { Failure } from "../core/error.ts";
import type { Database } from "../ports/session.ts";
import { type EmbeddedLock, LOCK_FILE, lockDirectory } from "./embedded-lock.ts";
import { loadPglite, type Pglite } from "./pglite-module.ts";
import { PgliteWire } from "./pglite-wire.ts";
import { openSession, type PostgresSession } from "./postgres-session.ts";

/**
 * PGlite inside this process, started at the first `open`. It has one backend, so only one session at a time; a new
 * session starts as clean as on a server.
 */
export class PgliteDatabase implements Database {
  readonly description: string;
  readonly embedded = true;
  readonly #directory: string | undefined;
  #pglite: Pglite | undefined;
  #lock: EmbeddedLock | undefined;
  #wire: PgliteWire | undefined;
  #opening = false;

  constructor(target: EmbeddedTarget) {
    this.#directory = target.directory;
    this.description = describeTarget(target);
  }

  async open(): Promise<PostgresSession> {
    if (this.#opening || this.#wire?.isOpen) {
      throw new Failure("database-in-use", `Cannot open a second session of ${this.description}: it has only one`, {
        hint: "Use a PostgreSQL server for what needs several sessions: --url postgres://...",
      });
    }
    this.#opening = true;
    try {
      if (this.#pglite && this.#wire?.isBroken) await this.#stop();
      if (this.#pglite) await clean(this.#pglite);
      else this.#pglite = await this.#start();
      this.#wire = new PgliteWire(this.#pglite);
      return await openSession(this.#wire, {
        user: "postgres",
        database: "postgres",
        password: undefined,
        startup: {},
        embedded: true,
        cancel: async () => {},
      });
    } finally {
      this.#opening = false;
    }
  }

  async close(): Promise<void> {
    this.#wire?.destroy();
    await this.#stop();
    this.#unlock();
  }

  async #start(): Promise<Pglite> {
    const { module, directory } = await loadPglite();
    const extensions = extensionArchives(directory);
    try {
      if (this.#directory === undefined) return await keepingExitCode(() => module.PGlite.create({ extensions }));
      const dataDir = this.#directory;
      mkdirSync(dataDir, { recursive: true });
      this.#lock ??= lockDirectory(dataDir, this.description);
      const fresh = this.#prepare(dataDir, this.#lock);
      if (fresh) this.#lock.setCreating(true);
      const pglite = await keepingExitCode(() => module.PGlite.create({ dataDir, extensions }));
      if (fresh) this.#lock.setCreating(false);
      return pglite;
    } catch (error) {
      this.#unlock();
      if (error instanceof Failure) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new Failure("connection-failed", `Cannot open ${this.description}: ${reason}`, {
        hint:
          this.#directory === undefined
            ? "Free some memory (it takes up to 1 GB), or name a directory: pglite:<directory>."
            : "Check that the directory can be written and was made by this version, or name another one.",
        cause: error,
      });
    }
  }

  /** Answers whether a database has to be made in the directory. */
  #prepare(directory: string, lock: EmbeddedLock): boolean {
    if (lock.leftUnfinished) {
      for (const name of readdirSync(directory)) {
        if (name !== LOCK_FILE) rmSync(join(directory, name), { recursive: true, force: true });
      }
      return true;
    }
    const names = readdirSync(directory).filter((name) => !name.startsWith(LOCK_FILE));
    if (names.length === 0) return true;
    if (!names.includes("PG_VERSION")) {
      throw new Failure("settings", `Cannot open ${this.description}: the directory has other files in it`, {
        hint: "Name an empty directory, or one that does not exist yet.",
      });
    }
    const version = readFileSync(join(directory, "PG_VERSION"), "utf8").trim();
    if (version === PG_VERSION) return false;
    throw new Failure(
      "settings",
      `Cannot open ${this.description}: it was made by PostgreSQL ${version}, and this is ${PG_VERSION}`,
      { hint: "Name another directory, or use the version of pgstep that made this one." },
    );
  }

  #unlock(): void {
    this.#lock?.release();
    this.#lock = undefined;
  }

  async #stop(): Promise<void> {
    const pglite = this.#pglite;
    this.#pglite = undefined;
    this.#wire = undefined;
    if (pglite) await keepingExitCode(() => pglite.close());
  }
}

/** The major version that PGlite is built from. */
const PG_VERSION = "18";

/** Every extension that PGlite ships: `<name>.tar.gz` beside it. Loading all of them costs no noticeable time. */
function extensionArchives(directory: URL): Record<string, URL> {
  const names = readdirSync(directory).filter((name) => name.endsWith(ARCHIVE));
  return Object.fromEntries(names.map((name) => [name.slice(0, -ARCHIVE.length), new URL(name, directory)]));
}

const ARCHIVE = ".tar.gz";

/** Takes back what the session before left in the one backend. */
async function clean(pglite: Pglite): Promise<void> {
  for (const sql of ["ROLLBACK", "DISCARD ALL"]) {
    const text = Buffer.from(`${sql}\0`);
    const message = Buffer.concat([Buffer.from([0x51, 0, 0, 0, text.length + 4]), text]);
    await pglite.execProtocolRawStream(message, { onRawData: () => {} });
  }
}

/** PGlite's runtime sets the exit status of the whole process when it starts and stops. */
async function keepingExitCode<T>(work: () => Promise<T>): Promise<T> {
  const exitCode = process.exitCode;
  try {
    return await work();
  } finally {
    process.exitCode = exitCode;
  }
}
