import type { ServerMessage } from "../../core/failure/failure.ts";
import { type ConnectionLost, type MessageListener, ServerFailure, type SessionState } from "../../ports/session.ts";
import { taggedResult } from "./backend-messages.ts";
import type { Reply } from "./replies.ts";

/** Passes a reply from the wire to a listener of the port. An object without closures, since there are many at once. */
export class ListenerReply implements Reply {
  readonly #listener: MessageListener;
  readonly #loss: () => ConnectionLost;
  #isReported = false;
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
    this.#reported();
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
    } catch (problem) {
      throwAside(problem);
    }
    this.#reported();
  }

  #reported(): void {
    this.#isReported = true;
    this.#whenTold?.();
  }

  /** Resolves once the listener has been called. */
  get reported(): Promise<void> {
    if (this.#isReported) return Promise.resolve();
    this.#telling ??= new Promise((resolve) => {
      this.#whenTold = resolve;
    });
    return this.#telling;
  }

  /** The same reply, passed on only after `before` has settled. */
  after(before: Promise<unknown>): Reply {
    const inOrder = (report: () => void) => void before.then(report, report);
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
