import type { PgliteBackend } from "../../ports/pglite.ts";
import { type CopyData, copyFail } from "../session/copy-data.ts";
import type { Wire, WireListener } from "../session/wire.ts";
import type { PgliteExtensions } from "./pglite-extensions.ts";

/**
 * A wire to PGlite inside this process. Frontend messages are collected until they are complete, and then run one by
 * one in order. Answers are passed on while a message runs, so that millions of rows are never collected.
 */
export class PgliteWire implements Wire {
  readonly reusesMemory = true;
  readonly isNear = true;
  readonly #pglite: PgliteBackend;
  readonly #extensions: PgliteExtensions | undefined;
  #listener: WireListener | undefined;
  #incoming: Buffer = EMPTY;
  #started = false;
  /** Queries run so far; those of the extended protocol, which end with a Sync, count as well. */
  #queries = 0;
  readonly #copies = new Map<number, CopyData>();
  /** Resolves when the wire is closed and the backend runs nothing more for it. */
  readonly closed: Promise<void>;
  #hasClosed = () => {};
  /** The calls of `#run` that have not ended. */
  #running = 0;
  /** True if one of them has not yet taken what was written. */
  #isStarting = false;
  #ending = false;
  #closed = false;
  /** True if the backend failed and can no longer be used. */
  isBroken = false;

  /** @param extensions those that the instance can still get; none for an instance that has its own */
  constructor(pglite: PgliteBackend, extensions?: PgliteExtensions) {
    this.#pglite = pglite;
    this.#extensions = extensions;
    this.closed = new Promise((resolve) => {
      this.#hasClosed = resolve;
    });
  }

  get isOpen(): boolean {
    return !this.#closed;
  }

  attach(listener: WireListener): void {
    this.#listener = listener;
  }

  write(bytes: Uint8Array): boolean {
    this.#incoming = this.#incoming.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#incoming, bytes]);
    if (!this.#isStarting && this.#hasRoom) void this.#run();
    return this.#hasRoom;
  }

  /** True if the backend gets messages that are written now at once. */
  get #hasRoom(): boolean {
    return this.#running < (this.#pglite.runAll ? MOST_RUNNING : 1);
  }

  end(): void {
    this.#ending = true;
    if (this.#running === 0) this.#close(undefined);
  }

  destroy(): void {
    this.#close(undefined);
  }

  provideCopyData(message: number, data: CopyData): void {
    this.#copies.set(message, data);
  }

  pause(): void {}

  resume(): void {}

  async #run(): Promise<void> {
    this.#running++;
    this.#isStarting = true;
    try {
      // The writer's turn must end first: the backend may block the thread.
      await null;
      this.#isStarting = false;
      for (let some = this.#takeSome(); some.length > 0 && !this.#closed; some = this.#takeSome()) {
        await this.#runSome(some);
      }
    } catch (error) {
      this.isBroken = true;
      this.#close(error instanceof Error ? error : new Error(String(error)));
    }
    this.#running--;
    if (this.#running === 0 && this.#closed) this.#hasClosed();
    else if (this.#running === 0 && this.#ending) this.#close(undefined);
    else if (!this.#closed) this.#listener?.drained();
  }

  async #runSome(messages: readonly Buffer[]): Promise<void> {
    let end = EMPTY;
    const onRawData = (bytes: Uint8Array) => {
      const part = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      end = Buffer.concat([end, part.subarray(-READY_SIZE)]).subarray(-READY_SIZE);
      if (!this.#closed) this.#listener?.received(part);
    };
    const [first = EMPTY] = messages;
    if (messages.length > 1) await this.#pglite.runAll?.(messages, onRawData);
    else await this.#pglite.execProtocolRawStream(first, { onRawData });
    // After a statement that its runtime lacks, such as COPY with a PROGRAM, it never answers again.
    if (ANSWERED.has(messages.at(-1)?.[0]) && end[0] !== READY_FOR_QUERY) {
      throw new Error("the embedded database stopped at a statement that it cannot run");
    }
  }

  /** The next messages that are run together, without those that run nothing. */
  #takeSome(): Buffer[] {
    const some: Buffer[] = [];
    for (let size = 0; size < MOST_BYTES && (some.length === 0 || this.#pglite.runAll); ) {
      const message = this.#take();
      if (!message) break;
      if (message[0] === TERMINATE) {
        this.#ending = true;
        continue;
      }
      this.#extensions?.before(message);
      const whole = this.#withCopyData(message);
      some.push(whole);
      size += whole.length;
    }
    return some;
  }

  /** The next whole message. The first, the start-up packet, has no type byte before its length. */
  #take(): Buffer | undefined {
    const lengthAt = this.#started ? 1 : 0;
    if (this.#incoming.length < lengthAt + 4) return undefined;
    const size = lengthAt + this.#incoming.readUInt32BE(lengthAt);
    if (this.#incoming.length < size) return undefined;
    const message = this.#incoming.subarray(0, size);
    this.#incoming = this.#incoming.subarray(size);
    this.#started = true;
    return message;
  }

  /**
   * PGlite cannot wait for data in the middle of a message: all data of a COPY FROM STDIN, or a CopyFail, must follow
   * the message at once. If it is no such COPY, the backend ignores the data (PostgreSQL documentation, 54.2.6).
   */
  #withCopyData(message: Buffer): Buffer {
    if (!ANSWERED.has(message[0])) return message;
    const data = this.#copies.get(++this.#queries);
    if (message[0] !== QUERY) return message;
    if (!data) return /stdin/i.test(message.toString("latin1")) ? Buffer.concat([message, NO_DATA]) : message;
    this.#copies.delete(this.#queries);
    const parts: Uint8Array[] = [message];
    for (let part = data.next(); part; part = data.next()) parts.push(part);
    return Buffer.concat(parts);
  }

  #close(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#incoming = EMPTY;
    if (this.#running === 0) this.#hasClosed();
    this.#listener?.closed(error);
  }
}

/** So often messages are given to a backend in another thread before it has answered, so that it never waits. */
const MOST_RUNNING = 3;
/** So many bytes of messages are run together. */
const MOST_BYTES = 65_536;
const NO_DATA = copyFail("no data follows the COPY");
const QUERY = 0x51;
const SYNC = 0x53;
/** Messages whose answer ends with ReadyForQuery. */
const ANSWERED: ReadonlySet<number | undefined> = new Set([QUERY, SYNC]);
const READY_FOR_QUERY = 0x5a;
const READY_SIZE = 6;
const EMPTY: Buffer = Buffer.alloc(0);
const TERMINATE = 0x58;
