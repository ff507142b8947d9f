/**
 * The CopyData messages of a COPY FROM STDIN and their end (PostgreSQL documentation, 54.2.6), part by part on demand.
 * Parts may end at any byte. If reading the data fails, the COPY is made to fail, and `failure` keeps the error.
 */
export class CopyData {
  failure: unknown;
  #parts: Iterator<Uint8Array | string> | undefined;

  constructor(data: Iterable<Uint8Array | string>) {
    this.#parts = data[Symbol.iterator]();
  }

  /** The next message to send; undefined after the last one. */
  next(): Buffer | undefined {
    if (!this.#parts) return undefined;
    try {
      const part = this.#parts.next();
      if (!part.done) return copyData(part.value);
      this.#parts = undefined;
      return COPY_DONE;
    } catch (error) {
      this.failure = error;
      this.#parts = undefined;
      return copyFail("the data could not be read");
    }
  }

  /** Stops reading, and closes the source. */
  stop(): void {
    this.#parts?.return?.();
    this.#parts = undefined;
  }
}

function copyData(part: Uint8Array | string): Buffer {
  const size = typeof part === "string" ? Buffer.byteLength(part) : part.length;
  const message = Buffer.allocUnsafe(HEADER + size);
  message[0] = 0x64;
  message.writeUInt32BE(4 + size, 1);
  if (typeof part === "string") message.write(part, HEADER);
  else message.set(part, HEADER);
  return message;
}

const HEADER = 5;
const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4]);

/** CopyFail: the server answers with an error that contains `reason`. */
export function copyFail(reason: string): Buffer {
  const text = Buffer.from(`${reason}\0`);
  const header = Buffer.alloc(5);
  header[0] = 0x66;
  header.writeUInt32BE(4 + text.length, 1);
  return Buffer.concat([header, text]);
}

/** Passes on the rows of a COPY TO STDOUT until the receiver throws; then the remaining rows are dropped. */
export class CopiedOut {
  readonly #take: (row: Uint8Array) => void;
  readonly #stop: () => void;
  #problem: { readonly error: unknown } | undefined;

  /** @param stop asks the server to stop */
  constructor(take: (row: Uint8Array) => void, stop: () => void) {
    this.#take = take;
    this.#stop = stop;
  }

  take(row: Uint8Array): void {
    if (this.#problem) return;
    try {
      this.#take(row);
    } catch (error) {
      this.#problem = { error };
      this.#stop();
    }
  }

  /** Resolves to the answer, or rejects with the receiver's error. */
  async end<Result>(answer: Promise<Result>): Promise<Result> {
    const settled = await answer.then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
    if (this.#problem) throw this.#problem.error;
    return settled();
  }
}
