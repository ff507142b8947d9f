import { Failure, type ServerMessage } from "../../core/failure/failure.ts";
import { ConnectionLost, ServerFailure } from "../../ports/session.ts";
import type { Stage } from "../pipeline/stage.ts";
import { TransactionEnded } from "../pipeline/transaction-state.ts";
import type { Script } from "../script/load-scripts.ts";
import type { Run } from "./session-settings.ts";
import { endedFailure, stepFailure } from "./step-failure.ts";

/** Why a file failed. */
export type Refusal =
  | { readonly kind: "refused"; readonly stage: Stage; readonly server: ServerMessage }
  /** Its transaction ended early or never began, and parts of the file may be committed. */
  | { readonly kind: "ended"; readonly failure: Failure }
  /** Stopped by something other than the server. */
  | { readonly kind: "stopped"; readonly failure: Failure }
  | { readonly kind: "lost"; readonly lost: ConnectionLost };

/** How a step ended. */
export type StepResult = { readonly kind: "done"; readonly durationMs: number } | Refusal;

/** The refusal for an error in a message. @throws errors that are not the server's, the network's or a Failure */
export function refusalOf(error: unknown, stage: Stage, script?: Script): Refusal {
  if (error instanceof TransactionEnded && script) {
    return { kind: "ended", failure: endedFailure(script, stage, error.server) };
  }
  if (error instanceof ServerFailure) return { kind: "refused", stage, server: error.server };
  if (error instanceof ConnectionLost) return { kind: "lost", lost: error };
  if (error instanceof Failure) return { kind: "stopped", failure: error };
  throw error;
}

/** The user interrupted the run before that message was sent. */
export function interruptedAt(stage: Stage): Refusal & { kind: "refused" } {
  return { kind: "refused", stage, server: { severity: "ERROR", code: "57014", message: "interrupted" } };
}

/** The failure to report for a refusal. */
export function failureOf(run: Run, script: Script, refusal: Exclude<Refusal, { kind: "lost" }>): Failure {
  return refusal.kind === "refused" ? stepFailure(run, script, refusal.stage, refusal.server) : refusal.failure;
}
