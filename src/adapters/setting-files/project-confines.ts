import { lstatSync, realpathSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import process from "node:process";
import { describeOrigin } from "../../core/configuration/origin.ts";
import type { ResolvedSettings } from "../../core/configuration/resolve-settings.ts";
import type { Target } from "../../core/connection/target.ts";
import { Failure, type Finding, finding } from "../../core/failure/failure.ts";
import { systemCode } from "../../core/failure/system-error.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import type { ProgramFile } from "../../ports/program-file.ts";
import { repositoryOf } from "./project-file-search.ts";

/**
 * The limits of a command that changes no database: the settings and links of a checkout that nobody has reviewed may
 * point anywhere. Such a command writes files only inside the repository, or where the command line or a variable says,
 * and a log only inside the project file's directory, since its lines contain text from the checkout.
 */
export class ProjectConfines {
  readonly #settings: ResolvedSettings;
  /** Real paths of the repositories, or of the directories if they are in none. */
  readonly #roots: readonly string[];

  constructor(settings: ResolvedSettings) {
    this.#settings = settings;
    const project = settings.projectDirectory ?? process.cwd();
    this.#roots = [...new Set([project, process.cwd()].map((directory) => realpathSync(repositoryOf(directory))))];
  }

  /** The disk, whose writing methods refuse paths outside the project. */
  fileSystem(disk: FileSystem): FileSystem {
    const checked = (path: string) => {
      this.#requireWritable(path);
      return path;
    };
    return {
      ...disk,
      create: (path, text) => disk.create(checked(path), text),
      replace: (path, text) => disk.replace(checked(path), text),
      remove: (path) => disk.remove(checked(path)),
    };
  }

  programFile(file: ProgramFile): ProgramFile {
    return {
      kind: file.kind,
      seal: (path, ...rest) => {
        this.#requireWritable(path);
        return file.seal(path, ...rest);
      },
    };
  }

  /** The warning that no log is written, since only a project file names it and it is outside the project. */
  logWarning(): Finding | undefined {
    const { values, origins, projectDirectory } = this.#settings;
    const { logFile } = values;
    if (logFile === undefined || origins.logFile.source !== "project-file" || projectDirectory === undefined)
      return undefined;
    if (isInside(realPlace(logFile), realpathSync(projectDirectory))) return undefined;
    return finding("log-outside", {
      message: `no log is written to ${logFile}: it is outside the project, and only ${describeOrigin(origins.logFile)} names it`,
      hint: `Commands that change a database do write it; for this command, pass --log-file ${logFile}.`,
    });
  }

  /** @throws Failure settings for a database that such a command must not write to */
  requireHarmless(name: "url" | "shadowUrl", target: Target): void {
    const { origins, ownServers } = this.#settings;
    if (!ownServers.has(name)) return;
    const origin = describeOrigin(origins[name]);
    const flag = name === "url" ? "--url" : "--shadow-url";
    const hint = `To use it anyway, pass ${flag} <url>.`;
    if (target.kind === "embedded") {
      const { directory } = target;
      if (directory === undefined || this.#isInside(realPlace(directory))) return;
      throw new Failure("settings", `Cannot use pglite:${directory} from ${origin}: it is outside the project`, {
        hint,
      });
    }
    if (name === "url") return;
    throw new Failure("settings", `Cannot use the shadow database from ${origin}: only a project file names it`, {
      hint,
    });
  }

  /** @throws Failure settings for a stand-in outside of the project that the user does not name */
  requireReadable(path: string): void {
    const { values, origins } = this.#settings;
    const { standInsDirectory: named } = values;
    const real = realPlace(path);
    const isOfUser = named !== undefined && origins.standInsDirectory.source !== "project-file";
    if (this.#isInside(real) || (isOfUser && isInside(real, realPlace(named)))) return;
    throw new Failure("settings", `Cannot read ${path}: it leads to ${real}, outside the project`, {
      hint: "Copy the file into the project, or name its directory on the command line: --stand-ins-dir <directory>.",
    });
  }

  /** @throws Failure file-unwritable */
  #requireWritable(path: string): void {
    const named = resolve(path);
    // The entry itself is replaced, created or removed; a link there is not followed.
    const real = join(realPlace(dirname(named)), basename(named));
    if (this.#isInside(real)) return;
    const { values, origins } = this.#settings;
    const setting = (["directory", "dump", "knownFindings", "stats"] as const).find(
      (one) => origins[one].source === "project-file" && isBelow(named, resolve(values[one] ?? "")),
    );
    const leadsOut = this.#roots.some((root) => isBelow(named, root));
    if (!setting && !leadsOut) return;
    const why =
      leadsOut || !setting
        ? `a link leads to ${real}, `
        : `${describeOrigin(origins[setting])} names a ${setting === "directory" ? "directory" : "file"} `;
    throw new Failure("file-unwritable", `Cannot write ${path}: ${why}outside the project`, {
      hint: `To write there anyway, name the path itself on the command line: ${relative(process.cwd(), real)}.`,
    });
  }

  #isInside(real: string): boolean {
    return this.#roots.some((root) => isInside(real, root));
  }
}

/** True inside the directory, except among git's own files, which decide what git runs. */
function isInside(path: string, directory: string): boolean {
  return isBelow(path, directory) && !relative(directory, path).toLowerCase().split(sep).includes(".git");
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}

/** The real path, with the links of its existing part resolved. */
function realPlace(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch (error) {
    // Nothing can be written below a file, or below a directory that this user may not enter.
    if (systemCode(error) !== "ENOENT") return absolute;
  }
  const parent = dirname(absolute);
  // A dangling link leads to where the file would be created.
  const isLink = lstatSync(absolute, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  return isLink || parent === absolute ? sep : join(realPlace(parent), basename(absolute));
}
