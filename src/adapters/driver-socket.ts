import { EventEmitter } from "node:events";
import { nextTick } from "node:process";
import type { ServerMessage } from "../core/error.ts";
import { MESSAGE, MessageScanner, readServerMessage, readStrings } from "./backend-messages.ts";
import { type CopyData, copyFail } from "./copy-data.ts";
import type { Wire } from "./wire.ts";

/** What a session wants to know of its connection. */
export interface DriverSocketListener {
  /** The backend has accepted us and waits for the first message. */
  ready(): void;
  /** `answered` is the number of messages fully answered before the notice. */
  notice(notice: ServerMessage, answered: number): void;
  /** Called exactly once, before the driver hears of it. */
  closed(error: Error | undefined): void;
}

/** What the backend said cannot be gone on with. */
export class ProtocolFault extends Error {
  override readonly name = "ProtocolFault";
}

/**
 * The socket that the driver believes it talks through. It passes bytes between driver and wire, and on the way
 * - joins the driver's many small writes, and holds them back, uncopied, while the wire is full; to the driver it is
 *   never full, since a driver that is told so falls back to one message per answer;
 * - reads the headers of what comes back: counts answers, attributes notices, remembers the backend's identity and
 *   its last word;
 * - keeps from the driver what it cannot digest: rows nobody wants, and everything of COPY.
 */
export class DriverSocket extends EventEmitter {
  readonly parameters = new Map<string, string>();
  processId = 0;
  secret = 0;
  /** Messages fully answered. */
  answered = 0;
  /** The error that ended, or will end, the connection. */
  lastWord: ServerMessage | undefined;
  /** Whether the backend asked for a password. */
  passwordAsked = false;
  /** Looked at by the driver. */
  readyState: "open" | "closed" = "open";

  readonly #wire: Wire;
  readonly #listener: DriverSocketListener;
  readonly #scanner: MessageScanner;
  readonly #outgoing: Uint8Array[] = [];
  readonly #unwanted = new Set<number>();
  readonly #copies = new Map<number, CopyData>();
  #copying: CopyData | undefined;
  #flushScheduled = false;
  #full = false;
  #ending = false;
  #ready = false;
  #closed = false;

  constructor(wire: Wire, listener: DriverSocketListener) {
    super();
    this.#wire = wire;
    this.#listener = listener;
    this.#scanner = new MessageScanner(
      LOOKED_INTO,
      (type, body) => this.#visit(type, body),
      (bytes) => void (this.#closed || this.emit("data", wire.reusesMemory ? Buffer.from(bytes) : bytes)),
    );
    wire.attach({
      received: (bytes) => this.#received(bytes),
      drained: () => {
        this.#full = false;
        this.#flush();
      },
      closed: (error) => this.#wireClosed(error),
    });
  }

  /** Keeps the rows of the message with this number (counted from 1) from the driver. */
  dropRowsOf(message: number): void {
    this.#unwanted.add(message);
  }

