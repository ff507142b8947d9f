import { execFileSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { temporaryPlace, writeFiles } from "./place.ts";

const AUTHOR = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgSign=false"];

/** A git repository in a temporary directory. */
export interface Repository {
  readonly directory: string;
  /** Runs git there and returns its output. */
  git(...words: string[]): string;
  write(files: Readonly<Record<string, string>>): void;
  /** Writes the files and commits all there is; returns the commit. */
  commit(files?: Readonly<Record<string, string>>): string;
}

/** A repository without commits, on the branch main. */
export function makeRepository(...options: string[]): Repository {
  const directory = temporaryPlace("repository");
  execFileSync("git", ["init", "--quiet", "--initial-branch=main", ...options, directory]);
  return repositoryAt(directory);
}

/** A clone, whose origin/HEAD is the branch main of the other. */
export function clone(from: Repository, ...options: string[]): Repository {
  const directory = join(temporaryPlace("clone"), "clone");
  execFileSync("git", ["clone", "--quiet", ...options, `file://${from.directory}`, directory]);
  return repositoryAt(directory);
}

/** @param variables added to git's environment */
export function repositoryAt(directory: string, variables: Readonly<Record<string, string>> = {}): Repository {
  const env = { ...process.env, ...variables };
  const git = (...words: string[]) =>
    execFileSync("git", [...AUTHOR, ...words], {
      ...{ cwd: directory, env, encoding: "utf8" as const },
      stdio: ["ignore", "pipe", "pipe"],
    });
  const write = (files: Readonly<Record<string, string>>) => writeFiles(directory, files);
  return {
    directory,
    git,
    write,
    commit(files = {}) {
      write(files);
      git("add", "--all");
      git("commit", "--quiet", "--allow-empty", "--message=test");
      return git("rev-parse", "HEAD").trim();
    },
  };
}
