import { readFileSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import process from "node:process";
import { Failure } from "../../core/failure/failure.ts";

/**
 * The users whose files count: this one and root, and behind sudo the one who typed it, as for git. Undefined on Windows,
 * and on Deno without --allow-sys, where nobody tells who runs this.
 */
export function trustedUsers(): ReadonlySet<number> | undefined {
  let own: number | undefined;
  try {
    own = process.geteuid?.();
  } catch {
    // Deno was not allowed to tell.
  }
  if (own === undefined) return undefined;
  const { SUDO_UID } = process.env;
  const sudoer = own === 0 && SUDO_UID !== undefined && /^[0-9]+$/.test(SUDO_UID) ? Number(SUDO_UID) : own;
  return new Set([own, 0, sudoer]);
}

/** "nobody (65534)", or the number alone for a user whom nobody has written down. */
export function userName(uid: number): string {
  try {
    const lines = readFileSync("/etc/passwd", "utf8").split("\n");
    const name = lines.map((line) => line.split(":")).find((fields) => fields[2] === String(uid))?.[0];
    return name ? `${name} (${uid})` : `user ${uid}`;
  } catch {
    return `user ${uid}`;
  }
}

/** The directory that pgstep makes for its own files. */
const OWN_DIRECTORY = ".pgstep";

/**
 * Refuses to write below a directory for pgstep's own files that belongs to another user: who owns it can read, exchange and
 * remove what is in it. A directory of another name is the choice of whoever named it.
 * @throws Failure file-unwritable
 */
export function requireOwnDirectory(path: string): void {
  const users = trustedUsers();
  if (!users) return;
  for (let above = path; above !== dirname(above); above = dirname(above)) {
    if (basename(above) !== OWN_DIRECTORY) continue;
    const owner = statSync(above, { throwIfNoEntry: false })?.uid;
    if (owner === undefined || users.has(owner)) continue;
    throw new Failure("file-unwritable", `Cannot write ${path}: ${above} belongs to ${userName(owner)}`, {
      hint: `Remove ${above} or take it over with chown; or name another directory with --backup-dir. Nothing was changed.`,
    });
  }
}
