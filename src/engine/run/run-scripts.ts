import type { Failure, ServerMessage } from "../../core/failure/failure.ts";
import type { StepOutcome, StepReport } from "../../core/reports/report.ts";
import type { IsolationLevel } from "../../core/statements/transaction-blocks.ts";
import type { ConnectionLost } from "../../ports/session.ts";
import type { Stage } from "../pipeline/stage.ts";
import type { Script } from "../script/load-scripts.ts";
import { isBusy } from "../session/may-pass.ts";
import type { Run } from "../step/session-settings.ts";
import { runStatementStep } from "../step/statement-step.ts";
import { failureOf, interruptedAt, type Refusal, type StepResult } from "../step/step-result.ts";
import { sendTransactionStep } from "../step/transaction-step.ts";

/** Why a run of scripts stopped before its end. */
export type Stop =
  | { readonly kind: "failed"; readonly script: Script; readonly failure: Failure }
  /** The script ended its transaction: parts of it, or of the steps around it, may be committed. */
  | { readonly kind: "ended"; readonly script: Script; readonly failure: Failure }
  /** Refused for a temporary reason: a lock timeout, a deadlock, a serialization failure. */
  | { readonly kind: "busy"; readonly script: Script; readonly failure: Failure; readonly server: ServerMessage }
  /** Another run recorded this step first. */
  | { readonly kind: "raced"; readonly script: Script; readonly failure: Failure }
  /** The connection was lost; the outcome of this script and the later ones must be read from the database. */
  | { readonly kind: "lost"; readonly script: Script; readonly lost: ConnectionLost };

export interface Progress {
  /** Steps that are committed, in order. */
  readonly finished: readonly StepReport[];
  readonly stop: Stop | undefined;
}

/** Runs scripts until the end or the first that fails. After a stop no transaction of this run is left open. */
export async function runScripts(run: Run, scripts: readonly Script[]): Promise<Progress> {
  const finished: StepReport[] = [];
  let index = 0;
  while (index < scripts.length) {
    const rest = scripts.slice(index);
    const alone = rest[0]?.inspection.mode === "statements";
    const next = rest.findIndex((script) => script.inspection.mode === "statements");
    const group = alone ? rest.slice(0, 1) : next === -1 ? rest : rest.slice(0, next);
    const previous = scripts[index - 1];
    const progress = alone && rest[0] ? await runAlone(run, rest[0]) : await runPipelined(run, group, previous);
    finished.push(...progress.finished);
    if (progress.stop) return { finished, stop: progress.stop };
    index += group.length;
  }
  return { finished, stop: undefined };
}

async function runAlone(run: Run, script: Script): Promise<Progress> {
  const end = await runStatementStep(run, script);
  if (end.kind === "done") return { finished: [finish(run, script, end.durationMs)], stop: undefined };
  return { finished: [], stop: stopOf(run, script, end) };
}

/** Runs each script in its own transaction, sent without waiting for the answers to earlier ones. */
async function runPipelined(run: Run, group: readonly Script[], before: Script | undefined): Promise<Progress> {
  const finished: StepReport[] = [];
  const ends: Promise<void>[] = [];
  let stop: Stop | undefined;
  let previous = before;
  let unsent: Script | undefined;
  for (const script of group) {
    if (run.context.signal.aborted) unsent = script;
    if (stop || unsent) break;
    const { end, open } = await sendTransactionStep(run, script, {
      begin: true,
      commit: true,
      isolation: script.inspection.isolation,
      liftsReadOnly: script.inspection.liftsReadOnly,
      previous,
      versions: [script.step.version],
    });
    const settled = end.then((how) => {
      // Results arrive in the order of sending: every failure after the first is caused by it.
      if (stop) return;
      if (how.kind === "done") finished.push(finish(run, script, how.durationMs));
      else stop = stopOf(run, script, how);
    });
    // It is awaited later.
    settled.catch(() => {});
    ends.push(settled);
    if (open) break;
    await run.pipeline.room();
    previous = script;
  }
  await Promise.all(ends);
  // Only now: steps that were already sent when the user interrupted may have succeeded.
  if (unsent) stop ??= interruptedBefore(run, unsent);
  if (stop) await rollBack(run, stop);
  return { finished, stop };
}

