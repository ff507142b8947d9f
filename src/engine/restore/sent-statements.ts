/** Statements on their way: enough that their number of round trips does not matter. */
const MOST = 200;

/** Statements that were sent without waiting for each answer. */
export class SentStatements {
  readonly #stopped: () => void;
  #sent: Promise<unknown>[] = [];

  /** @param stopped throws if the user wants to stop */
  constructor(stopped: () => void) {
    this.#stopped = stopped;
  }

  /** Waits if many are on their way. @throws the error of the first that failed */
  async add(statement: Promise<unknown>): Promise<void> {
    this.#sent.push(statement);
    if (this.#sent.length === MOST) await this.settled();
  }

  /** Waits for all answers. @throws the error of the first that failed */
  async settled(): Promise<void> {
    const waiting = this.#sent;
    this.#sent = [];
    await Promise.all(waiting);
    this.#stopped();
  }
}
