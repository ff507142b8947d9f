import { Failure, type Finding } from "../../core/failure/failure.ts";
import { emptinessOf } from "../../core/migrations/emptiness.ts";
import type { Header } from "../../core/migrations/header.ts";
import { parseHeader } from "../../core/migrations/header.ts";
import type { Unfinished } from "../../core/migrations/history.ts";
import { type Inspection, inspect } from "../../core/migrations/inspect.ts";
import type { SqlFile } from "../../core/migrations/migration.ts";
import type { Plan, Step } from "../../core/migrations/plan.ts";
import { sameVersion } from "../../core/migrations/version.ts";
import { type GivenPlaceholders, placeholdersIn } from "../../core/placeholders/placeholders.ts";
import { scan, scanBytes } from "../../core/scanner/scan.ts";
import type { ScanOptions } from "../../core/scanner/statement-scanner.ts";
import { readSql } from "../../core/sql/own-sql.ts";
import type { CopyBytes, Piece } from "../../core/sql/statement.ts";
import { Checksum, decodeSource } from "../../core/text/source.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import type { Session } from "../../ports/session.ts";
import { filesWithoutStatements } from "../files/empty-files.ts";
import { bytesOf, editedMeanwhile } from "../files/read-source.ts";
import { type TableNames, versionIs } from "../history/history-table.ts";

/** A step with its text, checked and ready to run. */
export interface Script {
  readonly step: Step;
  /** The place of the text, as messages name it. */
  readonly path: string;
  readonly inspection: Inspection;
  readonly header: Header;
  /** The text in parts; may be called repeatedly. */
  text(): Iterable<string>;
  /** Seeds only: the statements that record the seed, each with its semicolon, instead of a history row. */
  readonly seedRecord?: string;
  /** Its pieces. @throws Failure history-conflict at the end if the file was edited since it was planned */
  plannedPieces(): Pieces;
}

export type Pieces = Generator<Piece | CopyBytes, void, undefined>;

/**
 * Checks every script of a plan before the first one runs.
 * @param seen scripts that an earlier plan of this run checked; this call adds its own. The file of such a script is
 *   only read again to verify that it is unchanged. A large file that runs in one transaction is not read, because
 *   running it detects an edit before its COMMIT
 * @throws Failure files-unsound with all findings if one of them is an error
 */
export async function loadScripts(
  plan: Plan,
  fileSystem: FileSystem,
  session: Session,
  { names, database, placeholders, inspections }: Whereabouts,
  seen: Map<SqlFile, Script>,
): Promise<{ scripts: Script[]; findings: Finding[] }> {
  const standardConformingStrings = session.backend.parameters.standard_conforming_strings !== "off";
  const options = (header: Header) => ({ standardConformingStrings, ...placeholdersIn(header, placeholders) });
  const scripts: Script[] = [];
  for (const step of plan.steps) {
    const known = step.script && seen.get(step.script);
    if (step.script && known) {
      if (isKept(step.script) || known.inspection.mode === "statements") requireUnedited(fileSystem, step.script);
      scripts.push({ ...known, step });
      continue;
    }
    const { pieces, ...source } = step.script
      ? fileSource(fileSystem, step, options)
      : await storedSource(session, names, step, options);
    const before = standardConformingStrings && step.script && inspections?.get(step.script);
    const inspection = before || inspect(source.path, source.header, pieces(), database);
    const script: Script = { step, ...source, inspection };
    scripts.push(script);
    if (step.script) {
      seen.set(step.script, script);
      waitForChecksum(step.script);
    }
  }
  const findings = [
    ...scripts.flatMap((script) => script.inspection.findings),
    ...filesWithoutStatements(plan.steps.flatMap(({ script }) => script ?? [])),
  ];
  refuseUnsound(findings, "run migrations");
  return { scripts, findings };
}

/** Waits here, where no lock is held and no transaction is open. @throws Failure history-conflict if it was edited */
function waitForChecksum({ checksum }: SqlFile): string {
  return checksum;
}

/**
 * Scripts that an earlier run started statement by statement continue that way, even if the file has changed: in a
 * transaction their finished statements would run twice.
 */
