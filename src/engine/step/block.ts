import type { Statement } from "../../core/sql/statement.ts";
import { TokenCursor } from "../../core/sql/token-cursor.ts";
import { classify } from "../../core/statements/classify.ts";
import { sessionEffect } from "../../core/statements/session-effect.ts";
import type { Block } from "../../core/statements/transaction-blocks.ts";
import { ServerFailure, type StatementResult } from "../../ports/session.ts";
import type { Stage } from "../pipeline/stage.ts";
import { endedBy, refusedInside } from "../pipeline/transaction-state.ts";
import type { Work } from "../script/statements-to-run.ts";
import { beginSql, commitSql, type StatementRun } from "./one-statement.ts";
import { repeatInSession } from "./session-effects.ts";

interface OpenBlock {
  readonly block: Block;
  /** SQL that records the statements of the block. */
  readonly entries: string[];
}

/**
 * Runs the BEGIN ... COMMIT blocks of a file, one at a time. Each block commits with the journal entries of its
 * statements, so that a later run finds all of a block done or none of it.
 */
export class BlockRunner {
  readonly #of: StatementRun;
  #open: OpenBlock | undefined;
  /** Finished statements whose effects end with their block's transaction; the rest of the block needs them. */
  #finished: { readonly block: Block; readonly statements: Statement[] } | undefined;

  constructor(of: StatementRun) {
    this.#of = of;
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** @param entrySql records the statement @throws ServerFailure, TransactionEnded, ConnectionLost */
  async run({ statement, rows }: Work, block: Block, entrySql: readonly string[]): Promise<StatementResult> {
    const { run, script } = this.#of;
    const { session, context } = run;
    if (!this.#open) {
      this.#open = { block, entries: [] };
      await session.execute(beginSql(this.#of, block.isolation));
      await context.watch?.began(session, script.path).ended;
      const finished = this.#finished?.block === block ? this.#finished.statements : [];
      for (const { text } of finished) await session.execute(text);
    }
    const open = this.#open;
    const look = await context.watch?.sending(session, statement, false);
    let result: StatementResult;
    try {
      result = rows ? await session.copyIn(statement.text, rows) : await session.execute(statement.text);
    } catch (error) {
      throw error instanceof ServerFailure ? refusedInside(error) : error;
    }
    const left = endedBy(result.after);
    if (left) throw left;
    open.entries.push(...entrySql);
    await look?.begin();
    return result;
  }

  /**
   * Repeats the session effects of a finished statement. Never begins a transaction inside the open one: its COMMIT
   * would commit the earlier statements without their entries.
   */
  async repeat(statement: Statement, number: number, block: Block): Promise<void> {
    const endsWithBlock = isLocal(statement);
    if (this.#open) {
      if (!endsWithBlock && !sessionEffect(statement)?.repeatable) return;
      const { after } = await this.#of.run.session.execute(statement.text);
      const left = endedBy(after);
      if (left) throw left;
    } else if (endsWithBlock) {
      if (this.#finished?.block !== block) this.#finished = { block, statements: [] };
      this.#finished.statements.push(statement);
    } else await repeatInSession(this.#of, statement, number);
  }

  /** Commits the open block, unless the next statement belongs to it. @throws ServerFailure, ConnectionLost */
  async commitBefore(next: Block | undefined, enter: (stage: Stage) => void): Promise<void> {
    const open = this.#open;
    if (!open || open.block === next) return;
    enter({ at: "commit", statement: open.block.end });
    await this.#of.run.session.execute(commitSql(this.#of, open.entries.join("; ")));
    this.#open = undefined;
  }

  /** Rolls back the open block, if any. */
  async rollBack(): Promise<void> {
    if (!this.#open) return;
    this.#open = undefined;
    await this.#of.run.session.execute("ROLLBACK").catch(() => {});
  }
}

/** True if all effects of a statement end with its transaction: SET LOCAL, SET CONSTRAINTS, savepoints. */
function isLocal(statement: Statement): boolean {
  const { setting, transaction } = classify(statement);
  const cursor = new TokenCursor(statement);
  const isSet = cursor.accept("SET") && cursor.acceptOne("LOCAL", "CONSTRAINTS") !== undefined;
  return isSet || setting?.local === true || transaction !== undefined;
}
