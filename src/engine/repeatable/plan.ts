import type { Settings } from "../../core/configuration/settings.ts";
import { type Finding, finding } from "../../core/failure/failure.ts";
import type { Layout } from "../../core/layout/layout.ts";
import { runsIn } from "../../core/migrations/header.ts";
import { type Inspection, inspect } from "../../core/migrations/inspect.ts";
import type { SqlFile } from "../../core/migrations/migration.ts";
import type { Step } from "../../core/migrations/plan.ts";
import { directoryBeside } from "../../core/migrations/sibling-directory.ts";
import { placeholdersIn } from "../../core/placeholders/placeholders.ts";
import { inOrderOfDependence } from "../../core/repeatable/order.ts";
import { type Outline, outlineOf } from "../../core/repeatable/outline.ts";
import {
  compareRepeatables,
  isStale,
  type RecordedRepeatable,
  type Repeatable,
  type RepeatableEntry,
  type RepeatableReport,
} from "../../core/repeatable/repeatable.ts";
import { scanBytes } from "../../core/scanner/scan.ts";
import type { Piece, Statement } from "../../core/sql/statement.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import type { Session } from "../../ports/session.ts";
import { type FilesContext, findFiles } from "../files/find-files.ts";
import { readScript } from "../files/read-migrations.ts";
import { readSqlDirectory } from "../files/read-sql-directory.ts";
import { tableNames } from "../history/history-table.ts";
import { loadScripts, type Pieces, refuseUnsound, type Script } from "../script/load-scripts.ts";

/** The files of repeatable migrations, and the findings that do not depend on their statements. */
export interface RepeatableFiles {
  readonly files: readonly Repeatable[];
  readonly findings: readonly Finding[];
}

/** A repeatable migration, ready to be applied. */
export interface RepeatableScript {
  readonly name: string;
  readonly file: SqlFile;
  readonly script: Script;
  readonly outline: Outline;
  /** When it was last applied, as recorded before this run; undefined if never. */
  readonly recordedAt: string | undefined;
}

/** The plan for the repeatable migrations. */
export interface RepeatablePlan {
  /** To be applied, in this order. */
  readonly stale: readonly RepeatableScript[];
  /** Unchanged; applied only if their objects are dropped as dependents of others. */
  readonly settled: readonly RepeatableScript[];
  /** Names that are recorded and no longer have a file. */
  readonly missing: readonly string[];
  readonly findings: readonly Finding[];
}

export const NOTHING_REPEATABLE: RepeatablePlan = { stale: [], settled: [], missing: [], findings: [] };

/**
 * Those of their own directory, and those that another tool keeps among its migrations.
 * @param layout the format of the migrations, if they have been read: only Flyway's directory is read again
 * @throws Failure directory-unreadable
 */
export function readRepeatables(context: FilesContext, layout?: Layout): RepeatableFiles {
  const { fileSystem, settings } = context;
  const { directory, repeatableDirectory } = settings;
  const findings: Finding[] = [];
  const own = readSqlDirectory(
    fileSystem,
    {
      path: repeatableDirectory ?? directoryBeside(directory, "repeatable"),
      isNamed: repeatableDirectory !== undefined,
      doing: "read repeatable migrations from",
    },
    findings,
  );
  return { files: [...own, ...amongMigrations(context, layout, findings)], findings };
}

function amongMigrations(context: FilesContext, layout: Layout | undefined, findings: Finding[]): Repeatable[] {
  if (layout !== undefined && layout !== "flyway") return [];
  const { emit: _, ...silently } = context;
  const { repeatables, contents } = findFiles(silently);
  return repeatables.flatMap(({ name, script }) => {
    const file = readScript(context.fileSystem, contents, { name, script }, findings);
    return file ? [{ name, file }] : [];
  });
}

