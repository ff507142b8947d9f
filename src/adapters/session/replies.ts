import type { ServerMessage } from "../../core/failure/failure.ts";
import type { SessionState } from "../../ports/session.ts";

/** Receives the answer to a message that was sent past the driver. Called in the order of sending. */
export interface Reply {
  /** @param tag the command tag of its last statement, "" for none */
  answered(tag: string, after: SessionState): void;
  refused(error: ServerMessage, after: SessionState): void;
  /** The connection ended before the answer. */
  lost(): void;
}

/** The pending replies, by message number, and the facts about the next one. */
export class Replies {
  readonly #waiting = new Map<number, Reply>();
  #tag = "";
  #refusal: ServerMessage | undefined;

  expect(message: number, reply: Reply): void {
    this.#waiting.set(message, reply);
  }

  has(message: number): boolean {
    return this.#waiting.has(message);
  }

  /** Notes a fact about the message that is being answered. */
  note({ tag, refusal }: { readonly tag?: string; readonly refusal?: ServerMessage }): void {
    if (tag !== undefined) this.#tag = tag;
    if (refusal) this.#refusal = refusal;
  }

  /** Settles the message with this number. Returns false if no reply waits for it. */
  settle(message: number, after: SessionState): boolean {
    const reply = this.#waiting.get(message);
    if (!reply) return false;
    const tag = this.#tag;
    const refusal = this.#refusal;
    this.#tag = "";
    this.#refusal = undefined;
    this.#waiting.delete(message);
    if (refusal) reply.refused(refusal, after);
    else reply.answered(tag, after);
    return true;
  }

  /** Rejects all pending replies: the connection has ended. */
  lose(): void {
    for (const reply of this.#waiting.values()) reply.lost();
    this.#waiting.clear();
  }
}
