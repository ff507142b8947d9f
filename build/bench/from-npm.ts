import { execFile } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../runtimes.ts";

/**
 * A file of an npm package to compare with, installed on first use and kept in dist/runtimes. Undefined if the package
 * has no such file for this machine.
 * @param path inside node_modules
 */
export async function fromNpm(name: string, version: string, path: string): Promise<string | undefined> {
  const directory = join(ROOT, "dist", "runtimes", `${name}-${version}`);
  const file = join(directory, "node_modules", path);
  if (!existsSync(file)) {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    const words = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", directory];
    await promisify(execFile)("npm", [...words, `${name}@${version}`], { cwd: directory, timeout: 300_000 });
  }
  return existsSync(file) ? file : undefined;
}
