import { EventEmitter } from "node:events";
import { nextTick } from "node:process";
import type { ServerMessage } from "../../core/failure/failure.ts";
import { asksForPassword, checkBody, checkHeader, notUnderstood, ProtocolError } from "./answer-rules.ts";
import type { AnswerTaker } from "./answer-takers.ts";
import { AnswerWatch } from "./answer-watch.ts";
import { MESSAGE, MessageScanner, READY_FOR_QUERY, readServerMessage } from "./backend-messages.ts";
import { type CopyData, copyFail } from "./copy-data.ts";
import { FlushSchedule, OutgoingMessages } from "./outgoing-messages.ts";
import { Replies, type Reply } from "./replies.ts";
import { ReportedState } from "./reported-state.ts";
import type { Wire } from "./wire.ts";

/** Messages that the driver never gets: it sends neither COPY, LISTEN nor the messages of the extended protocol. */
const HIDDEN: ReadonlySet<number> = new Set([
  ...[MESSAGE.copyData, MESSAGE.copyOutResponse, MESSAGE.copyDone, MESSAGE.notificationResponse],
  ...[MESSAGE.parseComplete, MESSAGE.bindComplete, MESSAGE.noData],
]);

/** Receives the events of a session's connection. */
export interface DriverSocketListener {
  /** The log-in succeeded, and the backend waits for the first message. */
  ready(): void;
  /** Must not throw. `answered` is the number of messages fully answered before the notice. */
  notice(notice: ServerMessage, answered: number): void;
  /** Called exactly once, before the driver is informed. */
  closed(error: Error | undefined): void;
}

/**
 * The socket that the driver uses. It passes bytes between driver and wire, and
 * - joins the driver's many small writes, and queues them without a copy while the wire is full; to the driver it is
 *   never full, since the driver would otherwise fall back to one message per answer;
 * - reads the headers of the answers: counts answers, attributes notices, remembers the backend's identity and its
 *   final error;
 * - sends pgstep's own messages among the driver's and hides their answers from it: with a hundred thousand statements,
 *   the driver's objects for each would cost more time and memory than the statements themselves;
 * - hides from it what it cannot handle: everything of COPY, and messages that violate the protocol.
 */
export class DriverSocket extends EventEmitter {
  readonly reported = new ReportedState();
  processId = 0;
  secret = 0;
  /** The error that ended, or will end, the connection. */
  lastWord: ServerMessage | undefined;
  /** True if the backend asked for a password. */
  passwordAsked = false;
  /** Read by the driver. */
  readyState: "open" | "closed" = "open";

  readonly #wire: Wire;
  readonly #listener: DriverSocketListener;
  readonly #scanner: MessageScanner;
  readonly #watch = new AnswerWatch();
  readonly #outgoing = new OutgoingMessages();
  readonly #replies = new Replies();
  readonly #copies = new Map<number, CopyData>();
  #copying: CopyData | undefined;
  /** Receivers of parts of an answer, by message number. */
  readonly #takers = new Map<number, AnswerTaker>();
  readonly #flushes: FlushSchedule;
  #full = false;
  #ending = false;
  #ready = false;
  #closed = false;

