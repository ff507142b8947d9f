import { Failure } from "../../core/failure/failure.ts";
import type { StepReport } from "../../core/reports/report.ts";
import type { Script } from "../script/load-scripts.ts";
import type { Run } from "../step/session-settings.ts";
import type { Inquiry } from "./after-loss.ts";
import { type Stop, stepReport } from "./run-scripts.ts";

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
