import { Failure } from "../../core/failure/failure.ts";
import type { Statement } from "../../core/sql/statement.ts";
import type { IsolationLevel } from "../../core/statements/transaction-blocks.ts";
import { ServerFailure } from "../../ports/session.ts";
import {
  assertSql,
  deleteEmptyRowSql,
  deleteRowSql,
  insertRowSql,
  isOne,
  noteWritesSql,
  requireNoOtherRowSql,
  requireNoWriteSql,
  rowExists,
} from "../history/history-table.ts";
import { type FailedStage, SentStep, StepMessage } from "../pipeline/sent-step.ts";
import type { Stage } from "../pipeline/stage.ts";
import type { Script } from "../script/load-scripts.ts";
import { workOf } from "../script/statements-to-run.ts";
import { COMMIT } from "../session/own-transaction.ts";
import { cleanSession, localSettings, ownRole, type Run, recordingOf } from "./session-settings.ts";
import { unguardedFailure } from "./step-failure.ts";
import { interruptedAt, refusalOf, type StepResult } from "./step-result.ts";
import { StringsCheck } from "./strings-check.ts";

/** Where a step's transaction begins and ends, when several share one. */
export interface Extent {
  readonly begin: boolean;
  readonly commit: boolean;
  readonly isolation: IsolationLevel;
  /** True if something in the transaction may turn off the read-only guard for a refused BEGIN. */
  readonly liftsReadOnly: boolean;
  /** The previous step of this plan; its row must be as recorded for this step to start. */
  readonly previous: Script | undefined;
  /** The versions this transaction may write to the history: those of its steps so far. */
  readonly versions: readonly string[];
}

/**
 * Sends a whole step without waiting for its answers, and returns when the last message is sent or the step has already
 * failed. The promise `end` resolves to the result and never rejects. `open` is true if the step ended before its last
 * message: the transaction may still be intact, and only ROLLBACK may be sent after it.
 *
 * BEGIN is a message of its own with constant text. The history row comes first and provides mutual exclusion. The last
 * checks share one message with COMMIT, which a failed transaction therefore never reaches.
 */
export async function sendTransactionStep(
  run: Run,
  script: Script,
  extent: Extent,
): Promise<{ end: Promise<StepResult>; open: boolean }> {
  const { pipeline, context } = run;
  const sent = new SentStep(context, script, extent.commit);
  const send = (sql: string, stage: Stage) => pipeline.send(sql, new StepMessage(sent, stage));

  if (extent.begin) {
    const begin: Stage = { at: "begin" };
    send(`BEGIN ISOLATION LEVEL ${extent.isolation} READ WRITE`, begin);
    // Without the session's guard, only a successful BEGIN keeps the next statements out of autocommit.
    if (!run.direct || extent.liftsReadOnly) await pipeline.drained();
  }
  let stopped: Failure | undefined;
  const strings = new StringsCheck();
  const watch = watchOf(run, script);
  try {
    if (!sent.failed) send(recordStartSql(run, script, extent.previous), { at: "record" });
    watch?.began();
    for (const { statement, rows, alone } of workOf(script)) {
      if (context.leavesOut?.(statement, script.path)) continue;
      const check = strings.before(statement);
      if (check && !sent.failed) send(check, { at: "strings", statement });
      if (alone) await pipeline.drained();
      if (sent.failed || context.signal.aborted) break;
      const stage: Stage = { at: "statement", statement };
      const look = await watch?.sending(statement);
      await watch?.ready();
      if (!rows) {
        send(statement.text, stage);
        if (pipeline.isFull) await pipeline.room();
      } else {
        await watch?.looked();
        pipeline.copy(statement.text, rows, new StepMessage(sent, stage));
        await pipeline.drained();
      }
      look?.begin();
    }
    await watch?.ready();
    await watch?.ending(() => !sent.failed && !context.signal.aborted);
  } catch (error) {
    // The file was changed or became unreadable since it was planned.
    if (!(error instanceof Failure)) throw error;
    stopped = error;
  }
  if (sent.failed || stopped || context.signal.aborted) {
    await pipeline.drained();
    await watch?.looked();
    const { failed } = sent;
    const end = failed
      ? failedEnd(sent, script, failed)
      : stopped
        ? { kind: "stopped" as const, failure: stopped }
        : interruptedAt({ at: "begin" });
    return { end: Promise.resolve(end), open: true };
  }
  const last = strings.atEnd();
  if (last) send(last.sql, { at: "strings", statement: last.statement });
  send(commitStepSql(run, script, extent), { at: "commit" });
  const end = sent.ended.then(async (durationMs): Promise<StepResult> => {
    await watch?.looked();
    if (sent.failed) return failedEnd(sent, script, sent.failed);
    return { kind: "done", durationMs: Math.round(durationMs) };
  });
  return { end, open: false };
}

