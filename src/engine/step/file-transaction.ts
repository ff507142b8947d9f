import { Failure } from "../../core/failure/failure.ts";
import type { Sender } from "../pipeline/pipeline.ts";
import type { Stage } from "../pipeline/stage.ts";
import { noticeOf } from "../pipeline/stage.ts";
import { endedBy, refusedInside } from "../pipeline/transaction-state.ts";
import type { Script } from "../script/load-scripts.ts";
import { workOf } from "../script/statements-to-run.ts";
import type { StatementWatch } from "../session/statement-watch.ts";
import { cleanSession, localSettings, type Run } from "./session-settings.ts";
import { interruptedAt, type Refusal, refusalOf } from "./step-result.ts";
import { StringsCheck } from "./strings-check.ts";

/** Begins a transaction for the statements of files; the guard of the lock follows. */
export const BEGIN_FILES = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/** Ends a file in such a transaction. */
export function endFileSql(run: Run): string {
  return `SET CONSTRAINTS ALL IMMEDIATE; ${cleanSession(run)}`;
}

/** Begins such a transaction, if the lock is held. @throws ServerFailure, ConnectionLost */
export async function beginFiles({ session, lock }: Run): Promise<void> {
  await session.execute(BEGIN_FILES);
  if (lock.guard) await session.execute(lock.guard);
}

/**
 * Sends the statements of a file inside the open transaction, without waiting for their answers, and cleans the session
 * afterwards. After a refusal the caller must roll back, to a savepoint or entirely.
 * @param watch is told of each statement, whose answer is then awaited
 */
export async function sendFile(run: Run, script: Script, watch?: StatementWatch): Promise<Refusal | undefined> {
  const { pipeline, context, session } = run;
  let failed: { stage: Stage; error: Error } | undefined;
  const fail = (stage: Stage, error: Error) => {
    failed ??= { stage, error };
  };
  const strings = new StringsCheck();
  const sender = (stage: Stage): Sender => ({
    answered({ after }) {
      const ended = endedBy(after);
      if (ended) fail(stage, ended);
    },
    failed(error) {
      fail(stage, refusedInside(error));
    },
    noticed(notice) {
      if (stage.at !== "strings") context.emit(noticeOf(notice, script, stage));
    },
  });
  try {
    pipeline.send(localSettings(run, script), sender({ at: "record" }));
    for (const { statement, rows, alone } of workOf(script)) {
      if (context.leavesOut?.(statement, script.path)) continue;
      const check = strings.before(statement);
      if (check && !failed) pipeline.send(check, sender({ at: "strings", statement }));
      if (alone) await pipeline.drained();
      if (failed || context.signal.aborted) break;
      const look = await watch?.sending(session, statement, false);
      const listener = sender({ at: "statement", statement });
      if (rows) pipeline.copy(statement.text, rows, listener);
      else pipeline.send(statement.text, listener);
      await (rows || watch ? pipeline.drained() : pipeline.room());
      if (!failed) await look?.begin();
    }
    const last = strings.atEnd();
    if (last && !failed) pipeline.send(last.sql, sender({ at: "strings", statement: last.statement }));
    await pipeline.drained();
    if (!failed && !context.signal.aborted) {
      pipeline.send(endFileSql(run), sender({ at: "commit" }));
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    await pipeline.drained();
    return { kind: "stopped", failure: error };
  }
  await pipeline.drained();
  if (!failed && context.signal.aborted) return interruptedAt({ at: "begin" });
  return failed && refusalOf(failed.error, failed.stage, script);
}
