import type { Statement } from "../../core/sql/statement.ts";
import { classify } from "../../core/statements/classify.ts";
import type { Block } from "../../core/statements/transaction-blocks.ts";
import { editedMeanwhile } from "../files/read-source.ts";
import type { Pieces, Script } from "./load-scripts.ts";

/** One statement to run, with its rows if it is a COPY ... FROM STDIN. */
export interface Work {
  readonly statement: Statement;
  /**
   * In parts, read from the file on demand. Use each part before requesting the next, and all of them before the next
   * statement.
   */
  readonly rows: Iterable<Uint8Array | string> | undefined;
  /**
   * Send it only after every earlier message has succeeded: the server drops a connection that sends anything but rows
   * inside a COPY, and a ROLLBACK TO SAVEPOINT after a failure would revive the transaction, so that later statements
   * would commit.
   */
  readonly alone: boolean;
  /** The BEGIN ... COMMIT block of the file that contains it. */
  readonly block: Block | undefined;
}

/** Cheap first test that excludes most statements; a statement begins with its first token. */
const MAY_BE_SPECIAL = /^(?:COPY|ROLLBACK|BEGIN|START|COMMIT|END|ABORT|PREPARE)\b/i;

/**
 * The statements to run: those of the file, without the BEGIN and COMMIT that pgstep replaces with its own.
 * @throws Failure history-conflict when one would end the transaction: none did when the file was checked
 */
export function* workOf(script: Script): Generator<Work> {
  const { skippedStatements, blocks } = script.inspection;
  const iterator = script.plannedPieces();
  let index = 0;
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    const piece = next.value;
    if (piece.kind !== "statement") continue;
    if (!skippedStatements.has(index)) {
      const kind = MAY_BE_SPECIAL.test(piece.text) ? classify(piece) : undefined;
      const isCopy = kind?.copyFromStdin !== undefined;
      if (kind?.transaction && kind.transaction !== "rollback-to") throw editedMeanwhile(script.path);
      const alone = isCopy || kind?.transaction !== undefined;
      const block = blocks.find(({ begin, commit }) => begin < index && index < commit);
      yield { statement: piece, rows: isCopy ? rowsFrom(iterator) : undefined, alone, block };
    }
    index++;
  }
}

function* rowsFrom(iterator: Pieces): Generator<Uint8Array | string> {
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    if (next.value.kind === "copy-end") return;
    if (next.value.kind === "copy-bytes") yield next.value.bytes;
    if (next.value.kind === "copy-data") yield next.value.text;
  }
}
