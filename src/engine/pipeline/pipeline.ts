import type { ServerMessage } from "../../core/failure/failure.ts";
import type { MessageListener, Session, StatementResult } from "../../ports/session.ts";

/** The most that may be sent and not yet answered. */
export interface Window {
  readonly bytes: number;
  readonly messages: number;
}

/**
 * Over a network: enough to keep the connection busy. The server needs longer for that many small statements than the
 * first answer needs to arrive; a larger window would only cost memory.
 */
export const NETWORK_WINDOW: Window = { bytes: 8 << 20, messages: 8_000 };
/** In process, sending ahead gains nothing, and an interrupt would have to wait for what was sent. */
export const EMBEDDED_WINDOW: Window = { bytes: 64 << 10, messages: 32 };

/** Callbacks for the result of one message, called in the order of sending. */
export interface Sender {
  answered?(result: StatementResult): void;
  failed(error: Error): void;
  noticed?(notice: ServerMessage): void;
}

/** One unanswered message. No closures, because there are thousands at once. */
class SentMessage implements MessageListener {
  readonly number: number;
  readonly size: number;
  readonly #sender: Sender;
  readonly #settled: (message: SentMessage) => void;

  constructor(number: number, size: number, sender: Sender, settled: (message: SentMessage) => void) {
    this.number = number;
    this.size = size;
    this.#sender = sender;
    this.#settled = settled;
  }

  answered(result: StatementResult): void {
    this.#sender.answered?.(result);
    this.#settled(this);
  }

  failed(error: Error): void {
    this.#sender.failed(error);
    this.#settled(this);
  }
}

/**
 * Sends messages without waiting for earlier answers, within a window. It is refilled once half of it is free, so that
 * each network packet carries many messages.
 */
export class Pipeline {
  readonly #session: Session;
  readonly #window: Window;
  readonly #senders = new Map<number, Sender>();
  #bytes = 0;
  #messages = 0;
  #wake: (() => void) | undefined;
  #wakeAt: Window = { bytes: 0, messages: 8_000 };
  /** Receives the notices of messages that were not sent through this pipeline. */
  noticedBeside: ((notice: ServerMessage) => void) | undefined;

  constructor(session: Session, window: Window) {
    this.#session = session;
    this.#window = window;
    session.onNotice = (notice, answered) => {
      const sender = this.#senders.get(answered + 1);
      if (sender) sender.noticed?.(notice);
      else this.noticedBeside?.(notice);
    };
  }

  /** Sends one message now. A caller with much to send awaits `room` first. */
  send(sql: string, sender: Sender): void {
    this.#session.send(sql, this.#track(sql.length, sender));
  }

  /** Runs a COPY with its rows. Earlier messages must be answered, and the next may be sent only after its answer. */
  copy(sql: string, rows: Iterable<Uint8Array | string>, sender: Sender): void {
    const message = this.#track(sql.length, sender);
    this.#session.copyIn(sql, rows).then(
      (result) => message.answered(result),
      (error: Error) => message.failed(error),
    );
  }

  #track(size: number, sender: Sender): SentMessage {
    const number = this.#session.sent + 1;
    this.#bytes += size;
    this.#messages++;
    this.#senders.set(number, sender);
    return new SentMessage(number, size, sender, this.#settled);
  }

  readonly #settled = ({ number, size }: SentMessage): void => {
    this.#senders.delete(number);
    this.#bytes -= size;
    this.#messages--;
    if (this.#wake && this.#fits(this.#wakeAt)) this.#wake();
  };

  get isFull(): boolean {
    return !this.#fits(this.#window);
  }

  /** Resolves when more may be sent: immediately while the window is not full, otherwise when half of it is free. */
  room(): Promise<void> {
    if (!this.isFull) return Promise.resolve();
    return this.#sleepUntil({ bytes: this.#window.bytes / 2, messages: this.#window.messages / 2 });
  }

  /** Resolves when everything sent is answered. */
  drained(): Promise<void> {
    if (this.#messages === 0) return Promise.resolve();
    return this.#sleepUntil({ bytes: Number.POSITIVE_INFINITY, messages: 0 });
  }

  #fits({ bytes, messages }: Window): boolean {
    return this.#bytes <= bytes && this.#messages <= messages;
  }

  #sleepUntil(wakeAt: Window): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeAt = wakeAt;
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
