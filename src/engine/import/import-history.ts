import { Failure } from "../../core/failure/failure.ts";
import { digestSql, nameOf, type OtherTable, plainName } from "../../core/import/other-history.ts";
import { type ImportPlan, planImport } from "../../core/import/plan-import.ts";
import { filePath } from "../../core/layout/format.ts";
import type { Layout } from "../../core/layout/layout.ts";
import type { SqlFile } from "../../core/migrations/migration.ts";
import type { ImportReport } from "../../core/reports/import-report.ts";
import { equals, quoteIdentifier, quoteText } from "../../core/sql/quote.ts";
import type { ImportConsent } from "../../ports/consent.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { byWeightAndPlace, type MigrationFiles, readMigrations } from "../files/read-migrations.ts";
import { chooseHistory, type ReadHistory, readOtherHistory } from "../history/find-histories.ts";
import { assertSql, completeHistorySql, createHistorySql, insertRowSql, tableNames } from "../history/history-table.ts";
import { recordImportSql } from "../history/journal.ts";
import type { DatabaseState } from "../history/read-state.ts";
import type { RunLock } from "../lock/run-lock.ts";
import { readRepeatables } from "../repeatable/plan.ts";
import { createRecordsSql, recordSql } from "../repeatable/records.ts";
import { refuseUnsound } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import { inTransaction } from "../session/own-transaction.ts";
import { withSession } from "../session/with-session.ts";
import { migrationStep, recordedFiles } from "../verbs/baseline.ts";
import { changeHistory, lookToWrite } from "../verbs/open-history.ts";

export interface ImportRequest {
  /** The other tool's table, as typed; undefined for the only one. */
  readonly from: string | undefined;
  /** Drop the other tool's table. */
  readonly dropOld: boolean;
  readonly dryRun: boolean;
}

/** What is about to be written. */
interface Planned {
  readonly other: OtherTable;
  readonly read: ReadHistory;
  readonly plan: ImportPlan;
  readonly layout: Layout;
  /** pgstep's history will have the table's name. */
  readonly isInTheWay: boolean;
  /** Undefined if the other tool's table has the name of pgstep's history. */
  readonly state: DatabaseState | undefined;
}

const DOING = "import a history into";

/**
 * Records in pgstep's history what another tool has applied, after confirmation, in one transaction under the lock. Runs
 * no migration.
 * @throws Failure history-conflict, history-foreign, baseline-refused, files-unsound, consent-missing, declined
 */
export async function importHistory(
  context: DatabaseContext,
  request: ImportRequest,
  consent: ImportConsent,
): Promise<ImportReport> {
  const { database, signal } = context;
  const planned = await withSession(database, DOING, (session) => planOf(context, session, request), signal);
  const report = reportOf(context, planned, request);
  for (const finding of planned.plan.warnings) context.emit({ type: "warning", finding });
  if (request.dryRun) return report;
  await consent.mayImport(report);
  const write = (session: Session, lock: RunLock) => record(context, session, lock, { planned, request, report });
  return await changeHistory(context, { doing: DOING }, write);
}

async function planOf(context: DatabaseContext, session: Session, { from }: ImportRequest): Promise<Planned> {
  const { settings, database } = context;
  const found = await chooseHistory(session, from, database.description);
  const { files, layout } = filesOf(context, found);
  // The tables of dbmate, Rails and Sequel are alike; the files show whose it is.
  const isOfDbmate = found.tool.startsWith("Rails") && layout === "dbmate";
  const other = isOfDbmate ? { ...found, tool: "dbmate" } : found;
  const isInTheWay = other.schema === settings.schema && other.table === settings.table;
  const state = isInTheWay ? undefined : await lookToWrite(context, session, DOING, ["INSERT"]);
  if (state && state.history.length > 0) {
    throw new Failure(
      "baseline-refused",
      `Cannot ${DOING} ${state.name}: its history has ${state.history.length} entries already`,
      { hint: "Run pgstep status to see them; or import into another table: pgstep import --table <name>." },
    );
  }
  const read = await readOtherHistory(session, other);
  const repeatable = readRepeatables(context, files.layout);
  refuseUnsound([...files.findings, ...repeatable.findings].sort(byWeightAndPlace), DOING);
  const bytes = ({ path }: SqlFile) => bytesOf(context, filePath(path));
  const { migrations } = files;
  const plan = planImport(other, read.entries, { migrations, repeatables: repeatable.files, bytes });
  return { other, read, plan, layout, isInTheWay, state };
}

