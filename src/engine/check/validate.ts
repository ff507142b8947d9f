import type { Finding } from "../../core/failure/failure.ts";
import { runsIn } from "../../core/migrations/header.ts";
import { compareHistory, type Entry, isPending } from "../../core/migrations/history.ts";
import type { Inspection } from "../../core/migrations/inspect.ts";
import type { Migration, SqlFile } from "../../core/migrations/migration.ts";
import { changedFile, missingFile, outOfOrderFile, unfinishedStep } from "../../core/migrations/plan.ts";
import { placeholdersIn } from "../../core/placeholders/placeholders.ts";
import type { Repeatable } from "../../core/repeatable/repeatable.ts";
import type { ValidationReport } from "../../core/reports/report.ts";
import type { SyntaxCheck } from "../../core/reports/syntax-check.ts";
import { scanBytes } from "../../core/scanner/scan.ts";
import type { Database, Session } from "../../ports/session.ts";
import { filesWithoutStatements, forgottenFiles, isForgotten } from "../files/empty-files.ts";
import { byWeightAndPlace, gapFindings, type MigrationFiles, readMigrations } from "../files/read-migrations.ts";
import { asWarnings, findOccupied, type PendingFile } from "../history/first-run.ts";
import { isFirstRun, type Occupants, readOccupants } from "../history/occupants.ts";
import { type DatabaseState, readState } from "../history/read-state.ts";
import { readHooks } from "../hooks/read-hooks.ts";
import { inspectTransactional, type RepeatableFiles, readRepeatables } from "../repeatable/plan.ts";
import { readSeeds } from "../seed/read-seeds.ts";
import type { Context } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import { inspectTexts, OlderFiles, withSyntaxOf } from "./older-files.ts";

/**
 * Checks the files, and, if a database is given, compares them with its history, without running any migration.
 * Returns all findings at once, errors first.
 * @throws Failure directory-unreadable, history-foreign and those of connecting
 */
export async function validate(context: Context, database: Database | undefined): Promise<ValidationReport> {
  const { migrations, findings, aboutSeveral, syntax } = await inspectAll(context, database);
  return {
    type: "validation",
    database: database?.description,
    migrations: migrations.length,
    ...(syntax && { syntax }),
    findings: [...findings, ...aboutSeveral(() => true)].sort(byWeightAndPlace),
  };
}

/** Everything that is known about the files without running them. */
export interface Inspected {
  /** Lowest version first. */
  readonly migrations: readonly Migration[];
  readonly repeatables: readonly Repeatable[];
  /** Findings about one file, or about the whole directory. */
  readonly findings: readonly Finding[];
  /** Warnings about several files together. @param concerns true for the path of a file that they may be about */
  readonly aboutSeveral: (concerns: (path: string) => boolean) => Finding[];
  /** What was found in the files of the migrations; none for older ones. */
  readonly inspections: ReadonlyMap<SqlFile, Inspection>;
  /** False if an error keeps the files from running on an empty database. */
  readonly mayRun: boolean;
  /** Undefined when this copy of pgstep has no parser. */
  readonly syntax?: SyntaxCheck;
}

/** The files to inspect. */
export interface ReadFiles {
  readonly versioned: MigrationFiles;
  readonly repeatable: RepeatableFiles;
}

/** @throws Failure directory-unreadable */
export function readFiles(context: Context): ReadFiles {
  const versioned = readMigrations(context);
  return { versioned, repeatable: readRepeatables(context, versioned.layout) };
}

const NO_OLDER = new OlderFiles([], () => undefined);

/**
 * @param older migrations of these files that may have been inspected before
 * @throws as `validate`
 */
