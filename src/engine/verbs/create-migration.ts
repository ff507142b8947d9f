import { Failure } from "../../core/failure/failure.ts";
import { systemCode, systemWords } from "../../core/failure/system-error.ts";
import { newFilesOf } from "../../core/formats/template.ts";
import type { Layout } from "../../core/layout/layout.ts";
import { TEMPLATE_LINE } from "../../core/migrations/emptiness.ts";
import { fileNameWords, parseMigrationName } from "../../core/migrations/migration-name.ts";
import { nextVersion, type VersionStyle } from "../../core/migrations/version.ts";
import type { CreatedReport } from "../../core/reports/report.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import { misplacedDirectory } from "../files/directory-advice.ts";
import { listFolders } from "../files/environment-folders.ts";
import { findFiles } from "../files/find-files.ts";
import type { Context } from "../session/context.ts";

export interface NewMigration {
  readonly description: string;
  /** Overrides the version style that the directory uses. */
  readonly style?: VersionStyle;
  /** Also write the down script. */
  readonly down: boolean;
  /** Write into the folder of this environment. */
  readonly environment?: string;
  /** The statements of both files, instead of those of the template. */
  readonly contents?: {
    readonly up: string;
    readonly down: string;
    /** True if both run outside a transaction. */
    readonly isOutside?: boolean;
  };
}

/**
 * Writes the next migration from the template; creates the directory if it is missing.
 * @throws Failure usage when the description has no letters or digits, file-exists, directory-unreadable
 */
export function createMigration(
  context: Context,
  { description, style, down, environment, contents }: NewMigration,
): CreatedReport {
  const { fileSystem, settings, clock } = context;
  const words = fileNameWords(description);
  if (words === "") {
    throw new Failure("usage", `Cannot name a migration "${description}": it has neither letters nor digits`, {
      hint: 'Describe it in a few words: pgstep new "add users table".',
    });
  }
  if (environment !== undefined && /^\.|[/\\]/.test(environment)) {
    throw new Failure(
      "usage",
      `Cannot write into a folder for the environment "${environment}": that is not a folder name`,
      {
        hint: "Name the environment in one word of letters and digits, e.g. --env production.",
      },
    );
  }
  const { layout, versions } = existing(context);
  if (layout !== "pgstep") {
    const files = newFilesOf(layout, { versions, now: clock.now(), words, style, down, contents });
    const paths = files.map(({ path, text }) => ({ path: `${settings.directory}/${path}`, text }));
    for (const { path, text } of paths) create(fileSystem, path, text);
    return { type: "created", paths: paths.map(({ path }) => path), removed: [] };
  }
  const version = nextVersion(versions, clock.now(), style);
  const name = `${version}_${words}`;
  const header = `-- Migration: ${name}\n-- Description: ${sentence(description)}\n-- Created: ${clock.now().toISOString().slice(0, 10)}\n${contents?.isOutside ? "-- Transaction: none\n" : ""}\n`;
  const directory = environment === undefined ? settings.directory : `${settings.directory}/${environment}`;
  const files = [{ path: `${directory}/${name}.sql`, text: `${header}${contents?.up ?? `${TEMPLATE_LINE}\n`}` }];
  if (down) {
    files.push({
      path: `${directory}/${name}.down.sql`,
      text: `${header}${contents?.down ?? `-- SQL statements that undo ${name}.sql here...\n`}`,
    });
  }
  for (const { path, text } of files) create(fileSystem, path, text);
  return { type: "created", paths: files.map((file) => file.path), removed: [] };
}

interface Existing {
  readonly layout: Layout;
  readonly versions: readonly string[];
}

/** The format of the directory, and the versions in it, also those of files with errors. */
export function existing(context: Context): Existing {
  const { fileSystem, settings } = context;
  const { directory, layout = "auto" } = settings;
  try {
    const names = listFolders(fileSystem, directory).entries.flatMap(({ name }) => parseMigrationName(name) ?? []);
    const own = names.flatMap((name) => ("version" in name ? [name.version] : []));
    const found = findFiles(context);
    if (found.layout === "pgstep") return { layout: "pgstep", versions: own };
    return { layout: found.layout, versions: found.migrations.map(({ version }) => version) };
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") {
      const misplaced = misplacedDirectory(fileSystem, directory);
      if (!misplaced) return { layout: layout === "auto" ? "pgstep" : layout, versions: [] };
      const { problem, hint } = misplaced;
      throw new Failure("usage", `Cannot create ${directory} here: ${problem}`, { hint });
    }
    throw new Failure(
      "directory-unreadable",
      `Cannot read migrations from ${settings.directory}: ${systemWords(cause)}`,
      {
        hint: "Check its permissions, or name another with --dir.",
        cause,
      },
    );
  }
}

function create(fileSystem: FileSystem, path: string, text: string): void {
  try {
    fileSystem.create(path, text);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    if (systemCode(cause) === "EEXIST") {
      throw new Failure("file-exists", `Cannot write ${path}: it already exists`, {
        hint: "Run the command again, or choose another description.",
        cause,
      });
    }
    if (systemCode(cause) === "ENAMETOOLONG") {
      throw new Failure("usage", `Cannot write ${path}: the name is too long for this file system`, {
        hint: "Describe it in fewer words; the header of the file has room for more.",
        cause,
      });
    }
    throw new Failure("directory-unreadable", `Cannot write ${path}: ${systemWords(cause)}`, {
      hint: "Check the directory's permissions, or name another with --dir.",
      cause,
    });
  }
}

/** The description as one line that starts with a capital. */
function sentence(description: string): string {
  const line = description.replace(/\s+/g, " ").trim();
  return line.charAt(0).toUpperCase() + line.slice(1);
}
