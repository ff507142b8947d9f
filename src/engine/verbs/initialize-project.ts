import { Failure } from "../../core/failure/failure.ts";
import { systemCode, systemWords } from "../../core/failure/system-error.ts";
import type { InitializedFile, InitializedReport } from "../../core/reports/report.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import type { Context } from "../session/context.ts";

const PROJECT_FILE = "pgstep.json";
const PACKAGE_FILE = "package.json";
/** An editor that reads it completes the settings of a project file. */
const INSTALLED_SCHEMA = "./node_modules/pgstep/schema/pgstep.schema.json";
const PUBLISHED_SCHEMA = "https://raw.githubusercontent.com/pgstep/pgstep/main/schema/pgstep.schema.json";

/** The npm scripts of a project, by their names. */
const SCRIPTS: Readonly<Record<string, string>> = {
  migrate: "pgstep up",
  "migrate:status": "pgstep status",
  "migrate:new": "pgstep new",
};

/**
 * Prepares the working directory for migrations: their directory, a project file, and scripts in a package.json that is
 * there. Files and scripts that exist stay as they are.
 * @param projectFile the one that is in force already, here or above
 * @throws Failure settings for a package.json that is not JSON, file-unwritable
 */
export function initializeProject({ fileSystem, settings }: Context, projectFile?: string): InitializedReport {
  const npm = packageJson(fileSystem);
  const { directory } = settings;
  const project = { $schema: npm ? INSTALLED_SCHEMA : PUBLISHED_SCHEMA, directory };
  // Git keeps no empty directory.
  const files = [created(fileSystem, `${directory}/.gitkeep`, "")];
  if (projectFile === undefined) {
    files.push(created(fileSystem, PROJECT_FILE, `${JSON.stringify(project, null, 2)}\n`));
  } else if (projectFile !== PACKAGE_FILE) files.push({ path: projectFile, change: "none", scripts: [] });
  if (npm) files.push(withScripts(fileSystem, npm));
  return { type: "initialized", files, directory, isInstalled: npm?.hasPgstep ?? true };
}

function created(fileSystem: FileSystem, path: string, text: string): InitializedFile {
  try {
    fileSystem.create(path, text);
    return { path, change: "created", scripts: [] };
  } catch (cause) {
    if (systemCode(cause) === "EEXIST") return { path, change: "none", scripts: [] };
    throw unwritable(path, cause);
  }
}

interface PackageJson {
  readonly text: string;
  readonly content: { scripts?: Record<string, string> };
  /** It depends on pgstep. */
  readonly hasPgstep: boolean;
}

function packageJson(fileSystem: FileSystem): PackageJson | undefined {
  const text = textOf(fileSystem, PACKAGE_FILE);
  if (text === undefined) return undefined;
  let content: unknown;
  try {
    content = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new Failure("settings", `Cannot add scripts to ${PACKAGE_FILE}: it is not valid JSON`, {
      hint: `Fix ${PACKAGE_FILE}, then run pgstep init again. Nothing was written.`,
      cause,
    });
  }
  if (!isObject(content) || (content.scripts !== undefined && !isObject(content.scripts))) {
    throw new Failure("settings", `Cannot add scripts to ${PACKAGE_FILE}: its scripts are not an object`, {
      hint: `Fix ${PACKAGE_FILE}, then run pgstep init again. Nothing was written.`,
    });
  }
  const hasPgstep = ["dependencies", "devDependencies"].some((key) => {
    const names = content[key];
    return isObject(names) && names.pgstep !== undefined;
  });
  return { text, content, hasPgstep };
}

function withScripts(fileSystem: FileSystem, { text, content }: PackageJson): InitializedFile {
  const missing = Object.entries(SCRIPTS).filter(([name]) => content.scripts?.[name] === undefined);
  const path = PACKAGE_FILE;
  if (missing.length === 0) return { path, change: "none", scripts: [] };
  const changed = { ...content, scripts: { ...content.scripts, ...Object.fromEntries(missing) } };
  // The file keeps its own indentation and line ends.
  const indent = /^[\t ]+(?=")/m.exec(text)?.[0] ?? 2;
  const lines = `${JSON.stringify(changed, null, indent)}${text.endsWith("\n") ? "\n" : ""}`;
  try {
    fileSystem.replace(path, text.includes("\r\n") ? lines.replaceAll("\n", "\r\n") : lines);
  } catch (cause) {
    throw unwritable(path, cause);
  }
  return { path, change: "changed", scripts: missing.map(([name]) => name) };
}

function textOf(fileSystem: FileSystem, path: string): string | undefined {
  try {
    return Buffer.concat([...fileSystem.read(path)]).toString();
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") return undefined;
    throw new Failure("settings", `Cannot read ${path}: ${systemWords(cause)}`, {
      hint: "Check its permissions. Nothing was written.",
      cause,
    });
  }
}

function unwritable(path: string, cause: unknown): Failure {
  if (cause instanceof Failure) return cause;
  return new Failure("file-unwritable", `Cannot write ${path}: ${systemWords(cause)}`, {
    hint: "Check the permissions of the directory, then run pgstep init again.",
    cause,
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
