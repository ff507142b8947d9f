import { Failure, type FilePlace } from "./error.ts";

/** The failure for what the user stopped. */
export function interruption(signal: AbortSignal, what: string, hint: string, place?: FilePlace): Failure {
  const code = signal.reason === "terminate" ? "terminated" : "interrupted";
  return new Failure(code, `${what}: ${code}`, { hint, ...(place && { place }) });
}
