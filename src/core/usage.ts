import { Failure } from "./error.ts";

/** The failure of a command line that cannot be meant as it stands. */
export function usage(message: string, hint: string): Failure {
  return new Failure("usage", message, { hint });
}
