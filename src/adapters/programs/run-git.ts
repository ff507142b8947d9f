import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import process from "node:process";
import { refusedPermission } from "../../core/failure/deno-permission.ts";
import { Failure } from "../../core/failure/failure.ts";
import { systemWords } from "../../core/failure/system-error.ts";

const TIME_LIMIT_MS = 30_000;

/** Repositories can name programs for these occasions; none of the commands used here should need one. */
const OVERRIDES = ["core.fsmonitor=false", "core.hooksPath=/dev/null", "core.pager=cat"].flatMap((one) => ["-c", one]);

/**
 * The user's own configuration stays, because `safe.directory` is there. In a partial clone, git would fetch missing
 * objects by programs that the repository names: older versions know only the list of allowed protocols, newer ones
 * start no fetch.
 */
const VARIABLES = {
  LC_ALL: "C",
  GIT_ALLOW_PROTOCOL: "none",
  GIT_NO_LAZY_FETCH: "1",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_TERMINAL_PROMPT: "0",
};

export interface GitEnd {
  readonly status: number | null;
  readonly output: string;
  /** The last line of standard error. */
  readonly complaint: string;
}

export interface GitStreams {
  readonly input?: string;
  /** Takes the output instead of the result's `output`. */
  readonly take?: (bytes: Buffer) => void;
}

/**
 * Runs git in a directory, with nothing of the repository's configuration run.
 * @throws Failure runtime-unsupported if git cannot be started or does not end
 */
export function runGit(directory: string, words: readonly string[], { input, take }: GitStreams = {}): Promise<GitEnd> {
  const program = findGit();
  return new Promise((done, reject) => {
    const failed = (error: unknown) => reject(cannotRun(error));
    if (program === undefined) {
      failed(Object.assign(new Error("git"), { code: "ENOENT" }));
      return;
    }
    try {
      const child = spawn(program, ["-C", resolve(directory), "--no-pager", ...OVERRIDES, ...words], {
        stdio: ["pipe", "pipe", "pipe"],
        env: { ...inherited(), ...ownRepository(), ...VARIABLES },
        timeout: TIME_LIMIT_MS,
        killSignal: "SIGKILL",
      });
      const output: Buffer[] = [];
      let complaint = "";
      child.stdout.on("data", take ?? ((bytes: Buffer) => output.push(bytes)));
      child.stderr.on("data", (bytes: Buffer) => {
        complaint = (complaint + bytes.toString()).slice(-MOST_COMPLAINT);
      });
      child.once("error", failed);
      child.once("close", (status) =>
        done({ status, output: Buffer.concat(output).toString(), complaint: complaint.trim() }),
      );
      child.stdin.on("error", () => {});
      child.stdin.end(input ?? "");
    } catch (error) {
      failed(error);
    }
  });
}

const MOST_COMPLAINT = 4_000;

/**
 * The git on PATH, with its whole path: a relative directory on PATH leads into the checkout, and Windows looks for a
 * program in the working directory first.
 */
function findGit(): string | undefined {
  const name = process.platform === "win32" ? "git.exe" : "git";
  const directories = (process.env.PATH ?? "").split(delimiter).filter((one) => isAbsolute(one));
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
}

/** Deno gives variables of the dynamic linker only to a program that may start every program. */
function inherited(): NodeJS.ProcessEnv {
  if (!("Deno" in globalThis)) return process.env;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:LD|DYLD)_/.test(name)));
}

/** The repository that variables name, relative to the working directory and not to the directory given to git. */
function ownRepository(): NodeJS.ProcessEnv {
  const { GIT_DIR, GIT_WORK_TREE } = process.env;
  return GIT_DIR ? { GIT_DIR: resolve(GIT_DIR), GIT_WORK_TREE: resolve(GIT_WORK_TREE || ".") } : {};
}

function cannotRun(error: unknown): Failure {
  const refused = refusedPermission(error);
  const reason = refused?.reason ?? `git: ${systemWords(error, "program")}`;
  return new Failure("runtime-unsupported", `Cannot find the new migrations: ${reason}`, {
    hint: refused
      ? "Run pgstep with --allow-run=git as well, or check all migrations: pgstep check --all"
      : "Install git, or check all migrations: pgstep check --all",
    cause: error,
  });
}
