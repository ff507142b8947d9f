import type { BackupHead } from "../../core/backup/backup-file.ts";
import type { RestorePlan, RestoreReport } from "../../core/backup/backup-report.ts";
import type { Dispensable } from "../../core/backup/schema-statements.ts";
import { PRODUCTION, shellWord } from "../../core/command-line/consent.ts";
import { Failure, type Finding, finding, interruption, type ServerMessage } from "../../core/failure/failure.ts";
import { quoteText } from "../../core/sql/quote.ts";
import type { BackupTools } from "../../ports/backups.ts";
import type { Consent } from "../../ports/consent.ts";
import { ConnectionLost, ServerFailure, type Session } from "../../ports/session.ts";
import { isOwnTable, tableNames } from "../history/history-table.ts";
import { requireUnprotected } from "../history/protection.ts";
import { type DatabaseState, readState, requireWritable } from "../history/read-state.ts";
import { requireNoShadow } from "../history/shadow-note.ts";
import type { RunLock } from "../lock/run-lock.ts";
import { withRunLock } from "../lock/take-lock.ts";
import { DeletionRefused } from "../reset/transaction.ts";
import type { DatabaseContext } from "../session/context.ts";
import { isLockLost } from "../session/lock-lost.ts";
import { COMMIT } from "../session/own-transaction.ts";
import { isUnconfirmedCommit, unconfirmedCommit } from "../session/unconfirmed-commit.ts";
import { withSession } from "../session/with-session.ts";
import { type BackupScript, openBackup } from "./backup-script.ts";
import { emptyDatabase } from "./empty-database.ts";
import { RestoredOtherwise, requireSameRows } from "./restored-rows.ts";
import { runScript } from "./run-script.ts";

export interface RestoreOrder {
  readonly path: string;
  /** Accepts a backup of a database with another name. */
  readonly otherDatabase: boolean;
  /** Restores no owners, or no privileges. */
  readonly without: readonly Dispensable[];
  /** Asked for confirmation, as for a reset, once the plan is known. */
  readonly consent: Consent;
}

/**
 * Restores a backup and its history in one transaction. A backup of some tables replaces these; one of the whole
 * database replaces everything.
 * @throws Failure backup-unusable, consent-missing, lock-held, reset-refused, statement-failed, interrupted, terminated
 */
export async function restore(
  context: DatabaseContext,
  tools: BackupTools,
  order: RestoreOrder,
): Promise<RestoreReport> {
  const { database, settings, signal, clock, emit } = context;
  const planned = await withSession(
    database,
    "restore",
    async (session) => {
      const state = await readState(session, settings);
      requireWritable(state, "restore");
      requireUnprotected(state, "restore");
      requireNoShadow(state, "restore");
      return { state };
    },
    signal,
  );
  const script = await openBackup(tools, order.path);
  try {
    requireSameDatabase(script, planned.state, order);
    const plan = planOf(context, order.path, script, planned.state);
    emit({ type: "restore-planned", plan });
    await requireConsent(context, order, plan);
    const started = clock.monotonicMs();
    await withSession(database, "restore", async (session) => {
      let mark: TransactionMark | undefined;
      const work = async (lock: RunLock) => {
        mark = await begin(session);
        await replace(context, session, lock, tools, { script, without: order.without });
        return RESTORED;
      };
      const lookUp = (other: Session) => outcomeOf(other, mark);
      await withRunLock(context, session, { doing: "restore", lookUp }, work);
    });
    return {
      type: "restore",
      database: database.description,
      path: order.path,
      tables: script.tables
        .map((table) => ({ ...table, name: table.name.replace(/ \([^(]*\)$/, "") }))
        .filter(({ name }) => !isOwnTable(tableNames(settings), name)),
      durationMs: Math.round(clock.monotonicMs() - started),
    };
  } finally {
    script.close();
  }
}

/** @throws Failure consent-missing, declined, interrupted, terminated */
async function requireConsent(
  { settings }: DatabaseContext,
  { consent, path, otherDatabase, without }: RestoreOrder,
  { databaseName }: RestorePlan,
): Promise<void> {
  const words = [
    ...["pgstep", "restore", shellWord(path)],
    ...(otherDatabase ? ["--other-database"] : []),
    ...without.map((kind) => `--no-${kind === "owner" ? "owner" : "privileges"}`),
    ...["--confirm", shellWord(databaseName)],
    ...(settings.environment === PRODUCTION ? ["--force"] : []),
  ];
  const hint = `To replace its data: ${words.join(" ")}`;
  try {
    const inventory = { databaseName, schemas: [], objects: {}, estimatedRows: 0, uncountedTables: 0 };
    if (await consent.mayReset(inventory)) return;
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.code === "declined") throw cause;
    const message = cause.message.replace(/^Cannot reset /, "Cannot restore ");
    throw new Failure(cause.code, message, {
      hint: cause.code === "consent-missing" ? hint : "Nothing was changed.",
      cause,
    });
  }
  throw new Failure("consent-missing", `Cannot restore ${databaseName}: no confirmation was given`, { hint });
}

function requireSameDatabase({ databaseName }: BackupScript, { name }: DatabaseState, order: RestoreOrder): void {
  if (databaseName === name || order.otherDatabase) return;
  throw new Failure(
    "backup-unusable",
    `Cannot restore ${order.path}: it is a backup of ${databaseName}, and this database is ${name}`,
    {
      hint: "To restore it into this database, add --other-database.",
    },
  );
}

