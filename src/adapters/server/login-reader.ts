import type { Duplex } from "node:stream";
import { ClosedEarly } from "../network/dial.ts";
import { NotPostgres } from "../network/tls.ts";
import { checkBody, checkHeader, notUnderstood } from "../session/answer-rules.ts";
import { MESSAGE } from "../session/backend-messages.ts";
import { GrowingBytes } from "../session/growing-bytes.ts";

/** One message of the server. */
export interface LoginMessage {
  readonly type: number;
  readonly body: Buffer;
  /** Header and body. */
  readonly bytes: Buffer;
}

/** Reads a server's messages one at a time, and does not consume anything after the requested one. */
export class LoginReader {
  readonly #stream: Duplex;
  readonly #received = new GrowingBytes();
  /** The offset of the first unread byte. */
  #start = 0;
  #ended: Error | undefined;
  #wake = () => {};

  constructor(stream: Duplex) {
    this.#stream = stream;
    // An error after the release must not end the process; the stream closes as well.
    stream.on("error", () => {});
    stream.on("data", this.#add);
    stream.on("error", this.#failed);
    stream.on("end", this.#closed);
    stream.on("close", this.#closed);
    stream.resume();
  }

  /**
   * The next message. Rejects with ClosedEarly or the error of the connection, with NotPostgres if a PostgreSQL server
   * would not send the message before it is ready, and with ProtocolError if the message is malformed or too long.
   */
  async next(): Promise<LoginMessage> {
    for (;;) {
      const message = this.#take();
      if (message) return message;
      if (this.#ended) throw this.#ended;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Pauses and releases the stream, and returns the unread bytes. */
  release(): Buffer {
    this.#stream.pause();
    this.#stream.off("data", this.#add);
    this.#stream.off("error", this.#failed);
    this.#stream.off("end", this.#closed);
    this.#stream.off("close", this.#closed);
    return this.#received.bytes.subarray(this.#start);
  }

  #take(): LoginMessage | undefined {
    const bytes = this.#received.bytes.subarray(this.#start);
    const type = bytes[0];
    if (type === undefined) return undefined;
    if (!AT_START.has(type)) throw notPostgres();
    if (bytes.length < HEADER) return undefined;
    const length = 1 + bytes.readUInt32BE(1);
    if (length < HEADER || length > MOST_BYTES) throw notPostgres();
    if (bytes.length < length) return undefined;
    const body = bytes.subarray(HEADER, length);
    // Authentication requests are checked where they are answered.
    if (type !== MESSAGE.authentication) {
      checkHeader(type, length - 1, false);
      checkBody(type, body);
    }
    this.#start += length;
    return { type, body, bytes: bytes.subarray(0, length) };
  }

  readonly #add = (bytes: Buffer) => {
    this.#received.add(bytes);
    // Checked here as well, since nobody reads while the password is being computed.
    if (this.#received.length > MOST_BYTES) {
      this.#stream.pause();
      this.#failed(notUnderstood(`more than ${MOST_BYTES >> 10} KiB before it was ready`));
    }
    this.#wake();
  };

  readonly #failed = (error: Error) => {
    this.#ended ??= error;
    this.#wake();
  };

  readonly #closed = () => this.#failed(new ClosedEarly("the server closed the connection"));
}

function notPostgres(): NotPostgres {
  return new NotPostgres("the other end is not a PostgreSQL server");
}

const HEADER = 5;
/** More than a server sends in a log-in, including the notices of a log-in trigger. */
const MOST_BYTES = 1 << 20;
/** The messages that a server may send before it is ready (PostgreSQL documentation, 54.2.1 Start-up). */
const AT_START: ReadonlySet<number> = new Set([
  MESSAGE.authentication,
  MESSAGE.backendKeyData,
  MESSAGE.errorResponse,
  MESSAGE.noticeResponse,
  MESSAGE.parameterStatus,
  MESSAGE.readyForQuery,
]);
