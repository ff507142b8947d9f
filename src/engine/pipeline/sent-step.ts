import type { ServerMessage } from "../../core/failure/failure.ts";
import type { Statement } from "../../core/sql/statement.ts";
import type { StatementResult } from "../../ports/session.ts";
import type { Script } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import type { Sender } from "./pipeline.ts";
import type { Stage } from "./stage.ts";
import { noticeOf } from "./stage.ts";
import { endedBy, refusedInside } from "./transaction-state.ts";

/** The first failed message of a step, and its error. */
export interface FailedStage {
  readonly stage: Stage;
  readonly error: Error;
}

/** The state of a step whose messages were sent and are not all answered. */
export class SentStep {
  failed: FailedStage | undefined;
  /** The first statement that ran outside a transaction, where nothing prevented it from writing. */
  unguarded: Stage | undefined;
  /** True if the last message commits. */
  readonly commits: boolean;
  /** Resolves when the last message was answered or refused, with the milliseconds since the first answer. */
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
    // The answer to the previous message may be delivered slightly later.
    if (stage.at === "statement") this.start();
    this.#context.emit(noticeOf(notice, this.#script, stage));
  }

  finish(): void {
    const nowMs = this.#context.clock.monotonicMs();
    this.#end(nowMs - (this.#startedMs ?? nowMs));
  }
}

/** One message of a step. No closures, because there are thousands at once. */
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

  /** True if the message leaves the transaction open. */
  get #isInside(): boolean {
    return this.#stage.at !== "commit" || !this.#sent.commits;
  }

  noticed(notice: ServerMessage): void {
    if (this.#stage.at === "strings") return;
    this.#sent.noticed(notice, this.#stage);
  }
}
