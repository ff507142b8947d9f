import { Failure, type Finding, finding } from "../../core/failure/failure.ts";
import { systemCode, systemWords } from "../../core/failure/system-error.ts";
import { detect, type Reading, toolOfOwnFiles } from "../../core/formats/detect.ts";
import { formatOf } from "../../core/formats/formats.ts";
import { otherToolOf } from "../../core/formats/recognised.ts";
import type { Contents, Format, FoundFiles, ListedEntry } from "../../core/layout/format.ts";
import type { Layout } from "../../core/layout/layout.ts";
import { placeholdersOf } from "../../core/placeholders/placeholders.ts";
import { decodeSource } from "../../core/text/source.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import type { Context } from "../session/context.ts";
import { directoryAdvice } from "./directory-advice.ts";
import { type FolderEntries, joinPath, listFolders } from "./environment-folders.ts";

/** What reading the migrations needs of a command's context. */
export type FilesContext = Pick<Context, "fileSystem" | "settings" | "variable"> & Partial<Pick<Context, "emit">>;

/** The files of a directory by the rules of its format. */
export interface Found extends FoundFiles {
  readonly layout: Layout;
  /** The tool's name in messages. */
  readonly tool: string;
  readonly contents: Contents;
  readonly downAdvice: string | undefined;
}

/**
 * Finds the migrations of the directory, in its own format, and says which one that is if it is not pgstep's.
 * @throws Failure directory-unreadable
 */
export function findFiles(context: FilesContext): Found {
  const { fileSystem, settings, emit } = context;
  const { directory } = settings;
  const folders = listDirectory(fileSystem, directory);
  const contents = contentsOf(context);
  const chosen = chooseFormat(context, folders.entries, contents);
  const { format } = chosen;
  const { layout, tool, downAdvice } = format;
  const said = layout === "pgstep" ? toolOfOwnFiles(directory, folders.entries) : tool;
  if (said !== undefined && !chosen.problem) emit?.({ type: "layout-found", directory, tool: said, layout });
  const about = { layout, tool, contents, downAdvice };
  if (chosen.problem && !chosen.isRead)
    return { ...about, migrations: [], repeatables: [], findings: [chosen.problem] };
  const isOwn = layout === "pgstep";
  const entries = isOwn
    ? folders.entries
    : folders.entries
        .filter(({ environment }) => environment === undefined)
        .map((one) => deepened(fileSystem, format, one));
  const { findings, ...found } = format.read(entries, contents);
  return {
    ...about,
    ...found,
    findings: [...(chosen.problem ? [chosen.problem] : []), ...findings, ...(isOwn ? oddFolders(folders) : [])],
  };
}

interface Chosen {
  readonly format: Format;
  /** Why the directory cannot be read. */
  readonly problem?: Finding;
  /** The other errors of the files are reported as well. */
  readonly isRead?: boolean;
}

function chooseFormat(
  { fileSystem, settings: { directory, layout = "auto" } }: FilesContext,
  entries: readonly ListedEntry[],
  { text }: Contents,
): Chosen {
  if (layout !== "auto") return { format: formatOf(layout) };
  const own = entries.filter(({ environment }) => environment === undefined);
  const found = detect(own, (path) => startOf(fileSystem, path));
  if (found.kind === "one") return { format: formatOf(found.layout) };
  if (found.kind === "mixed")
    return {
      format: formatOf("pgstep"),
      problem: mixed(directory, found.readings),
      isRead: found.readings.some((one) => one.layout === "pgstep"),
    };
  const other = entries.length > own.length ? undefined : otherToolOf(own, text);
  if (!other) return { format: formatOf("pgstep") };
  const { tool, sign, advice } = other;
  const problem = finding("other-layout", {
    message: `these look like ${tool}'s files (${sign}), which pgstep does not read`,
    hint: `${advice} If the files are not ${tool}'s, name their format: --layout pgstep.`,
    place: { path: directory },
  });
  return { format: formatOf("pgstep"), problem };
}

function mixed(directory: string, [first, second]: readonly [Reading, Reading]): Finding {
  const [one, other] = [first, second].map(({ layout, example }) => {
    const { tool } = formatOf(layout);
    return `${example} is ${tool}'s`;
  });
  return finding("mixed-layout", {
    message: `the directory has files of two formats: ${one}, ${other}`,
    hint: `Move one kind to another directory, or name the format: --layout ${first.layout} or --layout ${second.layout}.`,
    place: { path: directory },
  });
}

