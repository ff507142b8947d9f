import { closeSync, lstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { Failure, type Finding, finding } from "../../core/failure/failure.ts";
import { systemCode } from "../../core/failure/system-error.ts";
import { PACKAGE_KEY } from "../../core/setting-files/project-file.ts";
import { trustedUsers, userName } from "../files/file-owner.ts";

export const PROJECT_FILE = "pgstep.json";
export const PACKAGE_FILE = "package.json";

/** One directory of the search from the working directory upward. */
export interface SearchedDirectory {
  readonly isAbove: boolean;
  /** Absolute paths of the trusted files, at most one of each name. */
  readonly paths: readonly string[];
  /** Warnings about files that are ignored because of their owner. */
  readonly ignored: readonly Finding[];
}

/**
 * The directories that are searched for a project file: the working directory and its parents, up to the root of the
 * repository or of the file system, whichever comes first. A file in a parent counts only if nobody but this user and
 * root could have put it there; in a shared directory, anybody could otherwise choose the settings of all others.
 */
export function* searchUpward(): Generator<SearchedDirectory> {
  const users = trustedUsers();
  const start = process.cwd();
  for (const directory of searchedFrom(start, users !== undefined)) {
    const isAbove = directory !== start;
    const paths: string[] = [];
    const ignored: Finding[] = [];
    for (const name of [PROJECT_FILE, PACKAGE_FILE]) {
      const path = join(directory, name);
      if (!isFile(path)) continue;
      const stranger = users && (isAbove || isShared(statSync(directory))) ? strangerOf(path, users) : undefined;
      if (stranger === undefined) paths.push(path);
      else if (name === PROJECT_FILE || mayConcernUs(path)) ignored.push(warningOf(path, stranger));
    }
    yield { isAbove, paths, ignored };
  }
}

/**
 * The nearest parent of the working directory, within the same limits, that contains a directory of this path. Both
 * must belong to this user or root.
 */
export function directoryWith(path: string): string | undefined {
  const users = trustedUsers();
  const [, ...above] = searchedFrom(process.cwd(), users !== undefined);
  return above.find((directory) => {
    const found = statSync(join(directory, path), { throwIfNoEntry: false });
    const owners = [statSync(directory).uid, found?.uid ?? -1];
    return found?.isDirectory() && (!users || owners.every((owner) => users.has(owner)));
  });
}

/** If owners of files are unknown, only a repository is searched. */
function searchedFrom(start: string, knowsOwners: boolean): readonly string[] {
  const { dev } = statSync(start);
  const found = [start];
  let directory = start;
  while (!isRepository(directory)) {
    const parent = dirname(directory);
    if (parent === directory || statSync(parent).dev !== dev) return knowsOwners ? found : [start];
    found.push(parent);
    directory = parent;
  }
  // A drive's root directory is unlikely to be a repository, and on Windows all users may write there.
  return knowsOwners || dirname(directory) !== directory ? found : [start];
}

/** The root of the repository that a directory is in, or the directory itself. */
export function repositoryOf(directory: string): string {
  const directories = searchedFrom(directory, true);
  const last = directories.at(-1) ?? directory;
  return isRepository(last) ? last : directory;
}

/** The working directory, and its parents up to the root of its repository. */
export function directoriesOfProject(): readonly string[] {
  const directories = searchedFrom(process.cwd(), true);
  return isRepository(directories.at(-1) ?? "") ? directories : directories.slice(0, 1);
}

/** A working tree has .git as a directory, or as a file where it is a submodule or another worktree. */
function isRepository(directory: string): boolean {
  return looked(lstatSync, join(directory, ".git")) !== undefined;
}

/**
 * Another user who could have put a file where it is: the owner of the file, of the link that leads to it, or of its
 * directory, who can also change the files beside it. Anybody could have created a hard link in a directory that is
 * writable by all users.
 */
function strangerOf(path: string, users: ReadonlySet<number>): number | "anybody" | undefined {
  const directory = statSync(dirname(path));
  const file = statSync(path);
  const owner = [lstatSync(path), file, directory].map(({ uid }) => uid).find((uid) => !users.has(uid));
  if (owner !== undefined) return owner;
  return (directory.mode & EVERYBODY_WRITES) !== 0 && file.nlink > 1 ? "anybody" : undefined;
}

const EVERYBODY_WRITES = 0o002;
const STICKY = 0o1000;

/** True for a directory of all users, like /tmp: working in it does not mean trusting its files. */
function isShared({ mode }: Stats): boolean {
  return (mode & (STICKY | EVERYBODY_WRITES)) === (STICKY | EVERYBODY_WRITES);
}

const MOST_BYTES = 1 << 20;

/** True if a package.json that is not trusted, and so not parsed, has the key. */
function mayConcernUs(path: string): boolean {
  try {
    const descriptor = openSync(path, "r");
    try {
      const start = Buffer.alloc(MOST_BYTES);
      return start.toString("utf8", 0, readSync(descriptor, start)).includes(`"${PACKAGE_KEY}"`);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  }
}

function warningOf(path: string, stranger: number | "anybody"): Finding {
  const shown = relative(process.cwd(), path);
  const whose =
    stranger === "anybody" ? "which anybody could have linked there" : `whose owner is ${userName(stranger)}`;
  return finding("project-file-ignored", {
    message: `ignored ${shown}, ${whose}`,
    hint: `If you trust that file, name it: --config ${shown}.`,
  });
}

function isFile(path: string): boolean {
  return looked(statSync, path)?.isFile() ?? false;
}

/** The status of a path. An unreadable directory is an error, since it may contain settings that apply. */
function looked(look: typeof statSync | typeof lstatSync, path: string): Stats | undefined {
  try {
    return look(path, { throwIfNoEntry: false });
  } catch (error) {
    if (systemCode(error) !== "EACCES") throw error;
    throw new Failure("settings", `Cannot look for a project file: this user may not search ${dirname(path)}`, {
      hint: "Change to a directory that this user may read, or name a file with --config.",
      cause: error,
    });
  }
}
