import { readFileSync, realpathSync, statSync } from "node:fs";
import { basename, delimiter, dirname, isAbsolute, join, relative, sep } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { PROGRAM, type ProgramWords } from "../../core/hints/hint-commands.ts";
import { type ProgramStart, programWords } from "../../core/hints/program-start.ts";

/** How pgstep was started, for hints; its plain name if that is unknown. */
export function startedWords(commandNames: readonly string[]): ProgramWords {
  try {
    return programWords(programStart(), commandNames);
  } catch {
    return { words: PROGRAM, given: new Set() };
  }
}

function programStart(): ProgramStart {
  const { bun, deno } = process.versions;
  const runtime = isExecutable() ? "executable" : bun !== undefined ? "bun" : deno !== undefined ? "deno" : "node";
  const file = runtime === "executable" ? process.execPath : (process.argv[1] ?? fileURLToPath(import.meta.url));
  const isDenoPackage = runtime === "deno" && process.argv0 === PROGRAM;
  const name = basename(process.execPath).replace(/\.exe$/i, "");
  return {
    runtime,
    runtimeName: isSame(onPath(name), process.execPath) ? name : process.execPath,
    runtimeOptions: runtime === "deno" ? denoPermissions() : process.execArgv,
    file,
    shownFile: shownPath(file),
    nameOnPath: nameOnPath(runtime, file, isDenoPackage),
    isDenoPackage,
    variables: process.env,
  };
}

/** The parts of Deno's interface that are used here. */
interface DenoPart {
  readonly build: { readonly standalone: boolean };
  readonly permissions: {
    querySync(permission: { readonly name: string; readonly command?: string }): {
      readonly state: string;
      readonly partial?: boolean;
    };
  };
}

function denoPart(): DenoPart | undefined {
  return (globalThis as { readonly Deno?: DenoPart }).Deno;
}

function isExecutable(): boolean {
  return /\$bunfs|~BUN/.test(import.meta.url) || denoPart()?.build.standalone === true;
}

const DENO_PERMISSIONS = ["net", "env", "read", "write", "sys", "run", "ffi"];

/** The flags for the permissions of this process; a partial permission becomes a full one, but for git. */
function denoPermissions(): string[] {
  const given = DENO_PERMISSIONS.map((name) => ({ name, ...denoState(name) }));
  if (given.every(({ state }) => state === "granted")) return ["-A"];
  const flags = given
    .filter(({ state, partial }) => state === "granted" || partial)
    .map(({ name }) => `--allow-${name}`);
  const isGitAlone = !flags.includes("--allow-run") && denoState("run", "git").state === "granted";
  return isGitAlone ? [...flags, "--allow-run=git"] : flags;
}

function denoState(name: string, command?: string): { readonly state: string; readonly partial: boolean } {
  const answer = denoPart()?.permissions.querySync({ name, ...(command && { command }) });
  return { state: answer?.state ?? "", partial: answer?.partial ?? false };
}

/** A path inside the working directory is shown relative to it. */
function shownPath(path: string): string {
  const inside = relative(process.cwd(), path);
  return inside === "" || inside.startsWith("..") || isAbsolute(inside) ? path : inside;
}

/** The name of this program on PATH: the executable, a link, or a script that an installer wrote. */
function nameOnPath(runtime: ProgramStart["runtime"], file: string, isDenoPackage: boolean): string | undefined {
  const name = runtime === "executable" ? basename(file).replace(/\.exe$/i, "") : PROGRAM;
  const path = onPath(name);
  if (path === undefined) return undefined;
  // The first line of the script starts Node, so a link to it is of no use on other runtimes.
  if (runtime === "executable" || runtime === "node") {
    if (isSame(path, file)) return name;
  }
  return runtime !== "executable" && isInstalledScript(path, file, isDenoPackage) ? name : undefined;
}

/** The first program of that name on PATH. */
function onPath(name: string): string | undefined {
  // Deno would prompt for the permission.
  if (denoPart() && denoState("read").state !== "granted") return undefined;
  const { PATH = "", npm_config_user_agent: manager } = process.env;
  const endings = process.platform === "win32" ? [".exe", ".cmd"] : [""];
  return (
    PATH.split(delimiter)
      // Package managers add their directories to PATH only while they run.
      .filter((one) => one !== "" && !(manager && one.endsWith(join("node_modules", ".bin"))))
      .flatMap((directory) => endings.map((ending) => join(directory, name + ending)))
      .find((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
  );
}

function isSame(path: string | undefined, other: string): boolean {
  return path !== undefined && realpathSync(path) === realpathSync(other);
}

const LONGEST_SCRIPT = 16_384;

/** True if the file is a script, written by an installer, that starts this program. */
function isInstalledScript(path: string, file: string, isDenoPackage: boolean): boolean {
  if (statSync(path).size > LONGEST_SCRIPT) return false;
  const text = readFileSync(path, "utf8");
  const fromThere = relative(dirname(path), file).split(sep);
  const places = [file, pathToFileURL(file).href, fromThere.join("/"), fromThere.join("\\")];
  if (isDenoPackage) places.push(`npm:${PROGRAM}`);
  return places.some((place) => text.includes(place));
}
