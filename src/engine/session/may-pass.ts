import type { Failure, ServerMessage } from "../../core/failure/failure.ts";

/**
 * What a server that starts, recovers, is full or shuts down answers, and (3D000) one whose database is created a moment
 * after it starts (PostgreSQL documentation, Appendix A).
 */
const PASSING_STATES: readonly string[] = ["57P01", "57P02", "57P03", "53300", "3D000"];

/** What a pooler answers for a server that it cannot reach, and for much else. */
const PROTOCOL_VIOLATION = "08P01";

/** Errors below a connection failure that stay as they are, whoever waits. */
const LASTING: readonly string[] = ["TlsRefused", "TlsFailed", "NotCapable"];
const LASTING_CODES: readonly unknown[] = ["EACCES", "EPERM", "ERR_ACCESS_DENIED"];

/**
 * Whether a failure to connect may be over in a while: refused, reset, silent, a name that is not known yet, a server
 * that is not ready. Not so a wrong password, a setting, a certificate.
 */
export function mayPass({ code, server, cause, message }: Failure): boolean {
  if (code === "database-in-use") return true;
  if (server?.code === PROTOCOL_VIOLATION) return !/startup parameter|start-up option/i.test(message);
  if (server) return PASSING_STATES.includes(server.code);
  if (code !== "connection-failed") return false;
  if (!(cause instanceof Error)) return true;
  return !LASTING.includes(cause.name) && !("code" in cause && LASTING_CODES.includes(cause.code));
}

/** What busy tables and other transactions cause: lock_not_available, deadlock_detected, serialization_failure. */
const BUSY: readonly string[] = ["55P03", "40P01", "40001"];

/** Whether what the server refused may come through another time. */
export function isBusy({ code }: ServerMessage): boolean {
  return BUSY.includes(code);
}
