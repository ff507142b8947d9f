import { Failure } from "../../core/failure/failure.ts";
import { systemWords } from "../../core/failure/system-error.ts";
import { writeDuration } from "../../core/text/duration.ts";
import { ServerFailure } from "../../ports/session.ts";

/** Turns an error of the server or the file system into a backup-failed Failure; returns other errors unchanged. */
export function backupFailure(error: unknown, database: string, lockTimeoutMs: number): unknown {
  const what = `Cannot back up ${database}`;
  if (error instanceof Failure && error.code === "dump-failed") {
    const { message, hint } = error;
    const reason = message.replace("Cannot dump the schema: ", "");
    return new Failure("backup-failed", `${what}: ${reason}`, { cause: error, ...(hint && { hint }) });
  }
  // pg_dump limits its LOCK TABLE by the statement's timeout.
  if (error instanceof ServerFailure && ["55P03", "57014"].includes(error.server.code) && lockTimeoutMs > 0) {
    return new Failure("backup-failed", `${what}: a table was locked for ${writeDuration(lockTimeoutMs)}`, {
      hint: "Run it at a quieter time, or wait longer: --lock-timeout 1m. Nothing was changed.",
      server: error.server,
      cause: error,
    });
  }
  if (error instanceof ServerFailure) {
    const { server } = error;
    return new Failure("backup-failed", `${what}: ${server.message} (${server.code})`, {
      hint: "Connect as a role that may read all tables. Nothing was changed.",
      server,
      cause: error,
    });
  }
  if (error instanceof Error && "code" in error && "syscall" in error) {
    return new Failure("backup-failed", `${what}: the file cannot be written: ${systemWords(error)}`, {
      hint: "Name a writable directory with enough space: --backup-dir <directory>. Nothing was changed.",
      cause: error,
    });
  }
  return error;
}
