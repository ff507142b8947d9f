/**
 * Splits what a client writes into messages (PostgreSQL documentation, 54.7). libpq writes a long message in parts. The
 * first message, the start-up packet, has no type byte before its length.
 */
export class OutgoingProtocol {
  #held: Uint8Array = new Uint8Array(0);
  #started = false;

  /** The messages that are complete now. */
  *add(bytes: Uint8Array): Generator<Uint8Array> {
    const all = new Uint8Array(this.#held.length + bytes.length);
    all.set(this.#held);
    all.set(bytes, this.#held.length);
    const view = new DataView(all.buffer);
    let at = 0;
    while (at + (this.#started ? 5 : 4) <= all.length) {
      const size = this.#started ? 1 + view.getUint32(at + 1) : view.getUint32(at);
      if (at + size > all.length) break;
      const message = all.slice(at, at + size);
      at += size;
      this.#started = true;
      this.#held = all.subarray(at);
      yield message;
    }
    this.#held = all.subarray(at);
  }
}
