import { readFileSync } from "node:fs";
import process from "node:process";
import { parseEnv } from "node:util";

/**
 * Takes the variables out of the process that Bun, alone among the runtimes, read by itself from .env files in the
 * working directory: which database is migrated must not depend on the runtime. Files that Bun was told to read stay.
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

/** An executable that Bun made does not read them: build/binaries.ts says so. */
function isStandalone(): boolean {
  return /\$bunfs|~BUN/.test(import.meta.url);
}

/** The names of the variables that the process was started with, where the system tells (proc_pid_environ(5)). */
function inheritedNames(): Set<string> | undefined {
  try {
    const variables = readFileSync("/proc/self/environ", "utf8").split("\0");
    return new Set(variables.map((variable) => variable.split("=", 1)[0] ?? ""));
  } catch {
    return undefined;
  }
}

/**
 * The variables that have exactly the value that one of these files gives them. One that was inherited with the very
 * same value is among them: it is better to be asked for a database than to take one from a file nobody named.
 */
export function loadedNames(
  environment: Readonly<Record<string, string | undefined>>,
  files: readonly string[],
): string[] {
  const entries = files.flatMap((text) => Object.entries(parseEnv(text)));
  // Bun replaces references to other variables, so that such values are other than they stand there.
  const loaded = entries.filter(([name, value]) => environment[name] === value || value?.includes("$"));
  return [...new Set(loaded.map(([name]) => name))];
}

/** As Bun's documentation lists them (Environment variables). */
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
