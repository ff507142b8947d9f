import {
  type ExportFile,
  type ExportMigration,
  type ExportScript,
  type ExportTool,
  filesFor,
  versionsFor,
} from "../../core/export/export-files.ts";
import { type ExportedEntry, historyScript } from "../../core/export/export-history.ts";
import { Failure, type Finding } from "../../core/failure/failure.ts";
import { systemWords } from "../../core/failure/system-error.ts";
import { flywayChecksum } from "../../core/import/checksums.ts";
import { runsIn } from "../../core/migrations/header.ts";
import { compareHistory, isApplied } from "../../core/migrations/history.ts";
import { inspect } from "../../core/migrations/inspect.ts";
import type { Migration, SqlFile } from "../../core/migrations/migration.ts";
import { fileNameWords } from "../../core/migrations/migration-name.ts";
import type { ExportReport } from "../../core/reports/export-report.ts";
import { scan } from "../../core/scanner/scan.ts";
import { decodeSource } from "../../core/text/source.ts";
import { byWeightAndPlace, readMigrations } from "../files/read-migrations.ts";
import { readState } from "../history/read-state.ts";
import { readRepeatables } from "../repeatable/plan.ts";
import { refuseUnsound } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";

/** The file with the history, beside the migrations. */
const HISTORY = "history.sql";

/**
 * Writes the migrations as another tool's files into a new directory, and an SQL file that creates that tool's history.
 * Changes neither the database nor pgstep's files.
 * @throws Failure files-unsound if a file cannot be written for the tool; file-exists, file-unwritable
 */
export async function exportTo(context: DatabaseContext, tool: ExportTool, directory: string): Promise<ExportReport> {
  const { settings, database, signal } = context;
  const read = readMigrations(context);
  const migrations = read.migrations.filter(({ up }) => runsIn(up.header, settings.environment));
  const versions = versionsFor(
    tool,
    migrations.map(({ version }) => version),
  );
  const exported = migrations.map((one) => exportedOf(context, one));
  const problems = migrations.flatMap((one, index) =>
    problemsOf(tool, one, { ...(exported[index] as ExportMigration), version: versions.get(one.version) }),
  );
  refuseUnsound([...read.findings, ...problems].sort(byWeightAndPlace), `export to ${tool}`);
  const repeatables = readRepeatables(context, read.layout).files;
  if (repeatables.length > 0) context.emit({ type: "warning", finding: notExported(repeatables.length) });
  const files = exported.map((one) => filesFor(tool, one, versions.get(one.version) ?? one.version));
  const state = await withSession(database, "export", (session) => readState(session, settings), signal);
  const entries = compareHistory(migrations, state, settings.environment);
  const rows = entries.flatMap((entry): ExportedEntry[] => {
    const [first] = (entry.migration && files[migrations.indexOf(entry.migration)]) ?? [];
    const version = versions.get(entry.version);
    if (!isApplied(entry) || !first || version === undefined) return [];
    const { description, applied } = entry;
    const appliedAt = applied?.appliedAt ?? "";
    return [{ version, appliedAt, description, file: first.path, checksum: flywayChecksum(Buffer.from(first.text)) }];
  });
  const all = [...files.flat(), { path: HISTORY, text: historyScript(tool, rows, settings) }];
  for (const file of all) write(context, directory, file);
  return {
    type: "export",
    database: database.description,
    tool,
    directory,
    files: all.length - 1,
    applied: rows.length,
    history: `${directory}/${HISTORY}`,
  };
}

function exportedOf(context: DatabaseContext, { version, description, up, down }: Migration): ExportMigration {
  const words = fileNameWords(description) || "migration";
  return { version, words, up: scriptOf(context, up), down: down && scriptOf(context, down) };
}

function scriptOf({ fileSystem }: DatabaseContext, { path, header }: SqlFile): ExportScript {
  const text = [...decodeSource(fileSystem.read(path))].join("");
  const pieces = [...scan([text])];
  const { because } = inspect(path, header, pieces);
  const statements = pieces.flatMap((piece) => (piece.kind === "statement" ? [withSemicolon(piece.text)] : []));
  return { text, statements, isAlone: because !== undefined || header.transaction === "none" };
}

function withSemicolon(statement: string): string {
  return statement.trimEnd().endsWith(";") ? statement : `${statement};`;
}

/** Why the tool cannot have this migration. */
function problemsOf(
  tool: ExportTool,
  { name, up, program }: Migration,
  { version, up: script }: Pick<ExportMigration, "up"> & { readonly version: string | undefined },
): Finding[] {
  const problem = (message: string, hint: string): Finding => ({
    rule: "not-exportable",
    severity: "error",
    message: `${name} ${message}`,
    hint,
    place: { path: up.path },
  });
  return [
    ...(version === undefined ? [problem(`has no version that ${tool} can have`, "Export to another tool.")] : []),
    ...(program ? [problem("is a program", "Move it to the new directory by hand.")] : []),
    ...(up.header.placeholders
      ? [problem("has placeholders", "Write the values into the file, or export a copy of it.")]
      : []),
    ...(tool !== "flyway" && /^\\\.$/m.test(script.text)
      ? [problem(`has rows of a COPY, which ${tool} cannot send`, "Write INSERT statements instead.")]
      : []),
    ...(tool === "golang-migrate" && script.isAlone && script.statements.length > 1
      ? [
          problem(
            "runs outside a transaction, which golang-migrate does only for a single statement",
            "Give each statement its own migration.",
          ),
        ]
      : []),
  ];
}

function notExported(count: number): Finding {
  return {
    rule: "not-exportable",
    severity: "warning",
    message: `${count === 1 ? "1 repeatable migration is" : `${count} repeatable migrations are`} not exported`,
    hint: "Copy the files by hand; for Flyway, as R__<name>.sql.",
  };
}

function write({ fileSystem }: DatabaseContext, directory: string, { path, text }: ExportFile): void {
  try {
    fileSystem.create(`${directory}/${path}`, text);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure("file-unwritable", `Cannot write ${directory}/${path}: ${systemWords(cause)}`, {
      hint: "Name a new directory with --out.",
      cause,
    });
  }
}
