import { type BackupHead, type BackupKind, backupFileName, backupsToRemove } from "../../core/backup/backup-file.ts";
import type { Backup, BackupPolicy } from "../../core/backup/backup-report.ts";
import { Failure, interruption } from "../../core/failure/failure.ts";
import type { Destruction } from "../../core/statements/data-loss.ts";
import { sizeText } from "../../core/text/size.ts";
import type { BackupTools, DumpProgram } from "../../ports/backups.ts";
import type { Session } from "../../ports/session.ts";
import { tableNames } from "../history/history-table.ts";
import type { DatabaseState } from "../history/read-state.ts";
import type { DatabaseContext } from "../session/context.ts";
import { backupFailure } from "./failure.ts";
import { leftOut } from "./left-out.ts";
import { holdRows, type TableInScope, tablesInScope } from "./scope.ts";
import { unfinished } from "./unfinished.ts";
import { verifyContents } from "./verify.ts";
import { writeSql } from "./write-sql.ts";

/** The tools and the policy for backups. */
export interface BackupMeans {
  readonly tools: BackupTools;
  readonly policy: BackupPolicy;
  /** Restores a backup elsewhere, to prove that it can be restored. @throws Failure */
  readonly rehearse: (path: string) => Promise<void>;
}

/** The reason for a backup, and its extent. */
export interface BackupOrder {
  readonly state: DatabaseState;
  /** The data that the run will destroy; undefined for a full backup. */
  readonly destructions: readonly Destruction[] | undefined;
  /** Versions that the same run applies before it destroys anything. */
  readonly kept: readonly string[];
  /** Makes no backup if none of the tables has a row. */
  readonly onlyOfRows: boolean;
}

/** One snapshot for all reads; with the settings below, each read returns the same text in the same order. */
const SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const SETTINGS = [
  "search_path = ''",
  "statement_timeout = 0",
  "idle_in_transaction_session_timeout = 0",
  "extra_float_digits = 3",
  "DateStyle = 'ISO'",
  "IntervalStyle = 'postgres'",
  "synchronize_seqscans = off",
  "row_security = off",
];

/**
 * Makes a backup from one snapshot, verifies it, then gives the file its name. Undefined if none was needed.
 * @throws Failure backup-failed, interrupted, terminated; nothing was changed then, and no file is left
 */
export async function takeBackup(
  context: DatabaseContext,
  session: Session,
  means: BackupMeans,
  order: BackupOrder,
): Promise<Backup | undefined> {
  const { signal, database } = context;
  const cancel = () => void session.cancel().catch(() => {});
  await session.execute(SNAPSHOT);
  signal.addEventListener("abort", cancel);
  try {
    const settings = session.backend.serverVersion >= 170000 ? [...SETTINGS, "transaction_timeout = 0"] : SETTINGS;
    await session.execute(settings.map((setting) => `SET LOCAL ${setting};`).join(" "));
    const names = tableNames(context.settings);
    const tables = await tablesInScope(session, [names.history, names.journal, names.lease], order.destructions);
    if (order.onlyOfRows && !(await holdRows(session, tables))) return undefined;
    return await takeOf(context, session, means, order, tables);
  } catch (error) {
    if (signal.aborted) throw interruption(signal, `Cannot back up ${database.description}`, "Nothing was changed.");
    throw backupFailure(error, database.description);
  } finally {
    signal.removeEventListener("abort", cancel);
    await session.execute("ROLLBACK").catch(() => {});
  }
}

