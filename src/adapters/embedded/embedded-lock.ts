import { randomUUID } from "node:crypto";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Failure } from "../../core/failure/failure.ts";
import { systemCode } from "../../core/failure/system-error.ts";
import { replaceFile } from "../files/replace-file.ts";

/** The one process that may have an embedded database's directory open, as recorded in its lock file. */
interface Holder {
  readonly token: string;
  readonly pid: number;
  readonly host: string;
  /** The start time of the process in kernel clock ticks, if known, since process ids are reused. */
  readonly started: string | null;
  /** Since when the lock is held, ISO 8601 in UTC. */
  readonly since: string;
  /** True while the database is being created; if the process dies, the files are useless. */
  readonly creating: boolean;
}

export interface EmbeddedLock {
  /** True if the previous holder died while it created the database. */
  readonly leftUnfinished: boolean;
  /** Records that the database is being created, or no longer is. */
  setCreating(creating: boolean): void;
  /** Releases the lock; done at the latest when the process exits. */
  release(): void;
}

/** The name of the lock file, in the database's directory. */
export const LOCK_FILE = "pgstep.lock";

/**
 * Locks an embedded database's directory, which must exist, for this process. Takes over the lock of a dead process.
 * @throws Failure database-in-use, naming the process that has it
 */
export function lockDirectory(directory: string, description: string): EmbeddedLock {
  const path = join(directory, LOCK_FILE);
  const mine = {
    token: randomUUID(),
    pid: process.pid,
    host: hostname(),
    started: processStart(process.pid),
    since: new Date().toISOString(),
  };
  let before: Holder | undefined;
  if (!createFile(path, JSON.stringify({ ...mine, creating: false }))) {
    before = takeOver(path, JSON.stringify({ ...mine, creating: false }), description);
  }
  const release = () => {
    process.off("exit", release);
    if (readHolder(path)?.token === mine.token) rmSync(path, { force: true });
  };
  process.on("exit", release);
  return {
    leftUnfinished: before?.creating ?? false,
    setCreating: (creating) => replaceFile(path, JSON.stringify({ ...mine, creating })),
    release,
  };
}

/** Replaces the lock of a dead process and returns it, guarded by a second file, so that only one process does. */
function takeOver(path: string, content: string, description: string): Holder | undefined {
  const guard = `${path}.takeover`;
  refuseIfAlive(readHolder(path), description);
  if (!createFile(guard, String(process.pid))) {
    if (Date.now() - modifiedAt(guard) < TAKE_OVER_MS) throw inUse(readHolder(path), description);
    rmSync(guard, { force: true });
    if (!createFile(guard, String(process.pid))) throw inUse(readHolder(path), description);
  }
  try {
    const holder = readHolder(path);
    refuseIfAlive(holder, description);
    replaceFile(path, content);
    return holder;
  } finally {
    rmSync(guard, { force: true });
  }
}

/** A take-over lasts milliseconds; a guard older than this was left by a process that died in it. */
const TAKE_OVER_MS = 10_000;

function refuseIfAlive(holder: Holder | undefined, description: string): void {
  if (holder && isAlive(holder)) throw inUse(holder, description);
}

function isAlive(holder: Holder): boolean {
  // A process on another machine cannot be checked.
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
  return holder.started === null || holder.started === processStart(holder.pid);
}

function inUse(holder: Holder | undefined, description: string): Failure {
  const who = holder
    ? `process ${holder.pid} on ${holder.host} has it open since ${holder.since}`
    : "it is being opened";
  const other = holder && holder.host !== hostname();
  return new Failure("database-in-use", `Cannot open ${description}: ${who}`, {
    hint: other
      ? `End that process, or delete ${LOCK_FILE} in the directory when it has certainly ended.`
      : "Wait for that process to end, or end it; an embedded database serves one process at a time.",
  });
}

function readHolder(path: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isHolder(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isHolder(value: unknown): value is Holder {
  return value !== null && typeof value === "object" && "token" in value && "pid" in value && "host" in value;
}

/** Field 22 of /proc/<pid>/stat (proc(5), starttime); null where there is no such file. */
function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

/** Returns false if the file already exists. */
function createFile(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: "wx" });
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

function modifiedAt(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}
