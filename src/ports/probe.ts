import type { Check } from "../core/reports/diagnosis.ts";

/** Reaches a server step by step and without logging in, so that it can be told at which step it ends. */
export interface Probe {
  /** Must end after a step that fails, must not reject for anything the network or the server does, and send no password. */
  steps(signal: AbortSignal): AsyncIterable<Check>;
}
