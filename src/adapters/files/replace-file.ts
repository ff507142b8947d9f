import { randomBytes } from "node:crypto";
import { chmodSync, renameSync, rmSync, writeFileSync } from "node:fs";

/**
 * Writes a temporary file beside `path` and renames it to `path`, so that readers see the old or the new content, never
 * a part. The temporary name is unpredictable and never an existing file or link: in a directory that others may write
 * to, somebody could have created a link there.
 * @param mode permissions of the new file, as for chmod; by default those of the umask
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
