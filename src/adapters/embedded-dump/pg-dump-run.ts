import { Worker } from "node:worker_threads";
import { Failure, type ServerMessage } from "../../core/failure/failure.ts";
import type { Session } from "../../ports/session.ts";
import { answer, type DumpWork, type FromThread, sharedAnswer, stop } from "./exchange.ts";
import { startUpAnswer } from "./start-up.ts";

/** The program of the thread, and its input. */
export interface PgDumpProgram extends Pick<DumpWork, "words" | "compiled"> {
  readonly thread: URL;
}

export type PgDumpEnd = Extract<FromThread, { kind: "ended" }>;

/** One run of pg_dump over a session. */
export class PgDumpRun {
  readonly #session: Session;
  readonly #shared = sharedAnswer();
  readonly #prepared: string[] = [];
  #isStarted = false;
  #isStopped = false;
  /** What did not fit into the shared memory. */
  #rest: Uint8Array = new Uint8Array(0);
  /** The server's last refusal of a query. */
  serverFailure: ServerMessage | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** SQL that removes pg_dump's prepared statements, which outlive a transaction; empty if there are none. */
  forgetSql(): string {
    return this.#prepared
      .splice(0)
      .map((name) => `DEALLOCATE ${name}`)
      .join("; ");
  }

  /** @throws ConnectionLost, Failure dump-failed, or the signal's reason */
  async run({ thread, compiled, words }: PgDumpProgram, signal: AbortSignal): Promise<PgDumpEnd> {
    signal.throwIfAborted();
    const workerData: DumpWork = { shared: this.#shared, compiled, words };
    // The loaders of the test runner are not for the thread.
    const worker = new Worker(thread, { workerData, execArgv: [] });
    let pending: Promise<void> = Promise.resolve();
    let giveUp = () => {};
    try {
      return await new Promise<PgDumpEnd>((resolve, reject) => {
        giveUp = () => {
          reject(signal.reason);
          void this.#session.cancel().catch(() => {});
        };
        signal.addEventListener("abort", giveUp, { once: true });
        worker.on("message", (message: FromThread) => {
          if (message.kind === "ended") resolve(message);
          else if (message.kind === "broken") reject(broken(message.reason));
          else pending = this.#reply(message).catch(reject);
        });
        worker.on("error", (error: unknown) => reject(broken(error instanceof Error ? error.message : String(error))));
        worker.on("exit", () => reject(broken("its thread ended")));
      });
    } finally {
      signal.removeEventListener("abort", giveUp);
      this.#isStopped = true;
      // Bun cannot end a thread that waits.
      stop(this.#shared);
      void worker.terminate();
      await pending;
    }
  }

  async #reply(request: Extract<FromThread, { kind: "ask" | "more" }>): Promise<void> {
    // What the thread asks now must not reach the session, whose transaction is about to end.
    if (this.#isStopped) {
      stop(this.#shared);
      return;
    }
    const bytes = request.kind === "more" ? this.#rest : await this.#ask(request.message);
    this.#rest = answer(this.#shared, bytes);
  }

  async #ask(message: Uint8Array): Promise<Uint8Array> {
    if (!this.#isStarted) {
      this.#isStarted = true;
      return startUpAnswer(this.#session);
    }
    if (message[0] !== QUERY) throw broken(`it sent a message of type ${message[0]}`);
    const sql = new TextDecoder().decode(message.subarray(HEADER, -1));
    const { bytes, failure } = await this.#session.relay(sql);
    const [, prepared] = /^PREPARE (\w+)/.exec(sql) ?? [];
    if (failure) this.serverFailure = failure;
    else if (prepared) this.#prepared.push(prepared);
    return bytes;
  }
}

const QUERY = 0x51;
const HEADER = 5;

export function broken(reason: string): Failure {
  return new Failure("dump-failed", `Cannot dump the schema: pg_dump stopped: ${reason}`, {
    hint: "Run it again; if that fails as well, report it to pgstep.",
  });
}
