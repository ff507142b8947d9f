import type { Check } from "../core/reports/diagnosis.ts";

/** Connects to a server step by step, without logging in, to find the step that fails. */
export interface Probe {
  /** Must end after a failed step, must not reject for what the network or the server does, must send no password. */
  steps(signal: AbortSignal): AsyncIterable<Check>;
}
