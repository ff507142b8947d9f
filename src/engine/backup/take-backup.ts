import { type BackupHead, type BackupKind, backupFileName, backupsToRemove } from "../../core/backup/backup-file.ts";
import type { Backup, BackupPolicy } from "../../core/backup/backup-report.ts";
import { Failure, finding, interruption } from "../../core/failure/failure.ts";
import { enumeration } from "../../core/text/display.ts";
import { sizeText } from "../../core/text/size.ts";
import type { BackupTools, DumpProgram } from "../../ports/backups.ts";
import type { SchemaDump } from "../../ports/schema-dump.ts";
import type { Session } from "../../ports/session.ts";
import { isOwnTable, tableNames } from "../history/history-table.ts";
import type { DatabaseContext } from "../session/context.ts";
import { backupFailure } from "./failure.ts";
import { leftOut } from "./left-out.ts";
import { type BackupOrder, bytesOf, plain, readTables, tooLarge, unreadable } from "./plan-backup.ts";
import { schemaOfTables, wholeSchema } from "./schema-parts.ts";
import { holdRows, isTable, type TableInScope } from "./scope.ts";
import { beginSnapshot } from "./snapshot.ts";
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

/** The program that writes a backup: one that the user named, or the embedded pg_dump. */
type Writer = { readonly program: DumpProgram } | { readonly dump: SchemaDump };

/**
 * Makes a backup from one snapshot, verifies it, then gives the file its name. Undefined if none was needed, or if a run
 * has to do without one, which is reported.
 * @throws Failure backup-failed, interrupted, terminated; nothing was changed then, and no file is left
 */
export async function takeBackup(
  context: DatabaseContext,
  session: Session,
  means: BackupMeans,
  order: BackupOrder,
): Promise<Backup | undefined> {
  const { signal, database, settings, emit } = context;
  const names = tableNames(settings);
  const cancel = () => void session.cancel().catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    const writer = await chooseWriter(context, session, means, order);
    if (!writer) return undefined;
    const inScope = () => readTables(session, names, order);
    const all = await beginSnapshot(session, settings.lockTimeoutMs, inScope);
    const tables = all.filter(({ isReadable }) => isReadable);
    if (order.destructions) {
      const hidden = unreadable(
        order.state.name,
        all.filter(({ isReadable }) => !isReadable),
      );
      for (const one of hidden) emit({ type: "warning", finding: one });
      if (!(await holdRows(session, tables))) return undefined;
      const large = tooLarge(order.state.name, tables, means.policy);
      if (large) {
        emit({ type: "warning", finding: large });
        return undefined;
      }
    } else requireReadable(all);
    return await takeOf(context, session, means, order, { writer, tables });
  } catch (error) {
    if (signal.aborted) throw interruption(signal, `Cannot back up ${database.description}`, "Nothing was changed.");
    throw backupFailure(error, database.description, settings.lockTimeoutMs);
  } finally {
    signal.removeEventListener("abort", cancel);
    await session.execute("ROLLBACK").catch(() => {});
  }
}

/**
 * A program that the user named writes whole databases, and all backups of servers that the embedded pg_dump does not
 * know. Undefined if nothing can back up this server, and the run continues without a backup.
 */
async function chooseWriter(
  context: DatabaseContext,
  { backend }: Session,
  { tools }: BackupMeans,
  { destructions, state }: BackupOrder,
): Promise<Writer | undefined> {
  const major = Math.floor(backend.serverVersion / 10_000);
  const dump = await context.schemaDump?.();
  if (!dump) throw new Error("no pg_dump is given");
  const isKnown = major <= dump.major;
  const program = backend.embedded || (destructions && isKnown) ? undefined : await tools.dumpProgram(major);
  if (program) return { program };
  if (isKnown) return { dump };
  const message = `the pg_dump ${dump.major} in pgstep does not know PostgreSQL ${major}`;
  const hint = `Name PostgreSQL's own program, of version ${major} or newer: --pg-dump <path>; or update pgstep.`;
  if (!destructions) throw new Failure("backup-failed", `Cannot back up ${state.name}: ${message}`, { hint });
  const about = `No backup of ${state.name} was made before data is destroyed: ${message}`;
  context.emit({ type: "warning", finding: finding("backup-skipped", { message: about, hint }) });
  return undefined;
}

