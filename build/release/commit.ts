import { execFileSync } from "node:child_process";
import { ROOT } from "../runtimes.ts";

/** The commit that is checked out. */
export interface Commit {
  /** Its full id; ends in "-dirty" when the files are others. */
  readonly id: string;
  /** When it was made, or what SOURCE_DATE_EPOCH says instead (reproducible-builds.org), in seconds since 1970. */
  readonly time: number;
}

/** @throws Error where there is no git repository */
export function currentCommit(): Commit {
  const git = (...words: string[]) => execFileSync("git", words, { cwd: ROOT, encoding: "utf8" }).trim();
  const changed = git("status", "--porcelain") !== "";
  const given = process.env.SOURCE_DATE_EPOCH;
  return {
    id: git("rev-parse", "HEAD") + (changed ? "-dirty" : ""),
    time: Number(given || git("log", "-1", "--format=%ct")),
  };
}
