import { Failure, type FilePlace, type ServerMessage } from "../../core/failure/failure.ts";
import { quoteIdentifier } from "../../core/sql/quote.ts";

/**
 * True if the server refused a message because the run no longer holds the run lock, or because another run has written
 * to the journal of the same step.
 * @param journal the journal's table as SQL
 */
export function isLockLost({ code, message, schema, table }: ServerMessage, journal?: string): boolean {
  if (/pgstep:(lock|lease|journal)\b/.test(message)) return true;
  if (code !== "23505" || schema === undefined || table === undefined) return false;
  return `${quoteIdentifier(schema)}.${quoteIdentifier(table)}` === journal;
}

/** @param what "Cannot apply 001_first" */
export function lockLost(what: string, place?: FilePlace): Failure {
  return new Failure("lock-held", `${what}: the run lock was lost, another run may have taken over`, {
    hint: "Run pgstep status to see what is applied now, then run the command again.",
    ...(place && { place }),
  });
}
