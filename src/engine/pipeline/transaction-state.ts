import type { ServerMessage } from "../../core/failure/failure.ts";
import { ServerFailure, type SessionState } from "../../ports/session.ts";

/** A message of a file left no transaction open behind it, though pgstep has neither committed nor rolled back. */
export class TransactionEnded extends Error {
  override readonly name = "TransactionEnded";
  /** What the server refused then, if anything. */
  readonly server: ServerMessage | undefined;
  constructor(server: ServerMessage | undefined) {
    super("the file ended its transaction");
    this.server = server;
  }
}

/** The error of a message inside a transaction, if that is no longer there. */
export function endedBy(after: SessionState | undefined, server?: ServerMessage): TransactionEnded | undefined {
  return after?.transaction === "none" ? new TransactionEnded(server) : undefined;
}

/** The error of a message inside a transaction that the server has refused. */
export function refusedInside(error: Error): Error {
  return (error instanceof ServerFailure && endedBy(error.after, error.server)) || error;
}
