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
  /** The last message whose answer has a limit though nobody keeps it. */
  #limited = 0;

  /** Whether everything that was asked is answered. */
  get isIdle(): boolean {
    return this.answered === this.#asked;
  }

  /** One more message is on its way to the backend. @param isLimited whether its rows, if any, are few */
  ask(isLimited = false): void {
    this.#asked++;
    if (isLimited) this.#limited = this.#asked;
  }

  /** Whether a row of the answer is looked into. @param isDropped whether nobody keeps it @throws ProtocolFault */
  keeps(length: number, isDropped: boolean): boolean {
    const isKept = !isDropped || this.answered < this.#limited;
    if (isKept) this.#requireRoom(length);
    return isKept;
  }

  /**
   * Looks at one message of a backend that is ready.
   * @param isDropped whether nobody keeps the answer's rows
   * @throws ProtocolFault
   */
  see(type: number, body: Buffer, isDropped: boolean): void {
    if (this.isIdle) {
      if (!UNASKED.has(type)) throw notUnderstood("one that was not asked for");
      return;
    }
    if (ENDS.has(type)) {
      this.#hasEnd = true;
      this.#columns = undefined;
    }
    if (!this.keeps(0, isDropped)) return;
    if (type === MESSAGE.rowDescription) this.#columns = columnsIn(body);
    if (type === MESSAGE.dataRow) checkRow(body, this.#columns);
    this.#kept += body.length + ROW_COST;
    this.#requireRoom(0);
  }

  #requireRoom(bytes: number): void {
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
