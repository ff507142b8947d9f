import { Failure } from "../../core/failure/failure.ts";
import { writtenText } from "../../core/placeholders/written-place.ts";
import type { Statement } from "../../core/sql/statement.ts";
import { concurrentIndex } from "../../core/statements/concurrent-index.ts";
import { dependsOnStrings } from "../../core/statements/strings-setting.ts";
import { ConnectionLost, ServerFailure, type Session, type StatementResult } from "../../ports/session.ts";
import { deleteEmptyRowSql } from "../history/history-table.ts";
import {
  finishedSql,
  forgetSql,
  type JournalEntry,
  movedSql,
  notStartedSql,
  ranSql,
  readJournal,
  startedSql,
  statementHash,
  unrecordedSql,
} from "../history/journal.ts";
import type { Stage } from "../pipeline/stage.ts";
import { noticeOf } from "../pipeline/stage.ts";
import { TransactionEnded } from "../pipeline/transaction-state.ts";
import type { Script } from "../script/load-scripts.ts";
import { type Work, workOf } from "../script/statements-to-run.ts";
import { inTransaction } from "../session/own-transaction.ts";
import { isUnconfirmedCommit, unconfirmedCommit } from "../session/unconfirmed-commit.ts";
import { BlockRunner } from "./block.ts";
import { endedFailure } from "./ended-transaction.ts";
import {
  bookkeeping,
  leavesTraces,
  mustRunAlone,
  noteSetting,
  runHeld,
  runWithEntry,
  type StatementRun,
} from "./one-statement.ts";
import { chooseName, dropInvalidNamesake, noteBeforeSql, resolveDoubt } from "./resolve-doubt.ts";
import { noteInSession, repeatInSession, requireNothingMissed } from "./session-effects.ts";
import { cleanSession, type Run } from "./session-settings.ts";
import { lineOf, stringsFailure } from "./step-failure.ts";
import { recordStepSql, tryToRecord } from "./step-record.ts";
import type { StepEnd } from "./transaction-step.ts";

/**
 * Runs a script statement by statement, each on its own, with a journal of what was started and what ended, so that a
 * later run goes on where this one stopped. A statement that may run in a transaction commits together with its journal
 * entry; only the others can ever be in doubt.
 */
export async function runStatementStep(run: Run, script: Script): Promise<StepEnd> {
  const { context, session, names } = run;
  const { step, inspection } = script;
  const started = context.clock.monotonicMs();
  let stage: Stage = { at: "record" };
  const enter = (next: Stage) => {
    stage = next;
  };
  const alone: StatementRun = { run, script, own: new Set() };
  const blocks = new BlockRunner(alone);
  try {
    await run.pipeline.drained();
    if (step.isRecordedEmpty) {
      await inTransaction(session, [bookkeeping(run), deleteEmptyRowSql(names, step.version)]);
    }
    const recordable = tryToRecord(run, script);
    const read = readJournal(session, names, step, run.lock.guard);
    read.catch(() => {});
    await recordable;
    const { entries, isRecorded } = await read;
    // Without entries a row is not the file's own, nor is a row that is missing what a down script has removed.
    if (entries.size === 0 && isRecorded === (step.direction === "up")) return refused(stage, "", "pgstep:raced");
    const journal = await followMoved(run, script, entries);
    await requireNothingMissed(alone, journal);
    context.emit({ type: "step-started", step, statements: inspection.statements });
    let number = 0;
    for (const work of workOf(script)) {
      const { statement } = work;
      number++;
      await blocks.commitBefore(work.block, enter);
      if (context.signal.aborted) return refused({ at: "statement", statement }, "57014", "interrupted");
      run.pipeline.noticedBeside = (notice) => {
        // Behind the statements it is pgstep's own bookkeeping that is told of.
        const isStatement = stage.at === "statement";
        if (isUnconfirmedCommit(notice)) {
          context.emit(unconfirmedCommit(isStatement ? `A statement of ${step.name}` : "The last transaction"));
        } else if (isStatement) context.emit(noticeOf(notice, script, stage));
      };
      stage = { at: "statement", statement };
      if (!journal.get(number)?.finished) requireReading(session, script, statement);
      const sentMs = context.clock.monotonicMs();
      const result = await runStatement({ alone, blocks, enter }, work, number, journal.get(number));
      noteSetting(alone, statement);
      if (!result) continue;
      noteInSession(run, script, number);
      context.emit({
        type: "statement-finished",
        step,
        statement: number,
        statements: inspection.statements,
        command: result.command,
        rowCount: result.rowCount,
        place: { path: script.path, ...statement.position },
        durationMs: context.clock.monotonicMs() - sentMs,
      });
    }
    await blocks.commitBefore(undefined, enter);
    stage = { at: "commit" };
    const durationMs = context.clock.monotonicMs() - started;
    await recordStep(run, script, number, durationMs);
    return { kind: "done", durationMs: Math.round(durationMs) };
  } catch (error) {
    if (error instanceof ServerFailure) return { kind: "refused", stage, server: error.server };
    if (error instanceof TransactionEnded) {
      return { kind: "ended", failure: endedFailure(script, stage, error.server) };
    }
    if (error instanceof ConnectionLost) return { kind: "lost", lost: error, commitSent: true };
    if (error instanceof Failure) return { kind: "stopped", failure: error };
    throw error;
  } finally {
    await blocks.rollBack();
  }
}

