import { Failure, type Finding } from "../core/error.ts";
import type { Header } from "../core/header.ts";
import { parseHeader } from "../core/header.ts";
import { type Inspection, inspect } from "../core/inspection.ts";
import type { Plan, Step } from "../core/plan.ts";
import { Checksum, decodeSource } from "../core/source-text.ts";
import { scan } from "../core/sql/statement.ts";
import { quoteText } from "../core/sql-text.ts";
import type { FileSystem } from "../ports/file-system.ts";
import type { Session } from "../ports/session.ts";
import { errorCode } from "./error-code.ts";
import type { TableNames } from "./history-table.ts";

/** A step together with its text, looked through and ready to run. */
export interface Script {
  readonly step: Step;
  /** Where the text is, as messages name it. */
  readonly path: string;
  readonly inspection: Inspection;
  readonly header: Header;
  /** The text in parts, as often as wanted. */
  text(): Iterable<string>;
  /** The same. @throws Failure history-conflict at its end when the file was edited since it was planned */
  plannedText(): Iterable<string>;
}

/**
 * Looks through every script of a plan before the first one runs.
 * @throws Failure files-unsound with all findings when there is an error among them
 */
export async function loadScripts(
  plan: Plan,
  fileSystem: FileSystem,
  session: Session,
  { names, database }: { readonly names: TableNames; readonly database: string },
): Promise<{ scripts: Script[]; findings: Finding[] }> {
  const conforming = session.backend.parameters.standard_conforming_strings !== "off";
  const scripts: Script[] = [];
  for (const step of plan.steps) {
    const source = step.script ? fileSource(fileSystem, step) : await storedSource(session, names, step);
    const inspection = inspect(
      source.path,
      source.header,
      scan(source.text(), { standardConformingStrings: conforming }),
      database,
    );
    scripts.push({ step, ...source, inspection });
  }
  const findings = scripts.flatMap((script) => script.inspection.findings);
  refuseUnsound(findings, "run migrations");
  return { scripts, findings };
}

type Source = Pick<Script, "path" | "header" | "text" | "plannedText">;

/** Texts up to this size are read once and kept between looking through and running. */
const KEPT_BYTES = 1 << 13;

function fileSource(fileSystem: FileSystem, { script, name }: Step): Source {
  if (!script) throw new Error(`step ${name} has no file`);
  const { path, header, size } = script;
  let kept: readonly string[] | undefined;
  const planned = function* () {
    const checksum = new Checksum();
    yield* decodeSource(bytesOf(fileSystem, path, checksum));
    if (checksum.digest() === script.checksum) return;
    throw new Failure("history-conflict", `Cannot run ${path}: it was edited while pgstep was running`, {
      hint: "Run the command again.",
    });
  };
  if (size <= KEPT_BYTES) {
    const text = () => (kept ??= [...planned()]);
    return { path, header, text, plannedText: text };
  }
  return { path, header, text: () => decodeSource(bytesOf(fileSystem, path)), plannedText: planned };
}

/** The bytes of a file, noted in its checksum. @throws Failure directory-unreadable */
function* bytesOf(fileSystem: FileSystem, path: string, checksum?: Checksum): Generator<Uint8Array> {
  try {
    for (const part of fileSystem.read(path)) {
      checksum?.update(part);
      yield part;
    }
  } catch (cause) {
    throw new Failure("directory-unreadable", `Cannot read ${path}: ${errorCode(cause)}`, {
      hint: "It was readable a moment ago. Check that nothing moves it, then run the command again.",
      cause,
    });
  }
}

async function storedSource(session: Session, { history }: TableNames, { version, name }: Step): Promise<Source> {
  const [row] = await session.query(
    `SELECT down_script AS script FROM ${history} WHERE version = ${quoteText(version)}`,
  );
  const stored = row?.script;
  if (typeof stored !== "string") {
    throw new Failure("history-conflict", `Cannot undo ${name}: its stored down script has vanished`, {
      hint: "Run pgstep status to see what is applied now.",
    });
  }
  return {
    path: `the down script stored with ${version}`,
    header: parseHeader(stored).header,
    text: () => [stored],
    plannedText: () => [stored],
  };
}

/** @throws Failure files-unsound when an error is among the findings */
export function refuseUnsound(findings: readonly Finding[], doing: string): void {
  const errors = findings.filter((finding) => finding.severity === "error").length;
  if (errors === 0) return;
  throw new Failure("files-unsound", `Cannot ${doing}: ${errors === 1 ? "1 fault" : `${errors} faults`} in the files`, {
    hint: "Mend them and run the command again. Nothing was sent to the database.",
    findings,
  });
}
