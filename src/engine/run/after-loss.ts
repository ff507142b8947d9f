import { Failure } from "../../core/failure/failure.ts";
import type { Direction } from "../../core/migrations/migration.ts";
import { versionKey } from "../../core/migrations/version.ts";
import type { RecordedRepeatable, RepeatableReport } from "../../core/repeatable/repeatable.ts";
import type { StepReport } from "../../core/reports/report.ts";
import { enumeration } from "../../core/text/display.ts";
import type { ConnectionLost, Session } from "../../ports/session.ts";
import { type DatabaseState, readState } from "../history/read-state.ts";
import type { TriedRepeatable } from "../repeatable/apply.ts";
import { readRecords } from "../repeatable/records.ts";
import type { Script } from "../script/load-scripts.ts";
import { reconnect } from "../session/reconnect.ts";
import type { Run } from "../step/session-settings.ts";
import { type Stop, stepReport } from "./run-scripts.ts";

/** True if the database shows that a step took effect; undefined if the database does not show either. */
export type Evidence = (step: Pick<StepReport, "version" | "direction">, isFinished: boolean) => boolean | undefined;

/** How to find out after a lost connection what took effect. */
export interface Inquiry {
  /** Reads the evidence in a session that was opened after the loss. */
  find(session: Session): Promise<Evidence>;
  /** The user's next step for steps without evidence, as a sentence. */
  readonly advice: string;
}

/** The progress of a run when it lost its connection. */
export interface Interrupted {
  readonly lost: ConnectionLost;
  /** For the message: "Cannot <doing>: the connection was lost". */
  readonly doing: string;
  /** Steps whose commit the server had confirmed, in order. */
  readonly finished: readonly StepReport[];
  /** The later steps, in order, as reported if they did not take effect. */
  readonly rest: readonly StepReport[];
  readonly repeatable: readonly TriedRepeatable[];
  /** A failure before the loss; absent if the loss itself stopped the run, or nothing did. */
  readonly failure?: Failure | undefined;
  /** True if only ending the session was left: if everything persisted, the run succeeded. */
  readonly isDone?: boolean;
}

/** The actual outcome after the loss. */
export interface ActualOutcome {
  readonly steps: readonly StepReport[];
  readonly repeatable: readonly RepeatableReport[];
  /** Number of the run's commits known to have persisted; the repeatable migrations' commit is the last. */
  readonly proven: number;
  readonly failure: Failure | undefined;
}

/**
 * Reconnects and reads what took effect, including the confirmed steps: a server that crashed, or a standby that
 * replaced it, may have lost them. Steps that cannot be checked are reported with an unknown outcome (in-doubt).
 */
export async function afterLoss(
  { context, lock, names }: Run,
  interrupted: Interrupted,
  inquiry: Inquiry,
): Promise<ActualOutcome> {
  const { found, lockNote } = await reconnect(context, lock, async (session) => ({
    evidence: await inquiry.find(session),
    records: interrupted.repeatable.length > 0 ? await readRecords(session, names) : [],
  }));
  const steps = found ? stepsBy(found.evidence, interrupted) : withUnknownOutcome(interrupted);
  const repeatable = interrupted.repeatable.map((one) => repeatableBy(found?.records, one));
  const isDone = repeatable.some(({ outcome }) => outcome === "applied");
  return {
    steps,
    repeatable,
    proven: isDone ? steps.length + 1 : steps.findLastIndex(isThere) + 1,
    failure: failureOf(interrupted, {
      steps,
      repeatable,
      isFound: found !== undefined,
      lockNote,
      advice: inquiry.advice,
    }),
  };
}

/** The history as evidence, compared with its state when the run began, or last planned for unfinished steps. */
export function askHistory(run: Run, begun: DatabaseState, planned: DatabaseState): Inquiry {
  return {
    async find(session) {
      // Without the pin: it would reject what this run itself has undone.
      const actual = await readState(session, { ...run.context.settings, pin: undefined });
      const now = appliedAt(actual);
      const [first, last] = [appliedAt(begun), appliedAt(planned)];
      return ({ version, direction }, isFinished) => {
        const key = versionKey(version);
        const row = now.get(key);
        // An unchanged row proves nothing: a redo removes it and writes it again.
        if (row === (isFinished ? first : last).get(key)) return false;
        // A file that runs statement by statement may write or delete its own row before it ends.
        if (isUnfinished(actual, key, direction)) return false;
        return direction === "down" || row !== undefined;
      };
    },
    advice: "When the server answers again, run pgstep status to see what is applied.",
  };
}

/** True if the journal still has entries of a step: the transaction that records the step deletes them. */
function isUnfinished({ unfinished }: DatabaseState, key: string, direction: Direction): boolean {
  return unfinished.some((one) => one.direction === direction && versionKey(one.version) === key);
}

/** When each version was applied, by the version's key. */
function appliedAt({ history }: DatabaseState): ReadonlyMap<string, string> {
  return new Map(history.map((row) => [versionKey(row.version), row.appliedAt]));
}