/** Entries of statements that were started follow them to where they stand now, behind what was put before them. */
async function followMoved(
  run: Run,
  script: Script,
  journal: Map<number, JournalEntry>,
): Promise<Map<number, JournalEntry>> {
  const { session, names } = run;
  const started = [...journal].filter(([, entry]) => !entry.finished);
  if (started.length === 0) return journal;
  const hashes = Array.from(workOf(script), ({ statement }) => statementHash(writtenText(statement)));
  for (const [number, entry] of started) {
    const now = hashes.indexOf(entry.hash, number) + 1;
    if (hashes[number - 1] === entry.hash || now === 0 || journal.has(now)) continue;
    await inTransaction(session, [bookkeeping(run), movedSql(names, script.step, number, now)]);
    journal.delete(number);
    journal.set(now, entry);
  }
  return journal;
}

/** Everything before a statement has been answered: so it is known how the server will read it. @throws Failure */
function requireReading({ state }: Session, script: Script, statement: Statement): void {
  if (state.standardConformingStrings === statement.standardConformingStrings) return;
  if (dependsOnStrings(statement)) throw stringsFailure(script, statement);
}

interface Place {
  readonly alone: StatementRun;
  readonly blocks: BlockRunner;
  readonly enter: (stage: Stage) => void;
}

/** What it answered; undefined for one that an earlier run had finished. */
async function runStatement(
  { alone, blocks, enter }: Place,
  work: Work,
  number: number,
  entry: JournalEntry | undefined,
): Promise<StatementResult | undefined> {
  const { run, script } = alone;
  const { session, names } = run;
  const { step } = script;
  const { statement } = work;
  const hash = statementHash(writtenText(statement));
  if (entry?.finished) {
    if (entry.hash !== hash) throw editedBehindJournal(script, statement, number);
    const { block } = work;
    await quietly(statement, enter, () =>
      block ? blocks.repeat(statement, number, block) : repeatInSession(alone, statement, number),
    );
    return undefined;
  }
  const about = concurrentIndex(statement);
  // Only an edit can have put what was started alone into a transaction.
  if (entry && blocks.isOpen) throw inDoubt(script, statement, number, true);
  if (entry) {
    const verdict = await quietly(statement, enter, () => resolveDoubt(alone, statement, entry.before));
    // A finished thing of that name may be the work of the statement that stood here before an edit.
    if (verdict === "unknown" || (verdict === "done" && entry.hash !== hash)) {
      throw inDoubt(script, statement, number, entry.hash !== hash);
    }
    await inTransaction(session, [
      bookkeeping(run),
      verdict === "done" ? finishedSql(names, step, number) : notStartedSql(names, step, number),
    ]);
    if (verdict === "done") return undefined;
  } else if (about?.action === "create" && about.index !== undefined) {
    await quietly(statement, enter, () => dropInvalidNamesake(alone, statement, about));
  }
  // The first statement of a down script finds the row, and one that was begun before may find the file's own.
  const isUntold = number === 1 && (entry !== undefined || step.direction === "down");
  const unrecorded = isUntold ? [] : [unrecordedSql(names, step, number)];
  const recording = [...unrecorded, ranSql(names, step, number, hash)];
  if (work.block) return blocks.run(work, work.block, recording);
  if (!mustRunAlone(script, statement)) return runWithEntry(alone, work, recording.join("; "), enter);
  const unnamed = about?.action === "create" && about.index === undefined ? about : undefined;
  const chosen = unnamed && (await quietly(statement, enter, () => chooseName(alone, statement, unnamed)));
  return await runWithJournal(alone, statement, number, {
    sql: unnamed && chosen ? unnamed.named(chosen.name) : statement.text,
    noteSql: noteBeforeSql(statement, chosen),
    unrecorded,
  });
}

