import { type Finding, finding } from "../../core/failure/failure.ts";
import { writeDuration } from "../../core/text/duration.ts";

/** Ends work after a time, or when the user wants to stop. */
export interface TimeLimit {
  readonly signal: AbortSignal;
  /** True if the time was over before the user stopped the work. */
  readonly isOver: boolean;
  /** Says that the time was over. @param doing "apply 001_users" */
  finding(doing: string): Finding;
  clear(): void;
}

/** @param limitMs 0 for no limit */
export function timeLimit(user: AbortSignal, limitMs: number): TimeLimit {
  const controller = new AbortController();
  let isOver = false;
  const stop = () => controller.abort(user.reason);
  if (user.aborted) stop();
  user.addEventListener("abort", stop, { once: true });
  const timer =
    limitMs > 0 &&
    setTimeout(() => {
      isOver = !user.aborted;
      controller.abort("timeout");
    }, limitMs);
  return {
    signal: controller.signal,
    get isOver() {
      return isOver;
    },
    finding: (doing) =>
      finding("replay", {
        message: `Cannot ${doing}: the time limit of ${writeDuration(limitMs)} is over`,
        hint: "Check whether a statement waits or loops for ever, or allow more time with --timeout.",
      }),
    clear() {
      user.removeEventListener("abort", stop);
      if (timer) clearTimeout(timer);
    },
  };
}
