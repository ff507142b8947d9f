import { Failure, interruption } from "../../core/failure/failure.ts";
import { readSql } from "../../core/sql/own-sql.ts";
import { writeDuration } from "../../core/text/duration.ts";
import { ConnectionLost, type Database, ServerFailure, type Session } from "../../ports/session.ts";
import type { Context } from "./context.ts";
import { mayPass } from "./may-pass.ts";

export interface WaitLimit {
  /** Total time to wait in milliseconds; 0 for a single attempt. */
  readonly limitMs: number;
  /** True if a server in recovery is accepted, because target_session_attrs allows one. */
  readonly standbyWillDo: boolean;
  /** The option that sets the limit, as typed. */
  readonly option: string;
}

/** The limit of --wait; undefined if it is not given. */
export function waitLimitOf(limitMs: number | undefined): Pick<WaitLimit, "limitMs" | "option"> | undefined {
  return limitMs === undefined ? undefined : { limitMs, option: "--wait" };
}

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 1_000;
/** The minimum time for the last attempt. */
const LEAST_ATTEMPT_MS = 1_000;

/** The same database, but its first session waits until the server is ready. Later sessions open as usual. */
export function waitingDatabase(
  database: Database,
  context: Pick<Context, "clock" | "emit">,
  waitLimit: WaitLimit,
): Database {
  let isReady = false;
  return {
    description: database.description,
    embedded: database.embedded,
    async open(signal) {
      if (isReady) return database.open(signal);
      const session = await firstSession(database, context, waitLimit, signal);
      isReady = true;
      return session;
    },
    close: () => database.close(),
  };
}

/**
 * The first session of a server that accepts connections and is not in recovery.
 * @throws Failure of the last attempt after the limit, or at once if waiting would not help; interrupted, terminated
 */
async function firstSession(
  database: Database,
  { clock, emit }: Pick<Context, "clock" | "emit">,
  waitLimit: WaitLimit,
  signal: AbortSignal | undefined,
): Promise<Session> {
  const { limitMs } = waitLimit;
  const started = clock.monotonicMs();
  const waited = () => clock.monotonicMs() - started;
  let reported: string | undefined;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)) {
    const result = await attempt(database, waitLimit, limitMs - waited(), signal);
    if (!(result instanceof Failure)) {
      if (reported !== undefined) emit({ type: "database-ready", database: database.description, waitedMs: waited() });
      return result;
    }
    if (signal?.aborted) throw interruption(signal, `Cannot wait for ${database.description}`, "Nothing was done.");
    if (!mayPass(result)) throw result;
    if (waited() >= limitMs) throw givenUp(result, waitLimit);
    const reason = reasonOf(result);
    if (reason !== reported) {
      emit({ type: "database-waiting", database: database.description, reason, waitedMs: waited(), limitMs });
    }
    reported = reason;
    await clock.sleep(Math.min(delayMs, limitMs - waited()), signal);
  }
}

/** A session of a server that is ready, or why there is none. */
async function attempt(
  database: Database,
  { standbyWillDo }: WaitLimit,
  leftMs: number,
  signal: AbortSignal | undefined,
): Promise<Session | Failure> {
  const limit = AbortSignal.timeout(Math.max(Math.ceil(leftMs), LEAST_ATTEMPT_MS));
  const what = `Cannot connect to ${database.description}`;
  let session: Session | undefined;
  try {
    session = await database.open(signal ? AbortSignal.any([signal, limit]) : limit);
    const [row] = await session.query(readSql("SELECT pg_is_in_recovery()::text AS standby"));
    if (row?.standby !== "true" || standbyWillDo) return session;
    await session.close();
    return new Failure("connection-failed", `${what}: the server is in recovery and takes no writes yet`, {
      hint: "Promote it, or connect to the primary; to use a standby, set target_session_attrs=standby.",
    });
  } catch (error) {
    await session?.close();
    if (limit.aborted) return new Failure("connection-failed", `${what}: the server did not answer`, { hint: SILENT });
    if (error instanceof Failure) return error;
    if (!(error instanceof ConnectionLost || error instanceof ServerFailure)) throw error;
    const { server } = error;
    return new Failure("connection-failed", `${what}: ${error.message}`, { ...(server && { server }), cause: error });
  }
}

const SILENT = "Check the host, the port and any firewall in between.";

function givenUp(last: Failure, { limitMs, option }: WaitLimit): Failure {
  const { code, message, hint, server } = last;
  const longer = `To wait longer: ${option} 5m.`;
  return new Failure(code, `${message}, after waiting ${writeDuration(limitMs)}`, {
    hint: hint === undefined ? longer : `${hint} ${longer}`,
    ...(server && { server }),
    cause: last,
  });
}

/** The message without "Cannot connect to ...". */
function reasonOf({ message }: Failure): string {
  return message.slice(message.indexOf(": ") + 2);
}
