import type { Duplex } from "node:stream";
import { MESSAGE } from "./backend-messages.ts";
import { ClosedEarly } from "./dial.ts";
import { NotPostgres } from "./tls.ts";

/** One message of the server. */
export interface LoginMessage {
  readonly type: number;
  readonly body: Buffer;
  /** Header and body. */
  readonly bytes: Buffer;
}

/** Reads a server's messages one at a time, and nothing behind the one that was asked for. */
export class LoginReader {
  readonly #stream: Duplex;
  #unread: Buffer = Buffer.alloc(0);
  #ended: Error | undefined;
  #wake = () => {};

  constructor(stream: Duplex) {
    this.#stream = stream;
    // One that comes after the release shows in the stream's closing, and does not end the process.
    stream.on("error", () => {});
    stream.on("data", this.#received);
    stream.on("error", this.#failed);
    stream.on("end", this.#closed);
    stream.on("close", this.#closed);
    stream.resume();
  }

  /**
   * The next message. Rejects with ClosedEarly or what broke the connection, and with NotPostgres where what came is no
   * message that a PostgreSQL server sends before it is ready.
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

  /** Lets go of the stream, paused, and gives back what was read of it too much. */
  release(): Buffer {
    this.#stream.pause();
    this.#stream.off("data", this.#received);
    this.#stream.off("error", this.#failed);
    this.#stream.off("end", this.#closed);
    this.#stream.off("close", this.#closed);
    return this.#unread;
  }

  #take(): LoginMessage | undefined {
    const bytes = this.#unread;
    const type = bytes[0];
    if (type === undefined) return undefined;
    if (!AT_START.has(type)) throw notPostgres();
    if (bytes.length < HEADER) return undefined;
    const length = 1 + bytes.readUInt32BE(1);
    if (length < HEADER || length > LONGEST) throw notPostgres();
    if (bytes.length < length) return undefined;
    this.#unread = bytes.subarray(length);
    return { type, body: bytes.subarray(HEADER, length), bytes: bytes.subarray(0, length) };
  }

  readonly #received = (bytes: Buffer) => {
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    this.#wake();
  };

  readonly #failed = (error: Error) => {
    this.#ended ??= error;
    this.#wake();
  };

  readonly #closed = () => this.#failed(new ClosedEarly("the server closed the connection"));
}

function notPostgres(): NotPostgres {
  return new NotPostgres("what answered is not a PostgreSQL server");
}

const HEADER = 5;
/** More than any message of a log-in is long. */
const LONGEST = 65_536;
/** What a server may send before it is ready (PostgreSQL documentation, 54.2.1 Start-up). */
const AT_START: ReadonlySet<number> = new Set([
  MESSAGE.authentication,
  MESSAGE.backendKeyData,
  MESSAGE.errorResponse,
  MESSAGE.noticeResponse,
  MESSAGE.parameterStatus,
  MESSAGE.readyForQuery,
]);
