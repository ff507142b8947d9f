import { Failure } from "../../core/failure/failure.ts";
import type { Database } from "../../ports/session.ts";
import { ConnectionLost, ServerFailure, type Session } from "../../ports/session.ts";
import { isLockLost, lockLost } from "./lock-lost.ts";
import { lossFailure } from "./reconnect.ts";

/**
 * Opens a session, runs `work` with it and always closes it.
 * @param doing for the message: "Cannot <doing> app on localhost: ..."
 * @param signal aborts connecting
 * @throws Failure for errors of the server or the network
 */
export async function withSession<Result>(
  database: Database,
  doing: string,
  work: (session: Session) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const session = await database.open(signal);
  try {
    return await work(session);
  } catch (error) {
    throw translated(error, `Cannot ${doing} ${database.description}`);
  } finally {
    await session.close();
  }
}

/** Translates server and network errors to failures; returns other errors unchanged. */
function translated(error: unknown, what: string): unknown {
  if (error instanceof ConnectionLost) return lossFailure(error, what);
  if (error instanceof ServerFailure) {
    const { server } = error;
    if (isLockLost(server)) return lockLost(what);
    const code = server.code === "42501" || server.code === "25006" ? "privilege-missing" : "statement-failed";
    return new Failure(code, `${what}: ${server.message} (${server.code})`, { server, cause: error });
  }
  return error;
}
