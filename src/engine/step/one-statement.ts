import type { ServerMessage } from "../../core/failure/failure.ts";
import { OWN_SEARCH_PATH } from "../../core/sql/own-sql.ts";
import type { Statement } from "../../core/sql/statement.ts";
import { classify } from "../../core/statements/classify.ts";
import { mayLiftReadOnly } from "../../core/statements/read-only-guard.ts";
import type { IsolationLevel } from "../../core/statements/transaction-blocks.ts";
import { ServerFailure, type StatementResult } from "../../ports/session.ts";
import { noteWritesSql, requireNoOtherRowSql } from "../history/history-table.ts";
import type { Stage } from "../pipeline/stage.ts";
import { endedBy, refusedInside } from "../pipeline/transaction-state.ts";
import type { Script } from "../script/load-scripts.ts";
import type { Work } from "../script/statements-to-run.ts";
import { COMMIT } from "../session/own-transaction.ts";
import { limits, localSettings, ownRole, type Run } from "./session-settings.ts";

/** A script that runs statement by statement. */
export interface StatementRun {
  readonly run: Run;
  readonly script: Script;
  /** Names of the settings that its statements have changed for the session so far. */
  readonly own: Set<string>;
}

/** Notes the setting that a successful statement has changed. */
export function noteSetting({ own }: StatementRun, statement: Statement): void {
  const { setting } = classify(statement);
  if (!setting || setting.local) return;
  if (setting.name === "all") own.clear();
  else if (setting.value === undefined) own.delete(setting.name);
  else own.add(setting.name);
}

/**
 * True if a statement of a script that runs statement by statement runs outside a transaction. A procedure or DO block
 * that commits, and REINDEX or CLUSTER of a partitioned table, cannot run in one either; the header declares them.
 */
export function mustRunAlone({ header }: Script, statement: Statement): boolean {
  if (classify(statement).outsideTransaction) return true;
  return header.transaction === "none" && /^(CALL|DO|REINDEX|CLUSTER)\b/i.test(statement.text);
}

/** True if such a statement may have done part of its work before the server refused it. */
export function leavesTraces({ text }: Statement, { position }: Pick<ServerMessage, "position">): boolean {
  // An error with a position in the CALL itself was found before the procedure began.
  if (/^CALL\b/i.test(text)) return position === undefined;
  return /\b(CONCURRENTLY|DO)\b/i.test(text);
}

/** SQL that begins each transaction that writes the journal: checks the lock and sets pgstep's own role. */
export function bookkeeping(run: Run): string {
  return `${run.lock.guard}${ownRole(run)}`;
}

/**
 * Runs a statement and its journal entry in one transaction, which writes no rows of other versions to the history.
 * @param enter called when a refusal no longer comes from the statement itself
 */
export async function runWithEntry(
  { run, script, own }: StatementRun,
  { statement, rows }: Work,
  entrySql: string,
  enter: (stage: Stage) => void,
): Promise<StatementResult> {
  const { session } = run;
  const begin = session.execute(beginSql({ run, script, own }, "READ COMMITTED"));
  try {
    const { watch } = run.context;
    // Only a confirmed BEGIN keeps the statement out of autocommit here.
    if (rows || !run.direct || watch || mayLiftReadOnly(statement)) await begin;
    await watch?.began(session, script.path).ended;
    const look = await watch?.sending(session, statement, true);
    const ran = rows ? session.copyIn(statement.text, rows) : session.execute(statement.text);
    if (rows || watch) await ran;
    await look?.begin();
    const [begun, result, ended] = await Promise.allSettled([
      begin,
      ran,
      session.execute(commitSql({ run, script, own }, entrySql)),
    ]);
    if (begun.status === "rejected") throw begun.reason;
    if (result.status === "rejected") throw refusedInside(result.reason);
    const left = endedBy(result.value.after);
    if (left) throw left;
    if (ended.status === "rejected") {
      enter({ at: "commit", statement });
      throw ended.reason;
    }
    return result.value;
  } catch (error) {
    await session.execute("ROLLBACK").catch(() => {});
    throw error;
  }
}

/** Begins a transaction that writes no rows of other versions to the history. */
export function beginSql({ run, script, own }: StatementRun, isolation: IsolationLevel): string {
  const guard = `${run.lock.guard}${noteWritesSql(run.names)}`;
  return `BEGIN ISOLATION LEVEL ${isolation} READ WRITE; ${localSettings(run, script, own)} ${guard}`;
}

/** Commits it with the journal entries. The script's settings survive, but do not apply to the checks here. */
export function commitSql({ run, script }: StatementRun, entrySql: string): string {
  const check = requireNoOtherRowSql(run.names, [script.step.version]);
  return `${ownRole(run)}; SET LOCAL search_path = ${OWN_SEARCH_PATH}; ${check}; ${entrySql}; ${COMMIT}`;
}

/** Runs a statement outside any transaction, after checking the lock. */
export async function runAlone(of: StatementRun, sql: string): Promise<StatementResult> {
  const { session, lock } = of.run;
  if (lock.check) await session.execute(lock.check);
  return await runHeld(of, sql);
}

/**
 * The same right after the lock was checked. In a direct session the guard against such writes is lifted for just this
 * statement; in a transaction pooler's session pgstep must not change settings.
 */
export async function runHeld(of: StatementRun, sql: string): Promise<StatementResult> {
  const { run } = of;
  const { session, lock } = run;
  const set = run.direct ? limitsAlone(of, sql) : [];
  if (run.direct) {
    const setting = set.map(([name, value]) => `SET ${name} = ${value}; `).join("");
    await session.execute(`${setting}SET default_transaction_read_only = off`);
  }
  try {
    return await session.execute(`${lock.marker}${sql}`);
  } catch (error) {
    throw error instanceof ServerFailure ? withoutMarker(error, lock.marker) : error;
  } finally {
    if (run.direct) {
      const resetting = set.map(([name]) => `RESET ${name}; `).join("");
      await session.execute(`${resetting}${run.sessionSettings}`).catch(() => {});
    }
  }
}

/**
 * A CONCURRENTLY build waits for every older transaction without blocking others, and a timeout would only restart the
 * work. So it waits without limit, unless the file sets one.
 */
export function limitsAlone({ run, script, own }: StatementRun, sql: string): ReturnType<typeof limits> {
  const patient = /\bCONCURRENTLY\b/i.test(sql) && script.header.lockTimeoutMs === undefined;
  return limits(run, script, own).map(([name, value]) => [name, patient && name === "lock_timeout" ? 0 : value]);
}

/** The same limits as settings for one transaction. */
export function localLimitsAlone(of: StatementRun, sql: string): string {
  return limitsAlone(of, sql)
    .map(([name, value]) => `SET LOCAL ${name} = ${value};`)
    .join(" ");
}

/** The error with its position relative to the statement, without the marker. */
function withoutMarker({ server }: ServerFailure, marker: string): ServerFailure {
  if (server.position === undefined) return new ServerFailure(server);
  return new ServerFailure({ ...server, position: server.position - marker.length });
}
