import { Failure } from "../../core/failure/failure.ts";
import { systemCode, systemWords } from "../../core/failure/system-error.ts";
import type { WrittenFile } from "../../core/types/types-report.ts";
import type { FileSystem } from "../../ports/file-system.ts";

/** A file with its wanted text. */
export interface WantedFile {
  readonly path: string;
  readonly text: string;
}

/** The command that writes the files, and how it recognizes them. */
export interface Writer {
  /** "pgstep types" */
  readonly command: string;
  /** The option that names the path, "--out" if absent. */
  readonly option?: string;
  /** The text that they all begin with, or a test of their text. */
  readonly mark: string | ((text: string) => boolean);
}

function isWrittenBy({ mark }: Writer, text: string): boolean {
  return typeof mark === "string" ? text.startsWith(mark) : mark(text);
}

/** The files of a directory that an earlier run wrote; none when there is no such directory. */
export function writtenFiles(fileSystem: FileSystem, directory: string, writer: Writer): string[] {
  try {
    return fileSystem
      .list(directory)
      .filter(({ name, kind }) => kind === "file" && name.endsWith(".ts"))
      .map(({ name }) => name)
      .filter((name) => isWrittenBy(writer, textOf(fileSystem, `${directory}/${name}`) ?? ""));
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") return [];
    throw unwritable(directory, cause);
  }
}

/**
 * Writes the files and removes the stale ones; with `check` only reports the changes. Touches nothing if pgstep did not
 * write one of the existing files.
 * @throws Failure file-exists, file-unwritable
 */
export function putFiles(
  fileSystem: FileSystem,
  files: readonly WantedFile[],
  {
    check,
    stale = [],
    writer,
  }: { readonly check: boolean; readonly stale?: readonly string[]; readonly writer: Writer },
): WrittenFile[] {
  const found = files.map(({ path, text }) => ({ path, text, before: textOf(fileSystem, path) }));
  for (const { path, before } of found) {
    if (before !== undefined && !isWrittenBy(writer, before)) {
      throw new Failure("file-exists", `Cannot write ${path}: it exists, and ${writer.command} did not write it`, {
        hint: `Remove it, or choose another path with ${writer.option ?? "--out"}.`,
      });
    }
  }
  const written = found.map(({ path, text, before }): WrittenFile => {
    if (before === text) return { path, change: "none" };
    if (!check) attempt(path, () => fileSystem.replace(path, text));
    return { path, change: before === undefined ? "created" : "changed" };
  });
  const removed = stale.map((path): WrittenFile => {
    if (!check) attempt(path, () => fileSystem.remove(path));
    return { path, change: "removed" };
  });
  return [...written, ...removed].sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** The text of a file; undefined if there is none. @throws Failure file-unwritable */
export function textOf(fileSystem: FileSystem, path: string): string | undefined {
  try {
    return Buffer.concat(Array.from(fileSystem.read(path), (part) => Buffer.from(part))).toString("utf8");
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") return undefined;
    throw unwritable(path, cause);
  }
}

function attempt(path: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

function unwritable(path: string, cause: unknown): Failure {
  if (cause instanceof Failure) return cause;
  return new Failure("file-unwritable", `Cannot write ${path}: ${systemWords(cause)}`, {
    hint: "Check its permissions and the free disk space, or choose another path with --out.",
    cause,
  });
}
