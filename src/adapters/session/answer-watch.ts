import { sizeText } from "../../core/text/size.ts";
import { checkRow, columnsIn, notUnderstood } from "./answer-rules.ts";
import { MESSAGE } from "./backend-messages.ts";

/**
 * Checks that a backend's messages can be answers to the sent messages (PostgreSQL documentation, 54.2.2 Simple Query),
 * and limits the size of the kept answers.
 */
export class AnswerWatch {
  /** Messages fully answered. */
  answered = 0;
  #asked = 0;
  /** True if the answer so far contains the end of a statement, or an error. */
  #hasEnd = false;
  /** The number of columns of the current rows, if they are checked. */
  #columns: number | undefined;
  #kept = 0;
  /** The last message whose answer is limited although nobody keeps it. */
  #limited = 0;

  /** True if all messages are answered. */
  get isIdle(): boolean {
    return this.answered === this.#asked;
  }

  /** Counts a message to the backend. @param isLimited true if its answer has few rows */
  ask(isLimited = false): void {
    this.#asked++;
    if (isLimited) this.#limited = this.#asked;
  }

  /** True if a row of the answer is checked. @param isDropped true if nobody keeps it @throws ProtocolError */
  keeps(length: number, isDropped: boolean): boolean {
    const isKept = !isDropped || this.answered < this.#limited;
    if (isKept) this.#requireRoom(length);
    return isKept;
  }

  /**
   * Checks one message of a backend that is ready.
   * @param isDropped true if nobody keeps the answer's rows
   * @throws ProtocolError
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
    if (this.#kept + bytes > MOST_KEPT) throw notUnderstood(`one of more than ${sizeText(MOST_KEPT)}`);
  }

  /** Ends the answer to a message. @throws ProtocolError */
  end(): void {
    if (this.isIdle) throw notUnderstood("one that was not asked for");
    if (!this.#hasEnd) throw notUnderstood("an empty one");
    this.answered++;
    this.#hasEnd = false;
    this.#columns = undefined;
    this.#kept = 0;
  }
}

/** Messages that may come at any time. */
const UNASKED: ReadonlySet<number> = new Set([
  MESSAGE.errorResponse,
  MESSAGE.noticeResponse,
  MESSAGE.notificationResponse,
  MESSAGE.parameterStatus,
]);

/** Messages that end the answer to a statement. */
const ENDS: ReadonlySet<number> = new Set([MESSAGE.commandComplete, MESSAGE.emptyQueryResponse, MESSAGE.errorResponse]);

/** More than any answer that pgstep keeps: a history of 100,000 rows takes about 30 MB. */
const MOST_KEPT = 256 << 20;
/** The memory for a message besides its body, in bytes. */
const ROW_COST = 256;
