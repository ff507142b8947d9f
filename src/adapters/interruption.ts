import process from "node:process";

const REASONS = { SIGINT: "interrupt", SIGTERM: "terminate" } as const;
const STATUSES = { SIGINT: 130, SIGTERM: 143 } as const;

/** Signals from outside that ask the process to end. */
export interface Interruption {
  /** Aborted with the reason "interrupt" or "terminate" when the first one arrives. */
  readonly signal: AbortSignal;
  /** Leaves the signals to the system again. */
  release(): void;
}

/**
 * Listens for Ctrl-C and for being terminated. The first one is for ending in order; from then on the system's own
 * handling is back, so that a second one ends the process at once.
 * @param endNow ends the process with that status, where the system would not: as the first process of a container
 */
export function listenForInterruption(endNow: (status: number) => void): Interruption {
  const controller = new AbortController();
  const listeners = Object.entries(REASONS).map(([name, reason]) => ({
    name: name as keyof typeof REASONS,
    listener: () => {
      if (controller.signal.aborted) return endNow(STATUSES[name as keyof typeof REASONS]);
      if (!isFirstProcess()) release();
      controller.abort(reason);
    },
  }));
  function release() {
    for (const { name, listener } of listeners) process.removeListener(name, listener);
  }
  for (const { name, listener } of listeners) process.on(name, listener);
  return { signal: controller.signal, release };
}

/** Linux passes over a signal for process 1 that it does not listen for (pid_namespaces(7)). */
function isFirstProcess(): boolean {
  return process.pid === 1;
}