/** Does pgstep's own work for a statement, whose notices are not the statement's. */
async function quietly<T>(statement: Statement, enter: (stage: Stage) => void, work: () => Promise<T>): Promise<T> {
  enter({ at: "begin" });
  try {
    return await work();
  } finally {
    enter({ at: "statement", statement });
  }
}

/**
 * A statement outside a transaction, between the transactions that record it as started and as ended.
 * @param sent what is sent for it, and what has to be noted and checked in the first of them
 */
async function runWithJournal(
  alone: StatementRun,
  statement: Statement,
  number: number,
  sent: { readonly sql: string; readonly noteSql: string | undefined; readonly unrecorded: readonly string[] },
): Promise<StatementResult> {
  const { run, script } = alone;
  const { session, names } = run;
  const { step } = script;
  const hash = statementHash(writtenText(statement));
  // What is not sent because the lock was lost has not been started.
  const held = run.lock.check ? [run.lock.check] : [];
  const started = [bookkeeping(run), ...held, ...sent.unrecorded, startedSql(names, step, number, hash)];
  await inTransaction(session, sent.noteSql ? [sent.noteSql, ...started] : started);
  let result: StatementResult;
  try {
    result = await runHeld(alone, sent.sql);
  } catch (error) {
    // A refused statement had no effect, but for one that may leave half an index behind; the next run looks for that.
    if (error instanceof ServerFailure && !leavesTraces(statement, error.server)) {
      await inTransaction(session, [bookkeeping(run), notStartedSql(names, step, number)]);
    }
    throw error;
  }
  await inTransaction(session, [bookkeeping(run), finishedSql(names, step, number)]);
  return result;
}

/**
 * Makes the step whole: its row as it should be, its journal gone, the session clean. The file may have written its own
 * row, or deleted it; that no other run has is known from the journal, which then is not whole.
 */
async function recordStep(run: Run, script: Script, statements: number, durationMs: number): Promise<void> {
  const { session, names } = run;
  const { step } = script;
  await inTransaction(session, [
    `${cleanSession(run)} ${run.lock.guard}`.replace(/;\s*$/, ""),
    forgetSql(names, step, statements),
    ...recordStepSql(run, script, statements, durationMs),
  ]);
}

function refused(stage: Stage, code: string, message: string): StepEnd {
  return { kind: "refused", stage, server: { severity: "ERROR", code, message } };
}

function editedBehindJournal(script: Script, statement: Statement, number: number): Failure {
  const { step, path } = script;
  return new Failure(
    "history-conflict",
    `Cannot go on with ${step.name}: statement ${number} has run already, and was another one then`,
    {
      hint: "Restore the statements that have run; those behind them may be changed.",
      place: { path, ...statement.position, ...lineOf(script, statement.position) },
    },
  );
}

function inDoubt(script: Script, statement: Statement, number: number, edited: boolean): Failure {
  const { step, path } = script;
  const what = edited
    ? `in the place of statement ${number} another one was started`
    : `statement ${number} was started`;
  const [done, notDone] = edited ? ["To pass over what stands there now", "to run it"] : ["If so", "if not"];
  return new Failure(
    "in-doubt",
    `Cannot go on with ${step.name}: ${what}, and it is not known whether it took effect`,
    {
      hint: `Look whether it did. ${done}: pgstep resolve ${step.version} --done; ${notDone}: pgstep resolve ${step.version} --not-done. Then run pgstep ${step.direction} again.`,
      place: { path, ...statement.position, ...lineOf(script, statement.position) },
    },
  );
}
