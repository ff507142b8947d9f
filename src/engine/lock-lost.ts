import { Failure, type FilePlace, type ServerMessage } from "../core/error.ts";

/** Whether the server refused a message because the run does not hold the migration lock any more. */
export function isLockLost({ message }: ServerMessage): boolean {
  return /pgstep:(lock|lease|journal)\b/.test(message);
}

/** @param what "Cannot apply 001_first" */
export function lockLost(what: string, place?: FilePlace): Failure {
  return new Failure("lock-held", `${what}: the migration lock was lost, another run may have taken over`, {
    hint: "Run pgstep status to see what is true now, then run the command again.",
    ...(place && { place }),
  });
}
