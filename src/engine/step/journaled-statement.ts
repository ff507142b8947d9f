import { Failure } from "../../core/failure/failure.ts";
import { writtenText } from "../../core/placeholders/written-place.ts";
import type { Statement } from "../../core/sql/statement.ts";
import { concurrentIndex } from "../../core/statements/concurrent-index.ts";
import { dependsOnStrings } from "../../core/statements/strings-setting.ts";
import { ServerFailure, type Session, type StatementResult } from "../../ports/session.ts";
import {
  finishedSql,
  type JournalEntry,
  notStartedSql,
  ranSql,
  startedSql,
  statementHash,
  unrecordedSql,
} from "../history/journal.ts";
import type { Stage } from "../pipeline/stage.ts";
import type { Script } from "../script/load-scripts.ts";
import type { Work } from "../script/statements-to-run.ts";
import { inTransaction } from "../session/own-transaction.ts";
import type { BlockRunner } from "./block.ts";
import { bookkeeping, leavesTraces, mustRunAlone, runHeld, runWithEntry, type StatementRun } from "./one-statement.ts";
import { chooseName, dropInvalidNamesake, noteBeforeSql, resolveDoubt } from "./resolve-doubt.ts";
import { repeatInSession } from "./session-effects.ts";
import { lineOf, stringsFailure } from "./step-failure.ts";

/** Checks how the server will parse a statement; every earlier message must be answered. @throws Failure */
export function requireReading({ state }: Session, script: Script, statement: Statement): void {
  if (state.standardConformingStrings === statement.standardConformingStrings) return;
  if (dependsOnStrings(statement)) throw stringsFailure(script, statement);
}

/** The step that a statement belongs to. */
interface Place {
  readonly alone: StatementRun;
  readonly blocks: BlockRunner;
  readonly enter: (stage: Stage) => void;
}

/** Runs or resumes a statement of a step. The result is undefined for a statement that an earlier run finished. */
export async function runStatement(
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
  // The statement was started outside a transaction; only an edit can have moved it into one.
  if (entry && blocks.isOpen) throw inDoubt(script, statement, number, true);
  if (entry) {
    const verdict = await quietly(statement, enter, () => resolveDoubt(alone, statement, entry.before));
    // A finished object of that name may be the work of the statement at this place before an edit.
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
  // The first statement of a down script finds the row, and a resumed one may find a row that the file wrote itself.
  const mayHaveRow = number === 1 && (entry !== undefined || step.direction === "down");
  const unrecorded = mayHaveRow ? [] : [unrecordedSql(names, step, number)];
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

/** Does pgstep's own work for a statement, without reporting notices as the statement's. */
async function quietly<T>(statement: Statement, enter: (stage: Stage) => void, work: () => Promise<T>): Promise<T> {
  enter({ at: "begin" });
  try {
    return await work();
  } finally {
    enter({ at: "statement", statement });
  }
}

/**
 * Runs a statement outside a transaction, between the transactions that record it as started and as finished.
 * @param sent the SQL of the statement, and the notes and checks for the first of these transactions
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
  // A statement that is not sent because the lock was lost must not be recorded as started.
  const held = run.lock.check ? [run.lock.check] : [];
  const started = [bookkeeping(run), ...held, ...sent.unrecorded, startedSql(names, step, number, hash)];
  await inTransaction(session, sent.noteSql ? [sent.noteSql, ...started] : started);
  await run.context.watch?.willRunOutside(session, script.path);
  let result: StatementResult;
  try {
    result = await runHeld(alone, sent.sql);
  } catch (error) {
    // A refused statement has no effect, except one that may leave an INVALID index; the next run looks for that.
    if (error instanceof ServerFailure && !leavesTraces(statement, error.server)) {
      await inTransaction(session, [bookkeeping(run), notStartedSql(names, step, number)]);
    }
    throw error;
  }
  await inTransaction(session, [bookkeeping(run), finishedSql(names, step, number)]);
  await run.context.watch?.ranOutside(session, script.path, statement);
  return result;
}

function editedBehindJournal(script: Script, statement: Statement, number: number): Failure {
  const { step, path } = script;
  return new Failure(
    "history-conflict",
    `Cannot continue with ${step.name}: statement ${number} has already run, and was changed since`,
    {
      hint: "Restore the statements that have run; later statements may be changed.",
      place: { path, ...statement.position, ...lineOf(script, statement.position) },
    },
  );
}

function inDoubt(script: Script, statement: Statement, number: number, edited: boolean): Failure {
  const { step, path } = script;
  const what = edited
    ? `another statement was started in place of statement ${number}`
    : `statement ${number} was started`;
  const [done, notDone] = edited ? ["To skip the current statement", "to run it"] : ["If so", "if not"];
  return new Failure("in-doubt", `Cannot continue with ${step.name}: ${what}, and its outcome is unknown`, {
    hint: `Check whether it took effect. ${done}: pgstep resolve ${step.version} --done; ${notDone}: pgstep resolve ${step.version} --not-done. Then run pgstep ${step.direction} again.`,
    place: { path, ...statement.position, ...lineOf(script, statement.position) },
  });
}