/** Enough of a file to recognise its format. */
function startOf(fileSystem: FileSystem, path: string): string | undefined {
  try {
    for (const part of (fileSystem.parts?.whole ?? fileSystem.read)(path)) {
      return new TextDecoder().decode(part);
    }
    return "";
  } catch {
    // Reported when the file is read.
    return undefined;
  }
}

function contentsOf({ fileSystem, settings: { placeholders }, variable }: FilesContext): Contents {
  const texts = new Map<string, string | undefined>();
  const given = placeholdersOf(placeholders);
  return {
    text(path) {
      if (!texts.has(path)) texts.set(path, wholeText(fileSystem, path));
      return texts.get(path);
    },
    start: (path) => startOf(fileSystem, path),
    variable(name) {
      const value = given.get(name.toLowerCase())?.value;
      if (value !== undefined) return value;
      return variable ? variable(name) : { problem: `a command that only looks reads no variable of a file: ${name}` };
    },
  };
}

function wholeText(fileSystem: FileSystem, path: string): string | undefined {
  try {
    return [...decodeSource((fileSystem.parts?.whole ?? fileSystem.read)(path))].join("");
  } catch {
    // Reported when the file is read.
    return undefined;
  }
}

/** A folder with all folders in it, for a tool that reads them. */
function deepened(fileSystem: FileSystem, format: Format, entry: ListedEntry): ListedEntry {
  if (!format.isDeep || entry.kind !== "directory") return entry;
  const inside = (entry.inside ?? listedIn(fileSystem, entry.path)).map((one) => deepened(fileSystem, format, one));
  return { ...entry, inside };
}

function listedIn(fileSystem: FileSystem, directory: string): ListedEntry[] {
  try {
    return fileSystem.list(directory).map((entry) => ({ ...entry, path: joinPath(directory, entry.name) }));
  } catch {
    return [];
  }
}

/** Several directories are separated by commas, as Flyway's locations are. */
function listDirectory(fileSystem: FileSystem, directory: string): FolderEntries {
  try {
    return listFolders(fileSystem, directory);
  } catch (cause) {
    if (systemCode(cause) === "ENOENT" && directory.includes(",")) return listSeveral(fileSystem, directory.split(","));
    throw unreadable(fileSystem, directory, cause);
  }
}

function listSeveral(fileSystem: FileSystem, directories: readonly string[]): FolderEntries {
  const listed = directories.map((one) => listDirectory(fileSystem, one.trim().replace(/^filesystem:/, "")));
  return {
    entries: listed.flatMap(({ entries }) => entries),
    misnamed: listed.flatMap(({ misnamed }) => misnamed),
    unreadable: listed.flatMap((one) => one.unreadable),
  };
}

function unreadable(fileSystem: FileSystem, directory: string, cause: unknown): Failure {
  const code = systemCode(cause);
  const words = systemWords(cause, "directory");
  const advice = directoryAdvice(fileSystem, directory);
  const create = "Create it with: pgstep new <description>, or name another with --dir.";
  const [what, hint] =
    code === "ENOENT"
      ? [`${words}${advice.note}`, advice.hint ?? create]
      : code === "ENOTDIR"
        ? ["it is a file, not a directory", "Name the directory that holds the migrations with --dir."]
        : [words, "Check its permissions, or name another with --dir."];
  return new Failure("directory-unreadable", `Cannot read migrations from ${directory}: ${what}`, { hint, cause });
}

function oddFolders({ misnamed, unreadable }: FolderEntries): Finding[] {
  return [
    ...misnamed.map((path) =>
      finding("no-environment", {
        message: `the migrations in ${path.slice(path.lastIndexOf("/") + 1)} are skipped: no environment can have that name`,
        hint: "Rename the folder to the one-word name of an environment, or move it elsewhere.",
        place: { path },
      }),
    ),
    ...unreadable.map(
      (path): Finding => ({
        rule: "unreadable",
        severity: "warning",
        message: "the folder cannot be read; migrations in it are skipped",
        hint: "Check the folder's permissions.",
        place: { path },
      }),
    ),
  ];
}
