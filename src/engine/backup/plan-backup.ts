import type { BackupPolicy, PlannedBackup } from "../../core/backup/backup-report.ts";
import { type Finding, finding } from "../../core/failure/failure.ts";
import { sqlName } from "../../core/reports/diagnosis.ts";
import type { Destruction } from "../../core/statements/data-loss.ts";
import { enumeration } from "../../core/text/display.ts";
import { sizeText } from "../../core/text/size.ts";
import type { Session } from "../../ports/session.ts";
import { type TableNames, tableNames } from "../history/history-table.ts";
import type { DatabaseState } from "../history/read-state.ts";
import type { DatabaseContext } from "../session/context.ts";
import { backupFailure } from "./failure.ts";
import { holdRows, type TableInScope, tablesInScope } from "./scope.ts";
import { readAlike } from "./snapshot.ts";

/** The reason for a backup, and its extent. */
export interface BackupOrder {
  readonly state: DatabaseState;
  readonly origin: "automatic" | "manual";
  /** The data that the run will destroy; undefined for a backup of everything, which the user asked for. */
  readonly destructions: readonly Destruction[] | undefined;
  /** Versions that the same run applies before it destroys anything. */
  readonly kept: readonly string[];
}

/** Reads the tables of a backup: without pgstep's own if only some are backed up, for then the history is merged. */
export function readTables(
  session: Session,
  names: TableNames,
  { destructions }: BackupOrder,
): Promise<readonly TableInScope[]> {
  const own = destructions === undefined ? [] : [names.history, names.journal, names.lease];
  return tablesInScope(session, own, destructions);
}

/** The backup that a run will make. */
export interface BackupForecast {
  /** Undefined if none is needed or possible. */
  readonly backup: PlannedBackup | undefined;
  /** The tables that the backup will omit, or the reason why there will be none. */
  readonly findings: readonly Finding[];
}

export const NO_BACKUP: BackupForecast = { backup: undefined, findings: [] };

/** Reads what a backup would contain. Changes and locks nothing. */
export async function planBackup(
  context: DatabaseContext,
  session: Session,
  order: BackupOrder,
  policy: BackupPolicy,
): Promise<BackupForecast> {
  await session.execute("BEGIN READ ONLY");
  try {
    await readAlike(session, context.settings.lockTimeoutMs);
    const all = await readTables(session, tableNames(context.settings), order);
    const tables = all.filter(({ isReadable }) => isReadable);
    if (order.destructions && !(await holdRows(session, tables))) return NO_BACKUP;
    const { name } = order.state;
    const large = order.destructions && tooLarge(name, tables, policy);
    if (large) return { backup: undefined, findings: [large] };
    const hidden = all.filter(({ isReadable }) => !isReadable);
    const planned = tables
      .filter(({ hasRows }) => hasRows)
      .map((table) => ({ name: plain(table), bytes: table.bytes }));
    const scope = order.destructions ? "tables" : "all";
    const { description: database } = context.database;
    return {
      backup: { database, scope, tables: planned, bytes: bytesOf(tables) },
      findings: order.destructions ? unreadable(name, hidden) : [],
    };
  } catch (error) {
    throw backupFailure(error, context.database.description, context.settings.lockTimeoutMs);
  } finally {
    await session.execute("ROLLBACK").catch(() => {});
  }
}

export function bytesOf(tables: readonly TableInScope[]): number {
  return tables.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The warning that replaces an automatic backup of large tables; undefined if the tables are small enough. */
export function tooLarge(
  database: string,
  tables: readonly TableInScope[],
  { backupLimit }: Pick<BackupPolicy, "backupLimit">,
): Finding | undefined {
  const bytes = bytesOf(tables);
  if (bytes <= backupLimit) return undefined;
  const largest = [...tables].sort((one, other) => other.bytes - one.bytes).filter((table) => table.bytes > 0);
  const named = largest.map((table) => `${plain(table)} (${sizeText(table.bytes)})`);
  return finding("backup-skipped", {
    message: `No backup of ${database} was made before data is destroyed: ${enumeration(named)} ${named.length > 1 ? "have" : "has"} more than ${sizeText(backupLimit)}`,
    hint: "To make one: pgstep up --backup, or -- Backup: required in the migration; or raise --backup-limit.",
  });
}

/** The warning about tables that an automatic backup omits. */
export function unreadable(database: string, tables: readonly TableInScope[]): Finding[] {
  if (tables.length === 0) return [];
  return [
    finding("backup-incomplete", {
      message: `The backup of ${database} omits tables that the role may not read: ${enumeration(tables.map(plain))}`,
      hint: "Grant SELECT on the tables and USAGE on their schemas, or connect as their owner.",
    }),
  ];
}

/** The name of a table for messages. */
export function plain({ schema, relation }: TableInScope): string {
  return `${sqlName(schema)}.${sqlName(relation)}`;
}
