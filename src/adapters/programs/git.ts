import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { Failure } from "../../core/failure/failure.ts";
import type { CommittedFiles, NewerFiles, VersionControl } from "../../ports/version-control.ts";
import { BlobChecksums } from "./git-blobs.ts";
import { type GitEnd, type GitStreams, runGit } from "./run-git.ts";

/** Asks git by rev-parse, merge-base, ls-tree and cat-file only. Does not start git where there is no repository. */
export const git: VersionControl = {
  async filesAtBase(directory, base) {
    const place = new Checkout(directory);
    const isShallow = isInRepository(directory) ? await place.isShallow() : undefined;
    if (isShallow === undefined) return { because: "they are in no git repository" };
    if ((await place.commitOf("HEAD")) === undefined) return { because: "nothing is committed yet" };
    const found = base === undefined ? await defaultBase(place, isShallow) : await namedBase(place, base, isShallow);
    if (!found) return { because: "the repository has no remote" };
    const { status, output } = await place.ask(["merge-base", "HEAD", found.commit]);
    const commit = output.trim();
    if (status !== 0 || commit === "") {
      throw cannotFind(
        `HEAD and ${found.name} have no commit in common${isShallow ? " in this shallow clone" : ""}`,
        isShallow ? WHOLE_HISTORY : OTHER_BASE,
      );
    }
    const files = await place.filesAt(commit);
    const newer = found.commit === commit ? undefined : await newerFiles(place, found);
    return { commit: shown({ name: found.name, commit }), ...files, ...(newer && { newer }) };
  },
  async filesAt(directory, ref) {
    const place = new Checkout(directory);
    const isCheckout = isInRepository(directory) && (await place.isShallow()) !== undefined;
    const commit = isCheckout ? await place.commitOf(ref) : undefined;
    if (commit !== undefined)
      return { commit: `${ref} at ${commit.slice(0, SHORT)}`, ...(await place.filesAt(commit)) };
    const reason = isCheckout ? `git knows no commit "${ref}"` : `${directory} is in no git repository`;
    throw new Failure("settings", `Cannot read the migrations of ${ref}: ${reason}`, {
      hint: "Name a branch, a tag or a commit, e.g. git:origin/main.",
    });
  },
};

interface Base {
  /** As people know it: "origin/main". */
  readonly name: string;
  readonly commit: string;
}

/** The files of the base's newest commit. */
async function newerFiles(place: Checkout, base: Base): Promise<NewerFiles> {
  const ids = await place.idsAt(base.commit);
  return { commit: shown(base), paths: [...ids.keys()], read: (path) => place.blob(ids.get(path)) };
}

function shown({ name, commit }: Base): string {
  return `${name} at ${commit.slice(0, SHORT)}`;
}

const SHORT = 7;
const WHOLE_HISTORY =
  "Fetch the whole history: fetch-depth: 0 for actions/checkout, GIT_DEPTH: 0 in GitLab CI, else git fetch --unshallow.";
const OTHER_BASE =
  "Name the branch that this one will be merged into, or check all: pgstep check --base <ref>, or pgstep check --all";

/** The default branch of origin; undefined if the repository has no remote at all. */
async function defaultBase(place: Checkout, isShallow: boolean): Promise<Base | undefined> {
  const head = await place.ask(["rev-parse", "--abbrev-ref", "refs/remotes/origin/HEAD"]);
  const names = [...(head.status === 0 ? [head.output.trim()] : []), "origin/main", "origin/master"];
  for (const name of names) {
    const commit = await place.commitOf(`refs/remotes/${name}`);
    if (commit !== undefined) return { name, commit };
  }
  const remotes = await place.ask(["rev-parse", "--remotes"]);
  if (!isShallow && remotes.output.trim() === "") return undefined;
  throw cannotFind(
    `this ${isShallow ? "shallow clone" : "repository"} has neither origin/HEAD nor origin/main nor origin/master`,
    isShallow ? WHOLE_HISTORY : OTHER_BASE,
  );
}

