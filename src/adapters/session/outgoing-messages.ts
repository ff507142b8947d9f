import { nextTick } from "node:process";

/**
 * The queue of outgoing messages: pgstep's own, and those of the driver, which writes them some time after they were
 * announced. Messages after an announced one wait until the driver has written it.
 */
export class OutgoingMessages {
  readonly #ready: Uint8Array[] = [];
  /** The waiting messages; undefined is the place of one that the driver has not written yet. */
  readonly #line: (Uint8Array | undefined)[] = [];

  get isEmpty(): boolean {
    return this.#ready.length === 0;
  }

  /** The next message is the driver's. */
  expectDriver(): void {
    this.#line.push(undefined);
  }

  /** Adds the driver's bytes: one message or several, or its part of the log-in. */
  putDriver(bytes: Uint8Array): void {
    if (this.#line.length === 0) {
      this.#ready.push(bytes);
      return;
    }
    for (const message of messagesIn(bytes)) {
      this.#ready.push(message);
      this.#line.shift();
      while (this.#line[0]) {
        this.#ready.push(this.#line[0]);
        this.#line.shift();
      }
    }
  }

  /** Adds a message of pgstep's own, or several that belong together. */
  put(message: Uint8Array): void {
    if (this.#line.length > 0) this.#line.push(message);
    else this.#ready.push(message);
  }

  /** Adds bytes before all waiting messages. */
  putNow(bytes: Uint8Array): void {
    this.#ready.push(bytes);
  }

  /** The next bytes to send: small messages joined up to a limit, a large one as it is. */
  take(): Uint8Array {
    let count = 0;
    let size = 0;
    for (const bytes of this.#ready) {
      if (count > 0 && size + bytes.length > JOINED_BYTES) break;
      size += bytes.length;
      count++;
    }
    const taken = this.#ready.splice(0, count);
    return taken.length === 1 && taken[0] ? taken[0] : Buffer.concat(taken, size);
  }

  clear(): void {
    this.#ready.length = 0;
    this.#line.length = 0;
  }
}

const JOINED_BYTES = 65_536;

/** How long messages for a near wire wait, in milliseconds: a turn may be long, and the backend idle meanwhile. */
const LONGEST_WAIT_MS = 0.2;

/** Sends messages at the end of the turn that has issued them, or earlier if they are for a near wire. */
export class FlushSchedule {
  readonly #flush: () => void;
  readonly #isNear: boolean;
  #isScheduled = false;
  #flushedMs = 0;

  constructor(flush: () => void, isNear: boolean) {
    this.#flush = () => {
      this.#flushedMs = performance.now();
      flush();
    };
    this.#isNear = isNear;
  }

  schedule(): void {
    if (this.#isNear && performance.now() - this.#flushedMs > LONGEST_WAIT_MS) this.#flush();
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // Runs after the current turn has issued all its queries.
    nextTick(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }
}

/** Query (PostgreSQL documentation, 54.7). */
export function queryMessage(sql: string): Uint8Array {
  const size = Buffer.byteLength(sql);
  const bytes = Buffer.allocUnsafe(size + 6);
  bytes[0] = 0x51;
  bytes.writeUInt32BE(size + 5, 1);
  bytes.write(sql, 5);
  bytes[size + 5] = 0;
  return bytes;
}

/** Parse, Bind, Describe, Execute and Sync for one statement without parameters, whose rows come as text. */
export function singleMessages(sql: string): Uint8Array {
  const unnamed = Buffer.from([0]);
  const parts: readonly (readonly [type: string, body: Uint8Array])[] = [
    ["P", Buffer.from(`\0${sql}\0\0\0`)],
    ["B", Buffer.alloc(8)],
    ["D", Buffer.from("P\0")],
    ["E", Buffer.concat([unnamed, Buffer.alloc(4)])],
    ["S", Buffer.alloc(0)],
  ];
  return Buffer.concat(
    parts.flatMap(([type, body]) => {
      const header = Buffer.from(`${type}....`);
      header.writeUInt32BE(body.length + 4, 1);
      return [header, body];
    }),
  );
}

/** Splits a frontend's bytes into messages. */
function* messagesIn(bytes: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let start = 0; start < bytes.length; ) {
    const end = start + 1 + view.getUint32(start + 1);
    yield bytes.subarray(start, end);
    start = end;
  }
}
