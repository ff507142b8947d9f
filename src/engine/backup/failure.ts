import { Failure } from "../../core/failure/failure.ts";
import { systemWords } from "../../core/failure/system-error.ts";
import { ServerFailure } from "../../ports/session.ts";

/** Turns an error of the server or the file system into a backup-failed Failure; returns other errors unchanged. */
export function backupFailure(error: unknown, database: string): unknown {
  const what = `Cannot back up ${database}`;
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
