import { Failure, type Finding, finding } from "../../core/failure/failure.ts";
import { systemCode, systemWords } from "../../core/failure/system-error.ts";
import { type Header, parseHeader, runsIn } from "../../core/migrations/header.ts";
import { type Entry, isPending } from "../../core/migrations/history.ts";
import type { Migration, SqlFile } from "../../core/migrations/migration.ts";
import { sequenceGaps, versionKey } from "../../core/migrations/version.ts";
import { enumeration } from "../../core/text/display.ts";
import { NotUtf8 } from "../../core/text/source.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import { directoryAdvice } from "./directory-advice.ts";
import { type FolderEntries, listFolders } from "./environment-folders.ts";
import { type NamedFile, nameFiles } from "./name-files.ts";
import { otherLayout } from "./other-layout.ts";
import { readSource, type Source, withChecksumLater } from "./read-source.ts";

/** The migrations of a directory, lowest version first, and all findings about the files. */
export interface MigrationFiles {
  readonly migrations: readonly Migration[];
  /** Of all files that are named like migrations, including unreadable ones. */
  readonly versions: readonly string[];
  readonly findings: readonly Finding[];
}

type TitledFile = Pick<NamedFile, "path" | "name" | "environment">;

/**
 * Reads every migration of the directory: names, headers and checksums, not yet the statements.
 * @throws Failure directory-unreadable
 */
export function readMigrations(fileSystem: FileSystem, directory: string): MigrationFiles {
  const findings: Finding[] = [];
  const folders = listDirectory(fileSystem, directory);
  findOddFolders(folders, findings);
  const files = nameFiles(folders.entries, findings);
  const ups = files.filter((file) => file.direction === "up").sort(byVersionThenPath);
  const downs = new Map<string, NamedFile>();
  for (const down of files.filter((file) => file.direction === "down")) downs.set(pairOf(down), down);
  findDuplicates(ups, findings);
  const migrations: Migration[] = [];
  for (const file of ups) {
    const downFile = downs.get(pairOf(file));
    downs.delete(pairOf(file));
    const up = readSqlFile(fileSystem, file, findings);
    const down = downFile && readSqlFile(fileSystem, downFile, findings);
    if (!up) continue;
    const described = up.header.description?.text;
    const migration = {
      version: file.version,
      name: file.name,
      description: described ? described : file.description,
      up,
    };
    migrations.push(down ? { ...migration, down } : migration);
  }
  findStrayDowns([...downs.values()], ups, findings);
  const layout = ups.length === 0 ? otherLayout(fileSystem, directory) : undefined;
  if (layout) {
    findings.push(
      finding("other-layout", {
        message: `these are ${layout.tool} migrations: folders with a file ${layout.file}`,
        hint: `Copy each ${layout.file} to a file like 001_create_users.sql, or name another directory with --dir.`,
        place: { path: directory },
      }),
    );
  } else if (ups.length === 0) {
    const { note, hint } = directoryAdvice(fileSystem, directory);
    findings.push(
      finding("no-migrations", {
        message: `there are no migrations here${note}`,
        hint: hint ?? "Create the first one: pgstep new <description>, or name another directory with --dir.",
        place: { path: directory },
      }),
    );
  }
  return { migrations, versions: ups.map(({ version }) => version), findings: findings.sort(byWeightAndPlace) };
}

/** Errors first, then file by file and line by line; findings without a place come last. */
export function byWeightAndPlace(left: Finding, right: Finding): number {
  if (left.severity !== right.severity) return left.severity === "error" ? -1 : 1;
  const [path, otherPath] = [left.place?.path ?? "\uffff", right.place?.path ?? "\uffff"];
  if (path !== otherPath) return path < otherPath ? -1 : 1;
  return (left.place?.line ?? 0) - (right.place?.line ?? 0);
}

function listDirectory(fileSystem: FileSystem, directory: string): FolderEntries {
  try {
    return listFolders(fileSystem, directory);
  } catch (cause) {
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
    throw new Failure("directory-unreadable", `Cannot read migrations from ${directory}: ${what}`, { hint, cause });
  }
}

/** Equal for the two files of a migration, which are in one folder. */
function pairOf({ name, environment }: NamedFile): string {
  return environment === undefined ? name : `${environment}/${name}`;
}

function findOddFolders({ misnamed, unreadable }: FolderEntries, findings: Finding[]): void {
  for (const path of misnamed) {
    findings.push(
      finding("no-environment", {
        message: `the migrations in ${fileName(path)} are skipped: no environment can have that name`,
        hint: "Rename the folder to the one-word name of an environment, or move it elsewhere.",
        place: { path },
      }),
    );
  }
  for (const path of unreadable) {
    findings.push({
      rule: "unreadable",
      severity: "warning",
      message: "the folder cannot be read; migrations in it are skipped",
      hint: "Check the folder's permissions.",
      place: { path },
    });
  }
}