/** @throws Failure backup-failed */
function requireReadable(tables: readonly TableInScope[]): void {
  const hidden = tables.filter(({ isReadable }) => !isReadable);
  if (hidden.length === 0) return;
  throw new Failure("backup-failed", `Cannot back up: the role may not read ${enumeration(hidden.map(plain))}`, {
    hint: "Connect as a role that may read all rows of all tables. Nothing was changed.",
  });
}

interface Contents {
  readonly writer: Writer;
  readonly tables: readonly TableInScope[];
}

async function takeOf(
  context: DatabaseContext,
  session: Session,
  means: BackupMeans,
  order: BackupOrder,
  { writer, tables }: Contents,
): Promise<Backup> {
  const { tools, policy, rehearse } = means;
  const { clock, database } = context;
  const started = clock.monotonicMs();
  const program = "program" in writer ? writer.program : undefined;
  const kind: BackupKind = program ? "custom" : "sql";
  const now = clock.now();
  const head = headOf(order, tables, now);
  const name = { database: head.database, version: head.version, kind, origin: order.origin };
  const fileName = backupFileName(name, now, policy.backupGzip);
  const path = `${policy.backupDirectory}/${fileName}`;
  await requireSpace(session, tools, policy.backupDirectory, program ? undefined : tables);
  const warnings = unfinished(tools.store.unfinished(policy.backupDirectory, head.database));
  for (const finding of warnings) context.emit({ type: "warning", finding });
  const part = `${path}.part`;
  try {
    if ("program" in writer) await dumpAll(context, session, tools, writer.program, part);
    else await writeTables(context, session, means, { dump: writer.dump, head, tables, order }, part);
    const found = await verifyContents(session, tools, part, { program, tables, names: tableNames(context.settings) });
    if (policy.backupVerify === "full") await rehearse(part);
    tools.store.rename(part, path);
    const entries = tools.store.list(policy.backupDirectory);
    const removed = backupsToRemove(entries, head.database, policy.backupKeep);
    for (const one of removed) tools.store.remove(one.path);
    return {
      ...{ database: database.description, path, kind, origin: order.origin, program: program?.description },
      scope: program ? "all" : head.scope,
      tables: found.filter((table) => !isOwnTable(tableNames(context.settings), table.name)),
      bytes: entries.find((entry) => entry.path.endsWith(fileName))?.bytes ?? 0,
      verification: policy.backupVerify,
      removed: removed.map((one) => one.path),
      durationMs: Math.round(clock.monotonicMs() - started),
    };
  } catch (error) {
    tools.store.remove(part);
    throw error;
  }
}

function headOf({ state, destructions, kept }: BackupOrder, tables: readonly TableInScope[], now: Date): BackupHead {
  return {
    format: 2,
    database: state.name,
    createdAt: now.toISOString(),
    version: newest(state.history.map((row) => row.version)),
    scope: destructions === undefined ? "all" : "tables",
    tables: tables.map(({ name }) => name),
    history: state.history.map((row) => row.version),
    kept,
  };
}

interface Writing {
  readonly dump: SchemaDump;
  readonly head: BackupHead;
  readonly tables: readonly TableInScope[];
  readonly order: BackupOrder;
}

async function writeTables(
  context: DatabaseContext,
  session: Session,
  { tools }: BackupMeans,
  { dump, head, tables, order }: Writing,
  path: string,
): Promise<void> {
  const { settings, emit } = context;
  const names = tableNames(settings);
  const parts = order.destructions
    ? await schemaOfTables(context, session, dump, tables)
    : await wholeSchema(context, session, dump);
  if (head.scope === "all") {
    for (const finding of await leftOut(session, head.database, parts)) emit({ type: "warning", finding });
  }
  // Who holds the lease now does not hold it after a restore.
  const filled = tables.filter((table) => !isTable(table, names.lease));
  const sink = tools.store.create(path);
  let index = 0;
  try {
    await writeSql(session, sink, { head, parts, tables: filled, names, state: order.state }, (table) => {
      if (context.signal.aborted) throw new Error("aborted");
      emit({ type: "backup-progress", table: plain(table), index: ++index, tables: filled.length });
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
  const [row] = tables
    ? [{ size: bytesOf(tables) }]
    : await session.query("SELECT pg_catalog.pg_database_size(pg_catalog.current_database())::text AS size");
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
