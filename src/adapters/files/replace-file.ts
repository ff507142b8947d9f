import { randomBytes } from "node:crypto";
import { chmodSync, renameSync, rmSync, writeFileSync } from "node:fs";

/**
 * Writes a file beside `path` and renames it to `path`, so that readers see the old content or the new one, never a part.
 * The file beside has a name that nobody can know before, and is never an existing file or link: in a directory that
 * others may write to, one of them could have put a link there.
 * @param mode permissions of the new file, as for chmod; by the umask when absent
 */
export function replaceFile(path: string, content: Uint8Array | string, mode?: number): void {
  const beside = `${path}.${randomBytes(8).toString("hex")}.tmp`;
  try {
    writeFileSync(beside, content, { flag: "wx" });
    if (mode !== undefined) chmodSync(beside, mode);
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
