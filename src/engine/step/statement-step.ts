import type { ServerMessage } from "../../core/failure/failure.ts";
import { writtenText } from "../../core/placeholders/written-place.ts";
import { forgetSql, type JournalEntry, movedSql, readJournal, statementHash } from "../history/journal.ts";
import type { Stage } from "../pipeline/stage.ts";
import { noticeOf } from "../pipeline/stage.ts";
import type { Script } from "../script/load-scripts.ts";
import { type Work, workOf } from "../script/statements-to-run.ts";
import { inTransaction } from "../session/own-transaction.ts";
import { isUnconfirmedCommit, unconfirmedCommit } from "../session/unconfirmed-commit.ts";
import { BlockRunner } from "./block.ts";
import { requireReading, runStatement } from "./journaled-statement.ts";
import { bookkeeping, noteSetting, type StatementRun } from "./one-statement.ts";
import { noteInSession, requireNothingMissed } from "./session-effects.ts";
import { cleanSession, type Run } from "./session-settings.ts";
import { recordStepSql, tryToRecord } from "./step-record.ts";
import { interruptedAt, refusalOf, type StepResult } from "./step-result.ts";

/**
 * Runs a script statement by statement, with a journal of started and finished statements, so that a later run
 * continues where this one stopped. A statement that may run in a transaction commits together with its journal entry;
 * only the others can have an unknown outcome.
 */
export async function runStatementStep(run: Run, script: Script): Promise<StepResult> {
  const step = new StatementStep(run, script);
  try {
    return await step.toTheEnd();
  } catch (error) {
    return refusalOf(error, step.stage, script);
  } finally {
    await step.blocks.rollBack();
  }
}

type Journal = Map<number, JournalEntry>;

class StatementStep {
  stage: Stage = { at: "record" };
  readonly blocks: BlockRunner;
  readonly #run: Run;
  readonly #script: Script;
  readonly #alone: StatementRun;
  readonly #enter = (stage: Stage): void => {
    this.stage = stage;
  };

  constructor(run: Run, script: Script) {
    this.#run = run;
    this.#script = script;
    this.#alone = { run, script, own: new Set() };
    this.blocks = new BlockRunner(this.#alone);
  }

  /** @throws Failure, ServerFailure, ConnectionLost, TransactionEnded */
  async toTheEnd(): Promise<StepResult> {
    const { context } = this.#run;
    const { step, inspection } = this.#script;
    const started = context.clock.monotonicMs();
    const journal = await this.#begin();
    if (!journal) return { kind: "refused", stage: this.stage, server: RACED };
    await requireNothingMissed(this.#alone, journal);
    context.emit({ type: "step-started", step, statements: inspection.statements });
    let number = 0;
    for (const given of workOf(this.#script)) {
      number++;
      const work = this.#unlessLeftOut(given);
      await this.blocks.commitBefore(work.block, this.#enter);
      if (context.signal.aborted) return interruptedAt({ at: "statement", statement: work.statement });
      await this.#runStatement(work, number, journal.get(number));
    }
    await this.blocks.commitBefore(undefined, this.#enter);
    this.stage = { at: "commit" };
    const durationMs = context.clock.monotonicMs() - started;
    await recordStep(this.#run, this.#script, number, durationMs);
    return { kind: "done", durationMs: Math.round(durationMs) };
  }

  /** For a statement that a trial run leaves out, one without effect: the journal has no gaps. */
  #unlessLeftOut(work: Work): Work {
    const { statement } = work;
    if (!this.#run.context.leavesOut?.(statement, this.#script.path)) return work;
    return { ...work, statement: { ...statement, text: "SELECT" } };
  }

  /** Checks that the step can be recorded, and reads its journal; undefined if another run was first. */
  async #begin(): Promise<Journal | undefined> {
    const { session, names, pipeline, lock } = this.#run;
    const { step } = this.#script;
    await pipeline.drained();
    const recordable = tryToRecord(this.#run, this.#script);
    const read = readJournal(session, names, step, lock.guard);
    read.catch(() => {});
    await recordable;
    const { entries, isRecorded } = await read;
    // Without entries, neither an existing row nor a missing one is the work of this file.
    const isWritten = isRecorded && !step.isRecordedEmpty;
    if (entries.size === 0 && isWritten === (step.direction === "up")) return undefined;
    return await followMoved(this.#run, this.#script, entries);
  }

  async #runStatement(work: Work, number: number, entry: JournalEntry | undefined): Promise<void> {
    const { context, session, pipeline } = this.#run;
    const { step, inspection, path } = this.#script;
    const { statement } = work;
    pipeline.noticedBeside = (notice) => this.#noticed(notice);
    this.stage = { at: "statement", statement };
    if (!entry?.finished) requireReading(session, this.#script, statement);
    const sentMs = context.clock.monotonicMs();
    const place = { alone: this.#alone, blocks: this.blocks, enter: this.#enter };
    const result = await runStatement(place, work, number, entry);
    noteSetting(this.#alone, statement);
    if (!result) return;
    noteInSession(this.#run, this.#script, number);
    context.emit({
      type: "statement-finished",
      step,
      statement: number,
      statements: inspection.statements,
      command: result.command,
      rowCount: result.rowCount,
      place: { path, ...statement.position },
      durationMs: context.clock.monotonicMs() - sentMs,
    });
  }

  /** Between the statements, notices belong to pgstep's own bookkeeping. */
  #noticed(notice: ServerMessage): void {
    const { context } = this.#run;
    const isStatement = this.stage.at === "statement";
    if (isUnconfirmedCommit(notice)) {
      const what = isStatement ? `A statement of ${this.#script.step.name}` : "The last transaction";
      context.emit(unconfirmedCommit(what));
    } else if (isStatement) context.emit(noticeOf(notice, this.#script, this.stage));
  }
}

const RACED: ServerMessage = { severity: "ERROR", code: "", message: "pgstep:raced" };

/** Renumbers the entries of started statements that an edit has moved down in the file. */
async function followMoved(run: Run, script: Script, journal: Journal): Promise<Journal> {
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

/**
 * Completes the step: writes its row, deletes its journal entries, cleans the session. The file may have written or
 * deleted its own row; if another run had done so, the journal would be incomplete.
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
