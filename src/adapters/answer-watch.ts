import { checkRow, columnsIn, notUnderstood } from "./answer-rules.ts";
import { MESSAGE } from "./backend-messages.ts";

/**
 * Follows whether what a backend sends can be the answer to what was asked (PostgreSQL documentation, 54.2.2 Simple
 * Query), and how much of it is kept.
 */
export class AnswerWatch {
  /** Messages fully answered. */
  answered = 0;
  #asked = 0;
  /** Whether the answer so far has the end of a statement in it, or an error. */
  #hasEnd = false;
  /** Of the rows that come now, where they are looked into. */
  #columns: number | undefined;
  #kept = 0;

  /** Whether everything that was asked is answered. */
  get isIdle(): boolean {
    return this.answered === this.#asked;
  }

  /** One more message is on its way to the backend. */
  ask(): void {
    this.#asked++;
  }

  /**
   * Looks at one message of a backend that is ready.
   * @param kept whether it is kept until the answer is complete; only then its body must be given
   * @throws ProtocolFault
   */
  see(type: number, body: Buffer, kept: boolean): void {
    if (this.isIdle) {
      if (!UNASKED.has(type)) throw notUnderstood("one that was not asked for");
      return;
    }
    if (ENDS.has(type)) {
      this.#hasEnd = true;
      this.#columns = undefined;
    }
    if (!kept) return;
    if (type === MESSAGE.rowDescription) this.#columns = columnsIn(body);
    if (type === MESSAGE.dataRow) checkRow(body, this.#columns);
    this.#kept += body.length + ROW_COST;
    this.requireRoom(0);
  }

  /** @throws ProtocolFault where so many bytes more would be too many to keep */
  requireRoom(bytes: number): void {
    if (this.#kept + bytes > MOST_KEPT) throw notUnderstood(`one of more than ${MOST_KEPT >> 20} MiB`);
  }

  /** A message is answered to its end. @throws ProtocolFault */
  end(): void {
    if (this.isIdle) throw notUnderstood("one that was not asked for");
    if (!this.#hasEnd) throw notUnderstood("an empty one");
    this.answered++;
    this.#hasEnd = false;
    this.#columns = undefined;
    this.#kept = 0;
  }
}

/** What may come at any time. */
const UNASKED: ReadonlySet<number> = new Set([
  MESSAGE.errorResponse,
  MESSAGE.noticeResponse,
  MESSAGE.notificationResponse,
  MESSAGE.parameterStatus,
]);

/** What ends the answer to a statement. */
const ENDS: ReadonlySet<number> = new Set([MESSAGE.commandComplete, MESSAGE.emptyQueryResponse, MESSAGE.errorResponse]);

/** More than any answer that pgstep keeps: a history of 100,000 rows has about 30 MiB. */
const MOST_KEPT = 256 << 20;
/** What a message costs its receiver besides its body, in bytes. */
const ROW_COST = 256;
