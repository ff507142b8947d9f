import { statusHistory } from "../../core/bundle/read-status-report.ts";
import { type Seal, type SealedFile, sealText } from "../../core/bundle/seal.ts";
import { Failure, finding } from "../../core/failure/failure.ts";
import { systemCode, systemWords } from "../../core/failure/system-error.ts";
import type { Layout } from "../../core/layout/layout.ts";
import type { Checked, Pin } from "../../core/migrations/history-pin.ts";
import { directoryBeside } from "../../core/migrations/sibling-directory.ts";
import { compareVersions, versionKey } from "../../core/migrations/version.ts";
import type { BundledReport } from "../../core/reports/report.ts";
import { SETTINGS } from "../../core/settings/table.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import type { ProgramFile, SealedProgram } from "../../ports/program-file.ts";
import type { Session } from "../../ports/session.ts";
import { inspectFiles } from "../files/inspect-files.ts";
import { byWeightAndPlace, gapFindings, readMigrations } from "../files/read-migrations.ts";
import { scanFiles } from "../files/scan-files.ts";
import { readState } from "../history/read-state.ts";
import { refuseUnsound } from "../script/load-scripts.ts";
import type { Context, DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";

export interface BundleRequest {
  readonly output: string;
  /** An executable to copy instead of the running program. */
  readonly executable: string | undefined;
  readonly label: string | undefined;
  /** The source of the history to pin. */
  readonly pinned: HistorySource | undefined;
}

/** A database, or a file with the output of `status --json`. */
type HistorySource = DatabaseContext | { readonly path: string };

/**
 * Writes a copy of the program that contains the migrations, repeatable migrations, hooks and seeds.
 * @throws Failure directory-unreadable, files-unsound, history-conflict, file-unwritable, settings
 */
export async function bundle(
  context: Context,
  programFile: ProgramFile,
  { output, executable, label, pinned }: BundleRequest,
): Promise<BundledReport> {
  const { fileSystem, settings } = context;
  refuseUnnamed(settings.directory);
  if (executable === undefined && programFile.kind === "script" && !output.endsWith(".mjs")) {
    throw new Failure("usage", `Cannot write ${output}: this program is a script, so its bundle is one too`, {
      hint: "Name a file that ends in .mjs, or a pgstep executable to copy: --executable <file>.",
    });
  }
  const read = readMigrations(context);
  const { migrations, findings } = read;
  // Placeholder values may be known only where the bundle will run.
  const inspections = [...inspectFiles(scanFiles(fileSystem), migrations, settings).values()];
  const inspected = inspections.flatMap((one) => one.findings.filter(({ rule }) => rule !== "placeholder"));
  const all = [...findings, ...gapFindings(read, settings.directory), ...inspected];
  refuseUnsound(all.sort(byWeightAndPlace), "bundle the migrations");
  const sealed = migrations.map(({ version, up }) => ({ version, checksum: up.checksum }));
  const pin = pinned && { history: await historyOf(context, pinned), sealed };
  if (pin) refuseDisagreement(pin);
  const files = roots(context).flatMap((root) => sqlFilesBelow(fileSystem, root));
  const seal: Seal = {
    label: label ?? null,
    settings: sealedSettings(context, read.layout),
    roots: roots(context),
    files: files.sort(byPath),
    pin: pin ?? null,
  };
  return {
    type: "bundled",
    ...write(programFile, output, sealText(seal), executable),
    files: files.length,
    migrations: migrations.length,
    pinned: pin?.history.length,
  };
}

/** The bundle finds its files under the directory's name, so a path made of dots cannot work. */
function refuseUnnamed(directory: string): void {
  if (!/^[./\\]*$/.test(directory)) return;
  throw new Failure("usage", `Cannot bundle ${directory}: the bundle needs the directory's name`, {
    hint: "Change to a parent directory, and give the directory's name with --dir.",
  });
}

/** The settings that locate the files and their history. */
function sealedSettings({ settings }: Context, layout: Layout): Record<string, string> {
  const { directory, repeatableDirectory, hooksDirectory, seedsDirectory, schema, table } = settings;
  return {
    [SETTINGS.directory.flag]: directory,
    ...(layout !== "pgstep" && { [SETTINGS.layout.flag]: layout }),
    ...(repeatableDirectory !== undefined && { [SETTINGS.repeatableDirectory.flag]: repeatableDirectory }),
    ...(hooksDirectory !== undefined && { [SETTINGS.hooksDirectory.flag]: hooksDirectory }),
    ...(seedsDirectory !== undefined && { [SETTINGS.seedsDirectory.flag]: seedsDirectory }),
    [SETTINGS.schema.flag]: schema,
    [SETTINGS.table.flag]: table,
  };
}

function roots({ settings }: Context): string[] {
  const { directory, repeatableDirectory, hooksDirectory, seedsDirectory } = settings;
  return [
    directory,
    repeatableDirectory ?? directoryBeside(directory, "repeatable"),
    hooksDirectory ?? directoryBeside(directory, "hooks"),
    seedsDirectory ?? directoryBeside(directory, "seeds"),
  ];
}

/** SQL files, and the files of other tools that say how these run. */
const BUNDLED =
  /\.sql(?:\.conf)?$|^[0-9]+_.*\.go$|^[VR].*\.(?:java|class|kt|groovy|scala)$|^(?:metadata|migration_lock)\.toml$/;

/** All SQL files below a directory; none if it is missing. */
function sqlFilesBelow(fileSystem: FileSystem, directory: string): SealedFile[] {
  try {
    return fileSystem.list(directory).flatMap(({ name, kind }): SealedFile[] => {
      const path = `${directory.replace(/(?<![/\\])[/\\]+$/, "")}/${name}`;
      if (kind === "directory") return sqlFilesBelow(fileSystem, path);
      if (kind !== "file" || !BUNDLED.test(name)) return [];
      const content = Buffer.concat(
        [...(fileSystem.parts?.whole ?? fileSystem.read)(path)].map((part) => Buffer.from(part)),
      );
      return [{ path: path.replaceAll("\\", "/").replace(/^(\.\/)+/, ""), content: content.toString("base64") }];
    });
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") return [];
    throw new Failure("directory-unreadable", `Cannot bundle ${directory}: ${systemWords(cause)}`, {
      hint: "Check its permissions and those of its files.",
      cause,
    });
  }
}

function byPath(left: SealedFile, right: SealedFile): number {
  return left.path < right.path ? -1 : left.path > right.path ? 1 : 0;
}

async function historyOf({ fileSystem }: Context, from: HistorySource): Promise<readonly Checked[]> {
  const history = "path" in from ? statusHistory(textOf(fileSystem, from.path), from.path) : await readHistory(from);
  return [...history].sort((left, right) => compareVersions(left.version, right.version));
}

async function readHistory({ database, settings, signal }: DatabaseContext): Promise<readonly Checked[]> {
  const read = (session: Session) => readState(session, settings);
  const { history } = await withSession(database, "read the history of", read, signal);
  return history.map(({ version, checksum }) => ({ version, checksum }));
}

function textOf(fileSystem: FileSystem, path: string): string {
  try {
    return Buffer.concat([...fileSystem.read(path)].map((part) => Buffer.from(part))).toString("utf8");
  } catch (cause) {
    throw new Failure("settings", `Cannot read ${path}: ${systemWords(cause)}`, {
      hint: "Name the file that the output of pgstep status --json was written to.",
      cause,
    });
  }
}

/** The target would refuse each run with a file that differs from the applied one. */
function refuseDisagreement(pin: Pin): void {
  const current = new Map(pin.sealed.map((one) => [versionKey(one.version), one.checksum]));
  const changed = pin.history.filter(({ version, checksum }) => {
    const sealed = current.get(versionKey(version));
    return sealed !== undefined && checksum !== null && checksum !== sealed;
  });
  if (changed.length === 0) return;
  throw new Failure("history-conflict", "Cannot pin the history: files were edited after they were applied", {
    hint: "Restore the original files, or accept the edits with pgstep repair; then build the bundle again.",
    findings: changed.map(({ version }) => finding("pinned", { message: `${version} was applied with different SQL` })),
  });
}

function write(programFile: ProgramFile, output: string, seal: string, executable: string | undefined): SealedProgram {
  try {
    return programFile.seal(output, seal, executable);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure("file-unwritable", `Cannot write the bundle ${output}: ${systemWords(cause)}`, {
      hint: "Name a writable file in an existing directory, and a readable executable.",
      cause,
    });
  }
}
