import type { Statement } from "../core/sql/statement.ts";
import type { Block } from "../core/transaction-blocks.ts";
import { ServerFailure, type StatementResult } from "../ports/session.ts";
import { beginSql, commitSql, type StatementRun } from "./one-statement.ts";
import type { Stage } from "./sent-step.ts";
import { endedBy, refusedInside } from "./transaction-state.ts";
import type { Work } from "./work.ts";

interface OpenBlock {
  readonly block: Block;
  /** SQL that records its statements. */
  readonly entries: string[];
  last: Statement;
}

/**
 * Runs the transactions of a file's own, one at a time. The journal entries of its statements commit with each, so that a
 * later run finds all of it done or nothing.
 */
export class BlockRunner {
  readonly #of: StatementRun;
  #open: OpenBlock | undefined;

  constructor(of: StatementRun) {
    this.#of = of;
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** @param entrySql records the statement @throws ServerFailure, TransactionEnded, ConnectionLost */
  async run({ statement, rows }: Work, block: Block, entrySql: readonly string[]): Promise<StatementResult> {
    const { session } = this.#of.run;
    if (!this.#open) {
      this.#open = { block, entries: [], last: statement };
      await session.execute(beginSql(this.#of, block.isolation));
    }
    const open = this.#open;
    open.last = statement;
    let result: StatementResult;
    try {
      result = rows ? await session.copyIn(statement.text, rows) : await session.execute(statement.text);
    } catch (error) {
      throw error instanceof ServerFailure ? refusedInside(error) : error;
    }
    const left = endedBy(result.after);
    if (left) throw left;
    open.entries.push(...entrySql);
    return result;
  }

  /** Commits the open one, unless the next statement belongs to it. @throws ServerFailure, ConnectionLost */
  async commitBefore(next: Block | undefined, enter: (stage: Stage) => void): Promise<void> {
    const open = this.#open;
    if (!open || open.block === next) return;
    enter({ at: "commit", statement: open.last });
    await this.#of.run.session.execute(commitSql(this.#of, open.entries.join("; ")));
    this.#open = undefined;
  }

  /** Takes back what is not committed. */
  async rollBack(): Promise<void> {
    if (!this.#open) return;
    this.#open = undefined;
    await this.#of.run.session.execute("ROLLBACK").catch(() => {});
  }
}
