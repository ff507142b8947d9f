import { assertSql, deleteRowSql, recordRowSql, rowExists } from "../history/history-table.ts";
import type { Script } from "../script/load-scripts.ts";
import { BEGIN_OWN } from "../session/own-transaction.ts";
import { bookkeeping } from "./one-statement.ts";
import { localSettings, type Run, recordingOf } from "./session-settings.ts";

/**
 * The statements that record a step at its end. They fail with the marker "row" if the history does not keep the
 * change; deferred triggers of the history run before this check.
 */
export function recordStepSql(run: Run, script: Script, statements: number, durationMs: number): string[] {
  const { names } = run;
  const { step } = script;
  const isUp = step.direction === "up";
  const recording = isUp && { recording: recordingOf(run, script), durationMs, isOwn: statements > 0 };
  const there = rowExists(names, step.version);
  return [
    recording ? recordRowSql(names, step, recording) : deleteRowSql(names, step.version),
    "SET CONSTRAINTS ALL IMMEDIATE",
    assertSql(isUp ? there : `NOT ${there}`, "row"),
  ];
}

/**
 * Records a step on trial and rolls back: a rule, trigger, policy or constraint of the history may refuse the row, and
 * statements that have run one by one by then cannot be undone. Needs no extra round trip if a query follows.
 * @throws ServerFailure, ConnectionLost
 */
export async function tryToRecord(run: Run, script: Script): Promise<void> {
  const { session } = run;
  const tried = session.execute(trialOfRecordSql(run, script));
  const [outcome] = await Promise.allSettled([tried, session.execute("ROLLBACK")]);
  if (outcome.status === "rejected") throw outcome.reason;
}

/** The transaction of that trial, without its ROLLBACK. */
export function trialOfRecordSql(run: Run, script: Script): string {
  const record = recordStepSql(run, script, script.inspection.statements, 0).join("; ");
  return `${BEGIN_OWN}; ${localSettings(run, script)} ${bookkeeping(run)}; ${record}`;
}
