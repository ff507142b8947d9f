import { Failure, type ServerMessage } from "../core/error.ts";
import type { StepReport } from "../core/report.ts";
import type { Inquiry } from "./after-loss.ts";
import { type Stop, stepReport } from "./execute-plan.ts";
import type { Run } from "./run.ts";
import type { Script } from "./scripts.ts";
import type { Stage } from "./sent-step.ts";
import { placeOf } from "./step-failure.ts";

/** The failure of a file that is no longer in its transaction: unlike others it says nothing of being rolled back. */
export function endedFailure({ step, ...script }: Script, stage: Stage, server: ServerMessage | undefined): Failure {
  const what = `Cannot ${step.direction === "up" ? "apply" : "undo"} ${step.name}`;
  return new Failure("transaction-ended", `${what}: the file ended the transaction that pgstep runs it in`, {
    hint: "What it did up to here may be committed, or rolled back: compare the database with the file. Take out what ends the transaction, most likely a COMMIT or ROLLBACK in a string that the server reads in another way.",
    place: placeOf({ step, ...script }, stage, server),
    ...(server && { server }),
  });
}

/** The same where there was none from the start, and nothing kept the file from writing. */
export function unguardedFailure(script: Script, stage: Stage, server: ServerMessage): Failure {
  const { step } = script;
  const what = `Cannot ${step.direction === "up" ? "apply" : "undo"} ${step.name}`;
  return new Failure(
    "transaction-ended",
    `${what}: its BEGIN was refused (${server.message}), and the file turned default_transaction_read_only off`,
    {
      hint: "What it did after that may be committed: compare the database with the file. Take out what turns the setting off.",
      place: placeOf(script, stage, undefined),
      server,
    },
  );
}

/** Looks up what is true of the steps when one has ended its transaction: those around it may be committed. */
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
