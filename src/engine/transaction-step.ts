import { Failure, type ServerMessage } from "../core/error.ts";
import type { IsolationLevel } from "../core/inspection.ts";
import type { Statement } from "../core/sql/statement.ts";
import { quoteText } from "../core/sql-text.ts";
import { ConnectionLost, ServerFailure, type StatementResult } from "../ports/session.ts";
import { assertSql, insertRowSql, noteWritesSql, requireNoOtherRowSql, rowExists } from "./history-table.ts";
import { noticeOf } from "./notice.ts";
import type { Sender } from "./pipeline.ts";
import { cleanSession, localSettings, ownRole, type Run, recordingOf } from "./run.ts";
import type { Script } from "./scripts.ts";
import { workOf } from "./work.ts";

/** Which message of a step an answer belongs to. */
export type Stage =
  | { readonly at: "begin" }
  /** The settings, the check of the step before, and the history row. */
  | { readonly at: "record" }
  | { readonly at: "statement"; readonly statement: Statement }
  /** Deferred constraints, the checks of the history, COMMIT. */
  | { readonly at: "commit" };

/** How a step that was sent ended. */
export type StepEnd =
  | { readonly kind: "done"; readonly durationMs: number }
  /** By something other than the server's refusal. */
  | { readonly kind: "stopped"; readonly failure: Failure }
  | { readonly kind: "refused"; readonly stage: Stage; readonly server: ServerMessage }
  | { readonly kind: "lost"; readonly lost: ConnectionLost; readonly commitSent: boolean };

/** Where a step's transaction begins and ends, when several share one. */
export interface Extent {
  readonly begin: boolean;
  readonly commit: boolean;
  readonly isolation: IsolationLevel;
  /** The step before in this plan: what must be true of its row for this one to start. */
  readonly previous: Script | undefined;
  /** The versions this transaction may write to the history: those of its steps so far. */
  readonly versions: readonly string[];
}

/**
 * Sends a whole step without waiting for its answers, and returns when the last message is on its way or the step has
 * already failed. The promise inside tells how it ends; it never rejects. `open` tells that the step ended before its last
 * message: the transaction may still be whole, and nothing may be sent behind it but ROLLBACK.
 *
 * BEGIN stands alone with constant text; the history row goes first and is the mutual exclusion; the last checks share
 * one message with COMMIT, which a failed transaction therefore never reaches.
 */
export async function sendTransactionStep(
  run: Run,
  script: Script,
  extent: Extent,
): Promise<{ end: Promise<StepEnd>; open: boolean }> {
  const { pipeline, context } = run;
  const { step, inspection } = script;
  let failed: { stage: Stage; error: Error } | undefined;
  let commitSent = false;
  let startedMs = context.clock.monotonicMs();
  let started = false;
  let finished = 0;
  let answeredMs = startedMs;
  let settle: (end: StepEnd) => void = () => {};
  const end = new Promise<StepEnd>((resolve) => {
    settle = resolve;
  });
  const start = () => {
    if (started) return;
    started = true;
    startedMs = context.clock.monotonicMs();
    answeredMs = startedMs;
    context.emit({ type: "step-started", step, statements: inspection.statements });
  };
  const finish = () =>
    settle(failed ? failedEnd(failed, commitSent) : doneEnd(context.clock.monotonicMs() - startedMs));
  const sender = (stage: Stage, answered?: (result: StatementResult) => void): Sender => ({
    answered(result) {
      answered?.(result);
      if (stage.at === "commit") finish();
    },
    failed(error) {
      failed ??= { stage, error };
      if (stage.at === "commit") finish();
    },
    noticed(notice) {
      // Notices are told at once, answers a little later: the answer to the message before may still be on its way.
      if (stage.at === "statement") start();
      context.emit(noticeOf(notice, script, stage));
    },
  });
  const send = (sql: string, stage: Stage, answered?: (result: StatementResult) => void) =>
    pipeline.send(sql, sender(stage, answered));
  const statementFinished = ({ position }: Statement, result: StatementResult) => {
    finished++;
    const { statements } = inspection;
    const nowMs = context.clock.monotonicMs();
    context.emit({
      type: "statement-finished",
      step,
      statement: finished,
      statements,
      ...result,
      place: { path: script.path, ...position },
      durationMs: nowMs - answeredMs,
    });
    answeredMs = nowMs;
  };

  if (extent.begin) {
    const begin: Stage = { at: "begin" };
    send(`BEGIN ISOLATION LEVEL ${extent.isolation} READ WRITE`, begin);
    // Without settings of the session, nothing but BEGIN keeps the statements behind it out of autocommit.
    if (!run.direct) await pipeline.drained();
  }
  let stopped: Failure | undefined;
  try {
    const { bookkeeping } = script;
    const record = () => bookkeeping?.recordSql(run, script) ?? recordSql(run, script, extent.previous);
    if (!failed) send(record(), { at: "record" }, start);
    for (const { statement, rows, alone } of workOf(script)) {
      if (alone) await pipeline.drained();
      if (failed || context.signal.aborted) break;
      const stage: Stage = { at: "statement", statement };
      if (!rows) {
        send(statement.text, stage, (result) => statementFinished(statement, result));
        await pipeline.room();
        continue;
      }
      pipeline.copy(
        statement.text,
        rows,
        sender(stage, (result) => statementFinished(statement, result)),
      );
      await pipeline.drained();
    }
  } catch (error) {
    // A file of the step cannot be read to its end as it was planned.
    if (!(error instanceof Failure)) throw error;
    stopped = error;
  }
  if (failed || stopped || context.signal.aborted) {
    await pipeline.drained();
    settle(failed ? failedEnd(failed, false) : stopped ? { kind: "stopped", failure: stopped } : stoppedEnd());
    return { end, open: true };
  }
  commitSent = extent.commit;
  send(script.bookkeeping?.commitSql(run) ?? commitSql(run, script, extent), { at: "commit" });
  return { end, open: false };
}