/** So many statements are in flight while a watch looks at them. */
const MOST_LOOKS = 16;

/** The looks of the watch of a trial run at a step. */
function watchOf({ context, session, pipeline }: Run, { path }: Script) {
  const { watch } = context;
  if (!watch) return undefined;
  const looks: Promise<void>[] = [];
  let isReady = true;
  /** Resolves when everything that was looked at is answered. */
  const looked = async () => {
    await Promise.all(looks.splice(0));
    isReady = true;
  };
  const add = (look: Promise<void>, overlaps: boolean) => {
    // It is awaited later.
    look.catch(() => {});
    looks.push(look);
    isReady &&= overlaps;
  };
  return {
    looked,
    /** Resolves when the next message may be sent. */
    async ready() {
      if (!isReady) await looked();
      else if (looks.length >= MOST_LOOKS) await looks.shift();
    },
    began() {
      const { ended, overlaps } = watch.began(session, path);
      add(ended, overlaps);
    },
    async sending(statement: Statement) {
      const { begin, overlaps } = await watch.sending(session, statement, false);
      return { begin: () => add(begin(), overlaps) };
    },
    /** @param isIntact false if the step has failed */
    async ending(isIntact: () => boolean) {
      if (!watch.looksAtEnd) return;
      await Promise.all([looked(), pipeline.drained()]);
      if (isIntact()) await watch.ending?.(session);
    },
  };
}

/** The beginning of a step after its BEGIN: its settings, and its row. @param previous the step of this plan before it */
export function recordStartSql(run: Run, script: Script, previous: Script | undefined): string {
  const record = script.seedRecord ?? `${rowSql(run, script, previous)}; `;
  return `${localSettings(run, script)} ${run.lock.guard}${record}${noteWritesSql(run.names)}`;
}

function rowSql(run: Run, script: Script, previous: Script | undefined): string {
  const { names } = run;
  const { step } = script;
  const guard = previous ? `${assertSql(stepTookEffect(run, previous), "previous")}; ` : "";
  if (step.direction === "down") {
    return `${guard}WITH gone AS (${deleteRowSql(names, step.version)} RETURNING 1) ${assertSql(isOne("gone"), "raced")}`;
  }
  const replacing = step.isRecordedEmpty ? `${deleteEmptyRowSql(names, step.version)}; ` : "";
  return `${guard}${replacing}${insertRowSql(names, step, recordingOf(run, script))}`;
}

/** The condition that a step's row exists (up) or is deleted (down). */
function stepTookEffect({ names }: Run, { step }: Script): string {
  return step.direction === "up" ? rowExists(names, step.version) : `NOT ${rowExists(names, step.version)}`;
}

/** The end of a step: the checks, and its COMMIT unless the transaction continues with the next step. */
export function commitStepSql(
  run: Run,
  script: Script,
  { commit, versions }: Pick<Extent, "commit" | "versions">,
): string {
  const { names } = run;
  // In a shared transaction, constraints must stay deferred for the next steps; the savepoint undoes the change.
  const check = "SET CONSTRAINTS ALL IMMEDIATE; ";
  const deferred = commit
    ? check
    : `SAVEPOINT pgstep; ${check}ROLLBACK TO SAVEPOINT pgstep; RELEASE SAVEPOINT pgstep; `;
  // The count that this check relies on is a setting, which RESET ALL would remove.
  const role = `${ownRole(run)}; RESET search_path; `;
  const isSeed = script.seedRecord !== undefined;
  const others = isSeed ? requireNoWriteSql(names) : requireNoOtherRowSql(names, versions);
  const last = [...(isSeed ? [] : [assertSql(stepTookEffect(run, script), "row")]), ...(commit ? [COMMIT] : [])];
  return `${deferred}${role}${others}; ${cleanSession(run)} ${last.join("; ")}`;
}

function failedEnd({ unguarded }: SentStep, script: Script, { stage, error }: FailedStage): StepResult {
  if (error instanceof ServerFailure && unguarded) {
    return { kind: "ended", failure: unguardedFailure(script, unguarded, error.server) };
  }
  return refusalOf(error, stage, script);
}