async function namedBase(place: Checkout, name: string, isShallow: boolean): Promise<Base> {
  const commit = await place.commitOf(name);
  if (commit !== undefined) return { name, commit };
  throw cannotFind(
    `git knows no commit "${name}"`,
    isShallow ? WHOLE_HISTORY : "Name a branch, a tag or a commit, e.g. --base origin/main.",
  );
}

/** The part of a checkout below a directory. */
class Checkout {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  ask(words: readonly string[], streams?: GitStreams): Promise<GitEnd> {
    return runGit(this.#directory, words, streams);
  }

  /** Undefined if git sees no working tree here. @throws Failure settings if git refuses to work here */
  async isShallow(): Promise<boolean | undefined> {
    const { status, output, complaint } = await this.ask([
      "rev-parse",
      "--is-inside-work-tree",
      "--is-shallow-repository",
    ]);
    const [isInside, isShallow] = output.split(/\r?\n/);
    if (status === 0) return isInside === "true" ? isShallow === "true" : undefined;
    if (complaint.includes("not a git repository")) return undefined;
    throw refusedBy(complaint);
  }

  /** With --verify, options in the place of a ref are an error. */
  async commitOf(ref: string): Promise<string | undefined> {
    const { status, output } = await this.ask(["rev-parse", "--verify", "--quiet", `${ref}^{commit}`]);
    return status === 0 ? output.trim() : undefined;
  }

  /** The ids of the SQL files below the directory, by their paths there. */
  async idsAt(commit: string): Promise<ReadonlyMap<string, string>> {
    const { status, output, complaint } = await this.ask(["ls-tree", "-r", "-z", commit]);
    if (status !== 0) throw refusedBy(complaint);
    const ids = new Map<string, string>();
    for (const entry of output.split("\0")) {
      const [, id, path] = /^\d+ blob ([0-9a-f]+)\t(.+)$/s.exec(entry) ?? [];
      if (id !== undefined && path !== undefined && /\.sql$/i.test(path)) ids.set(path, id);
    }
    return ids;
  }

  async filesAt(commit: string): Promise<Omit<CommittedFiles, "commit">> {
    const ids = await this.idsAt(commit);
    if (ids.size === 0) return { checksums: ids };
    const blobs = new BlobChecksums();
    const input = [...new Set(ids.values())].map((id) => `${id}\n`).join("");
    const read = await this.ask(["cat-file", "--batch"], { input, take: (bytes) => blobs.take(bytes) });
    if (read.status !== 0) throw refusedBy(read.complaint);
    const checksums = new Map(
      [...ids].flatMap(([path, id]) => {
        const checksum = blobs.found.get(id);
        return checksum === undefined ? [] : [[path, checksum] as const];
      }),
    );
    return { checksums, read: async (path) => await this.blob(ids.get(path)) };
  }

  /** The bytes of an object; undefined if git does not have it. */
  async blob(id: string | undefined): Promise<Uint8Array | undefined> {
    const parts: Buffer[] = [];
    if (id === undefined) return undefined;
    const { status } = await this.ask(["cat-file", "blob", id], { take: (bytes) => parts.push(Buffer.from(bytes)) });
    return status === 0 ? Buffer.concat(parts) : undefined;
  }
}

/** Looks for .git as git does, without starting it; variables can name another repository. */
function isInRepository(directory: string): boolean {
  if (process.env.GIT_DIR) return true;
  for (let current = realpathSync(directory); ; current = dirname(current)) {
    if (existsSync(join(current, ".git"))) return true;
    if (dirname(current) === current) return false;
  }
}

function refusedBy(complaint: string): Failure {
  const [first = "it gives no reason"] = complaint.replace(/^fatal: /, "").split(/\r?\n/);
  const isForeign = complaint.includes("dubious ownership");
  return cannotFind(
    `git: ${first}`,
    isForeign
      ? "If you trust the repository, run git config --global --add safe.directory <its directory>, or check all: pgstep check --all"
      : "Fix the repository, or check all migrations: pgstep check --all",
  );
}

function cannotFind(reason: string, hint: string): Failure {
  return new Failure("settings", `Cannot find the new migrations: ${reason}`, { hint });
}
