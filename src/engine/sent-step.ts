import type { ServerMessage } from "../core/error.ts";
import type { Statement } from "../core/sql/statement.ts";
import type { StatementResult } from "../ports/session.ts";
import type { DatabaseContext } from "./context.ts";
import { noticeOf } from "./notice.ts";
import type { Sender } from "./pipeline.ts";
import type { Script } from "./scripts.ts";

/** Which message of a step an answer belongs to. */
export type Stage =
  | { readonly at: "begin" }
  /** The settings, the check of the step before, and the history row. */
  | { readonly at: "record" }
  | { readonly at: "statement"; readonly statement: Statement }
  /** Deferred constraints, the checks of the history, COMMIT: of the whole script, or of one statement of it. */
  | { readonly at: "commit"; readonly statement?: Statement };

/** The first message of a step that came to nothing, and why. */
export interface FailedStage {
  readonly stage: Stage;
  readonly error: Error;
}

/** What is known of a step whose messages are on their way. */
export class SentStep {
  failed: FailedStage | undefined;
  /** Resolves when its last message was answered, whatever the answer, with the milliseconds since its first was. */
  readonly ended: Promise<number>;
  readonly #context: DatabaseContext;
  readonly #script: Script;
  #end: (durationMs: number) => void = () => {};
  #startedMs: number | undefined;
  #answeredMs = 0;
  #finished = 0;

  constructor(context: DatabaseContext, script: Script) {
    this.#context = context;
    this.#script = script;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  start(): void {
    if (this.#startedMs !== undefined) return;
    this.#startedMs = this.#context.clock.monotonicMs();
    this.#answeredMs = this.#startedMs;
    const { step, inspection } = this.#script;
    this.#context.emit({ type: "step-started", step, statements: inspection.statements });
  }

  statementFinished({ position }: Statement, result: StatementResult): void {
    this.#finished++;
    const { step, inspection, path } = this.#script;
    const nowMs = this.#context.clock.monotonicMs();
    this.#context.emit({
      type: "statement-finished",
      step,
      statement: this.#finished,
      statements: inspection.statements,
      ...result,
      place: { path, ...position },
      durationMs: nowMs - this.#answeredMs,
    });
    this.#answeredMs = nowMs;
  }

  noticed(notice: ServerMessage, stage: Stage): void {
    // The answer to the message before may be told only a little later.
    if (stage.at === "statement") this.start();
    this.#context.emit(noticeOf(notice, this.#script, stage));
  }

  finish(): void {
    const nowMs = this.#context.clock.monotonicMs();
    this.#end(nowMs - (this.#startedMs ?? nowMs));
  }
}

/** One of its messages. An object without closures, since there are thousands at once. */
export class StepMessage implements Sender {
  readonly #sent: SentStep;
  readonly #stage: Stage;

  constructor(sent: SentStep, stage: Stage) {
    this.#sent = sent;
    this.#stage = stage;
  }

  answered(result: StatementResult): void {
    if (this.#stage.at === "record") this.#sent.start();
    if (this.#stage.at === "statement") this.#sent.statementFinished(this.#stage.statement, result);
    if (this.#stage.at === "commit") this.#sent.finish();
  }

  failed(error: Error): void {
    this.#sent.failed ??= { stage: this.#stage, error };
    if (this.#stage.at === "commit") this.#sent.finish();
  }

  noticed(notice: ServerMessage): void {
    this.#sent.noticed(notice, this.#stage);
  }
}