  /** Sends this data when the message with this number asks for it. */
  copyFor(message: number, data: CopyData): void {
    if (this.#wire.provideCopyData) this.#wire.provideCopyData(message, data);
    else this.#copies.set(message, data);
  }

  write(bytes: Uint8Array, callback?: () => void): true {
    if (this.#closed || this.#ending) return true;
    this.#outgoing.push(bytes);
    if (callback) nextTick(callback);
    if (!this.#flushScheduled) {
      this.#flushScheduled = true;
      // Runs when the current turn has issued all its queries.
      nextTick(() => {
        this.#flushScheduled = false;
        this.#flush();
      });
    }
    return true;
  }

  end(bytes?: Uint8Array): void {
    if (this.#closed || this.#ending) return;
    if (bytes) this.#outgoing.push(bytes);
    this.#ending = true;
    this.#flush();
  }

  destroy(): void {
    if (!this.#closed) this.#wire.destroy();
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
      if (this.#outgoing.length === 0) {
        const data = this.#copying?.next();
        if (!data) break;
        this.#outgoing.push(...data);
      }
      this.#full = !this.#wire.write(this.#takeOutgoing());
    }
    if (this.#ending && this.#outgoing.length === 0) this.#wire.end();
  }

  /** The next bytes to send: small writes joined up to a limit, a large one as it is. */
  #takeOutgoing(): Uint8Array {
    let count = 0;
    let size = 0;
    for (const bytes of this.#outgoing) {
      if (count > 0 && size + bytes.length > JOINED_BYTES) break;
      size += bytes.length;
      count++;
    }
    const taken = this.#outgoing.splice(0, count);
    return taken.length === 1 && taken[0] ? taken[0] : Buffer.concat(taken, size);
  }

  #received(bytes: Buffer): void {
    const wasReady = this.#ready;
    try {
      this.#scanner.push(bytes);
    } catch (error) {
      this.#wireClosed(error instanceof Error ? error : new Error(String(error)));
      this.#wire.destroy();
      return;
    }
    if (!wasReady && this.#ready && !this.#closed) {
      // The driver hands out a reserved connection at the second ReadyForQuery and would wait for it for ever, unless
      // it had a query of its own to run first: this spares the round trip.
      this.emit("data", READY_FOR_QUERY);
      this.#listener.ready();
    }
  }

  /** Answers whether the driver gets to see the message. */
  #visit(type: number, body: Buffer): boolean {
    if (!this.#ready && !AT_START.has(type)) throw new ProtocolFault("what answered is not a PostgreSQL server");
    switch (type) {
      case MESSAGE.readyForQuery:
        if (this.#ready) this.#countAnswer();
        this.#ready = true;
        return true;
      case MESSAGE.dataRow:
      case MESSAGE.rowDescription:
        return !this.#unwanted.has(this.answered + 1);
      case MESSAGE.noticeResponse:
        this.#listener.notice(readServerMessage(body), this.answered);
        return false;
      case MESSAGE.errorResponse:
        this.#noteError(readServerMessage(body));
        return true;
      case MESSAGE.parameterStatus: {
        const [name = "", value = ""] = readStrings(body);
        this.parameters.set(name, value);
        return true;
      }
      case MESSAGE.backendKeyData:
        this.processId = body.readUInt32BE(0);
        this.secret = body.readUInt32BE(4);
        return true;
      case MESSAGE.authentication:
        this.#noteAuthentication(body.readUInt32BE(0));
        return true;
      case MESSAGE.copyInResponse:
        this.#startCopy();
        return false;
      case MESSAGE.copyOutResponse:
      case MESSAGE.copyData:
      case MESSAGE.copyDone:
        return false;
      default:
        return true;
    }
  }

  #countAnswer(): void {
    this.answered++;
    this.#unwanted.delete(this.answered);
    this.#copies.delete(this.answered);
    this.#copying = undefined;
  }

  #startCopy(): void {
    if (this.#wire.provideCopyData) return;
    this.#copying = this.#copies.get(this.answered + 1);
    if (this.#copying) this.#flush();
    else this.write(copyFail("no data follows the COPY"));
  }

  #noteError(message: ServerMessage): void {
    if (!this.#ready || message.severity === "FATAL" || message.severity === "PANIC") this.lastWord = message;
    // The server passes over the rest of the data of a COPY that failed.
    this.#copying?.stop();
  }

  #noteAuthentication(kind: number): void {
    if (PASSWORD_KINDS.has(kind)) this.passwordAsked = true;
    if (!AUTHENTICATION_KINDS.has(kind)) {
      throw new ProtocolFault("the server asks for a way of authentication that is not supported (GSSAPI or SSPI)");
    }
  }

  #wireClosed(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.readyState = "closed";
    this.#outgoing.length = 0;
    this.#copying?.stop();
    this.#listener.closed(error);
    // Without an error first, a driver that is still connecting would connect again, without end.
    if (this.listenerCount("error") > 0) this.emit("error", error ?? new Error("the connection was closed"));
    this.emit("close", false);
  }
}

const JOINED_BYTES = 65_536;
const READY_FOR_QUERY = Buffer.from([MESSAGE.readyForQuery, 0, 0, 0, 5, 0x49]);
const LOOKED_INTO = [
  MESSAGE.authentication,
  MESSAGE.backendKeyData,
  MESSAGE.errorResponse,
  MESSAGE.noticeResponse,
  MESSAGE.parameterStatus,
];
/** What a backend may send before it is ready (PostgreSQL documentation, 54.2.1 Start-up). */
const AT_START = new Set<number>([...LOOKED_INTO, MESSAGE.negotiateProtocolVersion, MESSAGE.readyForQuery]);
/** Clear text, MD5, SASL (PostgreSQL documentation, 54.7, AuthenticationCleartextPassword and those after it). */
const PASSWORD_KINDS = new Set([3, 5, 10]);
/** Those, accepted, and the later steps of SASL: what the driver knows how to do. */
const AUTHENTICATION_KINDS = new Set([0, 11, 12, ...PASSWORD_KINDS]);
