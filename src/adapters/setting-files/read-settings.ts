import { readFileSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import process from "node:process";
import { describeOrigin, type Origin } from "../../core/configuration/origin.ts";
import { type ResolvedSettings, resolveSettings } from "../../core/configuration/resolve-settings.ts";
import type { EnvFile, LocatedProjectFile, SettingSources } from "../../core/configuration/sources.ts";
import { unknownVariables } from "../../core/configuration/unknown-variables.ts";
import { Failure, type Finding } from "../../core/failure/failure.ts";
import { systemWords } from "../../core/failure/system-error.ts";
import { parseEnvFile } from "../../core/setting-files/env-file.ts";
import { PACKAGE_KEY, readProjectFile } from "../../core/setting-files/project-file.ts";
import { SETTINGS } from "../../core/settings/table.ts";
import { decodeWhole, NotUtf8 } from "../../core/text/source.ts";
import { PACKAGE_FILE, searchUpward } from "./project-file-search.ts";

/**
 * Resolves the settings from the given sources and files: the named env-file, and the named project file or, with
 * `searching`, the nearest one from the working directory upward. The result includes the problems, and warnings about
 * ignored files and unknown variables.
 */
export function readSettings(said: SettingSources, { searching }: { searching: boolean }): ResolvedSettings {
  const { values, origins } = resolveSettings(said);
  const problems: Failure[] = [];
  const warnings: Finding[] = [];
  const attempt = <Result>(read: () => Result): Result | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      problems.push(error);
      return undefined;
    }
  };
  const { envFile, config } = values;
  const referenced = new Set<string>();
  const lookUp = (name: string) => {
    referenced.add(name);
    return said.environment[name];
  };
  const sources: SettingSources = {
    ...said,
    envFile: attempt(() => (envFile === undefined ? undefined : readEnvFile(envFile, origins.envFile, lookUp))),
    projectFile: attempt(() => {
      if (config !== undefined) return readNamed(config, origins.config);
      return searching ? findProjectFile(warnings) : undefined;
    }),
  };
  warnings.push(...unknownVariables(sources, referenced));
  const resolved = resolveSettings(sources);
  // The problems come first: without the file, other settings would seem to be missing as well.
  return { ...resolved, warnings, ...(problems.length > 0 && { problems }) };
}

/** The flag that would name the .env file of the working directory, if that exists and no env-file was named. */
export function unreadEnvFile({ values }: ResolvedSettings): string | undefined {
  if (values.envFile !== undefined || !statSync(ENV_FILE, { throwIfNoEntry: false })?.isFile()) return undefined;
  const { flag, otherFlag } = SETTINGS.envFile;
  const { bun, deno } = process.versions;
  return `--${bun === undefined && deno === undefined ? otherFlag : flag} ${ENV_FILE}`;
}

const ENV_FILE = ".env";

function readEnvFile(path: string, origin: Origin, lookUp: (name: string) => string | undefined): EnvFile {
  return { path, variables: parseEnvFile(textOf(path, origin), path, lookUp) };
}

function readNamed(path: string, origin: Origin): LocatedProjectFile {
  const file = readAt(resolve(path), path, textOf(path, origin));
  if (file) return file;
  throw new Failure("settings", `Cannot use ${path}: it has no key "${PACKAGE_KEY}"`, {
    hint: `Add "${PACKAGE_KEY}": {}, or name another file with --config.`,
  });
}

/** The nearest project file from the working directory upward. A package.json counts only if it has the key. */
function findProjectFile(ignored: Finding[]): LocatedProjectFile | undefined {
  for (const directory of searchUpward()) {
    ignored.push(...directory.ignored);
    const [found, other] = directory.paths.flatMap((path) => {
      const shown = relative(process.cwd(), path);
      return readAt(path, shown, textOf(shown, undefined)) ?? [];
    });
    if (found && other) {
      throw new Failure(
        "settings",
        `Cannot choose between ${found.path} and the key "${PACKAGE_KEY}" of ${other.path}`,
        {
          hint: "Keep only one of them, or name one with --config.",
        },
      );
    }
    if (found) return directory.isAbove ? { ...found, isAbove: true } : found;
  }
  return undefined;
}

function readAt(path: string, shown: string, text: string): LocatedProjectFile | undefined {
  const file = readProjectFile({ path: shown, text, isPackage: basename(path) === PACKAGE_FILE });
  if (!file) return undefined;
  const resolvePath = (inner: string) =>
    isAbsolute(inner) ? inner : relative(process.cwd(), join(dirname(path), inner)) || ".";
  return { ...file, directory: dirname(path), resolve: resolvePath };
}

function textOf(path: string, origin: Origin | undefined): string {
  try {
    return decodeWhole(readFileSync(path));
  } catch (error) {
    const named = origin ? ` from ${describeOrigin(origin)}` : "";
    throw new Failure("settings", `Cannot read ${path}${named}: ${reasonOf(error)}`, {
      hint: origin ? "Name an existing file, or omit it." : "Make it readable, or name another with --config.",
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof NotUtf8 ? `it is ${error.message}` : systemWords(error, "file");
}
