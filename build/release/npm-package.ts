import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const TIMEOUT_MS = 10 * 60_000;

/**
 * Downloads an npm package and unpacks it into a directory that does not exist yet, without running its scripts. Checks
 * it against `integrity` (`sha512-...`), by default the registry's digest.
 * @throws Error if the digest differs
 */
export async function fetchPackage(name: string, directory: string, integrity?: string): Promise<void> {
  mkdirSync(dirname(directory), { recursive: true });
  const scratch = mkdtempSync(join(dirname(directory), "fetching-"));
  try {
    const npm = { cwd: scratch, timeout: TIMEOUT_MS };
    await run("npm", ["pack", name, "--ignore-scripts", "--silent"], npm);
    const archive = readdirSync(scratch).find((file) => file.endsWith(".tgz"));
    if (archive === undefined) throw new Error(`npm pack ${name} wrote no archive`);
    const expected = integrity ?? (await run("npm", ["view", name, "dist.integrity"], npm)).stdout.trim();
    const found = `sha512-${createHash("sha512")
      .update(readFileSync(join(scratch, archive)))
      .digest("base64")}`;
    if (found !== expected) throw new Error(`${name} has the digest ${found}, but ${expected} is expected`);
    await run("tar", ["-xzf", archive], npm);
    renameSync(join(scratch, "package"), directory);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
