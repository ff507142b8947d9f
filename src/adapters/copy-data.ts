/**
 * The CopyData messages of a COPY FROM STDIN and their end (PostgreSQL documentation, 54.2.6), part by part as the
 * data is asked for. The data may stop at any byte. When reading it fails, the COPY is told to fail, and `failure`
 * keeps why.
 */
export class CopyData {
  failure: unknown;
  #parts: Iterator<Uint8Array | string> | undefined;

  constructor(data: Iterable<Uint8Array | string>) {
    this.#parts = data[Symbol.iterator]();
  }

  /** The next bytes to send, or undefined when all have been given. */
  next(): Uint8Array[] | undefined {
    if (!this.#parts) return undefined;
    try {
      const part = this.#parts.next();
      if (!part.done) return copyData(typeof part.value === "string" ? Buffer.from(part.value) : part.value);
      this.#parts = undefined;
      return [COPY_DONE];
    } catch (error) {
      this.failure = error;
      this.#parts = undefined;
      return [copyFail("the data could not be read")];
    }
  }

  /** Asks for no more data; what it is read from is closed. */
  stop(): void {
    this.#parts?.return?.();
    this.#parts = undefined;
  }
}

function copyData(bytes: Uint8Array): Uint8Array[] {
  const header = Buffer.alloc(5);
  header[0] = 0x64;
  header.writeUInt32BE(4 + bytes.length, 1);
  return [header, bytes];
}

const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4]);

/** CopyFail: the server answers it with an error that carries `reason`. */
export function copyFail(reason: string): Buffer {
  const text = Buffer.from(`${reason}\0`);
  const header = Buffer.alloc(5);
  header[0] = 0x66;
  header.writeUInt32BE(4 + text.length, 1);
  return Buffer.concat([header, text]);
}
