import { readFileSync } from "node:fs";
import process from "node:process";

/** SIGHUP arrives when the terminal is closed, or the connection to the machine ends. */
const REASONS = { SIGINT: "interrupt", SIGTERM: "terminate", SIGHUP: "terminate" } as const;
const STATUSES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 143 } as const;

/** Signals that ask the process to end. */
export interface Interruption {
  /** Aborted with the reason "interrupt" or "terminate" at the first signal. */
  readonly signal: AbortSignal;
  /** Restores the default handling of the signals. */
  release(): void;
}

/**
 * Listens for SIGINT, SIGTERM and SIGHUP. The first one aborts `signal`, for an orderly end; then the default handling
 * is restored, so that a second one ends the process at once.
 * @param endNow ends the process with that status where the system would not: as the first process of a container
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
 * True if the process was started with nohup, to outlive the terminal; a listener would undo that. Node and Deno reset
 * the signal at startup themselves, Bun and its executables do not.
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

/** Linux ignores a signal for process 1 without a listener (pid_namespaces(7)). */
function isFirstProcess(): boolean {
  return process.pid === 1;
}