async function takeOf(
  context: DatabaseContext,
  session: Session,
  { tools, policy, rehearse }: BackupMeans,
  { state, destructions, kept }: BackupOrder,
  tables: readonly TableInScope[],
): Promise<Backup> {
  const { clock, database } = context;
  const started = clock.monotonicMs();
  const program = session.backend.embedded
    ? undefined
    : await tools.dumpProgram(Math.floor(session.backend.serverVersion / 10_000));
  const version = newest(state.history.map((row) => row.version));
  const kind: BackupKind = program ? "custom" : "sql";
  const now = clock.now();
  const fileName = backupFileName({ database: state.name, version, kind }, now, policy.backupGzip);
  const path = `${policy.backupDirectory}/${fileName}`;
  await requireSpace(session, tools, policy.backupDirectory, program ? undefined : tables);
  const head: BackupHead = {
    format: 1,
    database: state.name,
    createdAt: now.toISOString(),
    version,
    scope: destructions === undefined ? "all" : "tables",
    tables: tables.map(({ name }) => name),
    history: state.history.map((row) => row.version),
    kept,
  };
  const warnings = [
    ...unfinished(tools.store.unfinished(policy.backupDirectory, state.name)),
    ...(program ? [] : await leftOut(session, state.name, tables, head.scope)),
  ];
  for (const finding of warnings) context.emit({ type: "warning", finding });
  const part = `${path}.part`;
  try {
    if (program) await dumpAll(context, session, tools, program, part);
    else await writeTables(context, session, tools, { head, tables, state }, part);
    const found = await verifyContents(context, session, tools, part, program, tables);
    const backup = {
      database: database.description,
      path,
      kind,
      program: program?.description,
      scope: program ? ("all" as const) : head.scope,
      tables: found,
      bytes: 0,
      verification: policy.backupVerify,
    };
    if (policy.backupVerify === "full") await rehearse(part);
    tools.store.rename(part, path);
    const entries = tools.store.list(policy.backupDirectory);
    const removed = policy.backupKeep === undefined ? [] : backupsToRemove(entries, state.name, policy.backupKeep);
    for (const one of removed) tools.store.remove(one.path);
    return {
      ...backup,
      bytes: entries.find((entry) => entry.path.endsWith(fileName))?.bytes ?? 0,
      removed: removed.map((one) => one.path),
      durationMs: Math.round(clock.monotonicMs() - started),
    };
  } catch (error) {
    tools.store.remove(part);
    throw error;
  }
}

async function writeTables(
  context: DatabaseContext,
  session: Session,
  tools: BackupTools,
  backup: { head: BackupHead; tables: readonly TableInScope[]; state: DatabaseState },
  path: string,
): Promise<void> {
  const sink = tools.store.create(path);
  let index = 0;
  try {
    await writeSql(session, sink, { ...backup, names: tableNames(context.settings) }, ({ name }) => {
      if (context.signal.aborted) throw new Error("aborted");
      context.emit({ type: "backup-progress", table: name, index: ++index, tables: backup.tables.length });
    });
  } finally {
    sink.close();
  }
}

async function dumpAll(
  { emit, signal }: DatabaseContext,
  session: Session,
  tools: BackupTools,
  program: DumpProgram,
  path: string,
): Promise<void> {
  emit({ type: "backup-progress", table: program.description, index: 0, tables: 0 });
  const [row] = await session.query("SELECT pg_catalog.pg_export_snapshot() AS snapshot");
  // Created first, so that nobody else may ever read it.
  tools.store.create(path).close();
  await program.dump(path, String(row?.snapshot), signal);
}

/** @throws Failure backup-failed when the tables are larger than the free space */
async function requireSpace(
  session: Session,
  { store }: BackupTools,
  directory: string,
  tables: readonly TableInScope[] | undefined,
): Promise<void> {
  const free = store.freeBytes(directory);
  if (free === undefined) return;
  const size = tables
    ? `COALESCE((SELECT pg_catalog.sum(pg_catalog.pg_table_size(t.oid)) FROM pg_catalog.unnest('{${tables.map(({ oid }) => oid).join(",")}}'::pg_catalog.oid[]) AS t(oid)), 0)`
    : "pg_catalog.pg_database_size(pg_catalog.current_database())";
  const [row] = await session.query(`SELECT (${size})::text AS size`);
  const needed = Number(row?.size);
  if (needed <= free) return;
  throw new Failure(
    "backup-failed",
    `Cannot back up to ${directory}: it needs up to ${sizeText(needed)}, ${sizeText(needed - free)} more than is free`,
    { hint: "Free some space, or name another directory: --backup-dir <directory>. Nothing was changed." },
  );
}

/** The highest version made of digits; "0" if there is none. */
function newest(versions: readonly string[]): string {
  const numbers = versions.filter((version) => /^\d+$/.test(version));
  return numbers.reduce((most, one) => (BigInt(one) > BigInt(most) ? one : most), "0");
}
