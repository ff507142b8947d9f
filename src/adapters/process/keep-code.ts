import { accessSync, constants, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { replaceFile } from "../files/replace-file.ts";
import { fileOf, type KeptCode } from "./code-cache.ts";

/** One for each version of pgstep and of Node that a user has; each has about a megabyte. */
const MOST_FILES = 4;

/**
 * Writes compiled code for the next start. Best effort: without it the next start takes longer. The first run of a user
 * only makes the directory: writing takes longer than a start gains, and a container runs pgstep once.
 */
export function keepCode(path: string, make: () => KeptCode): void {
  const directory = dirname(path);
  try {
    // The path of the first directory that was made, if any.
    if (mkdirSync(directory, { recursive: true, mode: 0o700 }) !== undefined) return;
    accessSync(directory, constants.W_OK);
    replaceFile(path, fileOf(make()), 0o600);
    const files = readdirSync(directory)
      .map((name) => join(directory, name))
      .map((one) => ({ path: one, at: statSync(one).mtimeMs }))
      .sort((left, right) => right.at - left.at);
    for (const old of files.slice(MOST_FILES)) rmSync(old.path, { force: true });
  } catch {
    // Nothing is kept.
  }
}
