import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { Failure } from "../../core/failure/failure.ts";

/**
 * The users whose files are trusted: this user, root, and under sudo the user who ran it, as in git. Undefined where
 * the current user is unknown: on Windows, and on Deno without --allow-sys.
 */
export function trustedUsers(): ReadonlySet<number> | undefined {
  let own: number | undefined;
  try {
    own = process.geteuid?.();
  } catch {
    // Deno without --allow-sys.
  }
  if (own === undefined) return undefined;
  const { SUDO_UID } = process.env;
  const sudoer = own === 0 && SUDO_UID !== undefined && /^[0-9]+$/.test(SUDO_UID) ? Number(SUDO_UID) : own;
  return new Set([own, 0, sudoer]);
}

/** "nobody (65534)", or "user 65534" if /etc/passwd does not list the user. */
export function userName(uid: number): string {
  try {
    const lines = readFileSync("/etc/passwd", "utf8").split("\n");
    const name = lines.map((line) => line.split(":")).find((fields) => fields[2] === String(uid))?.[0];
    return name ? `${name} (${uid})` : `user ${uid}`;
  } catch {
    return `user ${uid}`;
  }
}

/** The directory that pgstep creates for its own files. */
const OWN_DIRECTORY = ".pgstep";

/**
 * Refuses to write below a `.pgstep` directory that belongs to another user, who could read, replace and remove its
 * files. A directory of another name is the user's own choice.
 * @throws Failure file-unwritable
 */
export function requireOwnDirectory(path: string): void {
  const users = trustedUsers();
  if (!users) return;
  for (const own of ownDirectories(path)) {
    const owner = statSync(own, { throwIfNoEntry: false })?.uid;
    if (owner === undefined || users.has(owner)) continue;
    throw new Failure("file-unwritable", `Cannot write ${path}: ${own} belongs to ${userName(owner)}`, {
      hint: `Remove ${own}, change its owner with chown, or name another directory with --backup-dir. Nothing was changed.`,
    });
  }
}

/**
 * Makes a directory and those above it. Git ignores everything in a new directory for pgstep's own files, so that no
 * backup is committed by accident.
 */
export function makeDirectory(path: string, mode?: number): void {
  if (existsSync(path)) return;
  const missing = ownDirectories(path).filter((own) => !existsSync(own));
  mkdirSync(path, { recursive: true, ...(mode !== undefined && { mode }) });
  for (const own of missing) writeFileSync(join(own, ".gitignore"), "*\n");
}

/** The directories for pgstep's own files that a path leads through. */
function ownDirectories(path: string): string[] {
  const above = dirname(path);
  const rest = above === path ? [] : ownDirectories(above);
  return basename(path) === OWN_DIRECTORY ? [path, ...rest] : rest;
}
