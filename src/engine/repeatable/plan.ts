import type { Settings } from "../../core/configuration/settings.ts";
import { type Finding, finding } from "../../core/failure/failure.ts";
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
import { readSqlDirectory } from "../files/read-sql-directory.ts";
import { tableNames } from "../history/history-table.ts";
import { loadScripts, type Pieces, refuseUnsound, type Script } from "../script/load-scripts.ts";

/** The files of repeatable objects, and what is wrong with them as far as their statements do not matter. */
export interface RepeatableFiles {
  readonly files: readonly Repeatable[];
  readonly findings: readonly Finding[];
}

/** A file of repeatable objects, ready to be applied. */
export interface RepeatableScript {
  readonly name: string;
  readonly file: SqlFile;
  readonly script: Script;
  readonly outline: Outline;
  /** When it was last applied, as recorded before this run; undefined for never. */
  readonly recordedAt: string | undefined;
}

/** What is to be done about repeatable objects. */
export interface RepeatablePlan {
  /** In the order in which they are applied. */
  readonly stale: readonly RepeatableScript[];
  /** Not to be applied for their own sake; only when what they depend on takes them down. */
  readonly settled: readonly RepeatableScript[];
  /** Names of what is recorded and has no file any more. */
  readonly missing: readonly string[];
  readonly findings: readonly Finding[];
}

export const NOTHING_REPEATABLE: RepeatablePlan = { stale: [], settled: [], missing: [], findings: [] };

/** @throws Failure directory-unreadable */
export function readRepeatables(fileSystem: FileSystem, settings: Settings): RepeatableFiles {
  const { directory, repeatableDirectory } = settings;
  const findings: Finding[] = [];
  const files = readSqlDirectory(
    fileSystem,
    {
      path: repeatableDirectory ?? directoryBeside(directory, "repeatable"),
      isNamed: repeatableDirectory !== undefined,
      doing: "read repeatable objects from",
    },
    findings,
  );
  return { files, findings };
}

/** What the statements of files have wrong that must run in a transaction. */
export function inspectTransactional(fileSystem: FileSystem, files: readonly SqlFile[], settings: Settings): Finding[] {
  return files.flatMap(({ path, header }) => {
    // Values may be known only where the file is run.
    const options = runsIn(header, settings.environment) ? placeholdersIn(header, settings.placeholders) : {};
    const inspection = inspect(path, header, scanBytes(fileSystem.read(path), options));
    return [...inspection.findings, ...mustBeTransactional(path, inspection)];
  });
}

/**
 * @param all applies every file, whatever is recorded
 * @throws Failure files-unsound
 */
export async function planRepeatables(
  { files }: RepeatableFiles,
  records: readonly RecordedRepeatable[],
  { session, fileSystem, settings, database, all }: PlanPlace,
): Promise<RepeatablePlan> {
  const entries = compareRepeatables(files, records, settings.environment);
  const missing = entries.filter(({ state }) => state === "missing").map(({ name }) => name);
  const isWanted = (entry: RepeatableEntry) => isStale(entry) || (all && entry.state === "unchanged");
  if (!entries.some(isWanted)) return { ...NOTHING_REPEATABLE, missing };
  const wanted = new Set(entries.filter(isWanted).map(({ repeatable }) => repeatable?.file));
  const recordedAt = new Map(records.map((record) => [record.name, record.appliedAt]));
  const used = entries.filter(({ state }) => state !== "skipped").flatMap(({ repeatable }) => repeatable ?? []);
  const place = { names: tableNames(settings), database, placeholders: settings.placeholders };
  const plan = { steps: used.map(stepOf), skipped: [], warnings: [] };
  const { scripts, findings } = await loadScripts(plan, fileSystem, session, place, new Map());
  const faults = scripts.flatMap(({ path, inspection }) => mustBeTransactional(path, inspection));
  refuseUnsound([...findings, ...faults], "apply repeatable objects");
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
  /** Its name. */
  readonly database: string;
  readonly all: boolean;
}

export function notRun({ name, file }: RepeatableScript): RepeatableReport {
  return { name, path: file.path, outcome: "not-run" };
}

/** As a step of its own, so that it is read, run and told of as those are; its version is nobody's. */
export function stepOf({ name, file }: Repeatable): Step {
  return { direction: "up", version: "", name, description: file.header.description?.text ?? name, script: file };
}

function* statementsOf(pieces: Pieces): Generator<Statement> {
  for (const piece of pieces as Iterable<Piece | { kind: "copy-bytes" }>) if (piece.kind === "statement") yield piece;
}

/** What must not run statement by statement, as a fault of the file. */
export function mustBeTransactional(path: string, { mode, because, blocks }: Inspection): Finding[] {
  if (mode === "transaction") return [];
  return [
    finding("not-in-transaction", {
      message: because
        ? `${because} cannot run in a transaction, and this file runs in one`
        : blocks.length > 0
          ? "the file has transactions of its own, and runs in one of pgstep's"
          : 'the header says "Transaction: none", and this file runs in a transaction',
      hint: "Put it into a migration.",
      place: { path },
    }),
  ];
}
