import type { ServerMessage } from "../../core/failure/failure.ts";
import { ServerFailure, type SessionState } from "../../ports/session.ts";

/** After a message of a file no transaction was open, although pgstep had neither committed nor rolled back. */
export class TransactionEnded extends Error {
  override readonly name = "TransactionEnded";
  /** The server's error at that point, if any. */
  readonly server: ServerMessage | undefined;
  constructor(server: ServerMessage | undefined) {
    super("the file ended its transaction");
    this.server = server;
  }
}

/** The error for a message inside a transaction, if the transaction is no longer open. */
export function endedBy(after: SessionState | undefined, server?: ServerMessage): TransactionEnded | undefined {
  return after?.transaction === "none" ? new TransactionEnded(server) : undefined;
}

/** The error for a message inside a transaction that the server refused. */
export function refusedInside(error: Error): Error {
  return (error instanceof ServerFailure && endedBy(error.after, error.server)) || error;
}
