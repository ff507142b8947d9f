import { Failure, type Finding } from "../core/error.ts";
import { type Header, parseHeader } from "../core/header.ts";
import { inspect } from "../core/inspection.ts";
import type { Migration, SqlFile } from "../core/migration.ts";
import { type MigrationName, parseMigrationName } from "../core/migration-name.ts";
import { Checksum, decodeSource, NotUtf8 } from "../core/source-text.ts";
import { scan } from "../core/sql/statement.ts";
import { compareVersions, sequenceGaps, versionKey } from "../core/version.ts";
import type { DirectoryEntry, FileSystem } from "../ports/file-system.ts";
import { errorCode } from "./error-code.ts";

/** The migrations of a directory, lowest version first, and everything that is wrong or odd with the files. */
export interface MigrationFiles {
  readonly migrations: readonly Migration[];
  readonly findings: readonly Finding[];
}

interface NamedFile extends MigrationName {
  readonly path: string;
}

/**
 * Reads every migration of the directory: names, headers and checksums, not yet the statements.
 * @throws Failure directory-unreadable
 */
export function readMigrations(fileSystem: FileSystem, directory: string): MigrationFiles {
  const findings: Finding[] = [];
  const files = nameFiles(listDirectory(fileSystem, directory), directory, findings);
  const ups = files.filter((file) => file.direction === "up").sort(byVersionThenPath);
  const downs = new Map<string, NamedFile>();
  for (const down of files.filter((file) => file.direction === "down")) downs.set(down.name, down);
  findDuplicates(ups, findings);
  const migrations: Migration[] = [];
  for (const file of ups) {
    const downFile = downs.get(file.name);
    downs.delete(file.name);
    const up = readSqlFile(fileSystem, file, findings);
    const down = downFile && readSqlFile(fileSystem, downFile, findings);
    if (!up) continue;
    const described = up.header.description?.text;
    migrations.push({
      version: file.version,
      name: file.name,
      description: described ? described : file.description,
      up,
      ...(down && { down }),
    });
  }
  findStrayDowns([...downs.values()], ups, findings);
  findGaps(ups, directory, findings);
  if (ups.length === 0) {
    findings.push({
      rule: "no-migrations",
      severity: "warning",
      message: "there are no migrations here",
      hint: "Make the first one: pgstep new <description>, or name another directory with --dir.",
      place: { path: directory },
    });
  }
  return { migrations, findings: findings.sort(byWeightAndPlace) };
}

/** Errors first, then file by file and line by line; what has no place comes last. */
export function byWeightAndPlace(left: Finding, right: Finding): number {
  if (left.severity !== right.severity) return left.severity === "error" ? -1 : 1;
  const [path, otherPath] = [left.place?.path ?? "\uffff", right.place?.path ?? "\uffff"];
  if (path !== otherPath) return path < otherPath ? -1 : 1;
  return (left.place?.line ?? 0) - (right.place?.line ?? 0);
}

function listDirectory(fileSystem: FileSystem, directory: string): DirectoryEntry[] {
  try {
    return fileSystem.list(directory);
  } catch (cause) {
    const code = errorCode(cause);
    const [what, hint] =
      code === "ENOENT"
        ? ["there is no such directory", "Create it with: pgstep new <description>, or name another with --dir."]
        : code === "ENOTDIR"
          ? ["it is a file, not a directory", "Name the directory that holds the migrations with --dir."]
          : [`it cannot be read (${code})`, "Check its permissions, or name another with --dir."];
    throw new Failure("directory-unreadable", `Cannot read migrations from ${directory}: ${what}`, { hint, cause });
  }
}

function nameFiles(entries: readonly DirectoryEntry[], directory: string, findings: Finding[]): NamedFile[] {
  const files: NamedFile[] = [];
  for (const { name, kind } of entries) {
    const parsed = parseMigrationName(name);
    if (!parsed) continue;
    const path = joinPath(directory, name);
    if (kind !== "file") {
      const what = kind === "directory" ? "is a directory" : "is no regular file, or a link that leads nowhere";
      findings.push({
        rule: "not-a-file",
        severity: "error",
        message: `${name} ${what}`,
        hint: "Rename or remove it: a name that ends in .sql is taken for a migration.",
        place: { path },
      });
    } else if ("fault" in parsed) {
      findings.push({
        rule: "bad-name",
        severity: "error",
        message: `${name} is not a migration's name: ${parsed.fault}`,
        hint: "Rename it, e.g. 001_create_users.sql, or move it out of the directory.",
        place: { path },
      });
    } else {
      files.push({ ...parsed, path });
    }
  }
  return files;
}