/** Findings in the statements of files that must run in a transaction. */
export function inspectTransactional(fileSystem: FileSystem, files: readonly SqlFile[], settings: Settings): Finding[] {
  return files.flatMap(({ path, header }) => {
    // Placeholder values may be known only where the file runs.
    const options = runsIn(header, settings.environment) ? placeholdersIn(header, settings.placeholders) : {};
    const inspection = inspect(path, header, scanBytes(fileSystem.read(path), options));
    return [...inspection.findings, ...mustBeTransactional(path, inspection)];
  });
}

/**
 * @param all applies every file, regardless of the records
 * @throws Failure files-unsound
 */
export async function planRepeatables(
  { files }: RepeatableFiles,
  records: readonly RecordedRepeatable[],
  { session, fileSystem, settings, database, all, keepsSettled }: PlanPlace,
): Promise<RepeatablePlan> {
  const entries = compareRepeatables(files, records, settings.environment);
  const missing = entries.filter(({ state }) => state === "missing").map(({ name }) => name);
  const isWanted = (entry: RepeatableEntry) => isStale(entry) || (all && entry.state === "unchanged");
  if (!entries.some(isWanted) && !keepsSettled) return { ...NOTHING_REPEATABLE, missing };
  const wanted = new Set(entries.filter(isWanted).map(({ repeatable }) => repeatable?.file));
  const recordedAt = new Map(records.map((record) => [record.name, record.appliedAt]));
  const used = entries.filter(({ state }) => state !== "skipped").flatMap(({ repeatable }) => repeatable ?? []);
  const place = { names: tableNames(settings), database, placeholders: settings.placeholders };
  const plan = { steps: used.map(stepOf), skipped: [], warnings: [] };
  const { scripts, findings } = await loadScripts(plan, fileSystem, session, place, new Map());
  const problems = scripts.flatMap(({ path, inspection }) => mustBeTransactional(path, inspection));
  refuseUnsound([...findings, ...problems], "apply repeatable migrations");
  const outlined = used.flatMap(({ name, file }, index): RepeatableScript[] => {
    const script = scripts[index];
    if (!script) return [];
    const outline = outlineOf(statementsOf(script.plannedPieces()));
    return [{ name, file, script, outline, recordedAt: recordedAt.get(name) }];
  });
  const ordered = inOrderOfDependence(outlined, ({ outline }) => outline);
  return {
    stale: ordered.filter(({ file }) => wanted.has(file)),
    settled: ordered.filter(({ file }) => !wanted.has(file)),
    missing,
    findings,
  };
}

export interface PlanPlace {
  readonly session: Session;
  readonly fileSystem: FileSystem;
  readonly settings: Settings;
  /** The database's name. */
  readonly database: string;
  readonly all: boolean;
  /** Loads the unchanged files even if there are no others. */
  readonly keepsSettled: boolean;
}

export function notRun({ name, file }: RepeatableScript): RepeatableReport {
  return { name, path: file.path, outcome: "not-run" };
}

/** The file as a step, so that it is read, run and reported like one. Its version is empty. */
export function stepOf({ name, file }: Repeatable): Step {
  return { direction: "up", version: "", name, description: file.header.description?.text ?? name, script: file };
}

export function* statementsOf(pieces: Pieces): Generator<Statement> {
  for (const piece of pieces as Iterable<Piece | { kind: "copy-bytes" }>) if (piece.kind === "statement") yield piece;
}

/** The error for a file that would run statement by statement but must run in a transaction. */
export function mustBeTransactional(path: string, { mode, because, blocks }: Inspection): Finding[] {
  if (mode === "transaction") return [];
  return [
    finding("not-in-transaction", {
      message: because
        ? `${because} cannot run in a transaction, and pgstep runs this file in one`
        : blocks.length > 0
          ? "the file has its own BEGIN and COMMIT, and pgstep runs it in a transaction"
          : 'the header says "Transaction: none", and pgstep runs this file in a transaction',
      hint: "Move it into a migration.",
      place: { path },
    }),
  ];
}
