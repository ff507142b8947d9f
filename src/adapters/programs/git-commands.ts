import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import process from "node:process";
import { shellWord } from "../../core/command-line/consent.ts";

/** Further files are left out of the commands. */
const MOST_FILES = 5;

/**
 * Shell commands that show the changes of files, committed or not; undefined if the first file is in no git work tree.
 * Found without running git.
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
    // The files of a bundle are not on disk.
    return undefined;
  }
}