function readSqlFile(fileSystem: FileSystem, file: NamedFile, findings: Finding[]): SqlFile | undefined {
  const { path } = file;
  const checksum = new Checksum();
  let size = 0;
  let start: string | undefined;
  try {
    const counted = (function* () {
      for (const part of fileSystem.read(path)) {
        size += part.byteLength;
        checksum.update(part);
        yield part;
      }
    })();
    for (const text of decodeSource(counted)) {
      start ??= text;
    }
  } catch (cause) {
    findings.push(unreadable(path, cause));
    return undefined;
  }
  const header = readHeader(file, start ?? "", findings);
  return { path, header, checksum: checksum.digest(), size };
}

function unreadable(path: string, cause: unknown): Finding {
  if (cause instanceof NotUtf8) {
    return {
      rule: "not-utf8",
      severity: "error",
      message: "the file is not UTF-8",
      hint: `Convert it, e.g. iconv -f latin1 -t utf-8 ${path}, and look at the result.`,
      place: { path, line: cause.line },
    };
  }
  return {
    rule: "unreadable",
    severity: "error",
    message: `the file cannot be read (${errorCode(cause)})`,
    hint: "Check the file's permissions.",
    place: { path },
  };
}

function readHeader({ path, name }: NamedFile, text: string, findings: Finding[]): Header {
  const { header, faults } = parseHeader(text);
  for (const { message, hint, position } of faults) {
    findings.push({ rule: "header", severity: "error", message, hint, place: { path, ...position } });
  }
  if (header.migration && header.migration.text.replace(/\.sql$/, "") !== name) {
    findings.push({
      rule: "header-name",
      severity: "error",
      message: `the header says "Migration: ${header.migration.text}", the file's name says ${name}`,
      hint: `Write "-- Migration: ${name}", or rename the file.`,
      place: { path, ...header.migration.position },
    });
  }
  return header;
}

function findDuplicates(ups: readonly NamedFile[], findings: Finding[]): void {
  const byKey = new Map<string, NamedFile>();
  for (const file of ups) {
    const first = byKey.get(versionKey(file.version));
    if (!first) {
      byKey.set(versionKey(file.version), file);
      continue;
    }
    findings.push({
      rule: "duplicate-version",
      severity: "error",
      message: `version ${file.version} is taken twice: by ${fileName(first.path)} and ${fileName(file.path)}`,
      hint: "Give one of them a version of its own.",
      place: { path: file.path },
    });
  }
}

function findStrayDowns(downs: readonly NamedFile[], ups: readonly NamedFile[], findings: Finding[]): void {
  for (const down of downs) {
    const up = ups.find((file) => versionKey(file.version) === versionKey(down.version));
    findings.push({
      rule: "down-without-up",
      severity: "error",
      message: `${fileName(down.path)} is the way back of no migration`,
      hint: up ? `Rename it to ${up.name}.down.sql.` : `Add ${down.name}.sql, or remove it.`,
      place: { path: down.path },
    });
  }
}

function findGaps(ups: readonly NamedFile[], directory: string, findings: Finding[]): void {
  const gaps = sequenceGaps(ups.map((file) => file.version));
  if (gaps.length === 0) return;
  const shown = gaps.length > 5 ? `${gaps.slice(0, 5).join(", ")} and ${gaps.length - 5} more` : gaps.join(", ");
  findings.push({
    rule: "gap",
    severity: "warning",
    message: `the numbering has ${gaps.length === 1 ? "a gap" : "gaps"}: ${shown} missing`,
    hint: "Check that no file was forgotten.",
    place: { path: directory },
  });
}

function byVersionThenPath(left: NamedFile, right: NamedFile): number {
  return compareVersions(left.version, right.version) || (left.path < right.path ? -1 : 1);
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function joinPath(directory: string, name: string): string {
  return directory.endsWith("/") || directory.endsWith("\\") ? `${directory}${name}` : `${directory}/${name}`;
}

/** What the statements of all these migrations' files have wrong. */
export function inspectFiles(
  fileSystem: FileSystem,
  migrations: readonly Migration[],
  database: string | undefined,
): Finding[] {
  return migrations
    .flatMap(({ up, down }) => (down ? [up, down] : [up]))
    .flatMap(({ path, header }) => inspect(path, header, scan(decodeSource(fileSystem.read(path))), database).findings);
}