function recordSql(run: Run, script: Script, previous: Script | undefined): string {
  const { names } = run;
  const { step } = script;
  const version = quoteText(step.version);
  const guard = previous ? `${assertSql(stepTookEffect(run, previous), "previous")}; ` : "";
  const record =
    step.direction === "up"
      ? insertRowSql(names, step, recordingOf(run, script))
      : `WITH gone AS (DELETE FROM ${names.history} WHERE version = ${version} RETURNING 1) ${assertSql("(SELECT count(*) FROM gone) = 1", "raced")}`;
  return `${localSettings(run, script)} ${run.lock.guard}${guard}${record}; ${noteWritesSql(names)}`;
}

/** The condition that a step's row is there, or is gone. */
function stepTookEffect({ names }: Run, { step }: Script): string {
  return step.direction === "up" ? rowExists(names, step.version) : `NOT ${rowExists(names, step.version)}`;
}

function commitSql(run: Run, script: Script, { commit, versions }: Extent): string {
  const { names } = run;
  // Within one transaction, what the next steps defer must stay deferred; the savepoint takes the change back.
  const check = "SET CONSTRAINTS ALL IMMEDIATE; ";
  const deferred = commit
    ? check
    : `SAVEPOINT pgstep; ${check}ROLLBACK TO SAVEPOINT pgstep; RELEASE SAVEPOINT pgstep; `;
  // The count that this check relies on is a setting, which RESET ALL would take away.
  const role = `${ownRole(run)}; RESET search_path; `;
  const others = requireNoOtherRowSql(names, versions);
  const row = assertSql(stepTookEffect(run, script), "row");
  return `${deferred}${role}${others}; ${cleanSession(run)} ${row}${commit ? "; COMMIT" : ""}`;
}

function doneEnd(durationMs: number): StepEnd {
  return { kind: "done", durationMs: Math.round(durationMs) };
}

function failedEnd({ stage, error }: { stage: Stage; error: Error }, commitSent: boolean): StepEnd {
  if (error instanceof ServerFailure) return { kind: "refused", stage, server: error.server };
  if (error instanceof ConnectionLost) return { kind: "lost", lost: error, commitSent };
  if (error instanceof Failure) return { kind: "stopped", failure: error };
  throw error;
}

/** A step that the user stopped before all of it was sent. */
function stoppedEnd(): StepEnd {
  const server = { severity: "ERROR", code: "57014", message: "interrupted" };
  return { kind: "refused", stage: { at: "begin" }, server };
}
