import { writtenText } from "../../core/placeholders/written-place.ts";
import type { Block } from "../../core/statements/transaction-blocks.ts";
import { createJournalSql } from "../history/history-table.ts";
import {
  finishedSql,
  forgetSql,
  notStartedSql,
  ranSql,
  startedSql,
  statementHash,
  unrecordedSql,
} from "../history/journal.ts";
import type { Script } from "../script/load-scripts.ts";
import type { Work } from "../script/statements-to-run.ts";
import {
  beginSql,
  bookkeeping,
  commitSql,
  leavesTraces,
  limitsAlone,
  mustRunAlone,
  noteSetting,
  type StatementRun,
} from "../step/one-statement.ts";
import { noteBeforeSql } from "../step/resolve-doubt.ts";
import { cleanSession, type Run } from "../step/session-settings.ts";
import { recordStepSql, trialOfRecordSql } from "../step/step-record.ts";
import { checkedStatements, comment, echo, ended, inOne, written } from "./text.ts";
import { durationSql } from "./transaction-step.ts";

/** A step whose statements run one by one, or in the transactions of its file, with a journal. */
export function statementStep(run: Run, script: Script): string[] {
  const { names } = run;
  const { step } = script;
  const steps = new JournaledStatements({ run, script, own: new Set() });
  for (const one of checkedStatements(script)) steps.add(one);
  const { lines, count } = steps.end();
  const recorded = [
    `${cleanSession(run)} ${run.lock.guard}`.replace(/;\s*$/, ""),
    forgetSql(names, step, count),
    ...recordStepSql(run, script, count, 0),
  ];
  return [
    comment(`${step.name}, statement by statement`),
    ...inOne([createJournalSql(names)]),
    `${trialOfRecordSql(run, script)};`,
    "ROLLBACK;",
    ...lines,
    ...inOne(recorded),
    durationSql(run, script),
    echo(`applied ${step.name}`),
    "",
  ];
}

/** Writes the statements of a step with their entries in the journal. */
class JournaledStatements {
  readonly #of: StatementRun;
  readonly #lines: string[] = [];
  #count = 0;
  /** A BEGIN ... COMMIT of the file, with the SQL that records its statements. */
  #open: { readonly block: Block; readonly entries: string[] } | undefined;

  constructor(of: StatementRun) {
    this.#of = of;
  }

  /** @param one a statement, or a check that belongs to the next one */
  add(one: Work | string): void {
    if (typeof one === "string") {
      this.#lines.push(`${one};`);
      return;
    }
    this.#count++;
    this.#endUnless(one.block);
    if (one.block) this.#addToBlock(one, one.block);
    else if (mustRunAlone(this.#of.script, one.statement)) this.#addAlone(one);
    else this.#addInTransaction(one);
    noteSetting(this.#of, one.statement);
  }

  end(): { readonly lines: readonly string[]; readonly count: number } {
    this.#endUnless(undefined);
    return { lines: this.#lines, count: this.#count };
  }

  /** The statements that record one as run, in its own transaction. */
  #ran({ statement }: Work): string[] {
    const { run, script } = this.#of;
    return [this.#unrecorded, ranSql(run.names, script.step, this.#count, statementHash(writtenText(statement)))];
  }

  get #unrecorded(): string {
    return unrecordedSql(this.#of.run.names, this.#of.script.step, this.#count);
  }

  #addToBlock(work: Work, block: Block): void {
    if (!this.#open) {
      this.#open = { block, entries: [] };
      this.#lines.push(`${beginSql(this.#of, block.isolation)};`);
    }
    const recording = this.#ran(work);
    this.#lines.push(...written(work));
    this.#open.entries.push(...recording);
  }

  /** Commits the open block, unless the next statement belongs to it. */
  #endUnless(next: Block | undefined): void {
    const open = this.#open;
    if (!open || open.block === next) return;
    this.#lines.push(`${commitSql(this.#of, open.entries.join("; "))};`);
    this.#open = undefined;
  }

  #addInTransaction(work: Work): void {
    const entry = this.#ran(work).join("; ");
    this.#lines.push(`${beginSql(this.#of, "READ COMMITTED")};`, ...written(work), `${commitSql(this.#of, entry)};`);
  }

  /** A statement without effect if the server refuses it: its entry is removed, so that the next run repeats it. */
  #unlessRefused(sql: string, reset: readonly string[]): string[] {
    const { run, script } = this.#of;
    const stopped = `DO $pgstep$ BEGIN RAISE EXCEPTION 'The script stops at this statement' USING HINT = 'Fix its cause, then continue with: pgstep up.'; END $pgstep$;`;
    return [
      "\\set ON_ERROR_STOP off",
      sql,
      "\\set ON_ERROR_STOP on",
      "\\if :ERROR",
      ...reset,
      ...inOne([bookkeeping(run), notStartedSql(run.names, script.step, this.#count)]),
      stopped,
      "\\endif",
    ];
  }

  /** A statement outside any transaction, between those that record it as started and as finished. */
  #addAlone({ statement }: Work): void {
    const { run, script } = this.#of;
    const hash = statementHash(writtenText(statement));
    const started = [bookkeeping(run), this.#unrecorded, startedSql(run.names, script.step, this.#count, hash)];
    const note = noteBeforeSql(statement, undefined);
    const settings = limitsAlone(this.#of, statement.text);
    const reset = [...settings.map(([name]) => `RESET ${name};`), run.sessionSettings.trim()];
    this.#lines.push(
      ...inOne(note === undefined ? started : [note, ...started]),
      ...settings.map(([name, value]) => `SET ${name} = ${value};`),
      ...(leavesTraces(statement, {}) ? [ended(statement)] : this.#unlessRefused(ended(statement), reset)),
      ...reset,
      ...inOne([bookkeeping(run), finishedSql(run.names, script.step, this.#count)]),
    );
  }
}