function bytesOf({ fileSystem }: DatabaseContext, path: string): Uint8Array {
  const parts = (fileSystem.parts?.whole ?? fileSystem.read)(path);
  return Buffer.concat(Array.from(parts, (part) => Buffer.from(part)));
}

/** These tools name their files alike. */
const ALIKE: readonly Layout[] = ["pgstep", "golang-migrate", "sqlx"];

/** The files, by the rules of the tool whose history it is where the names leave that open. */
function filesOf(context: DatabaseContext, { tool }: OtherTable): { files: MigrationFiles; layout: Layout } {
  const files = readMigrations(context);
  const meant = ALIKE.find((layout) => layout === tool);
  if (!meant || files.layout === meant || !ALIKE.includes(files.layout) || context.settings.layout !== "auto") {
    return { files, layout: files.layout };
  }
  return { files: readMigrations({ ...context, settings: { ...context.settings, layout: meant } }), layout: meant };
}

function reportOf(
  { database }: DatabaseContext,
  { other, plan, isInTheWay, layout }: Planned,
  { dropOld, dryRun }: ImportRequest,
): ImportReport {
  return {
    type: "import",
    database: database.description,
    tool: other.tool,
    table: plainName(other),
    layout,
    dryRun,
    recorded: plan.migrations.map(({ migration }) => migrationStep(migration)),
    repeatables: plan.repeatables.map(({ file }) => file.name),
    pending: plan.pending.length,
    oldTable: dropOld ? "dropped" : isInTheWay ? "renamed" : "kept",
    renamedTo: isInTheWay && !dropOld ? `${other.schema}.${newName(other)}` : null,
  };
}

/** Says whose table it was. */
function newName({ tool, table }: OtherTable): string {
  const [first = "other"] = tool.toLowerCase().split(/[^a-z-]/);
  return `${table}_of_${first.replaceAll("-", "_")}`;
}

interface Writing {
  readonly planned: Planned;
  readonly request: ImportRequest;
  readonly report: ImportReport;
}

async function record(
  context: DatabaseContext,
  session: Session,
  lock: RunLock,
  { planned, request, report }: Writing,
): Promise<ImportReport> {
  const { other, read, plan, isInTheWay, state } = planned;
  const names = tableNames(context.settings);
  const { toolVersion } = context;
  const isKept = !request.dropOld && !isInTheWay;
  const columns = state?.columns.map(({ name }) => name) ?? [];
  const table = nameOf(other);
  const moved = request.dropOld
    ? [`DROP TABLE ${table}`]
    : isInTheWay
      ? [`ALTER TABLE ${table} RENAME TO ${quoteIdentifier(newName(other))}`]
      : [];
  const history = state?.historyExists
    ? completeHistorySql(names, columns)
    : createHistorySql(names, state?.schemaExists ?? true);
  const rows = plan.migrations.map(({ migration, appliedAt }) => {
    const step = migrationStep(migration);
    return insertRowSql(names, step, { ...recordedFiles(context, step), toolVersion, appliedAt });
  });
  const repeatables = plan.repeatables.map(({ file: { name, file } }) =>
    recordSql(names, { name, checksum: file.checksum, toolVersion, views: [] }),
  );
  const statements = [
    `SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = ${context.settings.lockTimeoutMs}`,
    `LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`,
    assertSql(equals(digestSql(other), quoteText(read.digest)), "raced"),
    ...moved,
    ...(history ? [history] : []),
    ...rows,
    ...(isKept ? recordImportSql(names, plainName(other)) : []),
    ...(repeatables.length > 0 ? [createRecordsSql(names), ...repeatables] : []),
  ];
  try {
    await inTransaction(session, statements, lock.guard);
  } catch (error) {
    throw asFailure(error, planned);
  }
  return report;
}

function asFailure(error: unknown, { other }: Planned): unknown {
  if (!(error instanceof ServerFailure)) return error;
  const { server } = error;
  if (server.message.includes("pgstep:raced")) {
    return new Failure("history-conflict", `Cannot import ${other.tool}'s history: it has changed meanwhile`, {
      hint: `Let ${other.tool} finish, then run pgstep import again. Nothing was written.`,
    });
  }
  return new Failure("statement-failed", `Cannot import ${other.tool}'s history: ${server.message} (${server.code})`, {
    hint: "Nothing was written. Connect as a role that owns the tables, at a quiet time.",
    server,
    cause: error,
  });
}
