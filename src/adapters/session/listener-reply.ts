import type { ServerMessage } from "../../core/failure/failure.ts";
import { type ConnectionLost, type MessageListener, ServerFailure, type SessionState } from "../../ports/session.ts";
import { taggedResult } from "./backend-messages.ts";
import type { Reply } from "./replies.ts";

/** Passes a reply from the wire to a listener of the port. An object without closures, since there are many at once. */
export class ListenerReply implements Reply {
  readonly #listener: MessageListener;
  readonly #loss: () => ConnectionLost;
  #isTold = false;
  #whenTold: (() => void) | undefined;
  #telling: Promise<void> | undefined;

  /** @param loss returns why the connection has ended */
  constructor(listener: MessageListener, loss: () => ConnectionLost) {
    this.#listener = listener;
    this.#loss = loss;
  }

  answered(tag: string, after: SessionState): void {
    try {
      this.#listener.answered({ ...taggedResult(tag), after });
    } catch (error) {
      throwAside(error);
    }
    this.#told();
  }

  refused(error: ServerMessage, after: SessionState): void {
    this.#fail(new ServerFailure(error, after));
  }

  lost(): void {
    // Answers from the same turn come first.
    queueMicrotask(() => this.#fail(this.#loss()));
  }

  #fail(error: Error): void {
    try {
      this.#listener.failed(error);
    } catch (fault) {
      throwAside(fault);
    }
    this.#told();
  }

  #told(): void {
    this.#isTold = true;
    this.#whenTold?.();
  }

  /** Resolves once the listener has been called. */
  get told(): Promise<void> {
    if (this.#isTold) return Promise.resolve();
    this.#telling ??= new Promise((resolve) => {
      this.#whenTold = resolve;
    });
    return this.#telling;
  }

  /** The same reply, passed on only after `before` has settled. */
  after(before: Promise<unknown>): Reply {
    const inOrder = (tell: () => void) => void before.then(tell, tell);
    return {
      answered: (tag, after) => inOrder(() => this.answered(tag, after)),
      refused: (error, after) => inOrder(() => this.refused(error, after)),
      lost: () => inOrder(() => this.lost()),
    };
  }
}

/** Throws in a microtask, since the reader of the wire would take it for an error of the connection. */
export function throwAside(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
