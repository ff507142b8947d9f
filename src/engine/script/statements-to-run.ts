import type { Statement } from "../../core/sql/statement.ts";
import { classify } from "../../core/statements/classify.ts";
import type { Block } from "../../core/statements/transaction-blocks.ts";
import { editedMeanwhile, type Pieces, type Script } from "./load-scripts.ts";

/** One statement to run, with the rows behind it when it is a COPY ... FROM STDIN. */
export interface Work {
  readonly statement: Statement;
  /**
   * In parts, read from the file as they are asked for; each to be used before the next one is asked for, and all of
   * them before the next statement.
   */
  readonly rows: Iterable<Uint8Array | string> | undefined;
  /**
   * Must not be sent before everything ahead of it is known to be well: the server drops a connection that sends
   * anything but rows inside a COPY, and a ROLLBACK TO SAVEPOINT behind a failure would revive the transaction, so that
   * what is behind it would commit.
   */
  readonly alone: boolean;
  /** The transaction of the file's own that it belongs to. */
  readonly block: Block | undefined;
}

/** Tells most statements apart at the cost of one look; a statement begins with its first token. */
const MAY_BE_SPECIAL = /^(?:COPY|ROLLBACK|BEGIN|START|COMMIT|END|ABORT|PREPARE)\b/i;

/**
 * The statements to run: those of the file, without the BEGIN and COMMIT that pgstep's own take the place of.
 * @throws Failure history-conflict when one would end the transaction: none did when the file was looked through
 */
export function* workOf(script: Script): Generator<Work> {
  const { passedOver, blocks } = script.inspection;
  const iterator = script.plannedPieces();
  let index = 0;
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    const piece = next.value;
    if (piece.kind !== "statement") continue;
    if (!passedOver.has(index)) {
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
