/**
 * Collects bytes that arrive in chunks, in linear time however small the chunks are: its memory doubles, so each byte
 * is copied about twice.
 */
export class GrowingBytes {
  #memory: Buffer = EMPTY;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Adds a copy of the chunk. */
  add(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#memory.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#memory.length));
      this.#memory.copy(larger, 0, 0, this.#length);
      this.#memory = larger;
    }
    this.#memory.set(chunk, this.#length);
    this.#length = length;
  }

  /** All added bytes; adding more does not change them. */
  get bytes(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }

  /** Returns all added bytes, which then belong to the caller, and becomes empty. */
  take(): Buffer {
    const { bytes } = this;
    this.#memory = EMPTY;
    this.#length = 0;
    return bytes;
  }
}

const EMPTY: Buffer = Buffer.alloc(0);