/** Commits of one session persist in order: after a lost commit all are lost, and before a persisted one none is. */
function stepsBy(evidence: Evidence, { finished, rest }: Interrupted): StepReport[] {
  let isLasting: boolean | undefined = true;
  const steps = finished.map((step): StepReport => {
    const found = evidence(step, true);
    if (found) return step;
    if (isLasting) isLasting = found;
    return stepReport({ step }, found === false ? "lost" : "in-doubt");
  });
  for (const step of rest) {
    if (isLasting !== false) isLasting = evidence(step, false);
    steps.push(isLasting === false ? step : stepReport({ step }, isLasting ? doneOutcome(step) : "in-doubt"));
  }
  const proven = steps.findLastIndex(isThere);
  return steps.map((step, index) =>
    index < proven && step.outcome === "in-doubt" ? (finished[index] ?? stepReport({ step }, doneOutcome(step))) : step,
  );
}

function withUnknownOutcome({ finished, rest }: Interrupted): StepReport[] {
  return [...finished, ...rest].map((step) => stepReport({ step }, "in-doubt"));
}

function isThere({ outcome }: StepReport): boolean {
  return outcome === "applied" || outcome === "undone";
}

function doneOutcome({ direction }: Pick<StepReport, "direction">): "applied" | "undone" {
  return direction === "up" ? "applied" : "undone";
}

function repeatableBy(
  records: readonly RecordedRepeatable[] | undefined,
  { script, outcome, commit }: TriedRepeatable,
): RepeatableReport {
  const { name, file, recordedAt } = script;
  const report = { name, path: file.path };
  if (commit === "not-sent" || outcome !== "applied") return { ...report, outcome };
  if (!records) return { ...report, outcome: "in-doubt" };
  const record = records.find((one) => one.name === name);
  const isLasting = record?.checksum === file.checksum && record.appliedAt !== recordedAt;
  return { ...report, outcome: isLasting ? "applied" : commit === "confirmed" ? "lost" : "rolled-back" };
}

interface Found extends Pick<ActualOutcome, "steps" | "repeatable"> {
  readonly isFound: boolean;
  readonly lockNote: string;
  readonly advice: string;
}

function failureOf(interrupted: Interrupted, found: Found): Failure | undefined {
  const { lost, doing, finished, failure, isDone } = interrupted;
  const { steps, repeatable, isFound, lockNote, advice } = found;
  const all = [...steps, ...repeatable];
  const gone = all.filter(({ outcome }) => outcome === "lost").map(({ name }) => name);
  const isKnown = isFound && all.every(({ outcome }) => outcome !== "in-doubt");
  const isAsReported = isKnown && gone.length === 0;
  if (isAsReported && (failure || isDone)) return failure;
  const confirmed =
    finished.length > 0 ? ` The server had confirmed ${finished.length} of ${steps.length} before.` : "";
  const hint = !isFound
    ? `pgstep could not check what took effect.${confirmed} ${advice}${lockNote}`
    : gone.length > 0
      ? `The server has lost the confirmed commits of ${enumeration(gone)}: most likely a standby without the newest commits has taken over. Run pgstep status to see what is left, then run the command again.`
      : isKnown
        ? "pgstep reconnected and read the history, so this result is correct. Run the command again to continue."
        : `The database does not show the outcome of the others. ${advice}`;
  if (failure) {
    const { code, message, place, server, findings, cause } = failure;
    return new Failure(code, message, {
      hint: failure.hint === undefined ? hint : `${failure.hint} ${hint}`,
      ...{ findings, cause },
      ...(place && { place }),
      ...(server && { server }),
    });
  }
  const { server } = lost;
  return new Failure("connection-lost", `Cannot ${doing}: ${lost.message}`, {
    hint,
    ...(server && { server }),
    cause: lost,
  });
}

/** Reads the outcome of the steps after one of them ended its transaction: the others may be committed. */
export async function afterEnd(
  { session }: Run,
  scripts: readonly Script[],
  stop: Stop & { kind: "ended" },
  inquiry: Inquiry,
): Promise<{ rest: StepReport[]; failure: Failure }> {
  const evidence = await inquiry.find(session);
  const isThere = (script: Script) => evidence(script.step, false);
  const rest = scripts.map((script): StepReport => {
    if (script === stop.script) return { ...stepReport(script, "failed"), inPart: true };
    const found = isThere(script);
    const done = script.step.direction === "up" ? "applied" : "undone";
    return stepReport(script, found === undefined ? "in-doubt" : found ? done : "not-run");
  });
  const { step } = stop.script;
  const { failure } = stop;
  if (!isThere(stop.script)) return { rest, failure };
  const recorded = step.direction === "up" ? "recorded as applied" : "no longer recorded as applied";
  const { code, message, hint, place, server } = failure;
  return {
    rest,
    failure: new Failure(code, message, {
      hint: `${hint} ${step.version} is ${recorded}.`,
      ...(place && { place }),
      ...(server && { server }),
    }),
  };
}