  constructor(wire: Wire, listener: DriverSocketListener) {
    super();
    this.#wire = wire;
    this.#listener = listener;
    this.#flushes = new FlushSchedule(() => this.#flush(), wire.isNear === true);
    this.#scanner = new MessageScanner({
      wantsBody: (type, length) => this.#wantsBody(type, length),
      visit: (type, body) => this.#visit(type, body),
      forward: (bytes) => void (this.#closed || this.emit("data", wire.reusesMemory ? Buffer.from(bytes) : bytes)),
    });
    wire.attach({
      received: (bytes) => this.#received(bytes),
      drained: () => {
        this.#full = false;
        this.#flush();
      },
      closed: (error) => this.#wireClosed(error),
    });
  }

  /** Messages fully answered. */
  get answered(): number {
    return this.#watch.answered;
  }

  /** Sends a statement, numbered from 1, and drops its rows. `withNext`: in one packet with the next one. */
  send(message: number, bytes: Uint8Array, reply: Reply, withNext = false): void {
    if (this.#closed || this.#ending) {
      reply.lost();
      return;
    }
    this.#watch.ask(withNext);
    this.#replies.expect(message, reply);
    this.#outgoing.put(bytes);
    if (!withNext) this.#flushes.schedule();
  }

  /** The next message is the driver's, which writes it later. */
  expectDriver(): void {
    this.#watch.ask();
    this.#outgoing.expectDriver();
  }

  /** Sends this data when the message with this number asks for it. */
  copyFor(message: number, data: CopyData): void {
    if (this.#wire.provideCopyData) this.#wire.provideCopyData(message, data);
    else this.#copies.set(message, data);
  }

  /** Passes parts of the answer to the message with this number, which is one of pgstep's own, to `taker`. */
  passTo(message: number, taker: AnswerTaker): void {
    this.#takers.set(message, taker);
  }

  write(bytes: Uint8Array, callback?: () => void): true {
    if (this.#closed || this.#ending) return true;
    if (callback) nextTick(callback);
    this.#outgoing.putDriver(bytes);
    this.#flushes.schedule();
    return true;
  }

  end(bytes?: Uint8Array): void {
    if (this.#closed || this.#ending) return;
    if (bytes) this.#outgoing.putNow(bytes);
    this.#ending = true;
    this.#flush();
  }

  destroy(): void {
    if (!this.#closed) this.#wire.destroy();
  }

  /** Closes the connection because the server violated the protocol. */
  fail(problem: ProtocolError): void {
    if (this.#closed) return;
    this.#wireClosed(problem);
    this.#wire.destroy();
  }

  pause(): void {
    this.#wire.pause();
  }

  resume(): void {
    this.#wire.resume();
  }

  #flush(): void {
    if (this.#closed) return;
    while (!this.#full) {
      if (this.#outgoing.isEmpty) {
        const data = this.#copying?.next();
        if (!data) break;
        this.#outgoing.putNow(data);
      }
      this.#full = !this.#wire.write(this.#outgoing.take());
    }
    if (this.#ending && this.#outgoing.isEmpty) this.#wire.end();
  }

  #received(bytes: Buffer): void {
    const wasReady = this.#ready;
    try {
      this.#scanner.push(bytes);
    } catch (error) {
      this.fail(error instanceof ProtocolError ? error : notUnderstood("a malformed one", error));
      return;
    }
    if (!wasReady && this.#ready && !this.#closed) {
      // The driver hands out a reserved connection only at the second ReadyForQuery, after a query of its own. Without
      // one it would wait for ever; this message saves the round trip.
      this.emit("data", READY_FOR_QUERY);
      this.#listener.ready();
    }
  }

  /** Bodies of rows are wanted only if somebody keeps them. */
  #wantsBody(type: number, length: number): boolean {
    checkHeader(type, length, this.#ready);
    switch (type) {
      case MESSAGE.copyData:
        return this.#takes(type);
      case MESSAGE.dataRow:
      case MESSAGE.rowDescription:
        return this.#watch.keeps(length, this.#isDropped);
      default:
        return true;
    }
  }

  /** Returns true if the message is passed on to the driver. */
  #visit(type: number, body: Buffer): boolean {
    checkBody(type, body);
    if (this.#ready && type !== MESSAGE.readyForQuery) this.#watch.see(type, body, this.#isDropped);
    const isTaken = this.#takes(type);
    if (isTaken) this.#takers.get(this.answered + 1)?.take(type, body);
    switch (type) {
      case MESSAGE.readyForQuery:
        if (this.#ready) return this.#countAnswer(body[0]);
        this.#ready = true;
        return true;
      case MESSAGE.commandComplete:
        if (!this.#isOurs) return true;
        this.#replies.note({ tag: body.toString("latin1", 0, body.length - 1) });
        return false;
      case MESSAGE.dataRow:
      case MESSAGE.emptyQueryResponse:
      case MESSAGE.rowDescription:
        return !this.#isOurs;
      case MESSAGE.noticeResponse:
        if (!isTaken) this.#listener.notice(readServerMessage(body), this.answered);
        return false;
      case MESSAGE.errorResponse:
        this.#noteError(readServerMessage(body));
        return !this.#isOurs;
      case MESSAGE.parameterStatus:
        this.reported.noteParameter(body);
        return true;
      case MESSAGE.backendKeyData:
        this.processId = body.readUInt32BE(0);
        this.secret = body.readUInt32BE(4);
        return true;
      case MESSAGE.authentication:
        this.passwordAsked ||= asksForPassword(body);
        return true;
      case MESSAGE.copyInResponse:
        this.#startCopy();
        return false;
      default:
        return !HIDDEN.has(type);
    }
  }

  /** True if the current answer belongs to one of pgstep's own messages. */
  get #isOurs(): boolean {
    return this.#replies.has(this.answered + 1);
  }

  /** True if the rows of the current answer are not kept. */
  get #isDropped(): boolean {
    return this.#isOurs && !this.#takes(MESSAGE.dataRow);
  }

  #takes(type: number): boolean {
    return this.#takers.get(this.answered + 1)?.wants(type) === true;
  }

  /** Returns true if the driver waited for the answer. */
  #countAnswer(status: number | undefined): boolean {
    this.#watch.end();
    this.#copies.delete(this.answered);
    this.#takers.delete(this.answered);
    this.#copying = undefined;
    return !this.#replies.settle(this.answered, this.reported.after(status));
  }

  #startCopy(): void {
    if (this.#wire.provideCopyData) return;
    this.#copying = this.#copies.get(this.answered + 1);
    if (!this.#copying) this.#outgoing.putNow(copyFail("no data follows the COPY"));
    this.#flush();
  }

  #noteError(message: ServerMessage): void {
    const isLast = message.severity === "FATAL" || message.severity === "PANIC" || this.#watch.isIdle;
    if (!this.#ready || isLast) this.lastWord = message;
    else if (this.#isOurs) this.#replies.note({ refusal: message });
    // The server ignores the remaining data of a failed COPY.
    this.#copying?.stop();
  }

  #wireClosed(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.readyState = "closed";
    this.#outgoing.clear();
    this.#copying?.stop();
    this.#listener.closed(error);
    this.#replies.lose();
    // Without an error first, a driver that is still connecting would reconnect in an endless loop.
    if (this.listenerCount("error") > 0) this.emit("error", error ?? new Error("the connection was closed"));
    this.emit("close", false);
  }
}
