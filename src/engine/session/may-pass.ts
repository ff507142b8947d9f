import type { Failure, ServerMessage } from "../../core/failure/failure.ts";

/**
 * SQLSTATEs of a server that is starting, recovering, full or shutting down, and (3D000) of one whose database is
 * created shortly after it starts (PostgreSQL documentation, Appendix A).
 */
const PASSING_STATES: readonly string[] = ["57P01", "57P02", "57P03", "53300", "3D000"];

/** A pooler's SQLSTATE for an unreachable server, and for many other errors. */
const PROTOCOL_VIOLATION = "08P01";

/** Causes of a connection failure that waiting does not fix. */
const LASTING: readonly string[] = ["TlsRefused", "TlsFailed", "NotCapable"];
const LASTING_CODES: readonly unknown[] = ["EACCES", "EPERM", "ERR_ACCESS_DENIED"];

/**
 * True if a failure to connect may be temporary: refused, reset, no answer, an unknown host name, a server that is not
 * ready. False for a wrong password, setting or certificate.
 */
export function mayPass({ code, server, cause, message }: Failure): boolean {
  if (code === "database-in-use") return true;
  if (server?.code === PROTOCOL_VIOLATION) return !/startup parameter|start-up option/i.test(message);
  if (server) return PASSING_STATES.includes(server.code);
  if (code !== "connection-failed") return false;
  if (!(cause instanceof Error)) return true;
  return !LASTING.includes(cause.name) && !("code" in cause && LASTING_CODES.includes(cause.code));
}

/** SQLSTATEs caused by other transactions: lock_not_available, deadlock_detected, serialization_failure. */
const BUSY: readonly string[] = ["55P03", "40P01", "40001"];

/** True if a retry of what the server refused may succeed. */
export function isBusy({ code }: ServerMessage): boolean {
  return BUSY.includes(code);
}
