import type { ServerMessage } from "../../core/failure/failure.ts";
import type { Statement } from "../../core/sql/statement.ts";
import type { StatementResult } from "../../ports/session.ts";
import type { Script } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import type { Sender } from "./pipeline.ts";
import type { Stage } from "./stage.ts";
import { noticeOf } from "./stage.ts";
import { endedBy, refusedInside } from "./transaction-state.ts";

/** The first message of a step that came to nothing, and why. */
export interface FailedStage {
  readonly stage: Stage;
  readonly error: Error;
}

/** What is known of a step whose messages are on their way. */
export class SentStep {
  failed: FailedStage | undefined;
  /** The first statement that took effect outside a transaction, where nothing keeps it from writing. */
  unguarded: Stage | undefined;
  /** Whether its last message commits. */
  readonly commits: boolean;
  /** Resolves when its last message was answered, whatever the answer, with the milliseconds since its first was. */
  readonly ended: Promise<number>;
  readonly #context: DatabaseContext;
  readonly #script: Script;
  #end: (durationMs: number) => void = () => {};
  #startedMs: number | undefined;
  #answeredMs = 0;
  #finished = 0;

  constructor(context: DatabaseContext, script: Script, commits: boolean) {
    this.commits = commits;
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
      command: result.command,
      rowCount: result.rowCount,
      place: { path, ...position },
      durationMs: nowMs - this.#answeredMs,
    });
    this.#answeredMs = nowMs;
  }

  fail(stage: Stage, error: Error): void {
    this.failed ??= { stage, error };
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
    const ended = this.#isInside && endedBy(result.after);
    if (ended) {
      this.#sent.fail(this.#stage, ended);
      const isStatement = this.#stage.at === "statement";
      if (isStatement && result.after.readOnlyByDefault === false) this.#sent.unguarded ??= this.#stage;
    }
    if (this.#stage.at === "record") this.#sent.start();
    if (this.#stage.at === "statement") this.#sent.statementFinished(this.#stage.statement, result);
    if (this.#stage.at === "commit") this.#sent.finish();
  }

  failed(error: Error): void {
    const { at } = this.#stage;
    this.#sent.fail(this.#stage, at === "begin" || at === "commit" ? error : refusedInside(error));
    if (this.#stage.at === "commit") this.#sent.finish();
  }

  /** Whether it leaves the transaction open. */
  get #isInside(): boolean {
    return this.#stage.at !== "commit" || !this.#sent.commits;
  }

  noticed(notice: ServerMessage): void {
    if (this.#stage.at === "strings") return;
    this.#sent.noticed(notice, this.#stage);
  }
}
