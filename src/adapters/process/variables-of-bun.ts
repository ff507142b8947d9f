import { readFileSync } from "node:fs";
import process from "node:process";
import { parseEnv } from "node:util";

/**
 * Removes the variables that Bun, alone among the runtimes, loaded from .env files in the working directory: the
 * migrated database must not depend on the runtime. Variables from files named with Bun's --env-file stay.
 */
export function forgetVariablesOfBun(): void {
  if (process.versions.bun === undefined || isStandalone()) return;
  if (process.execArgv.some((argument) => argument.startsWith("--env-file"))) return;
  const inherited = inheritedNames();
  const { env } = process;
  const loaded = inherited
    ? Object.keys(env).filter((name) => !inherited.has(name))
    : loadedNames(env, autoloadedFiles(env.NODE_ENV).flatMap(contentOf));
  for (const name of loaded) delete env[name];
}

/** An executable that Bun compiled does not read them; build/binaries.ts turns that off. */
function isStandalone(): boolean {
  return /\$bunfs|~BUN/.test(import.meta.url);
}

/** The names of the variables that the process was started with (proc_pid_environ(5)); undefined without /proc. */
function inheritedNames(): Set<string> | undefined {
  try {
    const variables = readFileSync("/proc/self/environ", "utf8").split("\0");
    return new Set(variables.map((variable) => variable.split("=", 1)[0] ?? ""));
  } catch {
    return undefined;
  }
}

/**
 * The variables whose value is the one in one of these files. An inherited variable with the same value is among them:
 * it is safer to ask for a database than to use one from a file that nobody named.
 */
export function loadedNames(
  environment: Readonly<Record<string, string | undefined>>,
  files: readonly string[],
): string[] {
  const entries = files.flatMap((text) => Object.entries(parseEnv(text)));
  // Bun expands references to other variables, so that such values differ from the file.
  const loaded = entries.filter(([name, value]) => environment[name] === value || value?.includes("$"));
  return [...new Set(loaded.map(([name]) => name))];
}

/** The files that Bun loads (Bun documentation, Environment variables). */
function autoloadedFiles(mode = "development"): string[] {
  return [".env", `.env.${mode}`, ".env.local", `.env.${mode}.local`];
}

function contentOf(path: string): string[] {
  try {
    return [readFileSync(path, "utf8")];
  } catch {
    return [];
  }
}
