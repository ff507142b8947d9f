import { readFileSync } from "node:fs";
import process from "node:process";

/** SIGHUP: the terminal was closed, or a connection to the machine ended. */
const REASONS = { SIGINT: "interrupt", SIGTERM: "terminate", SIGHUP: "terminate" } as const;
const STATUSES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 143 } as const;

/** Signals from outside that ask the process to end. */
export interface Interruption {
  /** Aborted with the reason "interrupt" or "terminate" when the first one arrives. */
  readonly signal: AbortSignal;
  /** Leaves the signals to the system again. */
  release(): void;
}

/**
 * Listens for Ctrl-C, for being terminated, and for the end of the terminal. The first one is for ending in order; from then on the system's own
 * handling is back, so that a second one ends the process at once.
 * @param endNow ends the process with that status, where the system would not: as the first process of a container
 */
export function listenForInterruption(endNow: (status: number) => void): Interruption {
  const controller = new AbortController();
  const heard = Object.entries(REASONS).filter(([name]) => name !== "SIGHUP" || !isHangUpIgnored());
  const listeners = heard.map(([name, reason]) => ({
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

/**
 * Whether who started this process wants it to outlive the terminal (nohup); to listen would undo that. Node and Deno take
 * that back themselves, Bun and what it compiles do not.
 */
function isHangUpIgnored(): boolean {
  if (process.versions.bun === undefined) return false;
  try {
    const [, mask = ""] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "latin1")) ?? [];
    return (Number.parseInt(mask.slice(-1), 16) & 1) === 1;
  } catch {
    // Only Linux has that file.
    return false;
  }
}

/** Linux passes over a signal for process 1 that it does not listen for (pid_namespaces(7)). */
function isFirstProcess(): boolean {
  return process.pid === 1;
}
