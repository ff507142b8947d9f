import { type Finding, finding } from "../../core/failure/failure.ts";
import { systemWords } from "../../core/failure/system-error.ts";
import { type Contents, type FoundScript, filePath } from "../../core/layout/format.ts";
import type { Layout } from "../../core/layout/layout.ts";
import { type Header, parseHeader, runsIn } from "../../core/migrations/header.ts";
import { type Entry, isPending } from "../../core/migrations/history.ts";
import type { Migration, SqlFile } from "../../core/migrations/migration.ts";
import { sequenceGaps, versionKey } from "../../core/migrations/version.ts";
import { enumeration } from "../../core/text/display.ts";
import { checksumOf, NotUtf8 } from "../../core/text/source.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import { directoryAdvice } from "./directory-advice.ts";
import { type FilesContext, findFiles } from "./find-files.ts";
import { readSource, type Source, withChecksumLater } from "./read-source.ts";

/** The migrations of a directory, lowest version first, and all findings about the files. */
export interface MigrationFiles {
  readonly layout: Layout;
  readonly migrations: readonly Migration[];
  /** Of all files that are named like migrations, including unreadable ones. */
  readonly versions: readonly string[];
  readonly findings: readonly Finding[];
}

/** The file that a finding or a header is about. */
export interface TitledFile {
  readonly path: string;
  /** The file's name without its endings. */
  readonly name: string;
  /** The environment of its folder; undefined outside such folders. */
  readonly environment?: string | undefined;
}

/**
 * Reads every migration of the directory, in its own format: names, headers and checksums, not yet the statements.
 * @throws Failure directory-unreadable
 */
export function readMigrations(context: FilesContext): MigrationFiles {
  const { fileSystem, settings } = context;
  const found = findFiles(context);
  const { tool, layout, contents, downAdvice } = found;
  const findings = [...found.findings];
  const migrations: Migration[] = [];
  for (const one of found.migrations) {
    const { version, name, environment, program } = one;
    const read = (script: FoundScript) =>
      readScript(fileSystem, contents, { name, environment, script, program }, findings);
    const up = read(one.up);
    const down = one.down && read(one.down);
    if (!up) continue;
    const migration = {
      ...{ version, name, description: up.header.description?.text || one.description, up },
      ...(downAdvice !== undefined && { downAdvice }),
      ...(program !== undefined && { program: { language: program, tool } }),
    };
    migrations.push(down ? { ...migration, down } : migration);
  }
  if (found.migrations.length === 0 && !findings.some(({ severity }) => severity === "error")) {
    findings.push(noMigrations(fileSystem, settings.directory));
  }
  const versions = found.migrations.map(({ version }) => version);
  return { layout, migrations, versions, findings: findings.sort(byWeightAndPlace) };
}

function noMigrations(fileSystem: FileSystem, directory: string): Finding {
  const { note, hint } = directoryAdvice(fileSystem, directory);
  return finding("no-migrations", {
    message: `there are no migrations here${note}`,
    hint: hint ?? "Create the first one: pgstep new <description>, or name another directory with --dir.",
    place: { path: directory },
  });
}

/** Errors first, then file by file and line by line; findings without a place come last. */
export function byWeightAndPlace(left: Finding, right: Finding): number {
  if (left.severity !== right.severity) return left.severity === "error" ? -1 : 1;
  const [path, otherPath] = [left.place?.path ?? "\uffff", right.place?.path ?? "\uffff"];
  if (path !== otherPath) return path < otherPath ? -1 : 1;
  return (left.place?.line ?? 0) - (right.place?.line ?? 0);
}

interface FoundTitle extends Omit<TitledFile, "path"> {
  readonly script: FoundScript;
  readonly program?: string | undefined;
}

/** Reads a script of a migration; undefined if it cannot be read. Adds its errors to the findings. */
export function readScript(
  fileSystem: FileSystem,
  contents: Contents,
  { name, environment, script, program }: FoundTitle,
  findings: Finding[],
): SqlFile | undefined {
  const { path, part, header, mayHaveHeader } = script;
  if (part !== undefined) fileSystem.parts?.keep(path, part);
  if (!header) return readSqlFile(fileSystem, { path, name, environment }, findings);
  const file = readSqlFile(fileSystem, { path, name, environment }, findings, (text) =>
    mayHaveHeader ? { ...parseHeader(text).header, ...(header.transaction === "none" && header) } : header,
  );
  if (!file) return undefined;
  const { emptiness, ...filled } = file;
  // A program is not empty; and a blank file of another tool is intended, since with its markers it is none.
  if (program !== undefined) return filled;
  return Object.assign(file, {
    ...(emptiness === "blank" && { emptiness: "comments" as const }),
    ...(part !== undefined && { fileChecksum: checksumOf(contents.text(filePath(path)) ?? "") }),
  });
}

/** Reads a file; undefined if it cannot be read. Adds its errors to the findings. */
export function readSqlFile(
  fileSystem: FileSystem,
  file: TitledFile,
  findings: Finding[],
  headerOf = (text: string) => readHeader(file, text, findings),
): SqlFile | undefined {
  const { path } = file;
  let source: Source;
  try {
    source = readSource(fileSystem, path);
  } catch (cause) {
    findings.push(unreadable(path, cause));
    return undefined;
  }
  const { start, checksum, ...rest } = source;
  const read = { path, header: headerOf(start), ...rest };
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

/**
 * A warning about numbers that no migration has.
 * @param entries the history, if known: then only a gap before a pending migration counts, since applied ones were
 *   checked before
 * @param concerns true for the path of a migration before which a gap counts
 */
export function gapFindings(
  { layout, versions, migrations }: MigrationFiles,
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
  if (gaps.length === 0 || layout !== "pgstep") return [];
  return [
    finding("gap", {
      message: `the numbering has ${gaps.length === 1 ? "a gap" : "gaps"}: ${enumeration(gaps)} missing`,
      hint: "Check that no file was forgotten.",
      place: { path: directory },
    }),
  ];
}