export function begunOnesResumed(scripts: readonly Script[], unfinished: readonly Unfinished[]): Script[] {
  return scripts.map((script) => {
    const { step, header, inspection } = script;
    const begun = unfinished.some(
      ({ version, direction }) => direction === step.direction && sameVersion(version, step.version),
    );
    if (!begun || inspection.mode === "statements") return script;
    const because = "an earlier run started it statement by statement";
    return {
      ...script,
      header: { ...header, transaction: "none" },
      inspection: { ...inspection, mode: "statements", because, blocks: inspection.blocksWhenResumed },
    };
  });
}

interface Whereabouts {
  readonly names: TableNames;
  /** The database's own name. */
  readonly database: string;
  readonly placeholders?: GivenPlaceholders | undefined;
  /** What was found before in files that are read with these placeholders and standard strings. */
  readonly inspections?: ReadonlyMap<SqlFile, Inspection> | undefined;
}

type OptionsOf = (header: Header) => ScanOptions;

interface Source extends Pick<Script, "path" | "header" | "text" | "plannedPieces"> {
  /** The same pieces, even if the file has changed. */
  pieces(): Pieces;
}

/** Texts up to this size are read once and kept from the check until they run. */
const KEPT_BYTES = 1 << 13;

function isKept({ size }: SqlFile): boolean {
  return size <= KEPT_BYTES;
}

function fileSource(fileSystem: FileSystem, { script, name }: Step, optionsOf: OptionsOf): Source {
  if (!script) throw new Error(`step ${name} has no file`);
  const { path, header } = script;
  const options = optionsOf(header);
  const planned = () => plannedBytes(fileSystem, script);
  if (isKept(script)) {
    let kept: readonly string[] | undefined;
    return { path, header, ...textSource(() => (kept ??= [...decodeSource(planned())]), options) };
  }
  return {
    path,
    header,
    text: () => decodeSource(bytesOf(fileSystem, path)),
    pieces: () => scanBytes(bytesOf(fileSystem, path), options),
    plannedPieces: () => scanBytes(planned(), options),
  };
}

/** The bytes of a file. @throws Failure history-conflict at the end if it was edited since it was planned */
function* plannedBytes(fileSystem: FileSystem, { path, checksum, emptiness }: SqlFile): Generator<Uint8Array> {
  const found = new Checksum();
  const parts: Uint8Array[] = [];
  for (const part of bytesOf(fileSystem, path, found)) {
    if (emptiness) parts.push(part);
    yield part;
  }
  const isAsPlanned = emptiness ? isStillEmpty(parts) : found.digest() === checksum;
  if (!isAsPlanned) throw editedMeanwhile(path);
}

function isStillEmpty(parts: readonly Uint8Array[]): boolean {
  return emptinessOf(Buffer.concat(parts).toString("utf8")) !== undefined;
}

/** @throws Failure history-conflict */
function requireUnedited(fileSystem: FileSystem, file: SqlFile): void {
  for (const _ of plannedBytes(fileSystem, file));
}

function textSource(text: () => readonly string[], options: ScanOptions): Omit<Source, "path" | "header"> {
  const pieces = () => scan(text(), options);
  return { text, pieces, plannedPieces: pieces };
}

async function storedSource(
  session: Session,
  { history }: TableNames,
  { version, name }: Step,
  optionsOf: OptionsOf,
): Promise<Source> {
  const [row] = await session.query(
    readSql(`SELECT down_script AS script FROM ONLY ${history} WHERE ${versionIs(version)}`),
  );
  const stored = row?.script;
  if (typeof stored !== "string") {
    throw new Failure("history-conflict", `Cannot undo ${name}: its stored down script is missing`, {
      hint: "Run pgstep status to see what is applied now.",
    });
  }
  const { header } = parseHeader(stored);
  return { path: `the down script stored with ${version}`, header, ...textSource(() => [stored], optionsOf(header)) };
}

/** @throws Failure files-unsound if one of the findings is an error */
export function refuseUnsound(findings: readonly Finding[], doing: string): void {
  const errors = findings.filter((finding) => finding.severity === "error").length;
  if (errors === 0) return;
  throw new Failure("files-unsound", `Cannot ${doing}: ${errors === 1 ? "1 error" : `${errors} errors`} in the files`, {
    hint: "Fix them and run the command again. Nothing was sent to the database.",
    findings,
  });
}
