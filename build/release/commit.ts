import { execFileSync } from "node:child_process";
import { ROOT } from "../runtimes.ts";

/** The commit that is checked out. */
export interface Commit {
  /** The full id; ends in "-dirty" if files differ from the commit. */
  readonly id: string;
  /** The commit's time, or SOURCE_DATE_EPOCH (reproducible-builds.org), in seconds since 1970. */
  readonly time: number;
}

/** @throws Error if there is no git repository */
export function currentCommit(): Commit {
  const git = (...words: string[]) => execFileSync("git", words, { cwd: ROOT, encoding: "utf8" }).trim();
  const changed = git("status", "--porcelain") !== "";
  const given = process.env.SOURCE_DATE_EPOCH;
  return {
    id: git("rev-parse", "HEAD") + (changed ? "-dirty" : ""),
    time: Number(given || git("log", "-1", "--format=%ct")),
  };
}
