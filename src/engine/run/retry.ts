import type { Failure } from "../../core/failure/failure.ts";
import { type Blockers, blockersWords, endingAdvice } from "../../core/reports/other-sessions.ts";
import type { Script } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import type { Stop } from "./run-scripts.ts";

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;

/** Waits before a retry; resolves to false if there is to be none. */
export function retryBudget(
  { settings, clock, emit, signal }: DatabaseContext,
  blockers: () => Blockers,
): (stop: Stop & { kind: "busy" }) => Promise<boolean> {
  let attempt = 0;
  let script: Script | undefined;
  let until = 0;
  return async (stop) => {
    const now = clock.monotonicMs();
    if (stop.script.step !== script?.step) {
      attempt = 0;
      until = now + settings.retryMs;
      script = stop.script;
    }
    attempt++;
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), LONGEST_RETRY_MS) * (0.5 + Math.random());
    if (now + delayMs > until) return false;
    const { step } = stop.script;
    const reason = stop.server;
    const { blockers: seen, total } = blockers();
    emit({ type: "retrying", step, reason, attempt, delayMs: Math.round(delayMs), blockers: seen, total });
    await clock.sleep(delayMs, signal);
    return !signal.aborted;
  };
}

/** The failure with the sessions that blocked it, and the command that ends the first of them. */
export function blockedBy(failure: Failure, blockers: Blockers): Failure {
  if (blockers.total === 0) return failure;
  const { hint = "Run the command again." } = failure;
  const ending = endingAdvice(blockers);
  const words = [`It was blocked by ${blockersWords(blockers)}.`, hint, ...(ending ? [`Or ${ending}`] : [])];
  return failure.withHint(words.join(" "));
}
