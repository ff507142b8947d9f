import { firstDifferences } from "../../core/dump/difference.ts";
import type { DumpReport } from "../../core/dump/dump-report.ts";
import { MARK, readHead, type SchemaChoice, type SchemaHead, type SchemaSource } from "../../core/dump/schema-file.ts";
import { Failure } from "../../core/failure/failure.ts";
import type { WrittenFile } from "../../core/types/types-report.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import { putFiles, textOf, type Writer } from "../files/written-files.ts";
import type { DatabaseContext } from "../session/context.ts";
import { type DumpedSchema, dumpSchema } from "./dump-schema.ts";

const WRITER: Writer = { command: "pgstep dump", mark: MARK };

/** A schema file that exists. */
export interface ExistingFile {
  readonly text: string;
  /** Undefined if pgstep did not write the file, or a version with another format did. */
  readonly head: SchemaHead | undefined;
}

/** The schema file at this path, if there is one. @throws Failure file-unwritable */
export function existingFile(fileSystem: FileSystem, path: string): ExistingFile | undefined {
  const text = textOf(fileSystem, path);
  return text === undefined ? undefined : { text, head: readHead(text) };
}

/** A schema file to compare. */
export interface ComparableFile {
  readonly path: string;
  readonly text: string;
  readonly head: SchemaHead;
}

/** @throws Failure dump-failed if there is no such file, or pgstep did not write it */
export function comparableFile(fileSystem: FileSystem, path: string): ComparableFile {
  const file = existingFile(fileSystem, path);
  if (file?.head) return { path, text: file.text, head: file.head };
  throw cannotCompare(path, file ? "pgstep dump did not write the file" : "the file does not exist");
}

export interface DumpOrder {
  readonly source: SchemaSource;
  readonly choice: SchemaChoice;
  /** The file to write; undefined returns the text. */
  readonly path: string | undefined;
}

/**
 * Dumps the schema of the database into a file, which is replaced as a whole.
 * @throws Failure dump-failed, file-exists, file-unwritable, and those of connecting
 */
export async function dumpToFile(context: DatabaseContext, { source, choice, path }: DumpOrder): Promise<DumpReport> {
  const { fileSystem, database } = context;
  const dumped = await dumpSchema(context, source, choice);
  const report = { ...reportOf(dumped, database.description), checked: false, difference: [] };
  if (path === undefined) return { ...report, file: undefined, text: dumped.text };
  const [file] = putFiles(fileSystem, [{ path, text: dumped.text }], { check: false, writer: WRITER });
  return { ...report, file };
}

/**
 * Writes a schema file again from the database, with the rows, owners and privileges that the file has.
 * @param isChanged false if the database is as before, so that only a missing file is written
 * @returns undefined if there was nothing to do
 * @throws Failure dump-failed, file-exists, file-unwritable, and those of connecting
 */
export async function refreshFile(
  context: DatabaseContext,
  path: string,
  isChanged: boolean,
): Promise<WrittenFile | undefined> {
  const file = existingFile(context.fileSystem, path);
  if (file && !isChanged) return undefined;
  const choice = file?.head ?? { rows: [], owners: false, privileges: false };
  return (await dumpToFile(context, { source: "database", choice, path })).file;
}

/**
 * Compares a schema file with the database, which must be of the same kind: what the file has besides the objects is as
 * its first lines say.
 * @throws Failure dump-failed, and those of connecting
 */
export async function checkFile(context: DatabaseContext, { path, text, head }: ComparableFile): Promise<DumpReport> {
  const { database } = context;
  const dumped = await dumpSchema(context, head.source, head, (major) => {
    if (major === head.major) return;
    throw cannotCompare(path, `the file is from PostgreSQL ${head.major}, and the database runs ${major}`);
  });
  const isSame = dumped.text === text.replaceAll("\r\n", "\n");
  return {
    ...reportOf(dumped, database.description),
    file: { path, change: isSame ? "none" : "changed" },
    checked: true,
    difference: isSame ? [] : firstDifferences(text, dumped.text),
  };
}

function reportOf({ head: { source, major, applied } }: DumpedSchema, database: string) {
  return { type: "dump", database, source, major, applied: applied.map(({ version }) => version) } as const;
}

function cannotCompare(path: string, reason: string): Failure {
  return new Failure("dump-failed", `Cannot compare ${path} with the database: ${reason}`, {
    hint: `Write the file again: pgstep dump --out ${path}`,
  });
}