function planOf(
  { database }: DatabaseContext,
  path: string,
  { head, createdAt, tables }: BackupScript,
  { name, history }: DatabaseState,
): RestorePlan {
  const applied = history.map(({ version }) => version);
  const stays = head && [...head.history, ...head.kept];
  return {
    database: database.description,
    databaseName: name,
    path,
    createdAt,
    replacesAll: replacesAll(head),
    tables: head?.tables ?? tables.map((table) => table.name.replace(/ \([^(]*\)$/, "")),
    pendingAgain: stays ? applied.filter((version) => !stays.includes(version)) : [],
    appliedAgain: head ? head.history.filter((version) => !applied.includes(version)) : [],
  };
}

const RESTORED = {};

/** Identifies a transaction until the server restarts. */
interface TransactionMark {
  readonly transaction: string;
  /** The start time of the server, in seconds since the epoch. */
  readonly server: string;
}

const SERVER_START = "extract(epoch FROM pg_catalog.pg_postmaster_start_time())::text";

/** Begins the transaction. Awaited alone: statements sent after a refused BEGIN would run in autocommit. */
async function begin(session: Session): Promise<TransactionMark> {
  await session.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  const [row] = await session.query(`SELECT pg_catalog.txid_current()::text AS transaction, ${SERVER_START} AS server`);
  return { transaction: String(row?.transaction), server: String(row?.server) };
}

/** Looks up the outcome of the transaction once its backend has ended. */
async function outcomeOf(other: Session, mark: TransactionMark | undefined): Promise<typeof RESTORED | string> {
  if (!mark) return NOTHING_CHANGED;
  const { transaction, server } = mark;
  const [row] = await other.query(
    `SELECT pg_catalog.txid_status(${transaction}) AS status WHERE ${SERVER_START} = ${quoteText(server)}`,
  );
  if (row?.status === "committed") return RESTORED;
  if (row?.status === "aborted") return NOTHING_CHANGED;
  return "The outcome is unknown, since the server is another one or was restarted. Run the command again: it replaces everything again.";
}

const NOTHING_CHANGED = "It was rolled back; nothing was changed. Run the command again.";

interface Replacement {
  readonly script: BackupScript;
  readonly without: readonly Dispensable[];
}

/** True if a backup has the whole database, which is emptied first. */
function replacesAll(head: BackupHead | undefined): boolean {
  return head === undefined || (head.format === 2 && head.scope === "all");
}

const MOST_OMITTED = 10;

function incomplete(database: string, omitted: readonly string[]): Finding {
  const shown = omitted.slice(0, MOST_OMITTED).map((one) => one.replace(/\s+/g, " "));
  const more = omitted.length > shown.length ? `; and ${omitted.length - shown.length} more` : "";
  return finding("restore-incomplete", {
    message: `The restore of ${database} left out what the role may not restore: ${shown.join("; ")}${more}`,
    hint: "Create the missing roles, or run these statements as a superuser; --no-owner and --no-privileges leave them out.",
  });
}

/** What to create before the restore. */
function remedy({ code, message }: ServerMessage): string {
  const [, extension] = /extension "([^"]+)"/.exec(message) ?? [];
  if (extension !== undefined) {
    return code === "42501"
      ? `Let a superuser run the restore: the role may not create the extension ${extension}.`
      : `Install the extension ${extension} on the server, then run the command again.`;
  }
  const [, kind, name] = /^(schema|role|relation|type|function) "?([^"]+)"? does not exist$/.exec(message) ?? [];
  return kind === undefined
    ? "Fix the cause, then run the command again."
    : `Create the ${kind} ${name} first, or restore a backup of the whole database.`;
}

async function replace(
  context: DatabaseContext,
  session: Session,
  lock: RunLock,
  { store }: BackupTools,
  { script, without }: Replacement,
): Promise<void> {
  const { signal, database, emit } = context;
  const stopped = () => {
    if (!signal.aborted) return;
    throw interruption(signal, `Cannot restore ${database.description}`, "It was rolled back; nothing was changed.");
  };
  const cancel = () => void session.cancel().catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    const isWhole = replacesAll(script.head);
    const guard = isWhole ? lock.guardBeforeDrop : lock.guard;
    if (guard) await session.execute(guard);
    if (isWhole) {
      await session.execute("SET LOCAL search_path = pg_catalog, pg_temp");
      await emptyDatabase({ context, session, lock });
    }
    session.onNotice = (message) =>
      emit(isUnconfirmedCommit(message) ? unconfirmedCommit("The restore") : { type: "notice", message });
    for (const kind of without) await session.execute(`SET LOCAL pgstep.${kind}s = 'off'`);
    const { copied, omitted } = await runScript(session, store.read(script.path), { stopped, without });
    await requireSameRows(session, script, copied);
    stopped();
    if (omitted.length > 0) emit({ type: "warning", finding: incomplete(database.description, omitted) });
    await session.execute(COMMIT);
  } catch (error) {
    // The caller looks up the outcome.
    if (error instanceof ConnectionLost) throw error;
    await session.execute("ROLLBACK").catch(() => {});
    stopped();
    if (error instanceof RestoredOtherwise) {
      throw new Failure("backup-failed", `Cannot restore ${database.description}: ${error.message}`, {
        hint: "It was rolled back; nothing was changed. Report this to pgstep.",
        cause: error,
      });
    }
    const server = error instanceof ServerFailure ? error.server : undefined;
    const refused = error instanceof DeletionRefused ? error.failure.server : server;
    if (!refused || isLockLost(refused)) throw error;
    throw new Failure(
      "statement-failed",
      `Cannot restore ${database.description}: ${refused.message} (${refused.code})`,
      {
        hint: `It was rolled back; nothing was changed. ${remedy(refused)}`,
        server: refused,
        cause: error,
      },
    );
  } finally {
    session.onNotice = undefined;
    signal.removeEventListener("abort", cancel);
  }
}