/** The isolation level of a transaction that all of these scripts share. */
export function strongestIsolation(scripts: readonly Script[]): IsolationLevel {
  const asked = new Set(scripts.map((script) => script.inspection.isolation));
  const strongest = (["SERIALIZABLE", "REPEATABLE READ", "READ COMMITTED"] as const).find((level) => asked.has(level));
  return strongest ?? "READ COMMITTED";
}

/** Runs all scripts in one transaction. On failure nothing is finished. */
export async function runInOneTransaction(run: Run, scripts: readonly Script[]): Promise<Progress> {
  const ends: { script: Script; end: Promise<StepResult> }[] = [];
  const isolation = strongestIsolation(scripts);
  for (const [index, script] of scripts.entries()) {
    if (run.context.signal.aborted) break;
    const extent = {
      begin: index === 0,
      commit: index === scripts.length - 1,
      isolation,
      liftsReadOnly: scripts.some(({ inspection }) => inspection.liftsReadOnly),
      previous: scripts[index - 1],
      versions: scripts.slice(0, index + 1).map((one) => one.step.version),
    };
    const { end, open } = await sendTransactionStep(run, script, extent);
    ends.push({ script, end });
    if (open) break;
  }
  const durations: number[] = [];
  for (const { script, end } of ends) {
    const how = await end;
    if (how.kind !== "done") {
      const stop = stopOf(run, script, how);
      await rollBack(run, stop);
      return { finished: [], stop };
    }
    durations.push(how.durationMs);
  }
  const unsent = scripts[ends.length];
  if (unsent) {
    const stop = interruptedBefore(run, unsent);
    await rollBack(run, stop);
    return { finished: [], stop };
  }
  return { finished: scripts.map((script, index) => finish(run, script, durations[index] ?? 0)), stop: undefined };
}

/** Ends the failed transaction, after the server has refused everything sent after the failure. */
async function rollBack(run: Run, stop: Stop): Promise<void> {
  if (stop.kind === "lost") return;
  await run.pipeline.drained();
  await run.session.execute("ROLLBACK").catch(() => {});
}

function stopOf(run: Run, script: Script, refusal: Refusal): Stop {
  if (refusal.kind === "lost") return { kind: "lost", script, lost: refusal.lost };
  const failure = failureOf(run, script, refusal);
  if (refusal.kind !== "refused") return { kind: refusal.kind === "ended" ? "ended" : "failed", script, failure };
  const { stage, server } = refusal;
  if (isRace(stage, server)) return { kind: "raced", script, failure };
  if (isBusy(server) && !run.context.signal.aborted) return { kind: "busy", script, failure, server };
  return { kind: "failed", script, failure };
}

/** The user interrupted the run between two steps. */
function interruptedBefore(run: Run, script: Script): Stop {
  return { kind: "failed", script, failure: failureOf(run, script, interruptedAt({ at: "begin" })) };
}

/** Only pgstep's own row shows a race with another run; a unique violation in a script's statement is its own error. */
function isRace(stage: Stage, server: ServerMessage): boolean {
  return stage.at === "record" && (server.code === "23505" || server.message.includes("pgstep:raced"));
}

function finish({ context }: Run, script: Script, durationMs: number): StepReport {
  const outcome: StepOutcome = script.step.direction === "up" ? "applied" : "undone";
  context.emit({ type: "step-finished", step: script.step, outcome, durationMs });
  return { ...stepReport(script, outcome), durationMs };
}

export function stepReport({ step }: { readonly step: Omit<StepReport, "outcome"> }, outcome: StepOutcome): StepReport {
  const { version, name, description, direction } = step;
  return { version, name, description, direction, outcome };
}
