import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import process from "node:process";
import { shellWord } from "../../core/command-line/consent.ts";

/** More files than this are left to the reader's own commands. */
const MOST_FILES = 5;

/**
 * Commands for a shell that show how files were changed, committed or not; undefined where the first is in no git work tree.
 * pgstep starts no program for that.
 * @param repositoryOf the root of the repository that a directory is in, or the directory itself
 */
export function gitCommands(paths: readonly string[], repositoryOf: (directory: string) => string): string | undefined {
  const [first] = paths;
  if (first === undefined) return undefined;
  try {
    const root = repositoryOf(dirname(resolve(first)));
    if (!existsSync(join(root, ".git"))) return undefined;
    const isHere = repositoryOf(process.cwd()) === root;
    const git = isHere ? "git" : `git -C ${shellWord(root)}`;
    const names = paths
      .slice(0, MOST_FILES)
      .map((path) => shellWord(isHere ? path : relative(root, resolve(path))))
      .join(" ");
    return `${git} diff HEAD -- ${names}; ${git} log -p -- ${names}`;
  } catch {
    // A sealed program's files are on no disk.
    return undefined;
  }
}