export async function inspectAll(
  context: Context,
  database: Database | undefined,
  { versioned: files, repeatable }: ReadFiles = readFiles(context),
  older = NO_OLDER,
): Promise<Inspected> {
  const { fileSystem, settings } = context;
  const { migrations, findings } = files;
  const all: Finding[] = [...findings];
  const { state, occupants, serverMajor } = database ? await readDatabase(context, database) : NO_DATABASE;
  const { hooks, findings: hookFindings } = readHooks(fileSystem, settings);
  const { seeds, findings: seedFindings } = readSeeds(fileSystem, settings);
  const others = [...repeatable.files, ...hooks, ...seeds].flatMap((one) => ("file" in one ? [one.file] : []));
  all.push(...repeatable.findings, ...hookFindings, ...seedFindings);
  all.push(...inspectTransactional(fileSystem, others, settings));
  const { environment } = settings;
  const before = await older.inspect(context);
  const isOlder = new Set(older.migrations);
  const rest = migrations.filter((one) => !isOlder.has(one));
  const now = await inspectTexts(context, rest, { others, database: state?.name, serverMajor });
  all.push(...before.findings, ...now.findings);
  const syntax = withSyntaxOf(before.syntax, now.syntax);
  const entries = state && compareHistory(migrations, state, environment);
  const { forgotten, others: empty } = emptyFiles(migrations, entries);
  all.push(...forgottenFiles(forgotten), ...(entries ?? []).flatMap(conflictOf));
  all.push(...programFindings(migrations, entries));
  if (occupants) {
    const pending = migrations.filter(({ up }) => runsIn(up.header, environment));
    all.push(
      ...asWarnings(
        findOccupied(
          occupants,
          pending.map(({ up }) => pendingFile(context, up)),
        ),
      ),
    );
  }
  const mayRun = !all.some(({ severity, rule }) => severity === "error" && !HISTORY_RULES.has(rule));
  return {
    migrations,
    repeatables: repeatable.files,
    findings: all,
    aboutSeveral: (concerns) => [
      ...filesWithoutStatements(empty.filter(({ path }) => concerns(path))),
      ...gapFindings(files, settings.directory, entries, concerns),
    ],
    ...{ inspections: now.inspections, mayRun },
    ...(syntax && { syntax }),
  };
}

/** Forgotten files are errors only if the history shows them as pending: applied ones may stay as they are. */
function emptyFiles(migrations: readonly Migration[], entries: readonly Entry[] | undefined) {
  const pending = new Set(entries?.filter(isPending).map(({ migration }) => migration));
  const forgotten = migrations.filter((one) => pending.has(one) && isForgotten(one));
  const others = migrations
    .flatMap(({ up, down }) => (down ? [up, down] : [up]))
    .filter((file) => !forgotten.some(({ up }) => up === file));
  return { forgotten, others };
}

/** Warnings about programs of other tools that are not known to be applied. */
function programFindings(migrations: readonly Migration[], entries: readonly Entry[] | undefined): Finding[] {
  const applied = new Set(entries?.filter((entry) => !isPending(entry)).map(({ migration }) => migration));
  return migrations.flatMap((one) => {
    if (!one.program || applied.has(one)) return [];
    const message = `${one.name} is a ${one.program.language} program: pgstep up stops before it`;
    return [{ rule: "not-sql", severity: "warning", message, place: { path: one.up.path } } as const];
  });
}

interface Read {
  readonly state?: DatabaseState;
  readonly serverMajor?: number;
  /** Absent where the database has a history. */
  readonly occupants?: Occupants | undefined;
}

const NO_DATABASE: Read = {};

async function readDatabase({ settings, signal }: Context, database: Database): Promise<Read> {
  const read = async (session: Session): Promise<Read> => {
    const state = await readState(session, settings);
    const occupants = isFirstRun(state) ? await readOccupants(session, settings) : undefined;
    return { state, occupants, serverMajor: Math.floor(session.backend.serverVersion / 10_000) };
  };
  return await withSession(database, "read the history of", read, signal);
}

function pendingFile({ fileSystem, settings }: Context, { path, header }: SqlFile): PendingFile {
  return { path, pieces: () => scanBytes(fileSystem.read(path), placeholdersIn(header, settings.placeholders)) };
}

/** Rules about applied migrations, which do not matter in an empty database. */
const HISTORY_RULES: ReadonlySet<string> = new Set(["changed", "missing", "out-of-order", "unfinished"]);

function conflictOf(entry: Entry): Finding[] {
  switch (entry.state) {
    case "changed":
      return [changedFile(entry)];
    case "missing":
      return [missingFile(entry, "error")];
    case "out-of-order":
      return [outOfOrderFile(entry)];
    case "unfinished":
      return [unfinishedStep(entry)];
    default:
      return [];
  }
}