/** Reads a file; undefined if it cannot be read. Adds its errors to the findings. */
export function readSqlFile(fileSystem: FileSystem, file: TitledFile, findings: Finding[]): SqlFile | undefined {
  const { path } = file;
  let source: Source;
  try {
    source = readSource(fileSystem, path);
  } catch (cause) {
    findings.push(unreadable(path, cause));
    return undefined;
  }
  const { start, checksum, ...rest } = source;
  const read = { path, header: readHeader(file, start, findings), ...rest };
  return typeof checksum === "string" ? { ...read, checksum } : withChecksumLater(read, checksum);
}

function unreadable(path: string, cause: unknown): Finding {
  if (cause instanceof NotUtf8) {
    return finding("not-utf8", {
      message: "the file is not UTF-8",
      hint: `Convert it, e.g. iconv -f ${cause.likely} -t utf-8 ${path}, and check the result.`,
      place: { path, line: cause.line },
    });
  }
  return {
    rule: "unreadable",
    severity: "error",
    message: `the file cannot be read: ${systemWords(cause, "file")}`,
    hint: "Check the file's permissions.",
    place: { path },
  };
}

function readHeader({ path, name, environment }: TitledFile, text: string, findings: Finding[]): Header {
  const { header, problems } = parseHeader(text);
  for (const { message, hint, position } of problems) {
    findings.push(finding("header", { message, hint, place: { path, ...position } }));
  }
  // A text with spaces is a comment, not the name of a file.
  if (header.migration && !/\s/.test(header.migration.text) && header.migration.text.replace(/\.sql$/, "") !== name) {
    findings.push(
      finding("header-name", {
        message: `the header says "Migration: ${header.migration.text}", the file's name says ${name}`,
        hint: `Write "-- Migration: ${name}", or rename the file.`,
        place: { path, ...header.migration.position },
      }),
    );
  }
  if (environment === undefined) return header;
  if (!runsIn(header, environment)) {
    findings.push(
      finding("header-environment", {
        message: `the header says "Environment: ${header.environments.join(", ")}", but the file is in the folder of ${environment}`,
        hint: "Remove the line from the header, or move the file to where it belongs.",
        place: { path },
      }),
    );
  }
  return { ...header, environments: [environment] };
}

/** @param ups lowest version first */
function findDuplicates(ups: readonly NamedFile[], findings: Finding[]): void {
  let first: NamedFile | undefined;
  for (const file of ups) {
    if (file.key !== first?.key) {
      first = file;
      continue;
    }
    findings.push(
      finding("duplicate-version", {
        message: `version ${file.version} is used twice: by ${shortName(first)} and ${shortName(file)}`,
        hint:
          first.environment === file.environment
            ? "Give one of them another version."
            : "Give one of them another version: environment folders share the numbering. Move any other folder elsewhere.",
        place: { path: file.path },
      }),
    );
  }
}

function findStrayDowns(downs: readonly NamedFile[], ups: readonly NamedFile[], findings: Finding[]): void {
  for (const down of downs) {
    const up = ups.find((file) => file.key === down.key);
    findings.push(
      finding("down-without-up", {
        message: `${fileName(down.path)} has no matching migration`,
        hint: up ? `Rename it to ${up.name}.down.sql.` : `Add ${down.name}.sql, or remove it.`,
        place: { path: down.path },
      }),
    );
  }
}

/**
 * A warning about numbers that no migration has.
 * @param entries the history, if known: then only a gap before a pending migration counts, since applied ones were
 *   checked before
 * @param concerns true for the path of a migration before which a gap counts
 */
export function gapFindings(
  { versions, migrations }: MigrationFiles,
  directory: string,
  entries?: readonly Entry[],
  concerns: (path: string) => boolean = () => true,
): Finding[] {
  const pending = entries && new Set(entries.filter(isPending).map(({ version }) => versionKey(version)));
  const others = new Set(migrations.filter(({ up }) => !concerns(up.path)).map(({ version }) => versionKey(version)));
  const counts = (next: string) => (pending?.has(versionKey(next)) ?? true) && !others.has(versionKey(next));
  // An applied version without a file has its own finding.
  const missing = (entries ?? []).filter(({ state }) => state === "missing").map(({ version }) => version);
  const gaps = sequenceGaps([...versions, ...missing], counts);
  if (gaps.length === 0) return [];
  return [
    finding("gap", {
      message: `the numbering has ${gaps.length === 1 ? "a gap" : "gaps"}: ${enumeration(gaps)} missing`,
      hint: "Check that no file was forgotten.",
      place: { path: directory },
    }),
  ];
}

function byVersionThenPath(left: NamedFile, right: NamedFile): number {
  if (left.key === right.key) return left.path < right.path ? -1 : 1;
  return left.key.length - right.key.length || (left.key < right.key ? -1 : 1);
}

/** The name of the file, with its environment's folder if it is in one. */
function shortName({ path, environment }: NamedFile): string {
  return environment === undefined ? fileName(path) : `${environment}/${fileName(path)}`;
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
