import type { Database } from "../../ports/session.ts";
import type { DatabaseContext } from "../session/context.ts";

const HEARTBEAT_MS = 10_000;

/** Renews a lease at regular intervals. */
export interface Heartbeat {
  /** Stops it, within a few seconds. */
  stop(): Promise<void>;
}

/**
 * Runs a statement every ten seconds, each time on a new connection: the run's own may be busy with one statement for
 * hours, and an idle one could be lost, or keep the program from ending.
 */
export function startHeartbeat({ clock, database }: DatabaseContext, sql: string): Heartbeat {
  const ending = new AbortController();
  let beat: Promise<void> | undefined;
  const stopTimer = clock.every(HEARTBEAT_MS, () => {
    beat ??= beatOnce(database, sql, ending.signal)
      // The next beat makes up for a failed one; if none succeeds, the next check of the lease fails.
      .catch(() => {})
      .finally(() => {
        beat = undefined;
      });
  });
  return {
    async stop() {
      stopTimer();
      ending.abort();
      await beat;
    },
  };
}

async function beatOnce(database: Database, sql: string, signal: AbortSignal): Promise<void> {
  const session = await database.open(signal);
  const hangUp = () => void session.close();
  signal.addEventListener("abort", hangUp);
  try {
    await session.execute(sql);
  } finally {
    signal.removeEventListener("abort", hangUp);
    await session.close();
  }
}
